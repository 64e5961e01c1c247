// How a conversation stands, from what is known of everybody in it: sealed, open, or refused.
import type { Encryption, Seat } from "../../protocol";
import type { Mode, Pair, Person, Protection } from "./types";

export interface Known {
  rule: Encryption;
  own: Seat;
  /** Whether this browser can seal. */
  able: boolean;
  pairs: readonly Pair[];
  /** Whether somebody could open what is sealed here. */
  ready: boolean;
  /** Who is here and says nothing of keys. */
  silent: ReadonlySet<Seat>;
  /** Who is here, speaks of keys, and has not agreed with this page in time. */
  late: ReadonlySet<Seat>;
  /** Who may be in the call without encryption, by the person here. */
  accepted: ReadonlySet<Seat>;
  /** It was sealed before. */
  wasSealed: boolean;
  /** Codes that were compared. */
  compared: ReadonlyMap<Seat, string>;
  /** Whose frames have been opened. */
  heard: ReadonlySet<Seat>;
  /** Who says that they send nothing. */
  mute: ReadonlySet<Seat>;
}

export function stand({ rule, own, able, pairs, ready, silent, late, accepted, wasSealed, compared, heard, mute }: Known): Protection {
  if (!able) {
    if (rule === "required") return { state: "refused", reason: "unable", seat: null };
    const lost = wasSealed && !accepted.has(own);
    return lost ? { state: "refused", reason: "downgrade", seat: own, mayGoOn: true } : { state: "open", unable: [own] };
  }
  const refused = pairs.find(({ state }) => state === "refused");
  if (refused) return { state: "refused", reason: refused.reason ?? "tampered", seat: refused.seat };
  const unable = pairs.filter(({ seat, state }) => state === "unable" || (state === "waiting" && silent.has(seat))).map(({ seat }) => seat);
  const unagreed = pairs.filter((pair) => late.has(pair.seat) && isUnagreed(pair, ready) && !unable.includes(pair.seat)).map(({ seat }) => seat);
  const secured = pairs.filter(({ seat, state }) => state === "secured" && !unagreed.includes(seat));
  const more = unagreed.length > 0 ? { unagreed } : {};
  if (rule === "preferred") {
    const newcomer = wasSealed ? unable.find((seat) => !accepted.has(seat)) : undefined;
    if (newcomer) return { state: "refused", reason: "downgrade", seat: newcomer, mayGoOn: true };
    // Who can encrypt and comes to no agreement is kept from it: only the person here goes on without.
    if (unable.length > 0 || unagreed.some((seat) => accepted.has(seat))) return { state: "open", unable, ...more };
  }
  // Where the rule wants it, who cannot gets nothing that they could open: the others need not suffer for it.
  if (secured.length > 0 && ready) return { state: "sealed", people: secured.map(person), holders: pairs.filter(({ holds }) => holds).map(({ seat }) => seat), ...more };
  if (secured.length === 0 && unable[0]) return { state: "refused", reason: "peer_unable", seat: unable[0] };
  if (unagreed[0]) return { state: "refused", reason: "unagreed", seat: unagreed[0], ...(rule === "preferred" ? { mayGoOn: true } : {}) };
  return { state: "agreeing" };

  function person({ seat, code, identity }: Pair): Person {
    const before = compared.get(seat);
    return { seat, code, identity, compared: before === code, renewed: before !== undefined && before !== code, opened: heard.has(seat) || mute.has(seat) };
  }
}

/** Whether something is still to be agreed on with them: their secret, that they have ours, or that all this still holds. */
export function isUnagreed({ state, doubted }: Pair, ready: boolean): boolean {
  return state === "waiting" || (state === "secured" && (doubted || !ready));
}

/** Who may open what is sealed here. */
export function holdersOf(protection: Protection | null): readonly Seat[] {
  return protection?.state === "sealed" ? protection.holders : [];
}

/** What may pass. */
export function modeOf({ state }: Protection): Mode {
  return state === "sealed" || state === "open" ? state : "closed";
}
