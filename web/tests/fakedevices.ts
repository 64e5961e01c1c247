// A machine with cameras, microphones and speakers to plug in and out, and what its browser says of them, for the tests.
import { afterAll, beforeAll } from "vitest";

/** A camera's or microphone's track; `does` tells what the system does to it. */
export class FakeDeviceTrack extends EventTarget {
  enabled = true;
  muted = false;
  readyState = "live";

  constructor(
    readonly kind: "video" | "audio",
    readonly label: string,
    private readonly settings: MediaTrackSettings,
  ) {
    super();
  }

  getSettings(): MediaTrackSettings {
    return this.settings;
  }

  stop(): void {
    this.readyState = "ended";
  }

  does(what: "mute" | "unmute" | "ended"): void {
    if (what === "ended") this.readyState = "ended";
    else this.muted = what === "mute";
    this.dispatchEvent(new Event(what));
  }
}

interface Plugged {
  kind: MediaDeviceKind;
  deviceId: string;
  label: string;
  groupId: string;
  facing?: "user" | "environment";
}

type Kind = "camera" | "microphone";

export class FakeMachine extends EventTarget {
  plugged: Plugged[] = [];
  /** As in the Permissions API; a browser that knows it not says nothing. */
  readonly permission: Record<Kind, PermissionState | "unknown"> = { camera: "granted", microphone: "granted" };
  /** What getUserMedia fails with, by kind. */
  readonly failure: Partial<Record<Kind, DOMException>> = {};
  /** What was asked for, in order. */
  readonly asked: MediaStreamConstraints[] = [];
  readonly given: FakeDeviceTrack[] = [];
  /** Holds every answer back until it is let go. */
  hold: Promise<void> | null = null;

  camera(deviceId: string, label = deviceId, facing?: "user" | "environment"): void {
    this.plugged.push({ kind: "videoinput", deviceId, label, groupId: "", ...(facing ? { facing } : {}) });
  }

  microphone(deviceId: string, label = deviceId, groupId = ""): void {
    this.plugged.push({ kind: "audioinput", deviceId, label, groupId });
  }

  speaker(deviceId: string, label = deviceId, groupId = ""): void {
    this.plugged.push({ kind: "audiooutput", deviceId, label, groupId });
  }

  unplug(deviceId: string): void {
    this.plugged = this.plugged.filter((device) => device.deviceId !== deviceId);
  }

  /** The browser says that the list has changed. */
  changes(): void {
    this.dispatchEvent(new Event("devicechange"));
  }

  async enumerateDevices(): Promise<Plugged[]> {
    return this.plugged.map((device) => {
      const kind = device.kind === "videoinput" ? "camera" : "microphone";
      return this.permission[kind] === "granted" ? device : { ...device, deviceId: "", label: "" };
    });
  }

  async getUserMedia(constraints: MediaStreamConstraints): Promise<{ getTracks(): FakeDeviceTrack[] }> {
    this.asked.push(constraints);
    await this.hold;
    const wanted = (["camera", "microphone"] as const).filter((kind) => constraints[kind === "camera" ? "video" : "audio"]);
    for (const kind of wanted) {
      const failure = this.failure[kind];
      if (failure) throw failure;
      if (this.permission[kind] === "denied") throw new DOMException("Permission denied", "NotAllowedError");
    }
    const tracks = wanted.map((kind) => this.track(kind, constraints[kind === "camera" ? "video" : "audio"] as MediaTrackConstraints));
    this.given.push(...tracks);
    return { getTracks: () => tracks, getVideoTracks: () => tracks.filter(({ kind }) => kind === "video"), getAudioTracks: () => tracks.filter(({ kind }) => kind === "audio") } as never;
  }

  private track(kind: Kind, wish: MediaTrackConstraints): FakeDeviceTrack {
    const all = this.plugged.filter((device) => device.kind === (kind === "camera" ? "videoinput" : "audioinput"));
    const { exact, ideal } = Object(wish.deviceId) as { exact?: string; ideal?: string };
    const facing = (Object(wish.facingMode) as { ideal?: string }).ideal;
    const found = all.find(({ deviceId }) => deviceId === exact) ?? all.find(({ deviceId }) => deviceId === ideal) ?? all.find((device) => device.facing === facing) ?? all[0];
    if (!found || (exact && found.deviceId !== exact)) throw new DOMException("none", exact ? "OverconstrainedError" : "NotFoundError");
    return new FakeDeviceTrack(kind === "camera" ? "video" : "audio", found.label, { deviceId: found.deviceId, ...(found.facing ? { facingMode: found.facing } : {}) });
  }

  /** As `navigator`. */
  get navigator(): unknown {
    return {
      mediaDevices: this,
      permissions: {
        query: async ({ name }: { name: Kind }) => {
          if (this.permission[name] === "unknown") throw new TypeError("no such permission");
          return Object.assign(new EventTarget(), { state: this.permission[name] });
        },
      },
    };
  }
}

/** Stands in for the browser in this file's tests; `set` puts a machine in its place. */
export function stage(): { set: (machine: FakeMachine) => void } {
  const before = { navigator: Object.getOwnPropertyDescriptor(globalThis, "navigator"), MediaStream: globalThis.MediaStream };
  const set = (machine: FakeMachine): void => void Object.defineProperty(globalThis, "navigator", { value: machine.navigator, configurable: true });
  beforeAll(() => void Object.assign(globalThis, { MediaStream: class {} }));
  afterAll(() => {
    if (before.navigator) Object.defineProperty(globalThis, "navigator", before.navigator);
    Object.assign(globalThis, { MediaStream: before.MediaStream });
  });
  return { set };
}

/** What localStorage keeps, over reloads. */
export class FakeStorage {
  readonly kept = new Map<string, string>();

  getItem(key: string): string | null {
    return this.kept.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    this.kept.set(key, value);
  }
}
