// What is said of a call that fails, and when: nothing for a hiccup, then calmly whose side it is on, at last the phone. Pure.
import type { Peer } from "./people";
import type { CallState } from "./path";

/** `first`: on the way up for the first time. `hiccup`: worth a discreet word. `phone`: may not heal. `back`: it has healed just now. */
export type Phase = "first" | "fine" | "hiccup" | "mending" | "phone" | "back";
/** Whose side it is on: one's own network, the other person's, the service's. */
export type Side = "unknown" | "own" | "other" | "service";

/** What is known at one moment. */
export interface Look {
  path: CallState | null;
  /** Whether the socket to the functions is there, for all that is known. */
  line: boolean;
  /** Whether the browser thinks that there is a network. */
  online: boolean;
  /** Whether what the other person sends arrives. */
  arrives: boolean;
  /** The call's number: a larger one means that it has moved to another worker. */
  call: number;
}

/** What has been seen so far; times are milliseconds. */
export interface Outage {
  readonly phase: Phase;
  readonly side: Side;
  /** When it was looked at last; null before the first time. */
  readonly at: number | null;
  /** How long nothing has worked, moments of luck included. */
  readonly bad: number;
  /** How long all has worked since. */
  readonly good: number;
  /** The call's number while all still worked. */
  readonly call: number;
  /** A side that has not been seen for long enough yet, and for how long it has. */
  readonly guess: Side;
  readonly guessed: number;
  readonly been: boolean;
}

/** Between two looks no more than this counts: a page that slept has not watched. */
export const STEP_MS = 1_500;
/** Shorter than this nothing is said at all. */
export const HINT_MS = 1_000;
export const PANEL_MS = 4_000;
export const PHONE_MS = 20_000;
/** It must work for so long before it counts as mended: what flickers is not shown flickering. */
export const SETTLED_MS = 1_000;
/** That it works again is said for so long. */
export const BACK_MS = 5_000;
/** A side must look guilty for so long before it is named; of the other person a path that dies looks the same at first. */
const SURE_MS: Record<Side, number> = { unknown: 0, own: 1_500, other: 3_000, service: 1_500 };

export function unseen(): Outage {
  return { phase: "first", side: "unknown", at: null, bad: 0, good: 0, call: 0, guess: "unknown", guessed: 0, been: false };
}

/** What has been seen after one look more, at `now`. */
export function follow(before: Outage, look: Look, now: number): Outage {
  const passed = before.at === null ? 0 : Math.min(STEP_MS, Math.max(0, now - before.at));
  const works = look.path === "connected" && look.arrives;
  const good = works ? before.good + passed : 0;
  const been = before.been || works;
  const mended = works && (good >= SETTLED_MS || !before.been);
  const bad = mended ? 0 : works ? before.bad : before.bad + passed;
  const seen = { ...before, at: now, good, bad, been, call: mended ? look.call : before.call };
  if (mended) return { ...seen, phase: healed(before, good), side: "unknown", guess: "unknown", guessed: 0 };
  return { ...seen, ...suspect(before, look, passed), phase: works ? before.phase : failing(before, bad) };
}

function healed({ phase }: Outage, good: number): Phase {
  if (phase === "mending" || phase === "phone") return "back";
  return phase === "back" && good < BACK_MS ? "back" : "fine";
}

function failing({ phase, been }: Outage, bad: number): Phase {
  if (bad >= PHONE_MS) return "phone";
  if (!been) return "first";
  if (bad >= PANEL_MS) return "mending";
  return bad >= HINT_MS ? "hiccup" : phase;
}

/** What is known of the side, once it has looked so for long enough; what was known is not forgotten for not knowing more, but taken back once it is disproved. */
function suspect(before: Outage, look: Look, passed: number): Pick<Outage, "side" | "guess" | "guessed"> {
  const guess = sideOf(look, before.call);
  const guessed = guess === before.guess ? before.guessed + passed : 0;
  const known = before.side === "other" && look.path !== "connected" ? "unknown" : before.side;
  return { guess, guessed, side: guess !== "unknown" && guessed >= SURE_MS[guess] ? guess : known };
}

function sideOf({ path, line, online, arrives, call }: Look, before: number): Side {
  if (!online) return "own";
  if (path === "connected") return arrives ? "unknown" : "other";
  if (path === "troubled" && !line) return "own"; // two that have nothing to do with each other failed together
  return before > 0 && call > before ? "service" : "unknown";
}

/** How long nothing has come from somebody; `mark` changes while something does. */
export interface Silence {
  readonly mark: string;
  readonly silent: number;
}

/** Longer pauses than this are no jitter. */
export const SILENT_MS = 2_500;

export function listen(before: Silence, mark: string, passed: number): Silence {
  return mark !== "" && mark !== before.mark ? { mark, silent: 0 } : { mark: before.mark, silent: before.silent + Math.min(STEP_MS, Math.max(0, passed)) };
}

/** What tells whether somebody is here. */
export interface Signs {
  /** What they say of their devices; null once they have left, undefined before they said anything. */
  peer: Peer | null | undefined;
  /** Whether their page is in touch with the functions. */
  present: boolean;
  /** How long nothing has come from them; null where the browser cannot tell. */
  silent: number | null;
  /** Whether pictures are wished for. */
  pictures: boolean;
}

/** Whether what somebody sends arrives. Who sends nothing is believed to be here for as long as their page is in touch. */
export function arrives({ peer, present, silent, pictures }: Signs): boolean {
  if (peer === null) return false;
  if (peer?.interrupted) return true; // the reason is known and shown
  const sends = peer !== undefined && (peer.microphone || (peer.camera && pictures));
  return sends && silent !== null ? silent < SILENT_MS : present;
}
