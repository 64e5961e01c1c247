// The offers of one call: made without candidates, numbered so that the latest counts, said again until answered.
import type { After } from "./time";
import type { Join, Offer } from "../protocol";

/** An unanswered offer is sent again after this time: any message may be lost with its socket. */
export const RESEND_MS = 5_000;
/** Offers are numbered round: after the last of so many comes 0. */
const NUMBERS = 1_000_000;

/** A session description without candidates: the worker learns them by the browser's checks (docs/decisions). */
export function withoutCandidates(sdp: string): string {
  return sdp.replace(/^a=(candidate:.*|end-of-candidates)\r?\n/gm, "");
}

/** The number of the next offer: after the last one, and after those of this page before a reload. */
export function nextNumber(last: number | null, seconds: number): number {
  const now = Math.floor(seconds) % NUMBERS;
  if (last === null) return now;
  const next = (last + 1) % NUMBERS;
  return (now - next + NUMBERS) % NUMBERS < NUMBERS / 2 ? now : next;
}

export interface OffersOptions {
  send: (offer: Offer) => void;
  after: After;
  /** Seconds since 1970. */
  seconds: () => number;
}

export class Offers {
  private open: Offer | null = null;
  private n: number | null = null;
  private cancel: () => void = () => undefined;

  constructor(private readonly options: OffersOptions) {}

  /** Whether one waits for its answer. */
  get pending(): boolean {
    return this.open !== null;
  }

  /** Make an offer and send it, unless `isCurrent` says meanwhile that this connection is over. */
  async make(peer: RTCPeerConnection, { consultation, call }: Join, iceRestart: boolean, isCurrent: () => boolean): Promise<void> {
    const description = await peer.createOffer({ iceRestart });
    if (!isCurrent() || peer.signalingState === "closed") return;
    try {
      await peer.setLocalDescription(description);
    } catch {
      return; // what stands goes on; if it does not, the next restart or the connection after it will
    }
    const n = (this.n = nextNumber(this.n, this.options.seconds()));
    this.open = { type: "offer", consultation, call, n, sdp: withoutCandidates(description.sdp ?? "") };
    this.say();
  }

  /** Send the open one, again if need be. */
  say(): void {
    if (!this.open) return;
    this.options.send(this.open);
    this.cancel();
    this.cancel = this.options.after(RESEND_MS, () => this.say());
  }

  /** Whether this number answers the latest offer; it is then open no longer. */
  settle(n: number): boolean {
    if (n !== this.open?.n) return false;
    this.close();
    return true;
  }

  close(): void {
    this.open = null;
    this.cancel();
  }
}
