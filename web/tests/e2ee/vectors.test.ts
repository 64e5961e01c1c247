// The pages seal and agree exactly as the second implementation does, which was written from the text of the protocol.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Seat } from "../../src/protocol";
import { aesKey, fromBase64Url, toBase64Url, type Bytes } from "../../src/shared/e2ee/bytes";
import { places, spaced } from "../../src/shared/e2ee/code";
import { Opening, Sealing } from "../../src/shared/e2ee/frames";
import { commitment, openPart, pairKeys, sealPart, transcript, type Side } from "../../src/shared/e2ee/pairkeys";
import type { Kind } from "../../src/shared/e2ee/types";

interface Vectors {
  pairs: {
    consultation: string;
    sides: (Side & { private: string })[];
    transcript: string;
    code: string;
    sealed: { from: Seat; to: Seat; key: string; n: number; part: unknown; sealed: string }[];
  }[];
  frames: { secret: string; kind: Kind; seat: Seat; epoch: number; counter: number; data: string; frame: string }[];
}

const file = new URL("../../../tests/e2ee/vectors.json", import.meta.url);
const { pairs, frames } = JSON.parse(readFileSync(file, "utf8")) as Vectors;
const unhex = (text: string): Bytes => Uint8Array.from(text.match(/../g) ?? [], (byte) => parseInt(byte, 16));
const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** A private key as WebCrypto takes it (RFC 7517). */
function privateKey(secret: string, key: string): Promise<CryptoKey> {
  const point = fromBase64Url(key)!;
  const [d, x, y] = [unhex(secret), point.slice(1, 33), point.slice(33)].map(toBase64Url);
  return crypto.subtle.importKey("jwk", { kty: "EC", crv: "P-256", d: d!, x: x!, y: y! }, { name: "ECDH", namedCurve: "P-256" }, false, ["deriveBits"]);
}

test("commitments, transcripts, keys and codes of pairs", async () => {
  for (const { consultation, sides, code, sealed, ...pair } of pairs) {
    for (const [own, other] of [sides, [...sides].reverse()] as [(typeof sides)[0], (typeof sides)[0]][]) {
      expect(await commitment(consultation, own.seat, other.seat, own.attempt, own.public)).toBe(own.commitment);
      expect(hex(await transcript(consultation, own, other))).toBe(pair.transcript);
      const keys = await pairKeys(consultation, own, await privateKey(own.private, own.public), other);
      expect(keys.code).toBe(code);
      const theirs = sealed.find(({ to }) => to === own.seat)!;
      expect(await openPart(keys.open, theirs.n, theirs.sealed)).toEqual(theirs.part);
      const ours = sealed.find(({ from }) => from === own.seat)!;
      const opener = await aesKey(unhex(ours.key), "decrypt");
      expect(await openPart(opener, 9, await sealPart(keys.seal, 9, { a: "æ" }))).toEqual({ a: "æ" });
      expect(await openPart(opener, 10, await sealPart(keys.seal, 9, {}))).toBe(null);
    }
  }
});

test("frames", async () => {
  for (const { secret, kind, seat, epoch, counter, data, frame } of frames) {
    const sealing = await Sealing.from(unhex(secret), seat, epoch);
    sealing.skip(kind, counter);
    expect(hex(await sealing.seal(kind, unhex(data)))).toBe(frame);
    const opening = await Opening.from(unhex(secret), seat, epoch);
    expect(hex((await opening.open(kind, unhex(frame)))!)).toBe(data);
  }
});

test("a code is read in pairs, each the place of a word", () => {
  expect(spaced("048791")).toBe("04 87 91");
  expect(places("048791")).toEqual([4, 87, 91]);
});
