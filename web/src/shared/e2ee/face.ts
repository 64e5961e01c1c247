// What a lock shows of a protection, at a glance. Pure.
import type { Person, Protection } from "./types";

/**
 * `none`: nothing worth a word yet. `confirmed`: sealed, and of everybody it is known by a login or a compared code that nobody sits between.
 * `renewed`: sealed, with somebody under another code than the one that was compared.
 */
export type Face = "none" | "agreeing" | "sealed" | "renewed" | "confirmed" | "open" | "refused";

/** Agreeing on keys, and until what comes has been opened with them, is worth no word before it has lasted so long. */
export const SLOW_MS = 4_000;

/** Whether it is known that nobody sits between, by a login or by the code. */
export function isConfirmed({ compared, identity }: Person): boolean {
  return compared || identity.known;
}

/** Whether the lock does not know yet: keys are agreed on, or nothing of somebody who sends has been opened with them. */
export function isPending(protection: Protection | null): boolean {
  return protection?.state === "agreeing" || (protection?.state === "sealed" && !protection.people.every(({ opened }) => opened));
}

/** Whether another code than the compared one stands, and no login says that nobody sits between. */
export function isRenewed({ renewed, identity }: Person): boolean {
  return renewed && !identity.known;
}

/** `slow`: it has been pending for so long that it is worth a word. */
export function faceOf(protection: Protection | null, slow: boolean): Face {
  if (protection === null) return "none";
  if (isPending(protection)) return slow ? "agreeing" : "none";
  switch (protection.state) {
    case "agreeing":
      return "none";
    case "sealed":
      if (protection.people.length === 0) return "none"; // nothing is sealed for nobody
      if (protection.people.some(isRenewed)) return "renewed";
      return protection.people.every(isConfirmed) && protection.holders.every((seat) => protection.people.some((person) => person.seat === seat)) ? "confirmed" : "sealed";
    default:
      return protection.state;
  }
}
