// All the agreements of one page: one with each other seat, and this page's own secret, which is renewed whenever somebody comes or goes.
import type { Seat } from "../../protocol";
import { realAfter, type After } from "../time";
import type { Identity, KeySink, Pair, Parcel, Proof, Say } from "./types";

export interface GroupOptions {
  own: Seat;
  consultation: string;
  /** Whether this browser can seal frames; if not, the others are told so. */
  able: boolean;
  say: Say;
  sink: KeySink;
  /** Something that `pairs` or `ready` tell has changed. */
  onChange: () => void;
  after?: After;
  /** What is shown to somebody to prove who is here. */
  prove?: (to: Seat, transcript: Uint8Array<ArrayBuffer>) => Promise<Proof | null>;
  judge?: (seat: Seat, transcript: Uint8Array<ArrayBuffer>, proof: Proof | null) => Promise<Identity>;
  /** Whether keys are given to and taken of this seat only once `judge` knows who it is. */
  expectsIdentity?: (seat: Seat) => boolean;
}

export class Group {
  constructor(private readonly options: GroupOptions) {
    void (options.after ?? realAfter);
    void this.options;
  }

  /** These others are in the call, whether or not they are here at present; each is greeted once. Who is missing from it has left. */
  seats(_others: readonly Seat[]): void {
    throw new Error("not yet");
  }

  /** Something else than a parcel was heard of them: they are here, and are worth saying things again to. */
  here(_seat: Seat): void {
    throw new Error("not yet");
  }

  left(_seat: Seat): void {
    throw new Error("not yet");
  }

  receive(_seat: Seat, _parcel: Parcel): void {
    throw new Error("not yet");
  }

  /** A new socket: what may have been lost is said again. */
  again(): void {
    throw new Error("not yet");
  }

  /** The worker that seals was started anew, without its counters: a secret that it had is not used again. */
  renew(): void {
    throw new Error("not yet");
  }

  close(): void {
    throw new Error("not yet");
  }

  /** Whether sending makes sense and is allowed: somebody secured has the secret that is sealed with. */
  get ready(): boolean {
    throw new Error("not yet");
  }

  pairs(): Pair[] {
    throw new Error("not yet");
  }

  /** Settles once everything said to this page so far has been dealt with. */
  idle(): Promise<void> {
    throw new Error("not yet");
  }
}
