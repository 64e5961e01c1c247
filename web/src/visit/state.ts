// What the patient's page knows and which step it shows. Pure: a state and something that happened give the next state.
import type { Answer3, DeviceReport, EndReason, GuestKind, Join, NetworkReport, ToPatient, VisitView } from "../protocol";
import type { Status } from "../shared/connection";
import { withPeer, withoutPeer, type Peers } from "../shared/people";
import { unprepared, type Kept, type PreparationStep } from "./preparation";

/** `opening`: nothing known yet. `suspended`: the trust holds no video today. `phone`: the clinician phones instead. `gone`: this link or visit is no more. `elsewhere`: open in a newer page. */
export type Step = "opening" | "login" | PreparationStep | "waiting" | "ringing" | "call" | "suspended" | "phone" | "feedback" | "thanks" | "gone" | "elsewhere";

export interface VisitState extends Kept {
  visit: VisitView | null;
  /** Why there is nothing to show: an error code, or null. */
  gone: string | null;
  /** The last thing that went wrong and has not been overcome: an error code. */
  problem: string | null;
  /** Seconds until trying again can help with that, where it is known; else 0. */
  waits: number;
  socket: Status;
  /** Why the socket will not come back, when it will not. */
  stopped: string | null;
  /** The line of the present call, once accepted. */
  join: Join | null;
  /** What the others in the call say about their own devices. */
  peers: Peers;
  /** How the last call ended when it was not by hanging up. */
  ended: EndReason | null;
  /** When the appointment was before it was moved under one's eyes. */
  movedFrom: string | null;
  /** Minutes that one said to be late by, until the functions know; null when they do. */
  lateAsked: number | null;
  /** The question whether to leave stands open: by the button, or by the browser's way back. */
  leaving: boolean;
  /** A guest has left a call that goes on, and may come back. */
  left: boolean;
  /** Feedback is given although the clinician phones. */
  telling: boolean;
  /** Feedback was sent or skipped. */
  thanked: boolean;
  /** Logged in, but not with this browser's key: once more, before one checks in. */
  unbound: boolean;
}

export type Happening =
  | { type: "opened"; visit: VisitView }
  | { type: "refused"; code: string }
  | { type: "failed"; code: string; seconds?: number }
  | { type: "overcome" }
  | { type: "socket"; status: Status; reason?: string | undefined }
  | { type: "message"; message: ToPatient }
  | { type: "went"; to: PreparationStep }
  | { type: "answered"; device: keyof DeviceReport; answer: Answer3 }
  | { type: "tested"; network: NetworkReport }
  | { type: "with_sound"; only: boolean }
  | { type: "late"; minutes: number }
  | { type: "seen" }
  | { type: "leaving"; asked: boolean }
  | { type: "returned" }
  | { type: "telling" }
  | { type: "thanked" }
  | { type: "let_on" };

export function initial(kept: Kept = unprepared(), unbound = false): VisitState {
  return {
    ...kept,
    visit: null,
    gone: null,
    problem: null,
    waits: 0,
    socket: "connecting",
    stopped: null,
    join: null,
    peers: {},
    ended: null,
    movedFrom: null,
    lateAsked: null,
    leaving: false,
    left: false,
    telling: false,
    thanked: false,
    unbound,
  };
}

/** Errors after which a link or a visit has nothing more to show. */
const FINAL = new Set(["link_unknown", "link_expired", "link_withdrawn", "gone", "not_found"]);

/** Messages whose failure the network test or the call's own banner tells of, or that nobody waits for. */
const TOLD_ELSEWHERE: ReadonlySet<string> = new Set(["probe_start", "probe_offer", "offer", "media", "handshake", "pause", "trouble", "ping", "tested"]);

/** A call that goes on is left in peace. */
const TALKING: ReadonlySet<VisitView["state"]> = new Set<VisitView["state"]>(["calling", "in_call"]);

/** Whether this page is a guest's: asked along by the clinician, let in by her. */
export function isGuest(visit: VisitView | null): boolean {
  return visit !== null && visit.seat !== "patient";
}

/** Whether this visit's login has been done, and can therefore run out. */
function asksLogin(visit: VisitView | null): visit is VisitView {
  return visit !== null && visit.login_level !== "none" && visit.logged_in;
}

/** What a guest was asked along as; null for the patient. */
export function guestKind(visit: VisitView): GuestKind | null {
  return isGuest(visit) ? (visit.guests.find(({ seat }) => seat === visit.seat)?.kind ?? "companion") : null;
}

/** The step to show. The consultation's state decides; the page's own place matters only before check-in. */
export function step(state: VisitState): Step {
  const { visit } = state;
  if (state.gone) return "gone";
  if (!visit) return "opening";
  if (state.stopped === "seat_taken") return "elsewhere";
  switch (visit.state) {
    case "cancelled":
      return "gone";
    case "ended":
      return ended(state, visit);
    default:
      if (visit.suspended && !TALKING.has(visit.state)) return "suspended";
      if (visit.login_level !== "none" && !visit.logged_in) return "login";
  }
  switch (visit.state) {
    case "checked_in":
      return "waiting";
    case "calling":
      return "ringing";
    case "in_call":
      return "call";
    default:
      if (state.unbound) return "login";
      return state.left ? "thanks" : state.preparation;
  }
}

/** Only a patient who talked here is asked how it was; who is to be phoned may tell what went wrong first. */
function ended({ thanked, telling }: VisitState, visit: VisitView): Step {
  if (visit.by_phone && !telling) return "phone";
  return thanked || visit.feedback_given || isGuest(visit) || visit.call === 0 ? "thanks" : "feedback";
}

/** Only newer news counts: messages may overtake each other. */
function withVisit(state: VisitState, visit: VisitView): VisitState {
  const held = state.visit;
  if (held && (visit.consultation !== held.consultation || visit.version < held.version || visit.call < held.call)) return state;
  // Of the same version nothing can have happened, but ringing, joining and ending reach us before the version that counts them.
  if (held && visit.version === held.version) visit = { ...visit, state: held.state, call: held.call, by_phone: visit.by_phone || held.by_phone };
  // A call that moves has another number, and all are in it as they were.
  const moved = held?.state === "in_call" && visit.state === "in_call";
  const goesOn = moved || (TALKING.has(visit.state) && state.join?.call === visit.call);
  return {
    ...state,
    visit,
    problem: null,
    movedFrom: held && held.starts !== visit.starts ? held.starts : state.movedFrom,
    lateAsked: visit.running_late === state.lateAsked ? null : state.lateAsked,
    leaving: state.leaving && held?.state === visit.state,
    ended: visit.state === "checked_in" ? state.ended : null,
    join: goesOn ? state.join : null,
    peers: goesOn ? state.peers : {},
  };
}

function withMessage(state: VisitState, message: ToPatient): VisitState {
  const { visit } = state;
  if (message.type === "visit") return withVisit(state, message.visit);
  if (message.type === "seat_taken") return { ...state, stopped: "seat_taken" };
  if (message.type === "error") return TOLD_ELSEWHERE.has(message.about) ? state : { ...state, problem: message.code, lateAsked: null };
  if (!visit || !("consultation" in message) || message.consultation !== visit.consultation) return state;
  if (message.call < visit.call) return state; // of an older placement
  switch (message.type) {
    case "ringing":
      return visit.state === "in_call" && visit.call === message.call
        ? state
        : { ...state, ended: null, problem: null, leaving: false, visit: { ...visit, state: "calling", call: message.call } };
    case "join":
      return { ...state, ended: null, problem: null, join: message, visit: { ...visit, state: "in_call", call: message.call } };
    case "peer_media":
      return message.seat === (state.join?.seat ?? "patient") ? state : { ...state, peers: withPeer(state.peers, message) };
    case "call_ended":
      return withEnd(state, visit, message.reason);
    case "peer_left":
      return { ...state, peers: withoutPeer(state.peers, message.seat) };
    case "paused":
      return { ...state, visit: { ...visit, paused_by: message.by } };
    case "answer":
    case "peer_handshake":
      return state; // the media's business
  }
}

function withEnd(state: VisitState, visit: VisitView, reason: EndReason): VisitState {
  const next = { hang_up: "ended", phone: "ended", cancelled: "cancelled", removed: "cancelled", withdrawn: "checked_in", worker_lost: "checked_in" } as const;
  const by_phone = visit.by_phone || reason === "phone";
  const left = isGuest(visit) && reason === "hang_up";
  return { ...state, ended: reason, join: null, peers: {}, leaving: false, left, visit: { ...visit, state: next[reason], by_phone } };
}

export function reduce(state: VisitState, happening: Happening): VisitState {
  switch (happening.type) {
    case "opened":
      return withVisit({ ...state, gone: null }, happening.visit);
    case "refused":
      return FINAL.has(happening.code) || !state.visit ? { ...state, gone: happening.code } : { ...state, problem: happening.code };
    case "failed":
      return happening.code === "unauthenticated" && asksLogin(state.visit)
        ? { ...state, problem: "logged_out", waits: 0, visit: { ...state.visit, logged_in: false } }
        : { ...state, problem: happening.code, waits: happening.seconds ?? 0 };
    case "overcome":
      return { ...state, problem: null };
    case "socket":
      return happening.status === "stopped"
        ? { ...state, socket: "stopped", stopped: happening.reason ?? "closed" }
        : { ...state, socket: happening.status, stopped: null };
    case "message":
      return withMessage(state, happening.message);
    case "went":
      return { ...state, preparation: happening.to, problem: null };
    case "answered":
      return { ...state, devices: { ...state.devices, [happening.device]: happening.answer } };
    case "tested":
      return { ...state, network: happening.network };
    case "with_sound":
      if (happening.only === state.soundOnly) return state;
      // Who comes with sound only shows no picture: the clinician is to know it beforehand.
      return { ...state, soundOnly: happening.only, devices: { ...state.devices, camera: happening.only ? "no" : "untested" } };
    case "late":
      return { ...state, lateAsked: happening.minutes };
    case "seen":
      return { ...state, movedFrom: null };
    case "leaving":
      return { ...state, leaving: happening.asked };
    case "returned":
      return { ...state, left: false, preparation: "ready" };
    case "telling":
      return { ...state, telling: true };
    case "thanked":
      return { ...state, thanked: true, telling: true };
    case "let_on":
      return { ...state, unbound: false };
  }
}
