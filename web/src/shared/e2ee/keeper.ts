// Keeps the worker in which frames are sealed: starts it, starts it anew when it fails, and asks it what it has counted.
import type { Seat } from "../../protocol";
import type { After } from "../time";
import type { Count, ToSealer } from "./passage";
import type { SealerWorker } from "./transforms";
import type { KeySink, Mode } from "./types";

/** A worker whose file could not be had so many times in a row cannot be had here at all. */
const TRIES = 3;
/** A file that did not come is asked for again after this, and then after ever so much more. */
export const RETRY_MS = 1_000;
/** So often in a row it has not answered within this time: then it hangs, or was ended by the system. */
const SILENCES = 3;
export const ANSWER_MS = 4_000;

export interface KeeperOptions {
  start: () => SealerWorker;
  after: After;
  onHeard: (seat: Seat) => void;
  /** Another worker runs, without keys; what was led through the one before is lost. */
  onRenew: () => void;
  /** There is none to be had. */
  onGiveUp: () => void;
}

export class Keeper implements KeySink {
  /** Also one that was ended, until there is another: better nothing passes than that anything goes by another way. */
  worker: SealerWorker | null = null;
  private mode: Mode = "closed";
  private ready = false;
  private failures = 0;
  private silences = 0;
  private cancelRetry: () => void = () => undefined;
  private readonly asked: ((counts: Count[] | null) => void)[] = [];

  constructor(private readonly options: KeeperOptions) {
    this.start();
  }

  send(seat: Seat, epoch: number, secret: Uint8Array<ArrayBuffer>): void {
    this.post({ type: "send", seat, epoch, secret });
  }

  take(seat: Seat, epoch: number, secret: Uint8Array<ArrayBuffer>): void {
    this.post({ type: "take", seat, epoch, secret });
  }

  forget(seat: Seat): void {
    this.post({ type: "forget", seat });
  }

  set(mode: Mode): void {
    this.mode = mode;
    this.post({ type: "mode", mode });
  }

  /** How many frames of these passages there were so far; null if it cannot be told. */
  count(ids: number[]): Promise<Count[] | null> {
    if (!this.worker) return Promise.resolve(null);
    return new Promise((resolve) => {
      const settle = (counts: Count[] | null): void => {
        cancel();
        resolve(counts);
      };
      const cancel = this.options.after(ANSWER_MS, () => {
        resolve(null);
        if (this.asked.includes(settle)) this.silence();
      });
      this.asked.push(settle);
      this.post({ type: "count", ids });
    });
  }

  close(): void {
    this.cancelRetry();
    const { worker } = this;
    if (worker) worker.onmessage = worker.onerror = null;
    worker?.terminate();
    for (const settle of this.asked.splice(0)) settle(null);
  }

  private post(message: ToSealer): void {
    this.worker?.postMessage(message);
  }

  private start(): void {
    this.ready = false;
    this.silences = 0;
    try {
      const worker = (this.worker = this.options.start());
      worker.onmessage = ({ data }) => {
        if (data.type === "ready") [this.ready, this.failures] = [true, 0];
        else if (data.type === "heard") this.options.onHeard(data.seat);
        else {
          this.silences = 0;
          this.asked.shift()?.(data.counts);
        }
      };
      worker.onerror = () => void (this.ready || this.fail());
      this.set(this.mode);
    } catch {
      this.options.after(0, () => this.options.onGiveUp()); // it is forbidden
    }
  }

  /** Its file did not come, or does not run here. */
  private fail(): void {
    this.close();
    if (++this.failures >= TRIES) return this.options.onGiveUp();
    this.cancelRetry = this.options.after(this.failures * RETRY_MS, () => this.again());
  }

  private silence(): void {
    if (++this.silences >= SILENCES) this.again();
  }

  private again(): void {
    this.close();
    this.start();
    this.options.onRenew();
  }
}
