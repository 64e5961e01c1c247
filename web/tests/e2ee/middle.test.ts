// Somebody sits in the middle: reads, changes, swaps. They get other codes on both pages and cannot choose them, or nothing at all.
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import type { Parcel, Seat } from "../../src/protocol";
import { random, toBase64Url } from "../../src/shared/e2ee/bytes";
import { Net, type Letter } from "./net";

// Much is computed, and how fast is the machine's business.
vi.setConfig({ testTimeout: 0 });

const SEATS: readonly Seat[] = ["patient", "clinician"];

function pages(): Net {
  const net = new Net(SEATS);
  for (const seat of SEATS) net.open(seat);
  net.introduce();
  return net;
}

const states = (net: Net): string[] => net.everyTwo().flatMap(([a, b]) => [a.pairWith(b.seat)!, b.pairWith(a.seat)!]).map(({ state, reason }) => reason ?? state);

/** Someone who is the clinician to the patient and the patient to the clinician. */
function mallory(net: Net): Net {
  const false_ = new Net(SEATS);
  for (const seat of SEATS) false_.open(seat);
  false_.introduce();
  net.middle = ({ from, to, parcel }) => {
    false_.pages.get(to)!.group.receive(from, parcel);
    return null;
  };
  return false_;
}

async function swapped(): Promise<{ real: Net; fake: Net }> {
  const real = pages();
  const fake = mallory(real);
  for (let round = 0; round < 60; round++) {
    await real.run(500);
    await fake.idle();
    await fake.clock.pass(500);
    await fake.idle();
    for (const { from, to, parcel } of fake.flying.splice(0)) real.pages.get(to)!.group.receive(from, parcel);
  }
  return { real, fake };
}

test("keys swapped on both sides: both pages are content, and show different codes", async () => {
  for (let time = 0; time < 5; time++) {
    const { real, fake } = await swapped();
    expect(states(real)).toEqual(["secured", "secured"]);
    const [patient, clinician] = SEATS.map((seat, at) => real.pages.get(seat)!.pairWith(SEATS[1 - at]!)!.code);
    expect(patient).not.toBe(clinician);
    expect(fake.pages.get("clinician")!.pairWith("patient")!.code, "each has its code in common with who sits there").toBe(patient);
    expect(real.pages.get("patient")!.isHeardBy(real.pages.get("clinician")!), "and what is sealed by one is closed to the other").toBe(false);
  }
});

test("nobody shows their key before the other has committed to one for this very attempt", async () => {
  const net = pages();
  const committed = new Set<string>();
  const early: Letter[] = [];
  net.middle = (letter) => {
    const { from, to, parcel } = letter;
    if (parcel.public && !committed.has(`${to} ${parcel.about} about ${parcel.attempt} to ${from}`)) early.push(letter);
    if (parcel.commitment) committed.add(`${from} ${parcel.attempt} about ${parcel.about} to ${to}`);
    return letter;
  };
  await net.run(5_000);
  net.open("patient");
  net.introduce();
  await net.run(5_000);
  expect(net.faults()).toEqual([]);
  expect(early).toEqual([]);
});

test("who has shown a key makes a new one for somebody who begins anew: its answer could be chosen", async () => {
  const net = pages();
  await net.run(5_000);
  const keys = (): Set<string> => new Set(net.log.filter(({ from, parcel }) => from === "clinician" && parcel.public).map(({ parcel }) => parcel.public));
  expect(keys().size).toBe(1);
  net.open("patient");
  net.introduce();
  await net.run(5_000);
  expect(keys().size).toBe(2);
  const [a, b] = net.everyTwo()[0]!;
  expect(a.pairWith(b.seat)!.state).toBe("secured");
});

test("who begins anew again and again to get a code that fits is refused", async () => {
  const net = new Net(SEATS);
  const clinician = net.open("clinician");
  for (let time = 0; time < 40; time++) {
    net.open("patient");
    await net.talk();
  }
  expect(clinician.pairWith("patient")).toEqual({ seat: "patient", state: "refused", code: "", identity: { known: false, why: "unasked" }, reason: "tampered", doubted: false, holds: false });
  const attempts = new Set(net.log.filter(({ from }) => from === "clinician").map(({ parcel }) => parcel.attempt));
  expect(attempts.size).toBeLessThanOrEqual(10);
  const said = net.log.filter(({ from }) => from === "clinician").length;
  net.introduce();
  await net.run(60_000);
  expect(net.log.filter(({ from }) => from === "clinician").length, "and is spoken to no more").toBe(said);
});

test("nor does it help to say each time that they have left", async () => {
  const net = new Net(SEATS);
  const clinician = net.open("clinician");
  for (let time = 0; time < 40; time++) {
    net.open("patient");
    await net.talk();
    if (time < 39) net.leave("patient");
  }
  expect(clinician.pairWith("patient")).toMatchObject({ state: "refused", reason: "tampered" });
  const attempts = new Set(net.log.filter(({ from, parcel }) => from === "clinician" && parcel.public).map(({ parcel }) => parcel.attempt));
  expect(attempts.size).toBeLessThanOrEqual(10);
});

test("nor to wait: one beginning is forgiven each half minute, not all of them at once", async () => {
  const net = new Net(SEATS);
  net.open("clinician");
  for (let half = 0; half < 20; half++) {
    for (let time = 0; time < 12; time++) {
      net.open("patient");
      await net.talk();
      net.leave("patient");
    }
    await net.clock.pass(31_000);
  }
  const attempts = new Set(net.log.filter(({ from, parcel }) => from === "clinician" && parcel.public).map(({ parcel }) => parcel.attempt));
  expect(attempts.size, "half of the beginnings are ours: twenty at first, and one more each half minute").toBeLessThanOrEqual((20 + 20) / 2);
});

test("who reloads now and then is not", async () => {
  const net = new Net(SEATS);
  net.open("clinician");
  for (let time = 0; time < 40; time++) {
    net.open("patient");
    net.introduce();
    await net.run(60_000);
    expect(net.faults()).toEqual([]);
  }
});

const mangled: Record<string, (parcel: Parcel) => Parcel> = {
  commitment: (parcel) => ({ ...parcel, commitment: toBase64Url(random(32)) }),
  "commitment's length": (parcel) => ({ ...parcel, commitment: parcel.commitment.slice(1) }),
  public: (parcel) => (parcel.public ? { ...parcel, public: toBase64Url(random(65)) } : parcel),
  "public's first bits": (parcel) => (parcel.public ? { ...parcel, public: `AA${parcel.public.slice(2)}` } : parcel),
  sealed: (parcel) => (parcel.sealed ? { ...parcel, sealed: `AAAA${parcel.sealed.slice(4)}` } : parcel),
  "sealed's end": (parcel) => ({ ...parcel, sealed: parcel.sealed.slice(4) }),
  n: (parcel) => ({ ...parcel, n: parcel.n + 1 }),
  "able, at times": (parcel) => ({ ...parcel, able: parcel.n % 2 === 0 }),
};

test.each(Object.keys(mangled))("%s changed always: the pair is refused, and falls silent", async (name) => {
  const net = pages();
  net.middle = (letter) => ({ ...letter, parcel: mangled[name]!(letter.parcel) });
  await net.run(600_000);
  expect(states(net)).toContain("tampered");
  expect(states(net)).not.toContain("secured");
  const said = net.log.length;
  expect(said).toBeLessThan(120);
  await net.run(300_000);
  expect(net.log.length - said, "who waits in vain says so twice a minute").toBeLessThanOrEqual(12);
});

const names: Record<string, (parcel: Parcel) => Parcel> = {
  attempt: (parcel) => ({ ...parcel, attempt: toBase64Url(random(16)) }),
  about: (parcel) => ({ ...parcel, about: toBase64Url(random(16)) }),
  "attempt and about": (parcel) => ({ ...parcel, attempt: toBase64Url(random(16)), about: toBase64Url(random(16)) }),
  "attempt, one of two": (parcel) => ({ ...parcel, attempt: (parcel.n % 2 ? "a" : "b").repeat(22), about: "" }),
};

test.each(Object.keys(names))("%s changed always: nothing is agreed on, and there is no endless talk", async (name) => {
  const net = pages();
  net.middle = (letter) => ({ ...letter, parcel: names[name]!(letter.parcel) });
  await net.run(600_000);
  expect(states(net)).not.toContain("secured");
  const said = net.log.length;
  expect(said).toBeLessThan(200);
  await net.run(300_000);
  expect(net.log.length - said, "who hear of each other say so every eight seconds").toBeLessThanOrEqual(80);
});

test("a few changed parcels only make them begin anew", async () => {
  const all = { ...mangled, ...names };
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom("", "", ...Object.keys(all)), { maxLength: 12 }), async (list) => {
      const net = pages();
      let strikes = 0;
      net.middle = (letter) => {
        const name = list.shift() ?? "";
        const parcel = all[name] && ++strikes <= 2 ? all[name](letter.parcel) : letter.parcel;
        return { ...letter, parcel };
      };
      await net.run(90_000);
      expect(net.faults()).toEqual([]);
    }),
    { numRuns: 25 },
  );
});

test.each<[string, (n: number) => unknown]>([
  ["over again", (n) => n],
  ["from beyond 32 bits", (n) => n + 2 ** 32],
  ["in halves", (n) => n + 2 ** 20 + 0.5],
  ["below nothing", (n) => n - 2 ** 32],
  ["without end", () => Infinity],
  ["as none", () => NaN],
  ["as text", (n) => String(n + 2 ** 32)],
])("what was sealed is not heard again under a number counted %s", async (_name, number) => {
  const net = pages();
  await net.run(5_000);
  const patient = net.pages.get("patient")!;
  const first = net.log.find(({ from, parcel }) => from === "clinician" && parcel.sealed)!;
  expect(patient.group.ready).toBe(true);
  patient.group.receive("clinician", { ...first.parcel, n: number(first.parcel.n) as number });
  await net.idle();
  expect(patient.group.ready, "it was said when nothing was held there").toBe(true);
  net.pages.get("clinician")!.group.renew();
  await net.run(5_000);
  expect(net.faults(), "and what is said later is").toEqual([]);
});

test("parcels that no page would say change nothing and throw nothing", async () => {
  const text = fc.oneof(fc.constant(""), fc.string({ maxLength: 90 }), fc.base64String({ maxLength: 88 }));
  const parcels = fc.record({ attempt: text, about: text, n: fc.nat(50), able: fc.constant(true), commitment: text, public: text, sealed: text });
  await fc.assert(
    fc.asyncProperty(fc.array(parcels, { maxLength: 8 }), async (list) => {
      const net = pages();
      await net.run(1_000);
      const before = net.pages.get("patient")!.pairWith("clinician");
      for (const parcel of list) net.pages.get("patient")!.group.receive("clinician", { ...parcel, about: parcel.about || "x" });
      await net.run(1_000);
      expect(net.pages.get("patient")!.pairWith("clinician")).toEqual(before);
    }),
    { numRuns: 25 },
  );
});
