// The connections of one call: one, or while it moves to another worker the new beside the old, so that nobody sees or hears the move.
import { CallMedia } from "./call";
import type { CallOptions, Sending } from "./calloptions";
import { Showing } from "./showing";
import { realAfter, type After } from "./time";
import type { Answer, Appetite, Join } from "../protocol";

/** How often is looked whether the new connection brings all that the old one does. */
export const COMPARE_MS = 100;
/** What has not grown over so many looks does not arrive any more: a picture may come five times a second. */
const FADED = 10;
/** So many packets of sound are enough to play from, or one frame of a picture; the worker sends sound in both alike. */
const ENOUGH = 5;
/** The old connection goes on for so long after the new one is shown, for those who are not there yet. */
export const LINGER_MS = 20_000;
/** After this long most are: what is still sent on the old one is small, so that no camera is encoded twice in full for longer. */
export const SLIM_MS = 3_000;

/** Tells what has lately arrived on one connection, slot by slot. */
export class Growth {
  private counts: number[] = [];
  private grew: number[] = [];
  private looks = 0;

  look(counts: readonly number[]): void {
    this.looks++;
    counts.forEach((count, slot) => {
      if (count > (this.counts[slot] ?? 0)) this.grew[slot] = this.looks;
      this.counts[slot] = count;
    });
  }

  /** The slots in which something arrives. */
  get slots(): number[] {
    return this.counts.flatMap((_, slot) => (this.looks - (this.grew[slot] ?? -Infinity) < FADED ? [slot] : []));
  }
}

export class Line {
  /** The one that is shown and heard. */
  private shown: CallMedia;
  /** The one that shall be. */
  private coming: CallMedia | null = null;
  /** Those that were, and go on for the others' sake, with how to stop waiting for it. */
  private readonly leaving = new Map<CallMedia, () => void>();
  private readonly showing = new Showing();
  private readonly bytes = new Map<CallMedia, number>();
  private readonly after: After;
  private readonly options: CallOptions; // as they are by now
  private screen: MediaStreamTrack | null = null;
  private closed = false;

  constructor(
    options: CallOptions,
    private sending: Sending,
  ) {
    this.options = { ...options };
    this.after = options.after ?? realAfter;
    this.shown = this.make(options.join, false);
    this.show();
  }

  /** The state of what is shown: a move that goes well is no news. */
  get state(): CallMedia["state"] {
    return this.shown.state;
  }

  start(): Promise<void> {
    return this.newest.start();
  }

  /** Join the present call: told again, or moved; what is older is out of date. */
  async join(join: Join): Promise<void> {
    if (join.call === this.newest.call) return this.newest.rejoin(join);
    if (join.call < this.newest.call || this.closed) return;
    this.coming?.close();
    this.coming = null;
    this.options.join = join;
    if (this.shown.state === "connecting") {
      const before = this.shown;
      this.shown = this.make(join, false);
      before.close();
      this.show();
      this.options.onState(this.shown.state);
    } else {
      this.shown.outlive();
      this.coming = this.make(join, true);
      void this.watch(this.shown, this.coming);
    }
    await this.newest.start();
    this.announce();
  }

  async answer(answer: Answer): Promise<void> {
    await this.newest.answer(answer);
  }

  announce(): void {
    this.newest.announce();
  }

  async replace(change: Partial<Sending>): Promise<void> {
    this.sending = { ...this.sending, ...change };
    await this.each((media) => media.replace(change));
  }

  async share(screen: MediaStreamTrack | null): Promise<void> {
    this.screen = screen;
    await this.each((media) => media.share(screen));
  }

  async pause(paused: boolean): Promise<void> {
    this.options.paused = paused;
    await this.each((media) => media.pause(paused));
  }

  async allow(allowed: boolean): Promise<void> {
    this.options.barred = !allowed;
    await this.each((media) => media.allow(allowed));
  }

  /** New connections in the place of all: what their frames were led through is gone. Those that were left stay so. */
  async renew(): Promise<void> {
    for (const media of this.leaving.keys()) this.end(media);
    await this.each((media) => media.renew());
  }

  async want(appetite: Appetite): Promise<void> {
    this.options.appetite = appetite;
    await this.each((media) => media.want(appetite));
  }

  mute(muted: boolean): void {
    for (const media of this.all) media.mute(muted);
  }

  async wake(elsewhere = false): Promise<void> {
    await this.newest.wake(elsewhere);
  }

  retry(): void {
    this.newest.retry();
  }

  close(): void {
    this.closed = true;
    for (const stop of this.leaving.values()) stop();
    const all = this.all;
    this.leaving.clear();
    for (const media of all) media.close();
  }

  private get newest(): CallMedia {
    return this.coming ?? this.shown;
  }

  private get all(): CallMedia[] {
    return [this.shown, ...(this.coming ? [this.coming] : []), ...this.leaving.keys()];
  }

  private async each(change: (media: CallMedia) => Promise<void>): Promise<void> {
    await Promise.all(this.all.map(change));
  }

  private make(join: Join, beside: boolean): CallMedia {
    let media: CallMedia | null = null; // it speaks while it is being made
    const isShown = (): boolean => !this.closed && media !== null && media === this.shown;
    const made: CallMedia = (media = new CallMedia(
      {
        ...this.options,
        join,
        beside,
        // The functions know the present call only.
        send: (message) => message.call === this.options.join.call && this.options.send(message),
        onRemote: () => isShown() && this.show(),
        onState: (state) => {
          if (this.leaving.has(made) && state !== "connected") this.end(made);
          else if (made === this.shown && (!this.closed || state === "closed")) this.options.onState(state);
        },
        onQuality: (seats) => isShown() && this.options.onQuality?.(seats),
        onBytes: (bytes) => this.count(made, bytes),
      },
      this.sending,
    ));
    if (this.screen) void made.share(this.screen);
    return made;
  }

  private show(): void {
    this.options.onRemote(this.showing.of(this.shown.remote));
  }

  private count(media: CallMedia, bytes: number): void {
    this.bytes.set(media, bytes);
    this.options.onBytes?.([...this.bytes.values()].reduce((sum, of) => sum + of, 0));
  }

  /** Wait until all that arrives on the one arrives on the other; of one that died nothing does. */
  private async watch(from: CallMedia, to: CallMedia): Promise<void> {
    const before = new Growth();
    for (;;) {
      const [old, come] = await Promise.all([from.arrived(), to.arrived()]).catch((): [number[], number[]] => [[], []]);
      if (this.coming !== to || this.closed) return;
      before.look(old);
      const there = before.slots.every((slot) => (come[slot] ?? 0) >= (this.isSound(slot) ? ENOUGH : 1));
      if (to.state === "connected" && there) return this.swap(from, to);
      await new Promise<void>((done) => this.after(COMPARE_MS, done));
    }
  }

  /** Slots are sound, camera, screen, and then sound and camera of each further person. */
  private isSound(slot: number): boolean {
    return slot === 0 || (slot > 2 && slot % 2 === 1);
  }

  private swap(from: CallMedia, to: CallMedia): void {
    const was = from.state;
    this.shown = to;
    this.coming = null;
    from.quiet(true);
    to.quiet(false);
    this.show();
    from.settled();
    if (was === "connected") this.linger(from);
    else from.close();
    if (was !== to.state) this.options.onState(to.state);
  }

  private linger(media: CallMedia): void {
    let stop = this.after(SLIM_MS, () => {
      void media.slim();
      stop = this.after(LINGER_MS - SLIM_MS, () => this.end(media));
    });
    this.leaving.set(media, () => stop());
  }

  private end(media: CallMedia): void {
    this.leaving.get(media)?.();
    this.leaving.delete(media);
    media.close();
  }
}
