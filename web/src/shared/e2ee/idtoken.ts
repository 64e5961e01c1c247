// An ID token of the portal, believed by a browser only after the checks of OpenID Connect Core 1.0 section 3.1.3.7.
import { fromBase64Url, utf8, type Bytes } from "./bytes";
import type { PortalKeys, PublishedKey } from "./portal";

/** What a token says that is believed. */
export interface Told {
  /** Empty where the portal tells none (eIDAS). */
  nationalId: string;
  /** When it was made, milliseconds since 1970. */
  at: number;
}

/** As long as a session lasts at most; `exp` is not looked at, for an ID token is over minutes after the login. */
export const OLDEST_MS = 12 * 3600_000;
/** A clock may be an hour behind, as after a summer time that was not noticed; it makes no old login pass for a new one. */
export const SKEW_MS = 3600_000;
/** What may sign a token. A key is for RS256 unless it says otherwise; no other algorithm is known here, least of all one with a shared secret, or none. */
const ALGORITHMS: ReadonlyMap<unknown, RsaHashedImportParams & RsaPssParams> = new Map([
  ["RS256", { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", saltLength: 0 }],
  ["PS256", { name: "RSA-PSS", hash: "SHA-256", saltLength: 32 }],
]);
/** Letters of a modulus of 2,048 bits (RFC 7518 section 3.3). */
const LEAST_MODULUS = 342;

/** What the token says, if it was made for us and for this login; null if not. Raises Unreachable. */
export async function believed(token: string, nonce: string, portal: PortalKeys, now: number): Promise<Told | null> {
  const [header = "", payload = "", signature = "", ...more] = token.split(".");
  const head = objectIn(header);
  const claims = objectIn(payload);
  const proof = fromBase64Url(signature);
  if (!head || !claims || !proof || more.length > 0) return null;
  const { alg, kid } = head;
  const algorithm = ALGORITHMS.get(alg);
  if (!algorithm || typeof kid !== "string" || "crit" in head) return null;
  const { issuer, client_id } = await portal.about();
  if (claims["iss"] !== issuer || !isFor(client_id, claims) || claims["nonce"] !== nonce) return null;
  const at = Number(claims["iat"]) * 1000;
  if (typeof claims["iat"] !== "number" || at < now - OLDEST_MS || at > now + SKEW_MS) return null;
  const published = await portal.find((key) => key.kid === kid && signs(key, alg));
  if (!published || !(await isSigned(published, algorithm, proof, `${header}.${payload}`))) return null;
  const pid = claims["pid"];
  return { nationalId: typeof pid === "string" ? pid : "", at };
}

/** The nonce that a token names, unproven: enough for whom it was given to by our own functions. */
export function nonceIn(token: string): unknown {
  return objectIn(token.split(".")[1] ?? "")?.["nonce"];
}

/** For us, whether alone or, as the one who asked, among others. */
function isFor(client: string, { aud, azp }: Record<string, unknown>): boolean {
  if (azp !== undefined && azp !== client) return false;
  if (Array.isArray(aud)) return aud.includes(client) && (aud.length === 1 || azp === client);
  return aud === client;
}

function signs({ kty, use, alg, n }: PublishedKey, wanted: unknown): boolean {
  return kty === "RSA" && (use ?? "sig") === "sig" && (alg ?? "RS256") === wanted && typeof n === "string" && n.length >= LEAST_MODULUS;
}

async function isSigned({ n = "", e = "" }: PublishedKey, algorithm: RsaHashedImportParams & RsaPssParams, proof: Bytes, said: string): Promise<boolean> {
  try {
    const key = await crypto.subtle.importKey("jwk", { kty: "RSA", n, e }, algorithm, false, ["verify"]);
    return await crypto.subtle.verify(algorithm, key, proof, utf8(said));
  } catch {
    return false; // no key at all
  }
}

function objectIn(part: string): Record<string, unknown> | null {
  const bytes = fromBase64Url(part);
  if (!bytes) return null;
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
