// The sound when a patient checks in.
import { audio, soundReady } from "../shared/sound";

/** Two soft rising tones; silent until the page may make sounds (after the first press on it). */
export function chime(): void {
  if (!soundReady()) return;
  const at = audio();
  for (const [frequency, start] of [[587, 0], [880, 0.18]] as const) {
    const gain = at.createGain();
    const tone = at.createOscillator();
    const begin = at.currentTime + start;
    tone.frequency.value = frequency;
    gain.gain.setValueAtTime(0, begin);
    gain.gain.linearRampToValueAtTime(0.16, begin + 0.02);
    gain.gain.exponentialRampToValueAtTime(0.001, begin + 0.6);
    tone.connect(gain).connect(at.destination);
    tone.onended = () => gain.disconnect();
    tone.start(begin);
    tone.stop(begin + 0.65);
  }
}
