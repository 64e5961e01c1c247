// Sound on this page: letting it play, measuring how loud a microphone is, ringing.

let context: AudioContext | null = null;

/** The page's one AudioContext; browsers let it run only after a press. */
export function audio(): AudioContext {
  context ??= new AudioContext();
  return context;
}

/** Let sound play from now on; call it from a press. Returns whether it does: on a PC without any speaker it never does, and Firefox never says so. */
export async function unlockSound(): Promise<boolean> {
  if (audio().state !== "running") {
    const patience = new Promise((done) => setTimeout(done, 700));
    await Promise.race([audio().resume().catch(() => undefined), patience]);
  }
  return soundReady();
}

/** Whether the page may make a sound without another press. */
export function soundReady(): boolean {
  return context?.state === "running";
}

/** How loud, 0–1, of the samples' mean power; the square root is taken so that speech fills a meter. */
function loudness(samples: Float32Array): number {
  let power = 0;
  for (const sample of samples) power += sample * sample;
  return Math.min(1, Math.sqrt(Math.sqrt(power / samples.length)) * 1.6);
}

/** An ear on a microphone: how loud it is at the moment, and how to let go of it. */
export function ear(track: MediaStreamTrack): { level: () => number; stop: () => void } {
  const source = audio().createMediaStreamSource(new MediaStream([track]));
  const analyser = audio().createAnalyser();
  analyser.fftSize = 1024;
  source.connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const level = (): number => {
    analyser.getFloatTimeDomainData(samples);
    return loudness(samples);
  };
  return { level, stop: () => source.disconnect() };
}

/** Says how loud a microphone is, for each picture that is drawn; returns how to stop. */
export function meter(track: MediaStreamTrack, onLevel: (level: number) => void): () => void {
  const { level, stop } = ear(track);
  let frame = 0;
  const look = (): void => {
    onLevel(level());
    frame = requestAnimationFrame(look);
  };
  look();
  return () => {
    cancelAnimationFrame(frame);
    stop();
  };
}

/** Above this the meter is green: a voice, not a fan. */
export const SPEECH = 0.25;

/** Rings until stopped: two tones, a second of sound and two of silence. */
export function ring(destination?: AudioNode): () => void {
  const at = audio();
  const gain = at.createGain();
  gain.gain.value = 0;
  gain.connect(destination ?? at.destination);
  const tones = [440, 554].map((frequency) => {
    const tone = at.createOscillator();
    tone.frequency.value = frequency;
    tone.connect(gain);
    tone.start();
    return tone;
  });
  const beat = (): void => {
    const now = at.currentTime;
    gain.gain.cancelScheduledValues(now);
    for (const [start, end] of [[0, 0.4], [0.55, 0.95]] as const) {
      gain.gain.setValueAtTime(0, now + start);
      gain.gain.linearRampToValueAtTime(0.18, now + start + 0.04);
      gain.gain.setValueAtTime(0.18, now + end - 0.06);
      gain.gain.linearRampToValueAtTime(0, now + end);
    }
  };
  beat();
  const timer = setInterval(beat, 3000);
  return () => {
    clearInterval(timer);
    for (const tone of tones) tone.stop();
    gain.disconnect();
  };
}

/** A ring as a stream, for an audio element that can be sent to a chosen speaker. */
export function ringStream(): { stream: MediaStream; stop: () => void } {
  const destination = audio().createMediaStreamDestination();
  const stop = ring(destination);
  return { stream: destination.stream, stop };
}
