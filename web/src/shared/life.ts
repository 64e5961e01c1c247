// Signs of life on a connection: a worker that died is noticed within a second, long before ICE gives the path up.
import { heard, sees } from "./figures";
import type { After } from "./time";

/** How often is looked whether anything has arrived. */
export const LOOK_MS = 500;
/** A line on which something arrived in so many looks in a row is a busy one: only there does silence mean anything. */
const BUSY = 4;
/** So many looks without anything are a silence; it is told again after these. */
const SILENT = 2;
const AGAIN: ReadonlySet<number> = new Set([SILENT, 5, 10]);
const EVERY = 10;
/** A silence shorter than this was a stumble: the next one must last longer before it is told. */
const STUMBLE = 5;
const MOST_PATIENT = 8;

export interface LifeOptions {
  after: After;
  stats: () => Promise<RTCStatsReport>;
  /** Nothing has arrived for so many milliseconds. */
  onSilence: (milliseconds: number) => void;
  /** Something arrives again. */
  onSound: () => void;
  /** A picture has been decoded, the first one. */
  onPicture: () => void;
}

/** Watches one connection until `close()`. */
export class Life {
  private total = 0;
  private busy = 0;
  private quiet = 0; // looks without anything
  private patience = SILENT;
  private told = false;
  private seen = false;
  private closed = false;
  private cancel: () => void = () => undefined;

  constructor(private readonly options: LifeOptions) {
    this.lookAgain();
  }

  /** Whether a line that was busy is silent now. */
  get silent(): boolean {
    return this.busy >= BUSY && this.quiet >= SILENT;
  }

  /** What arrives may become less by somebody's wish, as by a pause: silence means nothing until the line has been busy again. */
  calm(): void {
    this.busy = this.quiet = 0;
  }

  close(): void {
    this.closed = true;
    this.cancel();
  }

  private lookAgain(): void {
    this.cancel = this.options.after(LOOK_MS, () => void this.look());
  }

  private async look(): Promise<void> {
    const report = await this.options.stats().catch(() => null); // of a connection that has just been closed
    if (this.closed || !report) return;
    if (!this.seen && sees(report)) {
      this.seen = true;
      this.options.onPicture();
    }
    const total = heard(report);
    if (total !== this.total) this.sound();
    else if (this.busy >= BUSY) this.silence();
    else this.busy = 0;
    this.total = total;
    this.lookAgain();
  }

  private sound(): void {
    const { told } = this;
    if (told && this.quiet < STUMBLE) this.patience = Math.min(MOST_PATIENT, this.patience * 2);
    this.told = false;
    this.quiet = 0;
    this.busy = told ? 1 : this.busy + 1;
    if (told) this.options.onSound();
  }

  private silence(): void {
    this.quiet++;
    const again = AGAIN.has(this.quiet) || this.quiet % EVERY === 0;
    if (this.quiet < this.patience || (this.quiet > this.patience && !again)) return;
    this.told = true;
    this.options.onSilence(this.quiet * LOOK_MS);
  }
}
