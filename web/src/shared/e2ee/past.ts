// What is remembered of somebody beyond an agreement's end: whoever passes parcels on also says who has left, and must not win more tries by it.
import type { After } from "../time";

/** Beginnings, ours and theirs, after which somebody must be trying codes; a reload is one of each. One is forgiven in half a minute. */
const BEGINNINGS = 20;
const FORGIVEN_MS = 30_000;

export class Past {
  /** The highest number heard within each attempt of theirs. */
  readonly numbers = new Map<string, number>();
  private beginnings = 0;

  constructor(private readonly after: After) {}

  /** Whether there may be one beginning more. */
  spend(): boolean {
    if (this.beginnings >= BEGINNINGS) return false;
    if (this.beginnings++ === 0) this.forgive();
    return true;
  }

  /** One after the other: those of one moment are not forgiven in one. */
  private forgive(): void {
    this.after(FORGIVEN_MS, () => {
      if (--this.beginnings > 0) this.forgive();
    });
  }
}
