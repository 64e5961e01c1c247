// What ties an agreement on keys to a login: the nonce that names a key, and what that key signs. One page makes them, the other checks them.
import { lines, sha256, toBase64Url, type Bytes } from "./bytes";

export const CURVE = { name: "ECDSA", namedCurve: "P-256" } as const;
export const SIGNING = { name: "ECDSA", hash: "SHA-256" } as const;

/** The `nonce` of a login that this key (its raw point, base64url) takes part in. */
export async function nonceOf(consultation: string, key: string): Promise<string> {
  return toBase64Url(await sha256(lines("venterom login 1", consultation, key)));
}

/** What the key signs of an agreement. */
export function signed(transcript: Uint8Array): Bytes {
  return lines("venterom proof 1", toBase64Url(transcript));
}
