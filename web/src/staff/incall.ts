// The call the clinician's page sits in: who joins it, how it ends, what of it comes late. Pure.
import type { ConsultationView, Join, Paused, PeerLeft, PeerMedia } from "../protocol";
import { withPeer, withoutPeer } from "../shared/people";
import { withNotice, withoutNotices, type Notice } from "./notice";
import { WITH_CALL, type Seated, type StaffState } from "./state";

/** Somebody says what they send, or has left. */
export function meet(state: StaffState, message: PeerMedia | PeerLeft): StaffState {
  const { seated } = state;
  if (!seated || message.seat === seated.join.seat || !sameCall(seated, message)) return state;
  if (message.type === "peer_media") return { ...state, seated: { ...seated, peers: withPeer(seated.peers, message) } };
  return { ...state, seated: { ...seated, peers: withoutPeer(seated.peers, message.seat) } };
}

/** The call is paused, or goes on. */
export function pause(state: StaffState, { consultation, call, by }: Paused): StaffState {
  const was = state.held[consultation];
  if (!was || call < was.view.call) return state;
  return { ...state, held: { ...state.held, [consultation]: { ...was, view: { ...was.view, paused_by: by } } } };
}

/** The list says that the call is over though `call_ended` never came: a socket was down just then. */
export function noLongerCalled(state: StaffState, view: ConsultationView): StaffState {
  const { seated } = state;
  if (!seated || seated.join.consultation !== view.consultation || WITH_CALL.has(view.state)) return state;
  if (view.call < seated.join.call) return state;
  return withNotice({ ...state, seated: null }, ending(view.consultation, view.state === "ended" ? "hang_up" : "call_lost"));
}

/** The line is reserved: sit down in the call, unless it is over already. */
export function sit(state: StaffState, join: Join): StaffState {
  if (join.call <= (state.over[join.consultation] ?? 0)) return state;
  const { seated } = state;
  if (seated && seated.join.consultation === join.consultation && join.call < seated.join.call) return state;
  const peers = seated?.join.consultation === join.consultation ? seated.peers : {}; // also when it moves, under another number
  return { ...withoutNotices(state, join.consultation), seated: { join, peers }, calling: null, queued: null };
}

/** No line is free for the call that was asked for: it is waited for. */
export function queue(state: StaffState, consultation: string, place: number): StaffState {
  if (consultation !== (state.calling ?? state.queued?.consultation)) return state;
  return { ...state, calling: null, queued: { consultation, place } };
}

/** «Gå til samtalen»: a call that was left, and goes on because that was never heard, may be joined again. */
export function welcome(state: StaffState, consultation: string): StaffState {
  const view = state.held[consultation]?.view;
  if (!view || !WITH_CALL.has(view.state)) return state;
  return { ...state, over: { ...state.over, [consultation]: view.call - 1 } };
}

/** A call is over. */
export function endCall(state: StaffState, consultation: string, call: number, reason: string): StaffState {
  if (call <= (state.over[consultation] ?? 0)) return state;
  const next = { ...state, over: { ...state.over, [consultation]: call } };
  const { seated } = state;
  if (seated && seated.join.consultation === consultation && seated.join.call > call) return next;
  const mine = seated?.join.consultation === consultation;
  // `withdrawn` is what the clinician has just done herself.
  const told = reason === "withdrawn" ? withoutNotices(next, consultation) : withNotice(next, ending(consultation, reason));
  return mine ? { ...told, seated: null } : told;
}

/** What the page says by itself during a call: its media tries again, and the call's end is told in its own message. */
const BY_ITSELF: ReadonlySet<string> = new Set(["hello", "ping", "offer", "media", "handshake", "trouble"]);
/** Leaving what is already left is no trouble; the list shows how it stands. */
const LEAVING: ReadonlySet<string> = new Set(["hang_up", "withdraw_call"]);
const TOO_LATE: ReadonlySet<string> = new Set(["illegal_transition", "overtaken"]);

/** What was asked for did not happen. */
export function refused(state: StaffState, code: string, about: string): StaffState {
  if (BY_ITSELF.has(about) || (LEAVING.has(about) && TOO_LATE.has(code))) return state;
  const consultation = about === "call" ? (state.calling ?? state.queued?.consultation ?? null) : (state.seated?.join.consultation ?? null);
  const notice: Notice = {
    id: about === "call" && consultation ? `call:${consultation}` : `error:${about}`,
    code,
    tone: "danger",
    consultation,
    again: about === "call" && consultation !== null,
  };
  return withNotice(about === "call" ? { ...state, calling: null, queued: null } : state, notice);
}

/** How a call ended; one such notice a consultation, the later one more exact. */
function ending(consultation: string, reason: string): Notice {
  const lost = reason === "worker_lost" || reason === "call_lost";
  return { id: `call:${consultation}`, code: reason, tone: lost ? "warning" : "info", consultation, again: lost };
}

function sameCall(seated: Seated, of: { consultation: string; call: number }): boolean {
  return seated.join.consultation === of.consultation && seated.join.call === of.call;
}
