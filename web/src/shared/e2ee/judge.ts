// Whose login the patient's key is of, as the clinician's browser finds out by itself.
import type { Seat } from "../../protocol";
import { fromBase64Url } from "./bytes";
import { bornIn } from "./born";
import { believed } from "./idtoken";
import { PortalKeys, Unreachable } from "./portal";
import { CURVE, nonceOf, signed, SIGNING } from "./proof";
import type { Identity, Proof } from "./types";

export class Judge {
  constructor(
    private readonly portal = new PortalKeys(),
    private readonly now: () => number = Date.now,
  ) {}

  /** What the one at `seat` has proven by an agreement with this transcript. Never raises. */
  async judge(consultation: string, seat: Seat, transcript: Uint8Array, proof: Proof | null): Promise<Identity> {
    if (seat !== "patient") return { known: false, why: "unasked" };
    if (!proof) return { known: false, why: "missing" };
    try {
      if (!(await isSigned(proof, transcript))) return { known: false, why: "wrong" };
      const told = await believed(proof.token, await nonceOf(consultation, proof.key), this.portal, this.now());
      return told ? { known: true, born: bornIn(told.nationalId), at: told.at } : { known: false, why: "wrong" };
    } catch (problem) {
      return { known: false, why: problem instanceof Unreachable ? "unreachable" : "wrong" };
    }
  }
}

/** Whether the key signed this agreement. Raises what the browser says of a key that is none. */
async function isSigned({ key, signature }: Proof, transcript: Uint8Array): Promise<boolean> {
  const point = fromBase64Url(key);
  const proof = fromBase64Url(signature);
  if (!point || !proof) return false;
  return crypto.subtle.verify(SIGNING, await crypto.subtle.importKey("raw", point, CURVE, false, ["verify"]), proof, signed(transcript));
}
