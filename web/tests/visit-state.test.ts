// The visit's page as a pure machine: which step shows, what overtakes what, what survives a reload.
import { expect, test } from "vitest";
import type { ToPatient, VisitView } from "../src/protocol";
import { PREPARATION, after, before, restore, unprepared, way } from "../src/visit/preparation";
import { guestKind, initial, reduce, step, type Happening, type VisitState } from "../src/visit/state";

const visit: VisitView = {
  consultation: "c1",
  version: 3,
  state: "invited",
  starts: "2026-11-24T09:00:00Z",
  minutes: 30,
  time_zone: "Europe/Oslo",
  trust_name: "Elvenes helseforetak",
  department: { id: "medisinsk", name: "Medisinsk poliklinikk", phone: "+4755500100", address: "/d/elvenes/medisinsk" },
  clinician_name: "Ingrid Berg",
  login_level: "high",
  logged_in: true,
  code_ends: "",
  sms_wanted: true,
  clinician_present: false,
  seat: "patient",
  language: "nb",
  guests: [],
  place: 0,
  clinician_busy: false,
  delay_minutes: 0,
  running_late: 0,
  paused_by: null,
  by_phone: false,
  suspended: "",
  phone_known: true,
  call: 0,
  reference: "R7K2",
  feedback_given: false,
};

function run(...happenings: Happening[]): VisitState {
  return happenings.reduce(reduce, initial());
}
const opened = (change: Partial<VisitView> = {}): Happening => ({ type: "opened", visit: { ...visit, ...change } });
const says = (message: ToPatient): Happening => ({ type: "message", message });
const news = (change: Partial<VisitView>): Happening => says({ type: "visit", visit: { ...visit, ...change } });
const ringing = (call: number): Happening => says({ type: "ringing", consultation: "c1", call });
const join = (call: number): Happening => says({ type: "join", consultation: "c1", call, seat: "patient", ice_servers: [], relay_only: false, seats: ["patient", "clinician"], encryption: "preferred" });
const end = (call: number, reason: "hang_up" | "withdrawn" | "worker_lost" | "cancelled" | "phone" | "removed"): Happening =>
  says({ type: "call_ended", consultation: "c1", call, reason });

test.each<[string, Partial<VisitView>, string]>([
  ["not logged in", { logged_in: false }, "login"],
  ["no login asked for", { logged_in: false, login_level: "none" }, "access"],
  ["logged in", {}, "access"],
  ["missed, and welcome all the same", { state: "missed" }, "access"],
  ["no video today, whether logged in or not", { suspended: "Nettet er nede.", logged_in: false }, "suspended"],
  ["no video today, in the waiting room", { suspended: "Nettet er nede.", state: "checked_in" }, "suspended"],
  ["no video today, but talking already", { suspended: "Nettet er nede.", state: "in_call", call: 1 }, "call"],
  ["no video today, but being called already", { suspended: "Nettet er nede.", state: "calling", call: 1 }, "ringing"],
  ["no video today, but cancelled", { suspended: "Nettet er nede.", state: "cancelled" }, "gone"],
  ["in the waiting room", { state: "checked_in" }, "waiting"],
  ["being called", { state: "calling", call: 1 }, "ringing"],
  ["in the call", { state: "in_call", call: 1 }, "call"],
  ["after the call", { state: "ended", call: 1 }, "feedback"],
  ["after feedback", { state: "ended", call: 1, feedback_given: true }, "thanks"],
  ["over without a call", { state: "ended" }, "thanks"],
  ["to be phoned instead", { state: "ended", by_phone: true }, "phone"],
  ["a guest after the call", { state: "ended", call: 1, seat: "guest1", login_level: "none" }, "thanks"],
  ["cancelled", { state: "cancelled" }, "gone"],
  ["cancelled before the login", { state: "cancelled", logged_in: false }, "gone"],
])("a reload finds its way: %s", (_, change, expected) => {
  expect(step(run(opened(change)))).toBe(expected);
});

test("the way through a whole visit", () => {
  let state = run(opened());
  const steps = [step(state)];
  const go = (happening: Happening): void => {
    state = reduce(state, happening);
    if (steps.at(-1) !== step(state)) steps.push(step(state));
  };
  for (const at of PREPARATION) go({ type: "went", to: after(at) });
  go(news({ state: "checked_in", version: 4 }));
  go(ringing(1));
  go(join(1));
  go(news({ state: "in_call", version: 6, call: 1 }));
  go(end(1, "hang_up"));
  go({ type: "thanked" });
  expect(steps).toEqual([...PREPARATION, "waiting", "ringing", "call", "feedback", "thanks"]);
});

test("older news is dropped, whatever order it comes in", () => {
  const state = run(opened({ state: "checked_in", version: 5 }), news({ state: "invited", version: 4 }));
  expect(step(state)).toBe("waiting");
  const called = run(opened({ state: "checked_in", version: 5 }), ringing(1), news({ state: "checked_in", version: 5, call: 0 }));
  expect(step(called)).toBe("ringing");
});

test("news of the same version may tell who is present, but does not undo a hang-up", () => {
  const state = run(opened({ state: "in_call", version: 6, call: 1 }), end(1, "hang_up"), news({ state: "in_call", version: 6, call: 1, clinician_present: true }));
  expect(step(state)).toBe("feedback");
  expect(state.visit?.clinician_present).toBe(true);
});

test("what belongs to an older placement of the call is dropped", () => {
  const state = run(opened({ state: "in_call", version: 8, call: 2 }), join(2), end(1, "worker_lost"), ringing(1));
  expect(step(state)).toBe("call");
  expect(state.join?.call).toBe(2);
});

test("a lost worker brings the patient back to the waiting room and the page knows why, until it rings again", () => {
  const lost = run(opened({ state: "in_call", version: 6, call: 1 }), join(1), end(1, "worker_lost"), news({ state: "checked_in", version: 7, call: 1 }));
  expect([step(lost), lost.ended, lost.join]).toEqual(["waiting", "worker_lost", null]);
  const again = reduce(lost, ringing(2));
  expect([step(again), again.ended]).toEqual(["ringing", null]);
});

test("a withdrawn call goes back to waiting; a cancelled consultation is over", () => {
  expect(step(run(opened({ state: "calling", call: 1 }), end(1, "withdrawn")))).toBe("waiting");
  expect(step(run(opened({ state: "calling", call: 1 }), end(1, "cancelled")))).toBe("gone");
});

test("somebody else's consultation is never shown", () => {
  expect(run(opened(), news({ consultation: "c2", version: 99, state: "in_call" })).visit?.consultation).toBe("c1");
});

test("what the other side sends is known; one's own echo is not mistaken for it", () => {
  const peer = (seat: "patient" | "clinician"): Happening =>
    says({ type: "peer_media", consultation: "c1", call: 1, seat, camera: false, microphone: true, screen: false, interrupted: false });
  expect(run(opened({ state: "in_call", call: 1 }), join(1), peer("clinician")).peers).toEqual({ clinician: { camera: false, microphone: true, screen: false, interrupted: false } });
  expect(run(opened({ state: "in_call", call: 1 }), join(1), peer("patient")).peers).toEqual({});
});

test("a dead link is final; a failure on the way is a problem that can be overcome", () => {
  expect(step(run({ type: "refused", code: "link_expired" }))).toBe("gone");
  const failed = run(opened(), { type: "failed", code: "offline" });
  expect([step(failed), failed.problem]).toEqual(["access", "offline"]);
  expect(reduce(failed, { type: "overcome" }).problem).toBeNull();
});

test("an error about the network test or the media is told where they are shown", () => {
  const error = (about: string): Happening => says({ type: "error", code: "no_worker", message: "", retry: true, about });
  expect(run(opened(), error("probe_start")).problem).toBeNull();
  expect(run(opened({ state: "in_call", call: 1 }), error("offer")).problem).toBeNull();
  expect(run(opened(), error("check_in")).problem).toBe("no_worker");
});

test("a newer page has the seat: this one says so", () => {
  expect(step(run(opened({ state: "checked_in" }), says({ type: "seat_taken" }), { type: "socket", status: "stopped", reason: "seat_taken" }))).toBe("elsewhere");
});

test("what was kept comes back; rubbish does not", () => {
  const kept = { preparation: "network", devices: { camera: "yes", speaker: "no", microphone: "yes" }, network: null, soundOnly: false };
  expect(restore(JSON.stringify(kept))).toEqual(kept);
  for (const rubbish of [null, "{", "null", "5", '{"preparation":"else"}', '{"preparation":"network"}']) expect(restore(rubbish)).toEqual(unprepared());
});

test("the steps go forth and back; with sound only nobody is asked whether they see themselves", () => {
  expect([after("access"), after("access", true), before("speaker"), before("speaker", true), before("access"), after("ready")]).toEqual([
    "camera", "speaker", "camera", "access", null, "ready",
  ]);
  expect(way(true)).not.toContain("camera");
});

test("coming with sound only is told as no camera, until both are wanted again", () => {
  const answered: Happening = { type: "answered", device: "camera", answer: "yes" };
  const only = run(opened(), answered, { type: "with_sound", only: true });
  expect([only.soundOnly, only.devices.camera]).toEqual([true, "no"]);
  expect(reduce(only, { type: "with_sound", only: false }).devices.camera).toBe("untested");
  expect(run(opened(), answered, { type: "with_sound", only: false }).devices.camera).toBe("yes");
});

test("running late is on its way until the functions know, or say that it failed", () => {
  const asked = run(opened(), { type: "late", minutes: 10 });
  expect(asked.lateAsked).toBe(10);
  expect(reduce(asked, news({ version: 4 })).lateAsked).toBe(10);
  expect(reduce(asked, news({ version: 4, running_late: 10 })).lateAsked).toBeNull();
  const failed = reduce(asked, says({ type: "error", code: "unavailable", message: "", retry: true, about: "running_late" }));
  expect([failed.lateAsked, failed.problem]).toEqual([null, "unavailable"]);
});

test("an appointment moved under one's eyes is told until it is read; an older page's news moves nothing", () => {
  const moved = run(opened(), news({ version: 4, starts: "2026-11-25T09:00:00Z" }));
  expect(moved.movedFrom).toBe(visit.starts);
  expect(reduce(moved, news({ version: 5, starts: "2026-11-25T09:00:00Z" })).movedFrom).toBe(visit.starts);
  expect(reduce(moved, { type: "seen" }).movedFrom).toBeNull();
  expect(run(opened({ version: 5 }), news({ version: 4, starts: "2026-11-25T09:00:00Z" })).movedFrom).toBeNull();
});

test("the question whether to leave goes away with what it was about", () => {
  const waiting = run(opened({ state: "checked_in" }), { type: "leaving", asked: true });
  expect(waiting.leaving).toBe(true);
  expect(reduce(waiting, news({ state: "checked_in", version: 4, place: 1 })).leaving).toBe(true);
  expect(reduce(waiting, ringing(1)).leaving).toBe(false);
  expect(reduce(waiting, news({ state: "invited", version: 4 })).leaving).toBe(false);
});

test("who is to be phoned is told so, and may tell what went wrong first", () => {
  const phoned = run(opened({ state: "in_call", version: 6, call: 1 }), join(1), end(1, "phone"), news({ state: "in_call", version: 6, call: 1 }));
  expect(step(phoned)).toBe("phone");
  const telling = reduce(phoned, { type: "telling" });
  expect(step(telling)).toBe("feedback");
  expect(step(reduce(telling, { type: "thanked" }))).toBe("thanks");
});

test("a guest is known by the seat, and one who was shown out sees no more", () => {
  const guest = { seat: "guest1", login_level: "none", guests: [{ seat: "guest1", kind: "interpreter", name: "Tolk" }] } as const;
  const state = run(opened({ ...guest, guests: [...guest.guests], state: "in_call", call: 1 }));
  expect(state.visit && guestKind(state.visit)).toBe("interpreter");
  expect(guestKind(visit)).toBeNull();
  const out = reduce(state, end(1, "removed"));
  expect([step(out), out.ended]).toEqual(["gone", "removed"]);
});

test("a guest who hangs up has left, and may come back while the others go on", () => {
  const guest = { seat: "guest1", login_level: "none" } as const;
  const left = run(opened({ ...guest, state: "in_call", version: 6, call: 1 }), end(1, "hang_up"), news({ ...guest, state: "invited", version: 7, call: 1 }));
  expect(step(left)).toBe("thanks");
  expect(step(reduce(left, { type: "returned" }))).toBe("ready");
  expect(step(reduce(left, news({ ...guest, state: "ended", version: 8, call: 1 })))).toBe("thanks");
});

test("a login that ran out is asked for again, with the preparation kept; without a login there is none to run out", () => {
  const out: Happening = { type: "failed", code: "unauthenticated" };
  const again = run(opened(), { type: "went", to: "network" }, out);
  expect([step(again), again.problem]).toEqual(["login", "logged_out"]);
  expect(step(reduce(again, opened({ version: 4 })))).toBe("network");
  expect(run(opened({ login_level: "none", logged_in: false }), out).problem).toBe("unauthenticated");
});

test("how long to wait is kept with the error it belongs to", () => {
  const limited = run(opened(), { type: "failed", code: "too_many_attempts", seconds: 200 });
  expect(limited.waits).toBe(200);
  expect(reduce(limited, { type: "failed", code: "code_wrong" }).waits).toBe(0);
});

test("video that is held again goes on where it was", () => {
  const there = run(opened(), { type: "went", to: "network" });
  const stopped = reduce(there, news({ suspended: "Nettet er nede." }));
  expect(step(stopped)).toBe("suspended");
  expect(step(reduce(stopped, news({ suspended: "" })))).toBe("network");
  const waiting = run(opened({ state: "checked_in", suspended: "Nettet er nede." }));
  expect(step(reduce(waiting, news({ state: "checked_in", suspended: "" })))).toBe("waiting");
});

test("who is logged in without this browser's key logs in once more before checking in, and not later", () => {
  const unbound = (state: VisitView["state"]): VisitState => reduce(initial(unprepared(), true), opened({ state, call: 1 }));
  expect((["booked", "invited", "missed"] as const).map((state) => step(unbound(state)))).toEqual(["login", "login", "login"]);
  expect((["checked_in", "calling", "in_call", "ended"] as const).map((state) => step(unbound(state)))).toEqual(["waiting", "ringing", "call", "feedback"]);
  expect(step(reduce(unbound("invited"), { type: "let_on" }))).toBe("access");
});
