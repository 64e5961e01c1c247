// Who is shown where, and who is shown at all.
import { expect, test } from "vitest";
import type { Seat } from "../src/protocol";
import { places, placesFor, presenter, shown, withPeer, withoutPeer, type Remote } from "../src/shared/people";

const remote = (...people: [Seat, boolean][]): Remote => ({
  people: people.map(([seat, here]) => ({ seat, here, mark: () => null, stream: {} as MediaStream })),
  screen: {} as MediaStream,
});
const seats = (people: { seat: Seat }[]): Seat[] => people.map(({ seat }) => seat);
const on = { camera: true, microphone: true, screen: false, interrupted: false };

test("a place belongs to a seat, whoever else has come", () => {
  expect(places("patient")).toEqual(["clinician", "guest1", "guest2", "guest3", "guest4"]);
  expect(places("guest2")).toEqual(["patient", "clinician", "guest1", "guest3", "guest4"]);
  expect(placesFor("patient", ["patient", "clinician"])).toBe(1);
  expect(placesFor("clinician", ["patient", "clinician", "guest1"])).toBe(2);
  expect(placesFor("clinician", ["patient", "clinician", "guest3"])).toBe(4);
  expect(placesFor("patient", ["patient"])).toBe(1);
});

test("the other one of two is always shown; of several those who have come", () => {
  expect(seats(shown(remote(["patient", false]), {}))).toEqual(["patient"]);
  expect(seats(shown(remote(["patient", true], ["guest1", false], ["guest2", true]), {}))).toEqual(["patient", "guest2"]);
  expect(seats(shown(remote(["patient", true], ["guest1", false]), { guest1: on }))).toEqual(["patient", "guest1"]);
  expect(seats(shown(remote(["patient", false], ["guest1", false]), {}))).toEqual(["patient"]);
  expect(shown(null, {})).toEqual([]);
});

test("who holds our keys is shown, whatever is said of them or comes from them", () => {
  const three = remote(["patient", true], ["guest1", false], ["guest2", false]);
  expect(seats(shown(three, {}, ["patient", "guest2"]))).toEqual(["patient", "guest2"]);
  expect(seats(shown(three, withoutPeer({}, "guest2"), ["guest2"]))).toEqual(["patient", "guest2"]);
});

test("who has left is shown no longer, until they say what they send again", () => {
  const three = remote(["patient", true], ["guest1", true]);
  const left = withoutPeer({ patient: on, guest1: { ...on, screen: true } }, "guest1");
  expect(seats(shown(three, left))).toEqual(["patient"]);
  expect(presenter(left)).toBeNull();
  const back = withPeer(left, { type: "peer_media", consultation: "c", call: 1, seat: "guest1", ...on });
  expect(seats(shown(three, back))).toEqual(["patient", "guest1"]);
});

test("whoever shares a screen is known by what they say", () => {
  const peers = withPeer({ patient: on }, { type: "peer_media", consultation: "c", call: 1, seat: "clinician", camera: false, microphone: true, screen: true, interrupted: false });
  expect(peers).toEqual({ patient: on, clinician: { camera: false, microphone: true, screen: true, interrupted: false } });
  expect(presenter(peers)).toBe("clinician");
  expect(presenter({ patient: on })).toBeNull();
});
