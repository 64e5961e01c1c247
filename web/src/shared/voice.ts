// Listens to one's own microphone during a call, muted or not, for a meter and to say that one speaks unheard. Nothing leaves the device.
import { ear, SPEECH } from "./sound";

/** How often the level is looked at. */
export const LISTEN_MS = 100;
/** So long must one have spoken before it counts: a cough is no speech. */
const SPOKEN_MS = 900;
/** So long after the last word it still counts. */
const SILENT_MS = 4_000;

/**
 * Measures a copy of this track, which is never sent: a disabled track gives silence (W3C Media Capture, "enabled"), its
 * copy does not. Returns how to stop.
 */
export function listenTo(track: MediaStreamTrack, onLevel: (level: number) => void): () => void {
  const copy = track.clone();
  copy.enabled = true;
  const { level, stop } = ear(copy);
  const timer = setInterval(() => onLevel(level()), LISTEN_MS);
  return () => {
    clearInterval(timer);
    stop();
    copy.stop();
  };
}

/** Tells speech from noises by how long it goes on. */
export class Speech {
  private spoken = 0;
  private silent = 0;
  private speaking = false;

  /** Take the level of one look; whether somebody speaks or has just spoken. */
  hears(level: number): boolean {
    if (level >= SPEECH) {
      this.spoken = Math.min(SPOKEN_MS, this.spoken + LISTEN_MS);
      this.silent = 0;
    } else {
      this.spoken = Math.max(0, this.spoken - LISTEN_MS / 2); // syllables have gaps
      this.silent += LISTEN_MS;
    }
    if (this.spoken >= SPOKEN_MS) this.speaking = true;
    if (this.silent >= SILENT_MS) this.speaking = false;
    return this.speaking;
  }
}
