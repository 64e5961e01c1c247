// The reducer of the clinician's page: late and repeated messages, calls that overtake each other, who has just come.
import { describe, expect, test } from "vitest";
import type { CallEnded, ConsultationView, Join, State, ToClinician } from "../../src/protocol";
import { inCallWith, list, parts, waitingToday } from "../../src/staff/lists";
import { NO_LIST } from "../../src/staff/notice";
import { reduce } from "../../src/staff/reduce";
import { initial, type Action, type StaffState } from "../../src/staff/state";

const TODAY = "2026-11-24";

function view(consultation: string, version: number, state: State, more: Partial<ConsultationView> = {}): ConsultationView {
  return {
    consultation,
    version,
    state,
    starts: "2026-11-24T09:00:00Z",
    minutes: 30,
    patient_name: "Kari Nordmann",
    phone: "+4741234567",
    email: "",
    login_level: "high",
    person_bound: false, login_method: "", sms_wanted: true, erased: false, clinician: "ingrid-berg",
    drop_in: false,
    sms: "sent",
    mail: "none",
    invite_at: null,
    checked_in_at: null,
    patient_present: false, department: "medisinsk", language: "nb", tested_at: null, guests: [], running_late: 0, paused_by: null, by_phone: false,
    devices: { camera: "untested", speaker: "untested", microphone: "untested" },
    network: null,
    call: 0,
    reference: "ABC",
    ...more,
  };
}

const got = (message: ToClinician): Action => ({ type: "received", message });
const board = (...consultations: ConsultationView[]): Action => got({ type: "board", day: TODAY, clinician: "ingrid-berg", consultations, delay_minutes: 0, suspended: "" });
const changed = (consultation: ConsultationView, day = TODAY): Action => got({ type: "changed", day, consultation });
const join = (call: number, consultation = "a"): Action =>
  got({ type: "join", consultation, call, seat: "clinician", ice_servers: [], relay_only: false, seats: ["patient", "clinician"], encryption: "preferred" } satisfies Join);
const ended = (call: number, reason: CallEnded["reason"]): Action => got({ type: "call_ended", consultation: "a", call, reason });
const error = (code: string, about: string): Action => got({ type: "error", code, message: "", retry: true, about });
const press: Action = { type: "press_call", consultation: "a" };

function after(...actions: Action[]): StaffState {
  return actions.reduce(reduce, initial(TODAY, "ingrid-berg"));
}

describe("the list", () => {
  test("is unknown until it has arrived, even if a change comes first", () => {
    expect(list(after())).toBeNull();
    expect(list(after(changed(view("a", 1, "booked"))))).toBeNull();
    expect(list(after(board()))).toEqual([]);
  });

  test("is by time, whatever order things come in", () => {
    const state = after(board(view("b", 1, "booked", { starts: "2026-11-24T10:00:00Z" })), changed(view("a", 1, "booked")));
    expect(list(state)?.map(({ consultation }) => consultation)).toEqual(["a", "b"]);
  });

  test("drops what is older than what it holds, and takes the same version again", () => {
    const newer = view("a", 3, "checked_in");
    expect(list(after(board(newer), changed(view("a", 2, "invited"))))).toEqual([newer]);
    expect(list(after(board(newer), board(view("a", 2, "invited"))))).toEqual([newer]);
    const present = view("a", 3, "checked_in", { patient_present: true });
    expect(list(after(board(newer), changed(present)))).toEqual([present]);
  });

  test("ends the same in every order of three messages", () => {
    const three = [board(view("a", 1, "booked")), changed(view("a", 2, "invited")), changed(view("a", 3, "checked_in"))];
    const orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    for (const order of orders) {
      const state = after(...order.map((at) => three[at] as Action));
      expect(list(state)?.map(({ version }) => version)).toEqual([3]);
    }
  });

  test("keeps a booking that a list read earlier does not have", () => {
    expect(list(after(board(), changed(view("a", 1, "booked")), board()))).toHaveLength(1);
  });

  test("shows the chosen day only, and keeps the others", () => {
    const tomorrow = "2026-11-25";
    const other = got({ type: "board", day: tomorrow, clinician: "ingrid-berg", consultations: [view("b", 1, "booked")], delay_minutes: 0, suspended: "" });
    const state = after(board(view("a", 1, "booked")), { type: "show", day: tomorrow }, other);
    expect(list(state)?.map(({ consultation }) => consultation)).toEqual(["b"]);
    expect(list(reduce(state, { type: "show", day: TODAY }))?.map(({ consultation }) => consultation)).toEqual(["a"]);
  });

  test("follows midnight only for one who looks at today", () => {
    const dawn: Action = { type: "dawn", today: "2026-11-25" };
    expect(after(dawn).shown).toBe("2026-11-25");
    expect(after({ type: "show", day: "2026-12-01" }, dawn).shown).toBe("2026-12-01");
  });
});

describe("who has just come", () => {
  test("nobody, when the page opens on people who wait", () => {
    expect(after(board(view("a", 3, "checked_in"))).arrivals).toEqual([]);
  });

  test.each<[State]>([["booked"], ["invited"], ["missed"]])("one who was %s", (before) => {
    const state = after(board(view("a", 1, before)), changed(view("a", 2, "checked_in")));
    expect(state.arrivals).toEqual(["a"]);
    expect(reduce(state, changed(view("a", 2, "checked_in"))).arrivals).toEqual(["a"]);
    expect(reduce(state, { type: "looked" }).arrivals).toEqual([]);
  });

  test("one who came while the page was away, or straight from the fixed address", () => {
    expect(after(board(view("a", 1, "invited")), board(view("a", 2, "checked_in"))).arrivals).toEqual(["a"]);
    expect(after(board(), changed(view("a", 2, "checked_in"))).arrivals).toEqual(["a"]);
  });

  test("nobody, when a call broke and the patient is back in the waiting room", () => {
    expect(after(board(view("a", 5, "in_call")), changed(view("a", 6, "checked_in"))).arrivals).toEqual([]);
  });

  test("nobody any longer, once they are called or leave", () => {
    const came = [board(view("a", 1, "invited")), changed(view("a", 2, "checked_in"))];
    expect(after(...came, changed(view("a", 3, "calling"))).arrivals).toEqual([]);
    expect(after(...came, changed(view("a", 3, "invited"))).arrivals).toEqual([]);
  });
});

describe("a consultation that goes elsewhere", () => {
  const LATER = "2026-11-26";
  const moved = view("a", 3, "invited", { starts: "2026-11-26T09:00:00Z" });
  const show = (day: string): Action => ({ type: "show", day });
  const given = (version: number): Action => got({ type: "handed_over", consultation: "a", version });

  test("moves to another day, and a stale list of the day it left does not bring it back", () => {
    const state = after(board(view("a", 2, "invited")), changed(moved, LATER), board(view("a", 2, "invited")), changed(view("a", 2, "invited")));
    expect(list(state)).toEqual([]);
    expect(state.held["a"]).toMatchObject({ day: LATER, view: moved });
  });

  test("is gone from its old day's list when its moving was never heard of", () => {
    const state = after(board(view("a", 2, "invited")), { type: "line", status: "away", reason: null }, { type: "line", status: "open", reason: null }, board());
    expect(list(state)).toEqual([]);
  });

  test("stays when it was learned after the list was asked for: the list may be older", () => {
    expect(list(after(board(), changed(view("a", 1, "booked")), board()))).toHaveLength(1);
    expect(list(after(board(), show(LATER), show(TODAY), changed(view("a", 1, "booked")), board()))).toHaveLength(1);
  });

  test("is the colleague's once handed over, whatever late word of it comes", () => {
    const state = after(board(view("a", 3, "checked_in")), given(4));
    for (const late of [changed(view("a", 3, "checked_in")), changed(view("a", 4, "checked_in", { clinician: "siri-lund" })), board(view("a", 3, "checked_in")), given(4)]) {
      expect(list(reduce(state, late))).toEqual([]);
    }
    expect(list(reduce(after(given(4)), board(view("a", 3, "checked_in"))))).toEqual([]);
  });

  test("comes back when the colleague hands it back, also if that is heard of first", () => {
    const back = changed(view("a", 5, "checked_in"));
    expect(list(after(board(view("a", 3, "checked_in")), given(4), back))).toHaveLength(1);
    expect(list(after(board(view("a", 3, "checked_in")), back, given(4)))).toHaveLength(1);
  });

  test("takes with it what was said about it", () => {
    const state = after(board(view("a", 2, "invited")), changed(view("a", 3, "checked_in")), press, given(4));
    expect([state.arrivals, state.calling]).toEqual([[], null]);
  });
});

describe("the day's order", () => {
  test("puts who waits first, the one agreed on first before the others, and the done apart", () => {
    const at = (hour: string): Partial<ConsultationView> => ({ starts: `2026-11-24T${hour}:00:00Z` });
    const views = [view("a", 1, "ended", at("08")), view("b", 1, "checked_in", at("09")), view("c", 1, "missed", at("10")), view("d", 1, "checked_in", at("11")), view("e", 1, "in_call", at("12")), view("f", 1, "cancelled", at("13"))];
    const ids = (of: readonly ConsultationView[]): string => of.map(({ consultation }) => consultation).join("");
    const { talking, waiting, coming, done } = parts(views);
    expect([talking, waiting, coming, done].map(ids)).toEqual(["e", "bd", "c", "af"]);
  });

  test("counts who waits today, also while another day is shown", () => {
    const state = after(board(view("a", 1, "checked_in")), { type: "show", day: "2026-11-25" });
    expect(waitingToday(state)).toHaveLength(1);
  });
});

test("a delay is known by its day, from the list and from what is said after it", () => {
  const said = got({ type: "delayed", day: TODAY, clinician: "ingrid-berg", minutes: 15 });
  expect(after(board(), said).delays[TODAY]).toBe(15);
  expect(after(said, board()).delays[TODAY]).toBe(0);
});

describe("a call", () => {
  const waiting = board(view("a", 3, "checked_in"));
  const inCall = [waiting, press, join(1), changed(view("a", 5, "in_call", { call: 1 }))];

  test("is asked for, then joined", () => {
    expect(after(waiting, press).calling).toBe("a");
    const state = after(waiting, press, join(1));
    expect(state.calling).toBeNull();
    expect(inCallWith(state)?.consultation).toBe("a");
  });

  test("is not asked for any longer when it is refused, overtaken or the line is lost", () => {
    const refused = after(waiting, press, error("no_worker", "call"));
    expect(refused.calling).toBeNull();
    expect(refused.notices).toEqual([{ id: "call:a", code: "no_worker", tone: "danger", consultation: "a", again: true }]);
    expect(after(waiting, press, changed(view("a", 4, "invited"))).calling).toBeNull();
    expect(after(waiting, press, { type: "line", status: "away", reason: null }).calling).toBeNull();
  });

  test("takes its notice away when it is tried again", () => {
    const state = after(waiting, press, error("no_worker", "call"), press);
    expect(state.notices).toEqual([]);
  });

  test("keeps what the patient says of their devices over a repeated join and a move, not over a new call", () => {
    const peer = got({ type: "peer_media", consultation: "a", call: 1, seat: "patient", camera: false, microphone: true, screen: false, interrupted: false });
    const state = after(...inCall, peer);
    expect(state.seated?.peers).toEqual({ patient: { camera: false, microphone: true, screen: false, interrupted: false } });
    expect(reduce(state, join(1)).seated?.peers).toEqual(state.seated?.peers);
    expect(reduce(state, join(2)).seated?.peers).toEqual(state.seated?.peers);
    expect([ended(1, "worker_lost"), join(2)].reduce(reduce, state).seated?.peers).toEqual({});
  });

  test("does not take an older call's word for anything", () => {
    const second = after(...inCall, ended(1, "worker_lost"), changed(view("a", 6, "checked_in", { call: 1 })), press, join(2));
    expect(second.seated?.join.call).toBe(2);
    for (const late of [join(1), ended(1, "worker_lost"), changed(view("a", 6, "checked_in", { call: 1 }))]) {
      expect(reduce(second, late).seated?.join.call).toBe(2);
    }
    const late = got({ type: "peer_media", consultation: "a", call: 1, seat: "patient", camera: false, microphone: false, screen: false, interrupted: false });
    expect(reduce(second, late).seated?.peers).toEqual({});
  });

  test("is not joined after its end was heard of first", () => {
    expect(after(waiting, press, ended(1, "worker_lost"), join(1)).seated).toBeNull();
  });

  test.each([["hang_up", "info"], ["worker_lost", "warning"], ["cancelled", "info"]] as const)("ends by %s and says so", (reason, tone) => {
    const state = after(...inCall, ended(1, reason));
    expect(state.seated).toBeNull();
    expect(state.notices).toMatchObject([{ code: reason, tone, consultation: "a", again: reason === "worker_lost" }]);
    expect(reduce(state, ended(1, reason)).notices).toHaveLength(1);
  });

  test("ends without a word when the clinician withdraws it", () => {
    const state = after(waiting, press, join(1), ended(1, "withdrawn"));
    expect(state.seated).toBeNull();
    expect(state.notices).toEqual([]);
  });

  test("is over when the list says so and its end was never heard; the exact reason replaces the guess", () => {
    const state = after(...inCall, board(view("a", 6, "checked_in", { call: 1 })));
    expect(state.seated).toBeNull();
    expect(state.notices).toMatchObject([{ code: "call_lost", again: true }]);
    expect(reduce(state, ended(1, "worker_lost")).notices).toMatchObject([{ code: "worker_lost" }]);
  });

  test("stays when the list that comes is from before it", () => {
    const state = after(waiting, press, join(1), board(view("a", 3, "checked_in", { call: 0 })));
    expect(state.seated?.join.call).toBe(1);
  });
});

describe("a pause", () => {
  const paused = (call: number, by: "patient" | null): Action => got({ type: "paused", consultation: "a", call, by });
  const inCall = [board(view("a", 5, "in_call", { call: 2 })), join(2)];

  test("is known at once, with who paused; a late one of an older call changes nothing", () => {
    expect(inCallWith(after(...inCall, paused(2, "patient")))?.paused_by).toBe("patient");
    expect(inCallWith(after(...inCall, paused(2, "patient"), paused(2, null)))?.paused_by).toBeNull();
    expect(inCallWith(after(...inCall, paused(1, "patient")))?.paused_by).toBeNull();
  });
});

test("a guest who has left is no longer among the others", () => {
  const media = got({ type: "peer_media", consultation: "a", call: 1, seat: "guest1", camera: true, microphone: true, screen: false, interrupted: false });
  const left = (call: number): Action => got({ type: "peer_left", consultation: "a", call, seat: "guest1" });
  const state = after(board(view("a", 3, "checked_in")), press, join(1), media);
  expect(reduce(state, left(1)).seated?.peers["guest1"]).toBeNull();
  expect(reduce(state, left(2)).seated?.peers["guest1"]).not.toBeNull();
});

test("a refusal of something else says so and can be put away", () => {
  const state = after(board(), error("bad_request", "watch"));
  expect(state.notices).toMatchObject([{ code: "bad_request", again: false }]);
  expect(reduce(state, { type: "dismiss", id: "error:watch" }).notices).toEqual([]);
});

describe("leaving a call", () => {
  const inCall = [board(view("a", 3, "checked_in")), press, join(1), changed(view("a", 5, "in_call", { call: 1 }))];
  const left: Action = { type: "left", consultation: "a", call: 1 };

  test("is at once, and neither its end nor a join on a new socket brings it back", () => {
    const state = after(...inCall, left, join(1), ended(1, "hang_up"));
    expect(state.seated).toBeNull();
    expect(state.notices).toEqual([]);
  });

  test("can be undone while the call goes on", () => {
    const state = after(...inCall, left, press, join(1));
    expect(state.seated?.join.call).toBe(1);
  });
});

test("a lost line leaves the call alone; so does a login that ran out; a seat taken by a newer page ends it here", () => {
  const inCall = after(board(view("a", 3, "checked_in")), press, join(1));
  expect(reduce(inCall, { type: "line", status: "away", reason: null }).seated?.join.call).toBe(1);
  const taken = reduce(inCall, { type: "line", status: "stopped", reason: "seat_taken" });
  expect(taken.seated).toBeNull();
  expect(taken.stopped).toBe("seat_taken");
  const lapsed = reduce(inCall, { type: "line", status: "stopped", reason: "unauthenticated" });
  expect(lapsed.seated?.join.call).toBe(1);
});

test.each([["overtaken", "media"], ["worker_lost", "offer"], ["overtaken", "trouble"], ["illegal_transition", "withdraw_call"], ["overtaken", "hang_up"]])(
  "a refusal %s of %s, which says nothing the list does not show, is passed over",
  (code, about) => {
    const state = after(board(view("a", 3, "checked_in")), press, join(1));
    expect(reduce(state, error(code, about))).toBe(state);
  },
);

test("that a list could not be fetched is said until a list comes", () => {
  const failed: Action = { type: "notice", notice: { id: NO_LIST, code: "offline", tone: "danger", consultation: null, again: false } };
  expect(after(failed).notices).toHaveLength(1);
  expect(after(failed, board()).notices).toEqual([]);
});

describe("another clinician's list", () => {
  const watch: Action = { type: "watch", clinician: "siri-lund" };
  const theirs = (version: number, more: Partial<ConsultationView> = {}) => view("b", version, "booked", { clinician: "siri-lund", ...more });
  const board_of = (clinician: string, ...consultations: ConsultationView[]): Action => got({ type: "board", day: TODAY, clinician, consultations, delay_minutes: 20, suspended: "" });

  test("takes the place of the one before, with nothing left of it", () => {
    const state = after(board(view("a", 1, "checked_in")), watch);
    expect(state.whose).toBe("siri-lund");
    expect(list(state)).toBeNull();
    expect(waitingToday(state)).toEqual([]);
    expect(list(reduce(state, board_of("siri-lund", theirs(1))))?.map(({ consultation }) => consultation)).toEqual(["b"]);
  });

  test("is not disturbed by what comes late of the one before", () => {
    const there = after(board(), watch, board_of("siri-lund", theirs(1)));
    for (const late of [board_of("ingrid-berg"), board_of("ingrid-berg", view("a", 2, "booked")), changed(view("a", 3, "checked_in")), got({ type: "delayed", day: TODAY, clinician: "ingrid-berg", minutes: 45 })]) {
      expect(reduce(there, late)).toBe(there);
    }
    expect(reduce(there, { type: "updated", day: TODAY, view: view("a", 3, "booked") })).toBe(there);
    expect(reduce(there, { type: "listed", clinician: "ingrid-berg", list: { day: TODAY, consultations: [], delay_minutes: 0 } })).toBe(there);
  });

  test("keeps what was handed over to it, whenever the news of that comes", () => {
    const gone = got({ type: "handed_over", consultation: "b", version: 4 });
    const there = board_of("siri-lund", theirs(4));
    expect(list(after(board(), watch, there, gone))).toHaveLength(1);
    expect(list(after(board(), watch, gone, there))).toHaveLength(1);
  });

  test("is shown on the same day, and the line stays as it is", () => {
    const before = after({ type: "show", day: "2026-11-26" }, { type: "line", status: "open", reason: null });
    const state = reduce(before, watch);
    expect([state.shown, state.line]).toEqual(["2026-11-26", "open"]);
  });
});

describe("the queue for a line", () => {
  const queued = (place: number, consultation = "a"): Action => got({ type: "queued", consultation, place });
  const waiting = (): StaffState => after(board(view("a", 1, "checked_in")), press, queued(3));

  test("is joined by who called, and moves on", () => {
    expect(waiting()).toMatchObject({ calling: null, queued: { consultation: "a", place: 3 } });
    expect(reduce(waiting(), queued(1)).queued).toEqual({ consultation: "a", place: 1 });
  });

  test("is nobody's who did not call, or no longer waits", () => {
    expect(after(board(view("a", 1, "checked_in")), queued(3)).queued).toBeNull();
    expect(reduce(reduce(waiting(), { type: "give_up" }), queued(2)).queued).toBeNull();
    expect(reduce(waiting(), queued(2, "b")).queued).toEqual({ consultation: "a", place: 3 });
  });

  test("ends with the line, with a refusal that names the patient, and with another call", () => {
    const seated = reduce(waiting(), join(1));
    expect([seated.queued, seated.seated?.join.call]).toEqual([null, 1]);
    const refused = reduce(waiting(), error("illegal_transition", "call"));
    expect([refused.queued, refused.notices[0]?.consultation]).toEqual([null, "a"]);
    expect(reduce(waiting(), { type: "press_call", consultation: "b" })).toMatchObject({ calling: "b", queued: null });
  });

  test("outlives a socket that is away, not one that has stopped", () => {
    expect(reduce(waiting(), { type: "line", status: "away", reason: null }).queued).not.toBeNull();
    expect(reduce(waiting(), { type: "line", status: "stopped", reason: "seat_taken" }).queued).toBeNull();
  });
});

describe("a trust that holds no video", () => {
  const stopped = got({ type: "suspended", words: "Nettet er nede." });

  test("is told with each list, at once when it changes, and on every clinician's list", () => {
    const elsewhere = got({ type: "board", day: TODAY, clinician: "siri-lund", consultations: [], delay_minutes: 0, suspended: "Nettet er nede." });
    expect(after(elsewhere).suspended).toBe("Nettet er nede.");
    const there = after(board(), stopped);
    expect(there.suspended).toBe("Nettet er nede.");
    expect(reduce(there, { type: "watch", clinician: "siri-lund" }).suspended).toBe("Nettet er nede.");
    expect(reduce(there, got({ type: "suspended", words: "" })).suspended).toBe("");
  });
});
