// Pages agree on keys over a network that does what it likes, and always do once it is fair again.
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import type { Seat } from "../../src/protocol";
import { SEATS } from "../../src/shared/e2ee/frames";
import { Net, type Letter } from "./net";

// Much is computed, and how fast is the machine's business.
vi.setConfig({ testTimeout: 0 });

type Act =
  | { act: "deliver" | "lose" | "double"; which: number }
  | { act: "reload" | "leave" | "again" | "here" | "restart"; who: number }
  | { act: "pass"; milliseconds: number };

const which = fc.nat(30);
const acts = fc.array(
  fc.oneof(
    { weight: 12, arbitrary: fc.record({ act: fc.constant("deliver" as const), which }) },
    { weight: 3, arbitrary: fc.record({ act: fc.constantFrom("lose" as const, "double" as const), which }) },
    { weight: 2, arbitrary: fc.record({ act: fc.constantFrom("reload" as const, "leave" as const, "again" as const, "here" as const, "restart" as const), who: fc.nat(3) }) },
    { weight: 2, arbitrary: fc.record({ act: fc.constant("pass" as const), milliseconds: fc.constantFrom(100, 1_000, 2_500, 10_000) }) },
  ),
  { maxLength: 80 },
);

async function perform(net: Net, seats: readonly Seat[], act: Act): Promise<void> {
  if ("which" in act) {
    const at = act.which % (net.flying.length || 1);
    const letter = net.flying[at];
    if (!letter) return;
    if (act.act !== "double") net.flying.splice(at, 1);
    if (act.act !== "lose") net.deliver(letter);
  } else if ("who" in act) {
    const seat = seats[act.who % seats.length]!;
    if (act.act === "reload") net.open(seat);
    if (act.act === "leave") net.leave(seat);
    if (act.act === "restart") net.pages.get(seat)?.restart();
    if (act.act === "again") net.pages.get(seat)?.group.again();
    if (act.act === "here") for (const page of net.pages.values()) if (page.seat !== seat) page.group.here(seat);
  } else await net.clock.pass(act.milliseconds);
  await net.idle();
}

/** What nothing that happens may lead to. */
function never(net: Net): string[] {
  const said = net.log.map(({ from, to, parcel }) => `${from} ${to} ${parcel.attempt} ${parcel.n}`);
  const pages = [...net.pages.values(), ...net.gone];
  const sent = pages.flatMap((page) => page.sent);
  return [
    ...(new Set(said).size === said.length ? [] : ["a number is used twice in an attempt"]),
    ...pages.flatMap(({ seat, again }) => again.map((what) => `${seat} can open ${what} once more`)),
    ...(new Set(sent.map(({ secret }) => secret)).size === sent.length ? [] : ["a secret is sent with twice"]),
    ...net.gone.flatMap((page) =>
      sent.filter(({ secret, use }) => page.told && page.everHeld.has(secret) && use > page.closed).map(({ epoch }) => `${page.seat} has left and can open ${epoch}`),
    ),
    ...pages.flatMap((page) =>
      sent.filter(({ secret, use }) => page.everHeld.has(secret) && use < page.born).map(({ epoch }) => `${page.seat} can open ${epoch} from before they came`),
    ),
  ];
}

async function history(seats: readonly Seat[], acts: Act[]): Promise<void> {
  const net = new Net(seats);
  for (const seat of seats) net.open(seat);
  for (const act of acts) await perform(net, seats, act);
  for (const seat of seats) if (!net.pages.has(seat)) net.open(seat);
  net.introduce();
  await net.run(75_000);
  expect(net.faults()).toEqual([]);
  expect(never(net)).toEqual([]);
  const now = [...net.pages.values()].map(({ sent }) => sent.at(-1)!.secret);
  expect(net.gone.flatMap(({ everHeld }) => now.filter((secret) => everHeld.has(secret)))).toEqual([]);

  const said = net.log.length;
  const codes = net.everyTwo().map(([a, b]) => a.pairWith(b.seat)!.code);
  await net.run(60_000);
  expect(net.log.length, "there is nothing left to say").toBe(said);

  const knows = (letter: Letter): boolean =>
    net.log.some(({ from, to, parcel, page }) => page === net.pages.get(letter.to)!.born && from === letter.to && to === letter.from && parcel.about === letter.parcel.attempt);
  // Of a page that is gone, what never came before cannot be told from what a new one says, and interrupts (decision 0040).
  const told = (letter: Letter): boolean => net.arrived.has(letter) || net.pages.get(letter.from)!.born === letter.page;
  for (const letter of net.log.slice(0, said).filter((one) => knows(one) && told(one))) net.deliver(letter);
  await net.talk();
  expect(net.everyTwo().map(([a, b]) => a.pairWith(b.seat)!.code), "old letters").toEqual(codes);
  await net.run(60_000);
  expect(net.faults()).toEqual([]);

  net.pages.get(seats[0]!)!.restart();
  await net.run(10_000);
  expect([net.faults(), never(net)]).toEqual([[], []]);
}

const [two, four] = [SEATS.slice(0, 2), SEATS.slice(0, 4)];
const runs = Number(process.env["VENTEROM_PROPERTY_RUNS"] ?? 0);

/** How long two pages need that could hear only one direction, or neither, for so long; milliseconds, in steps of half a second. */
async function recovery(deaf: readonly Seat[], lost: number): Promise<number> {
  const net = new Net(two);
  for (const seat of two) net.open(seat);
  net.introduce();
  net.middle = (letter) => (deaf.includes(letter.to) ? null : letter);
  await net.run(lost);
  net.middle = (letter) => letter;
  net.flying.splice(0);
  let passed = 0;
  while (net.faults().length > 0 && passed < 600_000) {
    await net.run(0);
    passed += 500;
  }
  return passed;
}

test("who is heard of is not left waiting: what was lost is said again within eight seconds, and within half a minute to who is not", async () => {
  await fc.assert(
    fc.asyncProperty(fc.subarray([...two]), fc.nat(600_000), async (deaf, lost) => {
      expect(await recovery(deaf, lost)).toBeLessThanOrEqual((deaf.length < two.length ? 8_000 : 30_000) + 500);
    }),
    { numRuns: runs || 25 },
  );
});

test("two always agree in the end, whatever the network does and however often they reload", async () => {
  await fc.assert(fc.asyncProperty(acts, (list) => history(two, list)), { numRuns: runs || 60 });
});

test("so do four", async () => {
  await fc.assert(fc.asyncProperty(acts, (list) => history(four, list)), { numRuns: runs || 12 });
});
