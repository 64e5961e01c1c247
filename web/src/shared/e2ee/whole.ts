// Notices pictures that miss those they build on, and asks for one that needs none.
import type { Kind } from "./types";

/** Asked for again after so many frames more that build on what is not there. */
const AGAIN = 30;

export class Whole {
  /** Frames that went on since something was missing; the first ones of all build on nothing. */
  private broken: number | null = 0;

  constructor(
    private readonly kind: Kind,
    private readonly ask: (() => Promise<unknown>) | undefined,
  ) {}

  /** This frame does not go on. */
  lacks(): null {
    this.broken ??= 0;
    return null;
  }

  /** This one does. */
  goesOn<Data extends Uint8Array>(data: Data): Data {
    if (this.broken === null || this.kind === "audio") return data;
    if (((data[0] ?? 0) & 1) === 0) this.broken = null; // a key frame of VP8 (RFC 6386 section 9.1)
    else if (this.broken++ % AGAIN === 0) void this.ask?.().catch(() => undefined); // a sender that has just been stopped
    return data;
  }
}
