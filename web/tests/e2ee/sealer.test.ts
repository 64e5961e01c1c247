// The worker's part: nothing passes without keys, everything counts together, and a broken picture is asked for anew.
import { expect, test } from "vitest";
import { Sealer, type Asking } from "../../src/shared/e2ee/sealer";
import type { FromSealer, Passage } from "../../src/shared/e2ee/passage";
import type { Kind } from "../../src/shared/e2ee/types";
import type { Seat } from "../../src/protocol";

const secret = (of: number) => new Uint8Array(32).fill(of);
const KEY = [0x10, ...Array.from({ length: 30 }, (_, at) => at)];
const DELTA = [0x11, ...Array.from({ length: 30 }, (_, at) => at)];

/** One passage of a worker, with frames put in one by one. */
class Way {
  private readonly turn: ReturnType<Sealer["turn"]>;

  constructor(sealer: Sealer, passage: Passage, asking: Asking = {}) {
    this.turn = sealer.turn(passage, asking);
  }

  /** What comes out for it, if anything. */
  async put(bytes: number[]): Promise<number[] | null> {
    const come = await this.turn(new Uint8Array(bytes));
    return come && [...come];
  }
}

let ids = 0;
const out = (kind: Kind): Passage => ({ id: ++ids, way: "out", kind, seat: null });
const into = (kind: Kind, seat: Seat | null): Passage => ({ id: ++ids, way: "in", kind, seat });

function patient(mode: "closed" | "sealed" | "open" = "sealed") {
  const sealer = new Sealer(() => undefined);
  sealer.receive({ type: "send", seat: "patient", epoch: 1, secret: secret(1) });
  sealer.receive({ type: "mode", mode });
  return sealer;
}

function clinician(said: FromSealer[] = []) {
  const sealer = new Sealer((message) => said.push(message));
  sealer.receive({ type: "take", seat: "patient", epoch: 1, secret: secret(1) });
  sealer.receive({ type: "mode", mode: "sealed" });
  return sealer;
}

test("what is sealed on one side opens on the other, once, and only where that seat is expected", async () => {
  const said: FromSealer[] = [];
  const [from, to] = [patient(), clinician(said)];
  const sealed = await new Way(from, out("camera")).put(KEY);
  expect(sealed).not.toBeNull();
  expect(sealed!.slice(0, 10)).toEqual(KEY.slice(0, 10)); // clear for packetizers
  expect(sealed!.slice(10, 31)).not.toEqual(KEY.slice(10));
  const guest = new Way(to, into("camera", "guest1"));
  const [first, second] = [new Way(to, into("camera", "patient")), new Way(to, into("camera", "patient"))];
  expect(await guest.put(sealed!)).toBeNull();
  expect(await first.put(sealed!)).toEqual(KEY);
  expect(await second.put(sealed!)).toBeNull(); // over another connection it is the same frame still
  expect(said.filter(({ type }) => type === "heard")).toEqual([{ type: "heard", seat: "patient" }]);
});

test("two connections of one kind never use a counter twice", async () => {
  const sealer = patient();
  const [one, other] = [new Way(sealer, out("audio")), new Way(sealer, out("audio"))];
  const trailers = [];
  for (const way of [one, other, one, other]) trailers.push((await way.put([1, 2, 3, 4]))!.slice(-6).join());
  expect(new Set(trailers).size).toBe(4);
});

test("nothing goes out or comes in while it is closed, nor without keys; clear frames come in only where all is open", async () => {
  expect(await new Way(patient("closed"), out("audio")).put([1, 2, 3])).toBeNull();
  const keyless = new Sealer(() => undefined);
  keyless.receive({ type: "mode", mode: "sealed" });
  expect(await new Way(keyless, out("audio")).put([1, 2, 3])).toBeNull();
  const to = clinician();
  expect(await new Way(to, into("audio", "patient")).put([1, 2, 3])).toBeNull();
  to.receive({ type: "mode", mode: "open" });
  expect(await new Way(to, into("audio", "patient")).put([1, 2, 3])).toEqual([1, 2, 3]);
  expect(await new Way(patient("open"), out("audio")).put([1, 2, 3])).toEqual([1, 2, 3]);
});

test("an open call still opens what somebody sealed", async () => {
  const to = clinician();
  to.receive({ type: "mode", mode: "open" });
  const sealed = await new Way(patient(), out("audio")).put([1, 2, 3]);
  expect(await new Way(to, into("audio", "patient")).put(sealed!)).toEqual([1, 2, 3]);
});

test("whose keys are forgotten cannot be heard any more, and a screen may be anybody's", async () => {
  const to = clinician();
  const from = patient();
  const way = new Way(from, out("screen"));
  const shown = new Way(to, into("screen", null));
  expect(await shown.put((await way.put(KEY))!)).toEqual(KEY);
  to.receive({ type: "forget", seat: "patient" });
  expect(await shown.put((await way.put(KEY))!)).toBeNull();
});

test("counts tell what came and what went on, until the connection is past", async () => {
  const said: FromSealer[] = [];
  const sealer = new Sealer((message) => said.push(message));
  const passage = out("audio");
  const way = new Way(sealer, passage);
  await way.put([1, 2]);
  sealer.receive({ type: "mode", mode: "open" });
  await way.put([1, 2]);
  sealer.receive({ type: "count", ids: [passage.id] });
  sealer.receive({ type: "past", ids: [passage.id] });
  sealer.receive({ type: "count", ids: [passage.id] });
  expect(said).toEqual([
    { type: "counts", counts: [{ seen: 2, gone: 1, bytes: 2 }] },
    { type: "counts", counts: [{ seen: 0, gone: 0, bytes: 0 }] },
  ]);
});

test("a picture that builds on one that did not come is asked for anew, and no whole one is", async () => {
  let asked = 0;
  const sealer = patient("open");
  const way = new Way(sealer, out("camera"), { generateKeyFrame: async () => void asked++ });
  await way.put(KEY);
  await way.put(DELTA);
  expect(asked).toBe(0);
  sealer.receive({ type: "mode", mode: "closed" });
  await way.put(DELTA);
  sealer.receive({ type: "mode", mode: "open" });
  for (let frame = 0; frame < 10; frame++) await way.put(DELTA);
  expect(asked).toBe(1);
  await way.put(KEY);
  await way.put(DELTA);
  expect(asked).toBe(1);
});

test("a frame that comes twice is dropped, and no reason to ask for pictures anew", async () => {
  let asked = 0;
  const way = new Way(patient(), out("camera"));
  const shown = new Way(clinician(), into("camera", "patient"), { sendKeyFrameRequest: async () => void asked++ });
  const [key, delta, next] = [(await way.put(KEY))!, (await way.put(DELTA))!, (await way.put(DELTA))!];
  expect(await shown.put(key)).toEqual(KEY);
  expect(await shown.put(key)).toBeNull();
  expect(await shown.put(delta)).toEqual(DELTA);
  expect(asked).toBe(0);
  const late = new Way(clinician(), into("camera", "patient"), { sendKeyFrameRequest: async () => void asked++ });
  expect(await late.put(next)).toEqual(DELTA); // what it builds on never came
  expect(asked).toBe(1);
});
