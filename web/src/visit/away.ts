// How long the visit has been out of touch with the functions, and what is said of it: nothing at first, at last the phone. Pure.

/** `away`: worth a calm note. `long`: with the number to phone. */
export type Touch = "here" | "away" | "long";

/** What has been seen so far; times are milliseconds. */
export interface Away {
  readonly touch: Touch;
  readonly at: number | null;
  /** How long there has been no touch, moments of luck included. */
  readonly lasted: number;
  readonly here: number;
}

/** Between two looks no more than this counts: a page that slept has not watched. */
const STEP_MS = 1_500;
export const NOTE_MS = 4_000;
export const LONG_MS = 60_000;
/** For so long it must be in touch before that counts: a note does not flicker. */
export const SETTLED_MS = 1_000;

export function inTouch(): Away {
  return { touch: "here", at: null, lasted: 0, here: 0 };
}

/** What has been seen after one look more, at `now`. */
export function follow(before: Away, away: boolean, now: number): Away {
  const passed = before.at === null ? 0 : Math.min(STEP_MS, Math.max(0, now - before.at));
  const here = away ? 0 : before.here + passed;
  if (here >= SETTLED_MS) return { touch: "here", at: now, lasted: 0, here };
  const lasted = away ? before.lasted + passed : before.lasted;
  const touch = lasted >= LONG_MS ? "long" : lasted >= NOTE_MS ? "away" : "here";
  return { touch, at: now, lasted, here };
}
