// How soon a lost socket is tried again: at once where people talk, calmly where they wait, and slower when it is not the network. Pure.

/** What a lost socket has behind it. */
export interface Outage {
  /** Tries begun since it was lost. */
  tries: number;
  /** Of these, and of those before sockets that died young: how many got as far as a ticket. Then the network is not what is missing. */
  granted: number;
  /** Milliseconds since it was lost. */
  lasted: number;
  /** Somebody talks, or it rings for them. */
  urgent: boolean;
}

const SECOND = 1_000;
/** While people talk it is tried every second for so long: who has not come back by then has phoned. */
const URGENT_MS = 300 * SECOND;
/** Who waits is back within 8 s for the first two minutes of an outage, later within 15. */
const SHORT_OUTAGE_MS = 120 * SECOND;
const [WAITING, WAITING_LONG] = [8 * SECOND, 15 * SECOND];
/** Where tickets are to be had and sockets are not, or do not last. */
const [REFUSED_URGENT, REFUSED] = [5 * SECOND, 15 * SECOND];

/** A quarter less or more, so that not everybody comes at once. */
export function spread(milliseconds: number, random: () => number): number {
  return Math.round(milliseconds * (0.75 + random() / 2));
}

/** How long after one try the next begins, without waiting for what becomes of it. */
export function pace({ tries, granted, lasted, urgent }: Outage, random: () => number): number {
  const hurried = urgent && lasted < URGENT_MS;
  const usual = hurried ? SECOND : Math.min(lasted < SHORT_OUTAGE_MS ? WAITING : WAITING_LONG, SECOND * 1.3 ** tries);
  const refused = granted > 0 ? Math.min(hurried ? REFUSED_URGENT : REFUSED, SECOND * 1.5 ** granted) : 0;
  return spread(Math.max(usual, refused), random);
}

/** How long after the loss the first try begins: a service that dropped everybody gets them back over a second. */
export function firstPause(urgent: boolean, random: () => number): number {
  return Math.round((urgent ? 250 : SECOND) * random());
}
