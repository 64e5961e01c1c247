// What may be said of a conversation's protection, whatever is known of whom.
import { expect, test } from "vitest";
import { holdersOf, modeOf, stand, type Known } from "../../src/shared/e2ee/standing";
import type { Pair, PairState } from "../../src/shared/e2ee/types";
import type { Seat } from "../../src/protocol";

const pair = (seat: Seat, state: PairState, more: Partial<Pair> = {}): Pair => ({ seat, state, code: state === "secured" ? "480791" : "", identity: { known: false, why: "unasked" }, reason: null, doubted: false, holds: state === "secured", ...more });
const known = (more: Partial<Known>): Known => ({
  rule: "preferred",
  own: "patient",
  able: true,
  pairs: [],
  ready: true,
  silent: new Set(),
  late: new Set(),
  accepted: new Set(),
  wasSealed: false,
  compared: new Map(),
  heard: new Set(),
  mute: new Set(),
  ...more,
});

test("nothing passes before somebody can open what is sealed here", () => {
  const pairs = [pair("clinician", "secured")];
  for (const state of [stand(known({})), stand(known({ pairs: [pair("clinician", "waiting")] })), stand(known({ pairs, ready: false }))]) {
    expect([state.state, modeOf(state)]).toEqual(["agreeing", "closed"]);
  }
  expect(modeOf(stand(known({ pairs })))).toBe("sealed");
});

test("a browser that cannot encrypt goes on openly, or not at all, by the trust's rule", () => {
  expect(stand(known({ able: false }))).toEqual({ state: "open", unable: ["patient"] });
  expect(stand(known({ able: false, rule: "required" }))).toEqual({ state: "refused", reason: "unable", seat: null });
  expect(stand(known({ able: false, wasSealed: true }))).toEqual({ state: "refused", reason: "downgrade", seat: "patient", mayGoOn: true });
  expect(stand(known({ able: false, wasSealed: true, accepted: new Set(["patient"]) }))).toEqual({ state: "open", unable: ["patient"] });
  expect(stand(known({ able: false, wasSealed: true, rule: "required" }))).toEqual({ state: "refused", reason: "unable", seat: null });
  const pairs = [pair("clinician", "unable")];
  expect(stand(known({ pairs }))).toEqual({ state: "open", unable: ["clinician"] });
  expect(stand(known({ pairs, rule: "required" }))).toEqual({ state: "refused", reason: "peer_unable", seat: "clinician" });
});

test("who says nothing of keys counts as one who cannot, and who agrees after all does not", () => {
  const silent = new Set<Seat>(["clinician"]);
  expect(stand(known({ silent, pairs: [pair("clinician", "waiting")] }))).toEqual({ state: "open", unable: ["clinician"] });
  expect(stand(known({ silent, pairs: [pair("clinician", "secured")] })).state).toBe("sealed");
});

test("what was sealed becomes open only by the person's own word, given for each who cannot", () => {
  const pairs = [pair("clinician", "secured"), pair("guest1", "unable"), pair("guest2", "unable")];
  const at = (...accepted: Seat[]) => stand(known({ pairs, wasSealed: true, accepted: new Set(accepted) }));
  expect(at()).toEqual({ state: "refused", reason: "downgrade", seat: "guest1", mayGoOn: true });
  expect(at("guest1")).toEqual({ state: "refused", reason: "downgrade", seat: "guest2", mayGoOn: true });
  expect(at("guest1", "guest2")).toEqual({ state: "open", unable: ["guest1", "guest2"] });
});

test("who can encrypt and comes to no agreement in time is named, and it goes on openly only by the person's own word", () => {
  const late = new Set<Seat>(["clinician"]);
  const accepted = new Set<Seat>(["clinician"]);
  for (const pairs of [[pair("clinician", "waiting")], [pair("clinician", "secured")]]) {
    const at = (more: Partial<Known>) => stand(known({ pairs, ready: false, late, ...more }));
    expect(at({ late: new Set() })).toEqual({ state: "agreeing" });
    expect(at({})).toEqual({ state: "refused", reason: "unagreed", seat: "clinician", mayGoOn: true });
    expect(at({ accepted })).toEqual({ state: "open", unable: [], unagreed: ["clinician"] });
    expect(at({ accepted, rule: "required" })).toEqual({ state: "refused", reason: "unagreed", seat: "clinician" });
  }
  expect(stand(known({ pairs: [pair("clinician", "secured")], late })).state, "who has agreed is late no more").toBe("sealed");
  const doubted = [pair("clinician", "secured", { doubted: true })];
  expect(stand(known({ pairs: doubted })).state, "an old letter stops nothing").toBe("sealed");
  expect(stand(known({ pairs: doubted, late })), "who does not answer whether it was one, does").toMatchObject({ state: "refused", reason: "unagreed" });
});

test("those who have agreed talk, and are told of who has not", () => {
  const pairs = [pair("clinician", "secured"), pair("guest1", "waiting")];
  const late = new Set<Seat>(["guest1"]);
  for (const rule of ["preferred", "required"] as const) {
    expect(stand(known({ rule, pairs, late }))).toMatchObject({ state: "sealed", people: [{ seat: "clinician" }], unagreed: ["guest1"] });
  }
  expect(stand(known({ pairs, late, silent: late })), "who says nothing is not named twice").toEqual({ state: "open", unable: ["guest1"] });
});

test("who may open what is sealed is told, whether or not they have shown a secret of theirs", () => {
  const pairs = [pair("clinician", "secured"), pair("guest1", "waiting", { holds: true }), pair("guest2", "waiting")];
  const state = stand(known({ pairs }));
  expect(state).toMatchObject({ state: "sealed", people: [{ seat: "clinician" }] });
  expect(holdersOf(state)).toEqual(["clinician", "guest1"]);
  expect([holdersOf({ state: "agreeing" }), holdersOf(null)]).toEqual([[], []]);
});

test("where the rule wants encryption, one who cannot does not stop those who can", () => {
  const pairs = [pair("clinician", "secured"), pair("guest1", "unable")];
  expect(stand(known({ pairs, rule: "required", wasSealed: true })).state).toBe("sealed");
});

test("one that is refused stops all, with its reason", () => {
  const pairs = [pair("guest1", "secured"), pair("clinician", "refused", { reason: "identity" })];
  expect(stand(known({ pairs }))).toEqual({ state: "refused", reason: "identity", seat: "clinician" });
});

test("a comparison holds for the code that was compared, and for no other", () => {
  const at = (code: string) => stand(known({ pairs: [pair("clinician", "secured")], compared: new Map([["clinician", code]]), heard: new Set<Seat>(["clinician"]) }));
  expect(at("480791")).toMatchObject({ people: [{ seat: "clinician", compared: true, opened: true }] });
  expect(at("000000")).toMatchObject({ people: [{ seat: "clinician", compared: false, renewed: true }] });
});
