// Cameras, microphones and sound: asking for them, telling failures apart, measuring level, ringing.

/** Why a device could not be had. */
export type DeviceProblem = "denied" | "system" | "busy" | "none" | "unknown";
export type DeviceKind = "camera" | "microphone";
export type Got = { track: MediaStreamTrack; problem: null } | { track: null; problem: DeviceProblem };

/** What a getUserMedia failure means. Chrome says in the message when the operating system is the one who refuses. */
export function problemOf(error: unknown): DeviceProblem {
  const { name, message } = error instanceof Error || error instanceof DOMException ? error : { name: "", message: "" };
  switch (name) {
    case "NotAllowedError":
    case "PermissionDeniedError":
    case "SecurityError":
      return /system/i.test(message) ? "system" : "denied";
    case "NotReadableError":
    case "TrackStartError":
    case "AbortError":
      return "busy";
    case "NotFoundError":
    case "DevicesNotFoundError":
    case "OverconstrainedError":
      return "none";
    default:
      return "unknown";
  }
}

/** What is asked of a camera: enough for a face, kind to a phone. */
function cameraConstraints(device: string | null, facing: "user" | "environment"): MediaTrackConstraints {
  return {
    width: { ideal: 1280 },
    height: { ideal: 720 },
    frameRate: { ideal: 30, max: 30 },
    ...(device ? { deviceId: { exact: device } } : { facingMode: { ideal: facing } }),
  };
}

function microphoneConstraints(device: string | null): MediaTrackConstraints {
  return { echoCancellation: true, noiseSuppression: true, autoGainControl: true, ...(device ? { deviceId: { exact: device } } : {}) };
}

/** Ask for one device; never throws. A chosen device that is gone gives way to any other. */
export async function ask(kind: DeviceKind, device: string | null = null, facing: "user" | "environment" = "user"): Promise<Got> {
  const constraints = kind === "camera" ? { video: cameraConstraints(device, facing) } : { audio: microphoneConstraints(device) };
  try {
    const stream = await navigator.mediaDevices.getUserMedia(constraints);
    const track = stream.getTracks()[0];
    return track ? { track, problem: null } : { track: null, problem: "none" };
  } catch (error) {
    const problem = problemOf(error);
    if (problem === "none" && device) return ask(kind, null, facing);
    return { track: null, problem };
  }
}

/** What the browser remembers about a permission; "unknown" where it does not say (Safari before 16, Firefox before 131). */
export async function permission(kind: DeviceKind): Promise<PermissionState | "unknown"> {
  try {
    return (await navigator.permissions.query({ name: kind as PermissionName })).state;
  } catch {
    return "unknown";
  }
}

/** Be told when a permission changes in the browser's own menus; returns how to stop. */
export function onPermission(kind: DeviceKind, listener: () => void): () => void {
  let status: PermissionStatus | null = null;
  let stopped = false;
  navigator.permissions
    ?.query({ name: kind as PermissionName })
    .then((found) => {
      if (stopped) return;
      status = found;
      status.addEventListener("change", listener);
    })
    .catch(() => undefined); // the page then relies on «Prøv igjen»
  return () => {
    stopped = true;
    status?.removeEventListener("change", listener);
  };
}

/** A device in a list to choose from. */
export interface Choice {
  id: string;
  label: string;
}

/** What there is to choose from; labels are empty until a permission is given. */
export async function choices(kind: DeviceKind | "speaker"): Promise<Choice[]> {
  const wanted = { camera: "videoinput", microphone: "audioinput", speaker: "audiooutput" }[kind];
  const all = await navigator.mediaDevices.enumerateDevices().catch(() => []);
  return all.filter((device) => device.kind === wanted && device.deviceId !== "").map(({ deviceId, label }) => ({ id: deviceId, label }));
}

/** Whether sound can be sent to a chosen speaker here (Chrome, Edge, Firefox; not Safari). */
export function canChooseSpeaker(): boolean {
  return "setSinkId" in HTMLMediaElement.prototype;
}

/** Which way a camera looks, or null when the device does not say. */
export function facing(track: MediaStreamTrack): "user" | "environment" | null {
  const said = track.getSettings().facingMode;
  return said === "user" || said === "environment" ? said : null;
}

/** Ask for the camera on the other side: by direction on a phone, by the next in the list elsewhere. The old one must be stopped first. */
export async function otherCamera(present: { facing: "user" | "environment" | null; device: string | null }): Promise<Got> {
  if (present.facing) {
    const wanted = present.facing === "user" ? "environment" : "user";
    const got = await ask("camera", null, wanted);
    if (got.track && facing(got.track) === wanted) return got;
    got.track?.stop();
  }
  const cameras = await choices("camera");
  const at = cameras.findIndex(({ id }) => id === present.device);
  const next = cameras[(at + 1) % Math.max(1, cameras.length)];
  return ask("camera", next?.id ?? null);
}

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

/** Measures how loud a microphone is, 0–1 with the square root taken so that speech fills the meter; returns how to stop. */
export function meter(track: MediaStreamTrack, onLevel: (level: number) => void): () => void {
  const source = audio().createMediaStreamSource(new MediaStream([track]));
  const analyser = audio().createAnalyser();
  analyser.fftSize = 1024;
  source.connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  let frame = 0;
  const look = (): void => {
    analyser.getFloatTimeDomainData(samples);
    let power = 0;
    for (const sample of samples) power += sample * sample;
    onLevel(Math.min(1, Math.sqrt(Math.sqrt(power / samples.length)) * 1.6));
    frame = requestAnimationFrame(look);
  };
  look();
  return () => {
    cancelAnimationFrame(frame);
    source.disconnect();
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
