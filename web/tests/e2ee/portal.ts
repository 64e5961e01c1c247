// A portal for tests: keys made with WebCrypto, tokens signed with them, and what is asked of it written down.
import { toBase64Url, utf8 } from "../../src/shared/e2ee/bytes";
import { PortalKeys, type PublishedKey } from "../../src/shared/e2ee/portal";
import type { Clock } from "../fakes";

export const ISSUER = "https://portal.example";
export const CLIENT = "venterom";

export const encoded = (value: unknown): string => toBase64Url(utf8(JSON.stringify(value)));

export interface SigningKey {
  kid: string;
  alg: "RS256" | "PS256";
  pair: CryptoKeyPair;
}

export async function signingKey(kid: string, alg: SigningKey["alg"] = "RS256", bits = 2048): Promise<SigningKey> {
  const name = alg === "RS256" ? "RSASSA-PKCS1-v1_5" : "RSA-PSS";
  const made = { name, hash: "SHA-256", modulusLength: bits, publicExponent: new Uint8Array([1, 0, 1]) };
  return { kid, alg, pair: (await crypto.subtle.generateKey(made, true, ["sign", "verify"])) as CryptoKeyPair };
}

export async function published({ kid, alg, pair }: SigningKey): Promise<PublishedKey> {
  const { kty = "", n = "", e = "" } = await crypto.subtle.exportKey("jwk", pair.publicKey);
  return { kty, n, e, kid, alg, use: "sig" };
}

export async function token(key: SigningKey, claims: object, header: object = {}): Promise<string> {
  const said = `${encoded({ alg: key.alg, kid: key.kid, ...header })}.${encoded(claims)}`;
  const how = key.alg === "RS256" ? "RSASSA-PKCS1-v1_5" : { name: "RSA-PSS", saltLength: 32 };
  return `${said}.${toBase64Url(new Uint8Array(await crypto.subtle.sign(how, key.pair.privateKey, utf8(said))))}`;
}

/** What the pages find under /portal; `down`: nobody answers. */
export class FakePortal {
  keys: PublishedKey[] = [];
  /** What caches hold; null: nothing. */
  cached: PublishedKey[] | null = null;
  down = false;
  readonly asked: string[] = [];

  read(clock: Clock): PortalKeys {
    const ask = async (path: string, anew: boolean): Promise<unknown> => {
      this.asked.push(anew ? `${path} anew` : path);
      if (this.down) throw new TypeError("no network");
      if (path === "/portal/portal.json") return { issuer: ISSUER, client_id: CLIENT };
      return { keys: anew ? this.keys : (this.cached ?? this.keys) };
    };
    return new PortalKeys(ask, clock.after, () => clock.now);
  }
}
