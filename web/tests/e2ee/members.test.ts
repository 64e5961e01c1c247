// Who gets which key when: somebody comes, goes, cannot seal, does not prove who they are, or the worker that seals is started anew.
import { expect, test, vi } from "vitest";
import type { Seat } from "../../src/protocol";
import { toBase64Url } from "../../src/shared/e2ee/bytes";
import { SEATS } from "../../src/shared/e2ee/frames";
import type { GroupOptions } from "../../src/shared/e2ee/group";
import { Sealer } from "../../src/shared/e2ee/sealer";
import type { Identity, Proof } from "../../src/shared/e2ee/types";
import { Net } from "./net";

// Much is computed, and how fast is the machine's business.
vi.setConfig({ testTimeout: 0 });

const PROOF: Proof = { key: "k", signature: "s", token: "t" };
const KNOWN: Identity = { known: true, born: "1990-01-31", at: 1 };

async function call(seats: readonly Seat[], options: (seat: Seat) => Partial<GroupOptions> = () => ({}), milliseconds = 1_500): Promise<Net> {
  const net = new Net(seats, options);
  for (const seat of seats) net.open(seat);
  net.introduce();
  await net.run(milliseconds);
  return net;
}

test("two are ready without anything having been said twice", async () => {
  const net = await call(SEATS.slice(0, 2), () => ({}), 0);
  expect(net.faults()).toEqual([]);
  expect(net.log.length).toBeLessThanOrEqual(10);
});

test("six agree, each pair with a code of its own", async () => {
  const net = await call(SEATS, () => ({}), 5_000);
  expect(net.faults()).toEqual([]);
  expect(new Set(net.everyTwo().map(([a, b]) => a.pairWith(b.seat)!.code)).size).toBeGreaterThan(13);
});

test("who comes makes everybody renew, and gets nothing older", async () => {
  const net = await call(SEATS.slice(0, 3));
  const before = [...net.pages.values()].map(({ sent }) => sent.at(-1)!.secret);
  net.open("guest1");
  net.introduce();
  await net.run(5_000);
  expect(net.faults()).toEqual([]);
  const guest = net.pages.get("guest1")!;
  expect(before.filter((secret) => guest.everHeld.has(secret))).toEqual([]);
});

test("who goes makes everybody renew at once, and the new secret is used when all who are left have it", async () => {
  const net = await call(SEATS.slice(0, 3), () => ({}), 5_000);
  const epochs = (): number[] => ["patient", "clinician"].map((seat) => net.pages.get(seat as Seat)!.sent.at(-1)!.epoch);
  const guest = net.pages.get("guest1")!;
  const before = epochs();
  net.leave("guest1");
  await net.idle();
  expect(epochs(), "not before").toEqual(before);
  await net.talk();
  expect(epochs()).toEqual(before.map((epoch) => epoch + 1));
  expect(net.faults()).toEqual([]);
  for (const page of net.pages.values()) expect(guest.everHeld.has(page.sent.at(-1)!.secret)).toBe(false);
});

test("who is deaf is waited for two seconds, and hears again by repetition", async () => {
  const net = await call(SEATS.slice(0, 3), () => ({}), 5_000);
  const [patient, clinician] = [net.pages.get("patient")!, net.pages.get("clinician")!];
  const before = patient.sent.length;
  net.middle = () => null;
  net.leave("guest1");
  await net.run(1_000);
  expect(patient.sent.length).toBe(before);
  await net.run(1_500);
  expect(patient.sent.length).toBe(before + 1);
  expect(patient.isHeardBy(clinician)).toBe(false);
  expect(patient.group.ready, "which does not end what is being sent").toBe(true);
  net.middle = (letter) => letter;
  await net.run(5_000);
  expect(net.faults()).toEqual([]);
});

test("who goes while another change is waited for puts nothing off: two seconds after the first one the new secret is used", async () => {
  const net = await call(SEATS.slice(0, 4), () => ({}), 5_000);
  const patient = net.pages.get("patient")!;
  const guest = net.pages.get("guest1")!;
  const before = patient.sent.length;
  net.middle = () => null;
  net.leave("guest1");
  await net.idle();
  await net.clock.pass(1_500);
  net.leave("guest2");
  await net.idle();
  await net.clock.pass(499);
  expect(patient.sent.length).toBe(before);
  await net.clock.pass(1);
  expect(patient.sent.length).toBe(before + 1);
  expect(guest.everHeld.has(patient.sent.at(-1)!.secret)).toBe(false);
  net.middle = (letter) => letter;
  await net.run(10_000);
  expect(net.faults()).toEqual([]);
});

test("the first secret is used only once somebody has it", async () => {
  const net = new Net(SEATS.slice(0, 2));
  for (const seat of SEATS.slice(0, 2)) net.open(seat);
  net.introduce();
  net.middle = (letter) => (letter.parcel.sealed ? null : letter);
  await net.run(20_000);
  for (const page of net.pages.values()) expect([page.sent, page.group.ready]).toEqual([[], false]);
  net.middle = (letter) => letter;
  await net.run(30_000);
  expect(net.faults()).toEqual([]);
});

test("alone in the call: what is sealed nobody can open", async () => {
  const net = await call(SEATS.slice(0, 2));
  const gone = net.pages.get("patient")!;
  net.leave("patient");
  await net.idle();
  const clinician = net.pages.get("clinician")!;
  expect(clinician.group.ready).toBe(false);
  expect(gone.everHeld.has(clinician.sent.at(-1)!.secret)).toBe(false);
  expect(clinician.holds.size).toBe(0);
  net.open("patient");
  net.introduce();
  await net.run(5_000);
  expect(net.faults()).toEqual([]);
});

test("a worker started anew gets new secrets, to seal and to open with, and no beginning is spent on it, however often", async () => {
  const net = await call(SEATS.slice(0, 3), () => ({}), 5_000);
  const page = net.pages.get("clinician")!;
  const codes = (): string[] => page.group.pairs().map(({ code }) => code);
  const [before, attempts] = [codes(), new Set(net.log.map(({ parcel }) => parcel.attempt)).size];
  for (let time = 0; time < 30; time++) {
    const secret = page.sent.at(-1)!.secret;
    page.restart();
    await net.run(500);
    expect(page.sent.at(-1)!.secret).not.toBe(secret);
    expect([net.faults(), page.again]).toEqual([[], []]);
  }
  expect([codes(), new Set(net.log.map(({ parcel }) => parcel.attempt)).size], "and what was compared holds").toEqual([before, attempts]);
});

test("a worker started anew opens nothing that was opened before, and what comes after", async () => {
  const sealers = new Map<Seat, Sealer>();
  const start = (seat: Seat): void => {
    const sealer = new Sealer(() => undefined);
    sealers.set(seat, sealer);
    sealer.receive({ type: "mode", mode: "sealed" });
  };
  SEATS.slice(0, 2).forEach(start);
  const net = await call(SEATS.slice(0, 2), (own) => ({
    sink: {
      send: (seat, epoch, secret) => sealers.get(own)!.receive({ type: "send", seat, epoch, secret }),
      take: (seat, epoch, secret) => sealers.get(own)!.receive({ type: "take", seat, epoch, secret }),
      forget: (seat) => sealers.get(own)!.receive({ type: "forget", seat }),
    },
  }));
  const say = (text: number) => sealers.get("patient")!.turn({ id: 1, way: "out", kind: "audio", seat: null })(new Uint8Array([0, text]));
  const hear = (frame: Uint8Array<ArrayBuffer>) => sealers.get("clinician")!.turn({ id: 1, way: "in", kind: "audio", seat: "patient" })(frame);
  const recorded = (await say(1))!;
  expect(await hear(recorded)).toEqual(new Uint8Array([0, 1]));
  start("clinician");
  net.pages.get("clinician")!.group.renew();
  for (let time = 0; time < 2; time++) {
    expect(await hear(recorded)).toBeNull();
    await net.run(3_000);
  }
  expect(await hear((await say(2))!)).toEqual(new Uint8Array([0, 2]));
});

test("while nobody hears that a worker was lost there is no agreement, and the page says so as long", async () => {
  const net = await call(SEATS.slice(0, 2));
  const page = net.pages.get("clinician")!;
  net.middle = ({ from, ...letter }) => (from === "clinician" ? null : { from, ...letter });
  page.restart();
  await net.run(20_000);
  expect([page.pairWith("patient")!.state, page.holds.size]).toEqual(["waiting", 0]);
  net.middle = (letter) => letter;
  await net.run(30_000);
  expect([net.faults(), page.again]).toEqual([[], []]);
});

test("a new socket says again what may be lost, and nothing if all is said", async () => {
  const net = await call(SEATS.slice(0, 2));
  const said = net.log.length;
  net.pages.get("patient")!.group.again();
  await net.talk();
  expect(net.log.length).toBe(said);
  net.open("clinician");
  await net.idle();
  net.flying.splice(0);
  net.pages.get("clinician")!.group.again();
  await net.run(0);
  expect(net.faults()).toEqual([]);
});

test("who cannot seal says so: no key goes to them, and the others have theirs", async () => {
  const net = await call(SEATS.slice(0, 3), (seat) => ({ able: seat !== "guest1" }), 5_000);
  const [patient, clinician, guest] = SEATS.slice(0, 3).map((seat) => net.pages.get(seat)!);
  expect(patient!.group.pairs().map(({ seat, state }) => [seat, state])).toEqual([["clinician", "secured"], ["guest1", "unable"]]);
  expect(guest!.group.pairs().map(({ state }) => state)).toEqual(["unable", "unable"]);
  expect([patient!.isHeardBy(clinician!), guest!.everHeld.size, guest!.group.ready]).toEqual([true, 0, false]);
  expect(net.log.filter(({ from }) => from === "guest1").every(({ parcel }) => !parcel.commitment && !parcel.public && !parcel.sealed)).toBe(true);
  const said = net.log.length;
  await net.run(60_000);
  expect(net.log.length).toBe(said);
});

test("somebody who only ever says that they cannot is not talked to for ever", async () => {
  const net = new Net(SEATS.slice(0, 2));
  const page = net.open("patient");
  let n = 0;
  net.middle = () => {
    page.group.receive("clinician", { attempt: "", about: "", n: ++n, able: false, commitment: "", public: "", sealed: "" });
    return null;
  };
  page.group.here("clinician");
  await net.run(120_000);
  expect(page.pairWith("clinician")!.state).toBe("unable");
  expect(net.log.length).toBeLessThanOrEqual(2);
});

test("who could and comes back with a browser that cannot is no longer secured, and the other way about", async () => {
  let able = true;
  const net = await call(SEATS.slice(0, 2), (seat) => ({ able: able || seat !== "patient" }));
  const clinician = net.pages.get("clinician")!;
  for (able of [false, true]) {
    net.open("patient");
    net.introduce();
    await net.run(5_000);
    expect([clinician.pairWith("patient")!.state, clinician.group.ready, clinician.holds.size]).toEqual([able ? "secured" : "unable", able, able ? 1 : 0]);
  }
});

/** The clinician wants to know who the patient is. */
function bound(prove: GroupOptions["prove"], judge: GroupOptions["judge"]): (seat: Seat) => Partial<GroupOptions> {
  return (seat) =>
    seat === "patient" ? { ...(prove ? { prove } : {}) } : { ...(judge ? { judge } : {}), expectsIdentity: (other) => other === "patient" };
}

test("identity: both sign and judge the same transcript, and the pair is secured", async () => {
  const seen: string[] = [];
  const net = await call(
    SEATS.slice(0, 2),
    bound(
      async (to, transcript) => (seen.push(`${to} ${toBase64Url(transcript)}`), PROOF),
      async (seat, transcript, proof) => (seen.push(`${seat} ${toBase64Url(transcript)}`), expect(proof).toEqual(PROOF), KNOWN),
    ),
  );
  expect(net.faults()).toEqual([]);
  expect(net.pages.get("clinician")!.pairWith("patient")!.identity).toEqual(KNOWN);
  expect(seen.map((line) => line.split(" ")[0])).toEqual(["clinician", "patient"]);
  expect(new Set(seen.map((line) => line.split(" ")[1])).size).toBe(1);
});

test.each([
  ["no proof", undefined, async () => ({ known: false, why: "missing" }) as Identity],
  ["a wrong one", async () => PROOF, async () => ({ known: false, why: "wrong" }) as Identity],
  ["a proof that cannot be made", () => Promise.reject(new Error()), async (_: Seat, __: unknown, proof: unknown) => (proof ? KNOWN : { known: false, why: "missing" }) as Identity],
  ["a judge who fails", async () => PROOF, () => Promise.reject(new Error())],
  ["nobody to judge", async () => PROOF, undefined],
] as [string, GroupOptions["prove"], GroupOptions["judge"]][])("identity: %s, and no key is given or taken", async (_name, prove, judge) => {
  const net = await call(SEATS.slice(0, 2), bound(prove, judge), 5_000);
  const [patient, clinician] = [net.pages.get("patient")!, net.pages.get("clinician")!];
  expect([patient.everHeld.size, clinician.everHeld.size]).toEqual([0, 0]);
  expect([patient.group.ready, clinician.group.ready]).toEqual([false, false]);
  expect([patient.pairWith("clinician")!, clinician.pairWith("patient")!].map(({ state, reason, code }) => [state, reason, code])).toEqual(
    Array(2).fill(["refused", "identity", ""]),
  );
  const said = net.log.length;
  await net.run(60_000);
  expect(net.log.length).toBe(said);
});

test("identity: a proof that nobody asked for is judged before keys are given, and a wrong one is refused", async () => {
  let decide = (_identity: Identity): void => undefined;
  const judged = new Promise<Identity>((resolve) => (decide = resolve));
  let shown = false;
  const net = await call(SEATS.slice(0, 2), (seat) =>
    seat === "patient" ? { prove: async () => PROOF } : { judge: () => ((shown = true), judged), expectsIdentity: () => shown }, 5_000);
  const clinician = net.pages.get("clinician")!;
  expect([clinician.pairWith("patient")!.state, clinician.pairWith("patient")!.holds, clinician.holds.size]).toEqual(["waiting", false, 0]);
  decide({ known: false, why: "wrong" });
  await judged;
  await net.run(5_000);
  expect(clinician.pairWith("patient")).toMatchObject({ state: "refused", reason: "identity", holds: false });
});

test("identity: while the portal's keys cannot be had nobody is trusted, both are told, and a new beginning is judged anew", async () => {
  let known = false;
  const net = await call(SEATS.slice(0, 2), bound(async () => PROOF, async () => (known ? KNOWN : { known: false, why: "unreachable" })), 5_000);
  for (const { group, everHeld } of net.pages.values()) {
    expect([group.pairs()[0]!.state, group.pairs()[0]!.reason, group.ready, everHeld.size]).toEqual(["refused", "unreachable", false, 0]);
  }
  known = true;
  net.open("patient");
  net.introduce();
  await net.run(5_000);
  expect(net.faults()).toEqual([]);
});

test("identity: who has logged in once more and comes back is let in", async () => {
  let known = false;
  const net = await call(SEATS.slice(0, 2), bound(undefined, async () => (known ? KNOWN : { known: false, why: "missing" })));
  expect(net.pages.get("clinician")!.pairWith("patient")!.reason).toBe("identity");
  known = true;
  net.open("patient");
  net.introduce();
  await net.run(5_000);
  expect(net.faults()).toEqual([]);
});

test("identity: while it is judged nothing is given, and others are not kept waiting", async () => {
  let decide = (_identity: Identity): void => undefined;
  const judged = new Promise<Identity>((resolve) => (decide = resolve));
  const net = await call(SEATS.slice(0, 3), bound(async () => PROOF, () => judged), 20_000);
  const [patient, clinician, guest] = SEATS.slice(0, 3).map((seat) => net.pages.get(seat)!);
  expect([clinician!.pairWith("patient")!.state, clinician!.holds.has("patient"), patient!.holds.has("clinician")]).toEqual(["waiting", false, false]);
  expect([clinician!.isHeardBy(guest!), guest!.isHeardBy(clinician!)]).toEqual([true, true]);
  decide(KNOWN);
  await judged;
  await net.run(20_000);
  expect(net.faults()).toEqual([]);
});
