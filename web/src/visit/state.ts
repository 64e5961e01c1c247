// What the patient's page knows and which step it shows. Pure: a state and something that happened give the next state.
import type { Answer3, DeviceReport, EndReason, Join, NetworkReport, ToPatient, VisitView } from "../protocol";
import type { Status } from "../shared/connection";
import { withPeer, type Peers } from "../shared/people";

/** The steps before «Jeg er klar», in their order; each can be repeated. */
export const PREPARATION = ["access", "camera", "speaker", "microphone", "network", "ready"] as const;
export type PreparationStep = (typeof PREPARATION)[number];
/** `opening`: nothing known yet. `gone`: this link or visit is no more. `elsewhere`: open in a newer page. */
export type Step = "opening" | "login" | PreparationStep | "waiting" | "ringing" | "call" | "feedback" | "thanks" | "gone" | "elsewhere";

export interface VisitState {
  visit: VisitView | null;
  /** Why there is nothing to show: an error code, or null. */
  gone: string | null;
  /** The last thing that went wrong and has not been overcome: an error code. */
  problem: string | null;
  preparation: PreparationStep;
  devices: DeviceReport;
  network: NetworkReport | null;
  socket: Status;
  /** Why the socket will not come back, when it will not. */
  stopped: string | null;
  /** The line of the present call, once accepted. */
  join: Join | null;
  /** What the others in the call say about their own devices. */
  peers: Peers;
  /** How the last call ended when it was not by hanging up. */
  ended: EndReason | null;
  /** Feedback was sent or skipped. */
  thanked: boolean;
}

export type Happening =
  | { type: "opened"; visit: VisitView }
  | { type: "refused"; code: string }
  | { type: "failed"; code: string }
  | { type: "overcome" }
  | { type: "socket"; status: Status; reason?: string | undefined }
  | { type: "message"; message: ToPatient }
  | { type: "went"; to: PreparationStep }
  | { type: "answered"; device: keyof DeviceReport; answer: Answer3 }
  | { type: "tested"; network: NetworkReport }
  | { type: "thanked" };

/** What survives a reload: where the preparation had come to. */
export type Kept = Pick<VisitState, "preparation" | "devices" | "network">;

export function initial(kept: Partial<Kept> = {}): VisitState {
  return {
    visit: null,
    gone: null,
    problem: null,
    preparation: kept.preparation ?? "access",
    devices: kept.devices ?? { camera: "untested", speaker: "untested", microphone: "untested" },
    network: kept.network ?? null,
    socket: "connecting",
    stopped: null,
    join: null,
    peers: {},
    ended: null,
    thanked: false,
  };
}

/** Errors after which a link or a visit has nothing more to show. */
const FINAL = new Set(["link_unknown", "link_expired", "link_withdrawn", "gone", "not_found"]);

/** Messages whose failure the network test or the call's own banner tells of. */
const TOLD_ELSEWHERE: ReadonlySet<string> = new Set(["probe_start", "probe_offer", "offer", "media", "trouble", "ping"]);

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
      return state.thanked || visit.feedback_given ? "thanks" : "feedback";
    default:
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
      return state.preparation;
  }
}

/** Only newer news counts: messages may overtake each other. */
function withVisit(state: VisitState, visit: VisitView): VisitState {
  const held = state.visit;
  if (held && (visit.consultation !== held.consultation || visit.version < held.version || visit.call < held.call)) return state;
  // Of the same version nothing can have happened, but ringing, joining and ending reach us before the version that counts them.
  if (held && visit.version === held.version) visit = { ...visit, state: held.state, call: held.call };
  const talking = visit.state === "calling" || visit.state === "in_call";
  return {
    ...state,
    visit,
    problem: null,
    ended: visit.state === "checked_in" ? state.ended : null,
    join: talking && state.join?.call === visit.call ? state.join : null,
    peers: talking && state.join?.call === visit.call ? state.peers : {},
  };
}

function withMessage(state: VisitState, message: ToPatient): VisitState {
  const { visit } = state;
  if (message.type === "visit") return withVisit(state, message.visit);
  if (message.type === "seat_taken") return { ...state, stopped: "seat_taken" };
  if (message.type === "error") return TOLD_ELSEWHERE.has(message.about) ? state : { ...state, problem: message.code };
  if (!visit || !("consultation" in message) || message.consultation !== visit.consultation) return state;
  if (message.call < visit.call) return state; // of an older placement
  switch (message.type) {
    case "ringing":
      return visit.state === "in_call" && visit.call === message.call
        ? state
        : { ...state, ended: null, problem: null, visit: { ...visit, state: "calling", call: message.call } };
    case "join":
      return { ...state, ended: null, problem: null, join: message, visit: { ...visit, state: "in_call", call: message.call } };
    case "peer_media":
      return message.seat === (state.join?.seat ?? "patient") ? state : { ...state, peers: withPeer(state.peers, message) };
    case "call_ended":
      return withEnd(state, visit, message.reason);
    case "peer_left": {
      const { [message.seat]: gone, ...peers } = state.peers;
      return gone ? { ...state, peers } : state;
    }
    case "paused":
      return { ...state, visit: { ...visit, paused_by: message.by } };
    case "answer":
      return state; // the media's business
  }
}

function withEnd(state: VisitState, visit: VisitView, reason: EndReason): VisitState {
  const next = { hang_up: "ended", phone: "ended", cancelled: "cancelled", removed: "cancelled", withdrawn: "checked_in", worker_lost: "checked_in" } as const;
  return { ...state, ended: reason, join: null, peers: {}, visit: { ...visit, state: next[reason] } };
}

export function reduce(state: VisitState, happening: Happening): VisitState {
  switch (happening.type) {
    case "opened":
      return withVisit({ ...state, gone: null }, happening.visit);
    case "refused":
      return FINAL.has(happening.code) || !state.visit ? { ...state, gone: happening.code } : { ...state, problem: happening.code };
    case "failed":
      return { ...state, problem: happening.code };
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
    case "thanked":
      return { ...state, thanked: true };
  }
}

/** The step that follows in the preparation. */
export function after(at: PreparationStep): PreparationStep {
  return PREPARATION[PREPARATION.indexOf(at) + 1] ?? "ready";
}

/** Take back what was kept, if it still makes sense; anything else starts from the beginning. */
export function restore(text: string | null): Partial<Kept> {
  if (text === null) return {};
  try {
    const kept = JSON.parse(text) as Partial<Kept>;
    return kept.preparation && PREPARATION.includes(kept.preparation) && kept.devices ? kept : {};
  } catch {
    return {};
  }
}
