// The camera, microphone and speaker a page uses: had, chosen, lost, given back. Says when anything changes.
import { ask, facing, onPermission, otherCamera, permission, type DeviceKind, type DeviceProblem } from "./devices";

/** What one person's page holds; tracks are null while a device is off, refused or gone. */
export class Equipment {
  camera: MediaStreamTrack | null = null;
  microphone: MediaStreamTrack | null = null;
  cameraProblem: DeviceProblem | null = null;
  microphoneProblem: DeviceProblem | null = null;
  /** Output device by id, or null for the system's own. */
  speaker: string | null = null;
  /** The picture to show to oneself; a new stream for every new camera. */
  picture: MediaStream | null = null;
  private chosen: Record<DeviceKind, string | null> = { camera: null, microphone: null };
  private obtaining: Promise<void> | null = null;
  private readonly listeners = new Set<() => void>();

  /** Be told of every change; returns how to stop. */
  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Ask for what is missing: both in one question when both are, then each apart, so that one that is refused does not cost the other. */
  obtain(): Promise<void> {
    this.obtaining ??= this.obtainMissing().finally(() => (this.obtaining = null));
    return this.obtaining;
  }

  private async obtainMissing(): Promise<void> {
    if (!this.camera && !this.microphone && !this.chosen.camera && !this.chosen.microphone) {
      try {
        const stream = await navigator.mediaDevices.getUserMedia({
          video: { facingMode: { ideal: "user" }, width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30, max: 30 } },
          audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
        });
        this.keep("camera", stream.getVideoTracks()[0] ?? null, null);
        this.keep("microphone", stream.getAudioTracks()[0] ?? null, null);
        return;
      } catch {
        // each apart tells which of them it was
      }
    }
    if (!this.camera) await this.turnOn("camera");
    if (!this.microphone) await this.turnOn("microphone");
  }

  /** Have a device, the chosen one if it is still there. */
  async turnOn(kind: DeviceKind): Promise<void> {
    const { track, problem } = await ask(kind, this.chosen[kind]);
    this.keep(kind, track, problem);
  }

  /** Give a device back; its light goes out. */
  turnOff(kind: DeviceKind): void {
    this.keep(kind, null, null);
  }

  /** Use another device of the list. The old one is let go of first: phones allow one camera at a time. */
  async choose(kind: DeviceKind, id: string): Promise<void> {
    this.chosen[kind] = id;
    this[kind]?.stop();
    await this.turnOn(kind);
  }

  chooseSpeaker(id: string): void {
    this.speaker = id;
    this.tell();
  }

  /** The phone's other camera, or the next one of a PC. */
  async flip(): Promise<void> {
    const old = this.camera;
    const present = { facing: old ? facing(old) : null, device: old?.getSettings().deviceId ?? null };
    old?.stop();
    const { track, problem } = await otherCamera(present);
    this.chosen.camera = track?.getSettings().deviceId ?? null;
    this.keep("camera", track, problem);
  }

  /** Whether the picture of oneself is to be mirrored: not when the camera looks away from one. */
  get mirrored(): boolean {
    return !this.camera || facing(this.camera) !== "environment";
  }

  /** Give everything back. */
  release(): void {
    this.keep("camera", null, null);
    this.keep("microphone", null, null);
  }

  /** Notice by itself when what was refused or missing can be had; `mended` is called then. Returns how to stop. */
  watch(mended: () => void): () => void {
    const look = async (): Promise<void> => {
      const kinds = (["camera", "microphone"] as const).filter((kind) => !this[kind]);
      const states = await Promise.all(kinds.map(permission));
      if (states.includes("granted")) mended();
    };
    const plugged = (): void => mended();
    const shown = (): void => void (document.visibilityState === "visible" && look());
    const stops = [onPermission("camera", look), onPermission("microphone", look)];
    navigator.mediaDevices.addEventListener("devicechange", plugged);
    document.addEventListener("visibilitychange", shown);
    return () => {
      for (const stop of stops) stop();
      navigator.mediaDevices.removeEventListener("devicechange", plugged);
      document.removeEventListener("visibilitychange", shown);
    };
  }

  /** The end of the page. */
  close(): void {
    this.release();
    this.listeners.clear();
  }

  private keep(kind: DeviceKind, track: MediaStreamTrack | null, problem: DeviceProblem | null): void {
    if (this[kind] !== track) this[kind]?.stop();
    this[kind] = track;
    if (kind === "camera") {
      this.cameraProblem = problem;
      this.picture = track ? new MediaStream([track]) : null;
    } else {
      this.microphoneProblem = problem;
    }
    // An unplugged device, a phone call on an iPhone: the track ends by itself, and the page must say so.
    track?.addEventListener("ended", () => {
      if (this[kind] === track) this.keep(kind, null, "busy");
    });
    this.tell();
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}
