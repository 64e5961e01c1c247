// How long it takes to get into a call, to see somebody, and to come back after a fault: told once each, for the service's levels.
import type { CallState } from "./path";
import type { Join, Timed, Timing } from "../protocol";

/** The protocol takes no more. */
const MOST_MS = 600_000;

/** One line's, from being let into the call on. */
export class Stopwatch {
  private readonly begun: number;
  private readonly told = new Set<Timing>();
  private lostAt: number | null = null;

  constructor(
    private readonly seat: Join["seat"],
    private readonly tell: (timed: Pick<Timed, "what" | "milliseconds">) => void,
    private readonly now: () => number,
  ) {
    this.begun = now();
  }

  state(state: CallState): void {
    if (state === "connected") {
      this.first("joined");
      if (this.lostAt !== null) this.say("recovery", this.lostAt);
      this.lostAt = null;
    } else if (state === "troubled") {
      this.lostAt ??= this.now();
    }
  }

  /** The network or the screen came back: only from now on can anything be mended. */
  wake(): void {
    if (this.lostAt !== null) this.lostAt = this.now();
  }

  picture(): void {
    this.first("first_picture");
  }

  /** The clinician's line is up while it still rings, so hers says nothing of how soon anybody is seen. */
  private first(what: Timing): void {
    if (this.seat === "clinician" || this.told.has(what)) return;
    this.told.add(what);
    this.say(what, this.begun);
  }

  private say(what: Timing, since: number): void {
    this.tell({ what, milliseconds: Math.min(MOST_MS, Math.max(0, Math.round(this.now() - since))) });
  }
}
