// Somebody in the signaling says in a person's name that their browser cannot encrypt, or keeps two from agreeing: every page says how it stands.
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import type { Encryption, Parcel, Seat } from "../../src/protocol";
import { SILENT_MS, UNAGREED_MS } from "../../src/shared/e2ee/protection";
import { modeOf } from "../../src/shared/e2ee/standing";
import { Room, SEATS, type RoomPage } from "./room";

// Much is computed, and how fast is the machine's business.
vi.setConfig({ testTimeout: 0 });

type Way = (from: Seat, parcel: Parcel) => Parcel | null;

const denied = (parcel: Parcel): Parcel => ({ ...parcel, able: false, commitment: "", public: "", sealed: "" });
const of = (seat: Seat, way: Way): Way => (from, parcel) => (from === seat ? way(from, parcel) : parcel);

/** What somebody in the middle may do all the time. */
const ATTACKS: Record<string, Way> = {
  nothing: (_, parcel) => parcel,
  "the patient is denied": of("patient", (_, parcel) => denied(parcel)),
  "the clinician is denied": of("clinician", (_, parcel) => denied(parcel)),
  "everybody is denied": (_, parcel) => denied(parcel),
  "the patient is denied, under no name": of("patient", (_, parcel) => ({ ...denied(parcel), attempt: "", about: "" })),
  "the patient is denied, under another name": of("patient", (_, parcel) => ({ ...denied(parcel), attempt: "a".repeat(22) })),
  "nobody is heard": () => null,
  "the patient is not heard": of("patient", () => null),
  "no key gets through": (_, parcel) => (parcel.public ? null : parcel),
  "no key of the patient gets through": of("patient", (_, parcel) => (parcel.public ? null : parcel)),
  "nothing sealed gets through": (_, parcel) => (parcel.sealed ? null : parcel),
  "nothing sealed by the clinician gets through": of("clinician", (_, parcel) => (parcel.sealed ? null : parcel)),
  "keys are left out": (_, parcel) => ({ ...parcel, public: "", sealed: "" }),
  "commitments are swapped": of("patient", (_, parcel) => ({ ...parcel, commitment: "A".repeat(43) })),
  "what was asked is left out": (_, parcel) => ({ ...parcel, about: "" }),
};

const TWO: Seat[] = ["patient", "clinician"];

function attack(room: Room, name: string): void {
  room.middle = (from, _to, parcel) => ATTACKS[name]!(from, parcel);
}

function call(seats: Seat[], rule: Encryption, name: string): Room {
  const room = new Room(seats);
  attack(room, name);
  for (const seat of seats) room.enter(seat, "streams", rule);
  room.introduce();
  return room;
}

/** What a page must never have done. */
function wrongs({ seat, history, worker }: RoomPage, rule: Encryption): string[] {
  const found: string[] = [];
  let asked = false; // whether opening needs the person's word
  for (const event of history) {
    if (event === "go on") asked = false;
    else if (event.state === "sealed" || (event.state === "refused" && event.reason === "downgrade")) asked = true;
    else if (event.state === "open" && asked) found.push(`${seat}: opened in silence`);
    else if (event.state === "open" && rule === "required") found.push(`${seat}: opened against the rule`);
  }
  const last = history.filter((event) => event !== "go on").at(-1)!;
  if (worker.modes.at(-1) !== modeOf(last)) found.push(`${seat}: says ${last.state}, and the worker is ${worker.modes.at(-1)}`);
  return found;
}

const states = (room: Room): string[] => room.all.map(({ protector: { state } }) => (state.state === "refused" ? state.reason : state.state));

test("who is said to be unable while they are not sees that no keys were agreed on, and goes on openly only by their own word", async () => {
  const room = call(TWO, "preferred", "the patient is denied");
  await room.pass(1_000);
  expect(states(room)).toEqual(["agreeing", "open"]);
  await room.pass(UNAGREED_MS);
  const patient = room.pages.patient!;
  expect(patient.protector.state).toEqual({ state: "refused", reason: "unagreed", seat: "clinician", mayGoOn: true });
  expect(patient.worker.modes).toEqual(["closed"]);
  room.goOn(patient);
  expect(patient.protector.state).toEqual({ state: "open", unable: [], unagreed: ["clinician"] });
  attack(room, "nothing");
  await room.pass(20_000);
  expect(states(room), "and is sealed as soon as nobody prevents it").toEqual(["sealed", "sealed"]);
});

test("where the rule wants encryption, both are refused", async () => {
  const room = call(TWO, "required", "the patient is denied");
  await room.pass(UNAGREED_MS + 1_000);
  expect(states(room)).toEqual(["unagreed", "peer_unable"]);
  room.goOn(room.pages.patient!);
  expect(states(room)).toEqual(["unagreed", "peer_unable"]);
});

test("the word to go on is good for one time without encryption, not for the next", async () => {
  const room = call(TWO, "preferred", "the patient is denied");
  await room.pass(UNAGREED_MS + 1_000);
  room.goOn(room.pages.patient!);
  attack(room, "nothing");
  await room.pass(20_000);
  expect(states(room)).toEqual(["sealed", "sealed"]);
  attack(room, "no key gets through");
  room.enter("clinician");
  room.introduce();
  await room.pass(UNAGREED_MS + 2_000);
  expect(states(room)).toEqual(["unagreed", "unagreed"]);
});

test.each(Object.keys(ATTACKS).flatMap((name) => [[name, "preferred"], [name, "required"]] as [string, Encryption][]))("%s, %s: no page agrees for ever", async (name, rule) => {
  const room = call(TWO, rule, name);
  await room.pass(Math.max(SILENT_MS, UNAGREED_MS) + 5_000);
  expect(states(room)).not.toContain("agreeing");
  expect(room.all.flatMap((page) => wrongs(page, rule))).toEqual([]);
});

const acts = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ attack: fc.constantFrom(...Object.keys(ATTACKS)) }) },
    { weight: 3, arbitrary: fc.record({ wait: fc.constantFrom(50, 1_000, 5_000, 20_000, 40_000) }) },
    { weight: 1, arbitrary: fc.record({ reload: fc.nat(2) }) },
    { weight: 1, arbitrary: fc.record({ leave: fc.nat(2) }) },
    { weight: 1, arbitrary: fc.record({ goOn: fc.nat(2) }) },
  ),
  { maxLength: 12 },
);
type Act = { attack: string } | { wait: number } | { reload: number } | { leave: number } | { goOn: number };

async function history(seats: Seat[], rule: Encryption, list: Act[]): Promise<void> {
  const room = call(seats, rule, "nothing");
  const gone: RoomPage[] = [];
  const at = (who: number): Seat => seats[who % seats.length]!;
  for (const act of list) {
    if ("attack" in act) attack(room, act.attack);
    else if ("wait" in act) await room.pass(act.wait);
    else if ("goOn" in act) room.goOn(room.pages[at(act.goOn)]!);
    else {
      const seat = at("reload" in act ? act.reload : act.leave);
      gone.push(room.pages[seat]!);
      if ("leave" in act) for (const { protector } of room.all) protector.hear({ type: "peer_left", consultation: "c", call: 1, seat });
      room.enter(seat, "streams", rule);
      room.introduce();
    }
  }
  await room.pass(Math.max(SILENT_MS, UNAGREED_MS) + 10_000);
  expect(states(room), "under whatever goes on").not.toContain("agreeing");
  attack(room, "nothing");
  await room.pass(60_000);
  expect([...room.all, ...gone].flatMap((page) => wrongs(page, rule))).toEqual([]);
  const after = states(room);
  expect(after).not.toContain("agreeing");
  if (after.includes("tampered")) return; // nothing heals that
  // Who both believe that the other cannot have nothing more to say, and say so to their people.
  const told = list.some((act) => "attack" in act && act.attack.includes("denied"));
  if (!told || (seats.length === 2 && after.includes("sealed"))) expect(new Set(after), "when it is over").toEqual(new Set(["sealed"]));
}

const runs = Number(process.env["VENTEROM_PROPERTY_RUNS"] ?? 0);

test.each(["preferred", "required"] as const)("whatever is done to two, they are told, and are never opened in silence (%s)", async (rule) => {
  await fc.assert(fc.asyncProperty(acts, (list) => history(TWO, rule, list as Act[])), { numRuns: runs || 30 });
});

test("nor are three", async () => {
  await fc.assert(fc.asyncProperty(acts, (list) => history(SEATS, "preferred", list as Act[])), { numRuns: runs || 10 });
});
