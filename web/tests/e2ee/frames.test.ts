// Frames: no counter twice, nothing opens but what was sealed, once, and with nothing changed.
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { clearBytes, GROWTH, label, Opening, Sealing, SEATS, WINDOW } from "../../src/shared/e2ee/frames";
import type { Kind } from "../../src/shared/e2ee/types";

// Much is computed, and how fast is the machine's business.
vi.setConfig({ testTimeout: 0 });

const KINDS: readonly Kind[] = ["audio", "camera", "screen"];
const kinds = fc.constantFrom(...KINDS);
const seats = fc.constantFrom(...SEATS);
const epochs = fc.oneof(fc.integer({ min: 1, max: 20_000 }), fc.constantFrom(1, 8_191, 8_192, 8_193));
const data = fc.uint8Array({ maxLength: 80 });
const secret = new Uint8Array(32).fill(1);
const trailer = (frame: Uint8Array): string => frame.slice(-6).join();

test("what is sealed opens as it was, and grows by the same always", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 32, maxLength: 32 }), kinds, seats, epochs, fc.array(data, { maxLength: 6 }), async (secret, kind, seat, epoch, list) => {
      const key = Uint8Array.from(secret);
      const [sealing, opening] = [await Sealing.from(key, seat, epoch), await Opening.from(key, seat, epoch)];
      for (const one of list) {
        const frame = await sealing.seal(kind, one);
        expect(frame.length).toBe(one.length + GROWTH);
        expect(label(frame)).toEqual({ seat, epoch: epoch % 8_192 });
        expect(frame.slice(0, clearBytes(kind, one))).toEqual(Uint8Array.from(one.slice(0, clearBytes(kind, one))));
        expect(await opening.open(kind, frame)).toEqual(Uint8Array.from(one));
      }
    }),
    { numRuns: 30 },
  );
});

test("no counter is used twice for a kind, however many are sealed at once, and kinds, seats, epochs and secrets have keys of their own", async () => {
  const sealing = await Sealing.from(secret, "patient", 1);
  for (const kind of KINDS) {
    const frames = await Promise.all(Array.from({ length: 500 }, () => sealing.seal(kind, new Uint8Array(20))));
    expect(new Set(frames.map(trailer)).size).toBe(500);
  }
  // The same counter and data everywhere: if any two had key and nonce in common, their ciphertexts would be the same.
  const firsts: string[] = [];
  for (const bytes of [secret, new Uint8Array(32).fill(2)])
    for (const seat of SEATS)
      for (const epoch of [1, 2, 8_193]) {
        const one = await Sealing.from(bytes, seat, epoch);
        for (const kind of KINDS) firsts.push((await one.seal(kind, new Uint8Array(40))).slice(10, 40).join());
      }
  expect(new Set(firsts).size).toBe(firsts.length);
});

test("a counter at its end seals no more", async () => {
  const sealing = await Sealing.from(secret, "patient", 1);
  sealing.skip("audio", 2 ** 32 - 1);
  const opening = await Opening.from(secret, "patient", 1);
  expect(await opening.open("audio", await sealing.seal("audio", secret))).toEqual(secret);
  await expect(sealing.seal("audio", secret)).rejects.toThrow();
  await expect(sealing.seal("audio", secret)).rejects.toThrow();
  expect(() => sealing.skip("camera", -1)).toThrow();
  expect((await sealing.seal("camera", secret)).length).toBe(32 + GROWTH);
});

test("no bit may be changed, no byte be missing or added: also of the clear ones", async () => {
  const opening = await Opening.from(secret, "guest1", 5);
  const sealing = await Sealing.from(secret, "guest1", 5);
  for (const kind of KINDS)
    for (const first of [0, 1]) {
      const frame = await sealing.seal(kind, Uint8Array.from({ length: 24 }, (_, at) => (at === 0 ? first : at)));
      for (let at = 0; at < frame.length; at++)
        for (const bit of [1, 16, 128]) expect(await opening.open(kind, frame.map((byte, place) => (place === at ? byte ^ bit : byte))), `${kind} ${at}`).toBe(null);
      for (let length = 0; length < frame.length; length++) {
        expect(await opening.open(kind, frame.slice(0, length))).toBe(null);
        expect(await opening.open(kind, frame.slice(frame.length - length))).toBe(null);
      }
      expect(await opening.open(kind, Uint8Array.from([...frame, 0]))).toBe(null);
      expect(await opening.open(kind, frame), "and nothing of this has used it up").not.toBe(null);
    }
});

test("frames of another seat, kind, epoch or secret stay closed", async () => {
  const frame = await (await Sealing.from(secret, "patient", 1)).seal("camera", new Uint8Array(50));
  const open = async (bytes: typeof secret, seat: (typeof SEATS)[number], epoch: number, kind: Kind) => (await Opening.from(bytes, seat, epoch)).open(kind, frame);
  expect(await open(secret, "patient", 1, "camera")).not.toBe(null);
  expect(await open(secret, "clinician", 1, "camera")).toBe(null);
  expect(await open(secret, "patient", 2, "camera")).toBe(null);
  expect(await open(secret, "patient", 8_193, "camera"), "which has the same label").toBe(null);
  expect(await open(secret, "patient", 1, "screen")).toBe(null);
  expect(await open(new Uint8Array(32), "patient", 1, "camera")).toBe(null);
});

test("each frame opens once, in whatever order they come, as long as it is not too far behind", async () => {
  const sealing = await Sealing.from(secret, "patient", 1);
  const frames = await Promise.all(Array.from({ length: WINDOW + 200 }, () => sealing.seal("audio", new Uint8Array(3))));
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(frames.length - 1), { maxLength: 60 }), async (order) => {
      const opening = await Opening.from(secret, "patient", 1);
      const seen = new Set<number>();
      let highest = -1;
      for (const at of order) {
        const due = !seen.has(at) && at > highest - WINDOW;
        expect((await opening.open("audio", frames[at]!)) !== null, `${order} at ${at}`).toBe(due);
        if (due) seen.add(at);
        highest = Math.max(highest, at);
      }
    }),
    { numRuns: 40, examples: [[[WINDOW, 1, 0, 1, WINDOW + 1, 1, 2, 2]], [[5, WINDOW + 5, 5, 6, WINDOW + 6]], [[0, WINDOW - 1, 0, WINDOW, 0]]] },
  );
});

test("the same frame twice at once opens once, and a false one does not move the window", async () => {
  const opening = await Opening.from(secret, "patient", 1);
  const sealing = await Sealing.from(secret, "patient", 1);
  const frame = await sealing.seal("camera", new Uint8Array(30));
  const far = frame.slice();
  far[far.length - 4] = 255; // a counter far ahead
  expect(await opening.open("camera", far)).toBe(null);
  const both = await Promise.all([opening.open("camera", frame), opening.open("camera", frame)]);
  expect(both.filter((opened) => opened !== null).length).toBe(1);
});

test("bytes that nobody sealed open to nothing, and never throw, even with a good label", async () => {
  const opening = await Opening.from(secret, "patient", 1);
  await fc.assert(
    fc.asyncProperty(kinds, fc.uint8Array({ maxLength: 60 }), async (kind, bytes) => {
      expect(await opening.open(kind, bytes)).toBe(null);
      expect(await opening.open(kind, Uint8Array.from([...bytes, 0, 1, 0, 0, 0, 0]))).toBe(null);
    }),
    { numRuns: 200 },
  );
});
