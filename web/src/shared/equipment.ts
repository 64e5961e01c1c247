// The camera, microphone and speaker a page uses: had, chosen, taken away, unplugged, given back. Says when anything changes.
import { found, memorize, recall, type Chosen } from "./chosen";
import { ask, choices, constraints, dismissed, facing, otherCamera, permission, problemWith, type Choice, type DeviceKind, type DeviceProblem, type Got, type Wish } from "./devices";
import { watchFor } from "./mending";
import { arrived, gone, lists, speakerOf, type Kind, type Lists } from "./plugs";

/** `unplugged`: this one took over from one that went away. `plugged`: this one is new and offered. */
export interface DeviceChange {
  kind: Kind;
  label: string;
  why: "unplugged" | "plugged";
}

const KINDS: readonly DeviceKind[] = ["camera", "microphone"];

/** What one person's page holds; tracks are null while a device is off, refused or gone. */
export class Equipment {
  camera: MediaStreamTrack | null = null;
  microphone: MediaStreamTrack | null = null;
  cameraProblem: DeviceProblem | null = null;
  microphoneProblem: DeviceProblem | null = null;
  /** Output device by id, or null for the system's own. */
  speaker: string | null;
  /** The picture to show to oneself; a new stream for every new camera. */
  picture: MediaStream | null = null;
  /** What was plugged in or out; a new one waits for `useChanged` or `dismissChanged`. */
  changed: DeviceChange | null = null;
  private offered: Choice | null = null;
  private readonly chosen: Chosen;
  /** What the system has taken away, as for a phone call. */
  private readonly taken = new Set<DeviceKind>();
  /** The id of the device in use; an ended track no longer tells. */
  private readonly used: Record<DeviceKind, string> = { camera: "", microphone: "" };
  /** Counts wishes, so that a device that comes late, when another or none is wished for, is let go of. */
  private readonly wishes: Record<DeviceKind, number> = { camera: 0, microphone: 0 };
  /** Whether the camera has been asked for, or turned off, since everything was given back. */
  private decided = false;
  private known: Lists | null = null;
  private obtaining: Promise<void> | null = null;
  private readonly listeners = new Set<() => void>();
  private readonly replugged = (): void => void this.lookAtPlugs();

  constructor(private readonly storage: Pick<Storage, "getItem" | "setItem"> = localStorage) {
    this.chosen = recall(storage);
    this.speaker = this.chosen.speaker?.id ?? null;
    (navigator.mediaDevices as MediaDevices | undefined)?.addEventListener("devicechange", this.replugged);
  }

  /** Be told of every change; returns how to stop. */
  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** The device or the system took camera or microphone away; `resume` takes them back. */
  get interrupted(): boolean {
    return this.taken.size > 0;
  }

  /** Whether a camera may still come: it has not been asked for yet. */
  get cameraMayCome(): boolean {
    return !this.camera && !this.decided;
  }

  /** Ask for what is missing: both in one question when both are, then each apart, so that one that is refused does not cost the other. */
  obtain(): Promise<void> {
    const obtaining = (this.obtaining ??= this.obtainMissing().finally(() => {
      if (this.obtaining === obtaining) this.obtaining = null;
    }));
    return obtaining;
  }

  private async obtainMissing(): Promise<void> {
    if (!this.camera && !this.microphone && !(await Promise.all(KINDS.map(permission))).includes("denied")) {
      const rounds = KINDS.map((kind) => ++this.wishes[kind]);
      const current = (): boolean => KINDS.every((kind, at) => this.wishes[kind] === rounds[at]);
      const [video, audio] = await Promise.all(KINDS.map(async (kind) => constraints(kind, await this.wish(kind))));
      try {
        const stream = await navigator.mediaDevices.getUserMedia({ ...video, ...audio });
        if (!current()) return stream.getTracks().forEach((track) => track.stop());
        this.keep("camera", stream.getVideoTracks()[0] ?? null, null);
        this.keep("microphone", stream.getAudioTracks()[0] ?? null, null);
        return;
      } catch (error) {
        if (!current()) return;
        if (dismissed(error)) {
          for (const kind of KINDS) this.keep(kind, null, await problemWith(kind, error));
          return;
        }
        // each apart tells which of them it was
      }
    }
    for (const kind of KINDS) if (!this[kind]) await this.turnOn(kind);
  }

  /** Have a device, the chosen one if it is still there. */
  async turnOn(kind: DeviceKind): Promise<void> {
    await this.take(kind, async () => ask(kind, await this.wish(kind)));
  }

  /** Give a device back; its light goes out. */
  turnOff(kind: DeviceKind): void {
    this.wishes[kind]++;
    this.keep(kind, null, null);
  }

  /** Use another device of the list. The old one is let go of first: phones allow one camera at a time. */
  async choose(kind: DeviceKind, id: string): Promise<void> {
    const choice = (await choices(kind)).find((one) => one.id === id);
    this.remember({ [kind]: { id, label: choice?.label ?? "" } });
    this[kind]?.stop();
    await this.turnOn(kind);
    const towards = this.camera && facing(this.camera);
    if (kind === "camera" && towards) this.remember({ facing: towards });
  }

  chooseSpeaker(id: string): void {
    this.speaker = id;
    this.remember({ speaker: { id, label: this.known?.speaker.find((one) => one.id === id)?.label ?? "" } });
    this.tell();
  }

  /** The phone's other camera, or the next one of a PC; it stays chosen. */
  async flip(): Promise<void> {
    const old = this.camera;
    const present = { facing: old ? facing(old) : null, device: old?.getSettings().deviceId ?? null };
    old?.stop();
    await this.take("camera", () => otherCamera(present));
    if (!this.camera) return this.turnOn("camera"); // the other one is busy, or there is none
    const towards = facing(this.camera);
    const { deviceId } = this.camera.getSettings();
    this.remember(towards ? { facing: towards, camera: null } : { camera: deviceId ? { id: deviceId, label: this.camera.label } : null });
  }

  /** Take back what the system took away; what is still in use elsewhere stays taken. */
  async resume(): Promise<void> {
    await Promise.all([...this.taken].map(async (kind) => {
      this[kind]?.stop();
      await this.turnOn(kind);
      if (this.problem(kind) !== "busy") return;
      this.taken.add(kind);
      this.tell();
    }));
  }

  /** Have again what was taken, and what could not be had before. */
  async mend(): Promise<void> {
    await this.resume();
    for (const kind of KINDS) if (this.problem(kind) && !this.taken.has(kind)) await this.turnOn(kind);
  }

  /** Use what was plugged in; a headset's speaker comes along with its microphone. */
  async useChanged(): Promise<void> {
    const { changed, offered, known } = this;
    this.dismissChanged();
    if (changed?.why !== "plugged" || !offered) return;
    if (changed.kind === "speaker") return this.chooseSpeaker(offered.id);
    const speaker = changed.kind === "microphone" && known ? speakerOf(offered, known) : null;
    if (speaker) this.chooseSpeaker(speaker.id);
    await this.choose(changed.kind, offered.id);
  }

  dismissChanged(): void {
    this.changed = this.offered = null;
    this.tell();
  }

  /** Whether the picture of oneself is to be mirrored: not when the camera looks away from one. */
  get mirrored(): boolean {
    return !this.camera || facing(this.camera) !== "environment";
  }

  /** Give everything back. */
  release(): void {
    this.obtaining = null;
    this.changed = this.offered = null;
    for (const kind of KINDS) this.turnOff(kind);
    this.decided = false;
  }

  /** Notice by itself when what was refused or missing can be had; `mended` is called then. Returns how to stop. */
  watch(mended: () => void): () => void {
    return watchFor({
      missing: () => ({
        ...(this.camera ? {} : { camera: this.cameraProblem }),
        ...(this.microphone ? {} : { microphone: this.microphoneProblem }),
      }),
      mended,
    });
  }

  /** The end of the page. */
  close(): void {
    this.release();
    (navigator.mediaDevices as MediaDevices | undefined)?.removeEventListener("devicechange", this.replugged);
    this.listeners.clear();
  }

  private problem(kind: DeviceKind): DeviceProblem | null {
    return kind === "camera" ? this.cameraProblem : this.microphoneProblem;
  }

  /** Which device to ask for: the remembered one if it is listed; while nothing is, browsers only take its id as a wish. */
  private async wish(kind: DeviceKind): Promise<Wish> {
    const { [kind]: chosen, facing: towards } = this.chosen;
    const here = found(chosen, await choices(kind));
    return { id: here?.id ?? chosen?.id ?? null, sure: here !== null, facing: towards };
  }

  private async take(kind: DeviceKind, asking: () => Promise<Got>): Promise<void> {
    const round = ++this.wishes[kind];
    const { track, problem } = await asking();
    if (round === this.wishes[kind]) this.keep(kind, track, problem);
    else track?.stop();
  }

  private keep(kind: DeviceKind, track: MediaStreamTrack | null, problem: DeviceProblem | null): void {
    if (this[kind] !== track) this[kind]?.stop();
    this[kind] = track;
    this.taken.delete(kind);
    if (kind === "camera") {
      this.decided = true;
      this.cameraProblem = problem;
      this.picture = track ? new MediaStream([track]) : null;
    } else {
      this.microphoneProblem = problem;
    }
    if (track) this.follow(kind, track);
    this.tell();
  }

  /** What becomes of a track without our doing (W3C Media Capture, "ended" and "muted" of a track's life cycle). */
  private follow(kind: DeviceKind, track: MediaStreamTrack): void {
    const mine = (then: () => void) => (): void => void (this[kind] === track && then());
    this.used[kind] = track.getSettings().deviceId ?? "";
    if (track.muted) this.taken.add(kind);
    track.addEventListener("mute", mine(() => void (this.taken.add(kind), this.tell())));
    track.addEventListener("unmute", mine(() => void (this.taken.delete(kind), this.tell())));
    track.addEventListener("ended", mine(() => void this.ended(kind, track)));
    void this.readPlugs();
  }

  /** Unplugged, no longer allowed, or taken by the system; only the last of these can be taken back with a tap. */
  private async ended(kind: DeviceKind, track: MediaStreamTrack): Promise<void> {
    const [allowed, now] = await Promise.all([permission(kind), lists()]);
    if (this[kind] !== track) return;
    if (allowed === "denied") return this.keep(kind, null, "denied");
    if (!now[kind].some(({ id }) => id === this.used[kind])) return this.unplugged(kind);
    this.keep(kind, null, "busy");
    this.taken.add(kind);
    this.tell();
  }

  /** The next best takes over, whichever the system thinks that is. */
  private async unplugged(kind: DeviceKind): Promise<void> {
    this.keep(kind, null, "none");
    await this.take(kind, () => ask(kind, { facing: this.chosen.facing }));
    const now = this[kind];
    if (now) this.change({ kind, label: now.label, why: "unplugged" });
  }

  private async readPlugs(): Promise<void> {
    this.known = await lists();
    if (!this.known.speaker.some(({ label }) => label !== "")) return;
    const speaker = found(this.chosen.speaker, this.known.speaker)?.id ?? null; // one that is gone gives way silently
    if (speaker === this.speaker) return;
    this.speaker = speaker;
    this.tell();
  }

  private async lookAtPlugs(): Promise<void> {
    const before = this.known;
    const now = await lists();
    if (!before || before !== this.known) return; // nothing is used yet, or a later look was faster
    this.known = now;
    if (this.changed?.why === "plugged" && !now[this.changed.kind].some(({ id }) => id === this.offered?.id)) this.dismissChanged();
    for (const kind of KINDS) if (this[kind] && gone(before, now, kind, this.used[kind])) await this.unplugged(kind);
    if (this.speaker && gone(before, now, "speaker", this.speaker)) {
      this.speaker = null;
      this.change({ kind: "speaker", label: "", why: "unplugged" });
    }
    const news = arrived(before, now);
    if (news && (this.camera || this.microphone)) this.change({ kind: news.kind, label: news.choice.label, why: "plugged" }, news.choice);
  }

  private change(changed: DeviceChange, offered: Choice | null = null): void {
    this.changed = changed;
    this.offered = offered;
    this.tell();
  }

  private remember(what: Partial<Chosen>): void {
    memorize(this.storage, Object.assign(this.chosen, what));
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}
