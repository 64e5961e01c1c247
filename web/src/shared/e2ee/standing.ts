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
  /** Who may be in the call without encryption, by the person here. */
  accepted: ReadonlySet<Seat>;
  /** It was sealed before. */
  wasSealed: boolean;
  /** Codes that were compared. */
  compared: ReadonlyMap<Seat, string>;
  /** Whose frames have been opened. */
  heard: ReadonlySet<Seat>;
}

export function stand({ rule, own, able, pairs, ready, silent, accepted, wasSealed, compared, heard }: Known): Protection {
  if (!able) return rule === "required" ? { state: "refused", reason: "unable", seat: null } : { state: "open", unable: [own] };
  const refused = pairs.find(({ state }) => state === "refused");
  if (refused) return { state: "refused", reason: refused.reason ?? "tampered", seat: refused.seat };
  const unable = pairs.filter(({ seat, state }) => state === "unable" || (state === "waiting" && silent.has(seat))).map(({ seat }) => seat);
  const secured = pairs.filter(({ state }) => state === "secured");
  if (rule === "preferred" && unable.length > 0) {
    const late = wasSealed ? unable.find((seat) => !accepted.has(seat)) : undefined;
    return late ? { state: "refused", reason: "downgrade", seat: late } : { state: "open", unable };
  }
  // Where the rule wants it, who cannot gets nothing that they could open: the others need not suffer for it.
  if (secured.length > 0) return ready ? { state: "sealed", people: secured.map(person) } : { state: "agreeing" };
  return unable[0] ? { state: "refused", reason: "peer_unable", seat: unable[0] } : { state: "agreeing" };

  function person({ seat, code, identity }: Pair): Person {
    return { seat, code, identity, compared: compared.get(seat) === code, heard: heard.has(seat) };
  }
}

/** What may pass. */
export function modeOf({ state }: Protection): Mode {
  return state === "sealed" || state === "open" ? state : "closed";
}
