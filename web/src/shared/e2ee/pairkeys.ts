// What one pair of people derives from their two ephemeral keys (ECDH P-256): a key for each direction, and the code they compare.
import type { Seat } from "../../protocol";
import { aesKey, fromBase64Url, hkdf, lines, sha256, toBase64Url, utf8, type Bytes } from "./bytes";
import { toCode } from "./code";
import { SEATS } from "./frames";

const CURVE = { name: "ECDH", namedCurve: "P-256" };

/** What is said of one side: its seat, its attempt, its commitment and its key, all as they stand in a parcel. */
export interface Side {
  seat: Seat;
  attempt: string;
  commitment: string;
  public: string;
}

export interface PairKeys {
  /** SHA-256 of everything both have said up to here: what a login's key signs. */
  transcript: Bytes;
  code: string;
  /** For what we say, and for what they say. */
  seal: CryptoKey;
  open: CryptoKey;
}

export interface Ephemeral {
  secret: CryptoKey;
  public: string;
}

export async function ephemeral(): Promise<Ephemeral> {
  const pair = (await crypto.subtle.generateKey(CURVE, false, ["deriveBits"])) as CryptoKeyPair;
  return { secret: pair.privateKey, public: toBase64Url(new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey))) };
}

/** Said before the key itself, so that nobody chooses a key after having seen the other's. */
export async function commitment(consultation: string, from: Seat, to: Seat, attempt: string, key: string): Promise<string> {
  return toBase64Url(await sha256(lines("venterom commit 1", consultation, from, to, attempt, key)));
}

export function transcript(consultation: string, own: Side, other: Side): Promise<Bytes> {
  const [a, b] = SEATS.indexOf(own.seat) < SEATS.indexOf(other.seat) ? [own, other] : [other, own];
  const words = [a.seat, b.seat, a.attempt, b.attempt, a.commitment, b.commitment, a.public, b.public];
  return sha256(lines("venterom transcript 1", consultation, ...words));
}

/** Throws for what is no point of the curve. */
export async function pairKeys(consultation: string, own: Side, secret: CryptoKey, other: Side): Promise<PairKeys> {
  const point = fromBase64Url(other.public);
  if (point?.length !== 65) throw new TypeError("no P-256 point");
  const key = await crypto.subtle.importKey("raw", point, CURVE, false, []);
  const shared = new Uint8Array(await crypto.subtle.deriveBits({ name: "ECDH", public: key }, secret, 256));
  const hash = await transcript(consultation, own, other);
  const direction = async (from: Seat, to: Seat, use: "encrypt" | "decrypt"): Promise<CryptoKey> =>
    aesKey(await hkdf(shared, hash, `venterom pair 1 ${from} ${to}`, 32), use);
  return {
    transcript: hash,
    code: toCode(await hkdf(shared, hash, "venterom code 1", 8)),
    seal: await direction(own.seat, other.seat, "encrypt"),
    open: await direction(other.seat, own.seat, "decrypt"),
  };
}

/** A parcel's number is its iv: a key belongs to one attempt, and no number is used twice in it. Throws RangeError for what is no number of a parcel. */
function iv(n: number): Bytes {
  if (!isNumber(n)) throw new RangeError("no number of a parcel");
  const bytes = new Uint8Array(12);
  new DataView(bytes.buffer).setUint32(8, n);
  return bytes;
}

/** Whether a parcel may have this number; any other would be taken for one of these, and let what was said be said again. */
export function isNumber(n: unknown): boolean {
  return Number.isInteger(n) && 0 < (n as number) && (n as number) < 2 ** 32;
}

export async function sealPart(key: CryptoKey, n: number, part: unknown): Promise<string> {
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv: iv(n) }, key, utf8(JSON.stringify(part)));
  return toBase64Url(new Uint8Array(sealed));
}

/** Null for what was not sealed with this key and number. */
export async function openPart(key: CryptoKey, n: number, sealed: string): Promise<unknown> {
  const bytes = fromBase64Url(sealed);
  if (!bytes) return null;
  try {
    const text = new TextDecoder().decode(await crypto.subtle.decrypt({ name: "AES-GCM", iv: iv(n) }, key, bytes));
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
