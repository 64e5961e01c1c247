// What a lock shows: a lock for nothing but what is sealed, and no word of what passes in a moment.
import { expect, test } from "vitest";
import { faceOf } from "../src/shared/e2ee/face";
import type { Identity, Person, Protection, Refusal } from "../src/shared/e2ee/types";

const UNASKED: Identity = { known: false, why: "unasked" };
const LOGGED_IN: Identity = { known: true, born: "1958-03-04", at: 0 };

function person(compared = false, identity = UNASKED): Person {
  return { seat: "patient", code: "480791", identity, compared, renewed: false, opened: true };
}

test("agreeing is worth a word once it lasts", () => {
  expect([faceOf(null, true), faceOf({ state: "agreeing" }, false), faceOf({ state: "agreeing" }, true)]).toEqual(["none", "none", "agreeing"]);
});

test.each<[string, Person[], string]>([
  ["nobody is nothing to lock", [], "none"],
  ["somebody unknown", [person()], "sealed"],
  ["a compared code", [person(true)], "confirmed"],
  ["a login", [person(false, LOGGED_IN)], "confirmed"],
  ["one of two who is neither", [person(true), person()], "sealed"],
  ["a code that was compared and is another one by now", [{ ...person(), renewed: true }, person(true)], "renewed"],
  ["the same, with a login that speaks for it", [{ ...person(false, LOGGED_IN), renewed: true }], "confirmed"],
  ["a login that is missing", [person(false, { known: false, why: "missing" })], "sealed"],
])("sealed: %s", (_, people, face) => {
  expect(faceOf({ state: "sealed", people, holders: people.map(({ seat }) => seat) }, false)).toBe(face);
});

test("who has our keys and gave none is not confirmed, and so nobody is", () => {
  expect(faceOf({ state: "sealed", people: [person(true)], holders: ["patient", "guest1"] }, false)).toBe("sealed");
});

test("there is no lock before something of everybody who sends was opened, and a word of that once it lasts", () => {
  const protection: Protection = { state: "sealed", people: [person(true), { ...person(true), opened: false }], holders: [] };
  expect([faceOf(protection, false), faceOf(protection, true)]).toEqual(["none", "agreeing"]);
});

test("nothing else has a lock, for however long", () => {
  const reasons: Refusal[] = ["unable", "peer_unable", "downgrade", "tampered", "identity", "untransformed"];
  const others: Protection[] = [{ state: "open", unable: ["patient"] }, ...reasons.map((reason): Protection => ({ state: "refused", reason, seat: null }))];
  const faces = others.flatMap((one) => [faceOf(one, false), faceOf(one, true)]);
  expect(new Set(faces)).toEqual(new Set(["open", "refused"]));
});
