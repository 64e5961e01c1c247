// What a lock shows of a protection, at a glance. Pure.
import type { Person, Protection } from "./types";

/** `none`: nothing worth a word yet. `confirmed`: sealed, and of everybody it is known by a login or a compared code that nobody sits between. */
export type Face = "none" | "agreeing" | "sealed" | "confirmed" | "open" | "refused";

/** Agreeing on keys is worth no word before it has lasted so long. */
export const SLOW_MS = 4_000;

/** Whether it is known that nobody sits between, by a login or by the code. */
export function isConfirmed({ compared, identity }: Person): boolean {
  return compared || identity.known;
}

/** `slow`: it has been agreed for so long that it is worth a word. */
export function faceOf(protection: Protection | null, slow: boolean): Face {
  if (protection === null) return "none";
  switch (protection.state) {
    case "agreeing":
      return slow ? "agreeing" : "none";
    case "sealed":
      if (protection.people.length === 0) return "none"; // nothing is sealed for nobody
      return protection.people.every(isConfirmed) ? "confirmed" : "sealed";
    default:
      return protection.state;
  }
}
