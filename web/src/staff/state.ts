// Everything the clinician's page knows, as a pure reducer: the days' lists, the call, what to tell the clinician.
import type { ConsultationView, DayList, Join, State, ToClinician } from "../protocol";
import type { Status, StopReason } from "../shared/connection";
import { withPeer, type Peers } from "../shared/people";

/** A consultation and the day it belongs to. */
export interface Held {
  readonly day: string;
  readonly view: ConsultationView;
}

/** The call this page sits in, and what the others say about their own devices. */
export interface Seated {
  readonly join: Join;
  readonly peers: Peers;
}

/** Why something did not go as wished, or how a call ended. `code` is an error's code or a word of ours. */
export interface Notice {
  readonly id: string;
  readonly code: string;
  readonly tone: "info" | "warning" | "danger";
  readonly consultation: string | null;
  /** Whether pressing «Ring» again can help. */
  readonly again: boolean;
}

export interface StaffState {
  /** Today in the trust's time zone, YYYY-MM-DD. */
  readonly today: string;
  /** The day shown. */
  readonly shown: string;
  readonly held: Readonly<Record<string, Held>>;
  /** How late the clinician has said to be, in minutes, by day. */
  readonly delays: Readonly<Record<string, number>>;
  /** Days whose whole list has arrived. */
  readonly known: readonly string[];
  readonly seated: Seated | null;
  /** The highest call of each consultation that is over; anything late from it is dropped. */
  readonly over: Readonly<Record<string, number>>;
  /** Whom «Ring» was pressed for, until the line is reserved or refused. */
  readonly calling: string | null;
  /** Who checked in since the clinician last looked, oldest first. */
  readonly arrivals: readonly string[];
  readonly notices: readonly Notice[];
  readonly line: Status;
  readonly stopped: StopReason | null;
}

export type Action =
  | { type: "received"; message: ToClinician }
  | { type: "listed"; list: DayList }
  | { type: "updated"; day: string; view: ConsultationView }
  | { type: "show"; day: string }
  | { type: "dawn"; today: string }
  | { type: "press_call"; consultation: string }
  | { type: "left"; consultation: string; call: number }
  | { type: "line"; status: Status; reason: StopReason | null }
  | { type: "notice"; notice: Notice }
  | { type: "dismiss"; id: string }
  | { type: "looked" };

const WITH_CALL: ReadonlySet<State> = new Set<State>(["calling", "in_call"]);
const BEFORE_WAITING: ReadonlySet<State> = new Set<State>(["booked", "invited", "missed"]);

/** The notice that a day's list could not be fetched. */
export const NO_LIST = "day:";

export function initial(today: string): StaffState {
  return {
    today,
    shown: today,
    held: {},
    delays: {},
    known: [],
    seated: null,
    over: {},
    calling: null,
    arrivals: [],
    notices: [],
    line: "connecting",
    stopped: null,
  };
}

export function reduce(state: StaffState, action: Action): StaffState {
  switch (action.type) {
    case "received":
      return receive(state, action.message);
    case "listed":
      return learnDay(state, action.list);
    case "updated":
      return learn(state, action.day, action.view);
    case "show":
      // What was only for one's information goes with the day it was about.
      return { ...state, shown: action.day, notices: state.notices.filter(({ tone }) => tone !== "info") };
    case "dawn":
      // Whoever looks at today goes on looking at today.
      return { ...state, today: action.today, shown: state.shown === state.today ? action.today : state.shown };
    case "press_call":
      return { ...withoutNotices(welcome(state, action.consultation), action.consultation), calling: action.consultation };
    case "left":
      return { ...state, seated: null, over: { ...state.over, [action.consultation]: action.call } };
    case "line":
      return {
        ...state,
        line: action.status,
        stopped: action.reason,
        calling: action.status === "open" ? state.calling : null,
        // A line that is only away leaves the media alone; one that stopped has lost its seat to a newer page.
        seated: action.status === "stopped" ? null : state.seated,
      };
    case "notice":
      return withNotice(state, action.notice);
    case "dismiss":
      return { ...state, notices: state.notices.filter(({ id }) => id !== action.id) };
    case "looked":
      return state.arrivals.length === 0 ? state : { ...state, arrivals: [] };
  }
}

/** The list of the day shown, by time; null until it has arrived. */
export function list(state: StaffState): ConsultationView[] | null {
  if (!state.known.includes(state.shown)) return null;
  return Object.values(state.held)
    .filter(({ day }) => day === state.shown)
    .map(({ view }) => view)
    .sort((a, b) => a.starts.localeCompare(b.starts) || a.consultation.localeCompare(b.consultation));
}

/** The consultation of the call this page sits in. */
export function inCallWith(state: StaffState): ConsultationView | null {
  return state.seated ? (state.held[state.seated.join.consultation]?.view ?? null) : null;
}

function receive(state: StaffState, message: ToClinician): StaffState {
  switch (message.type) {
    case "board":
      return learnDay(state, message);
    case "changed":
      return learn(state, message.day, message.consultation);
    case "join":
      return sit(state, message);
    case "peer_media": {
      const { seated } = state;
      if (!seated || message.seat === seated.join.seat || !sameCall(seated, message)) return state;
      return { ...state, seated: { ...seated, peers: withPeer(seated.peers, message) } };
    }
    case "peer_left": {
      const { seated } = state;
      if (!seated || !sameCall(seated, message)) return state;
      const { [message.seat]: gone, ...peers } = seated.peers;
      return gone ? { ...state, seated: { ...seated, peers } } : state;
    }
    case "paused": {
      const was = state.held[message.consultation];
      return was ? { ...state, held: { ...state.held, [message.consultation]: { ...was, view: { ...was.view, paused_by: message.by } } } } : state;
    }
    case "delayed":
      return { ...state, delays: { ...state.delays, [message.day]: message.minutes } };
    case "handed_over": {
      const was = state.held[message.consultation];
      if (!was || was.view.version > message.version) return state;
      const { [message.consultation]: _, ...held } = state.held;
      return { ...withoutNotices(state, message.consultation), held, arrivals: without(state.arrivals, message.consultation) };
    }
    case "call_ended":
      return end(state, message.consultation, message.call, message.reason);
    case "error":
      return refused(state, message.code, message.about);
    case "answer":
    case "pong":
    case "seat_taken":
      return state; // the call's media, the connection itself
  }
}

/**
 * A day's whole list. What is held and newer stays, and so does what the list lacks: it may have been read before a
 * booking whose `changed` overtook it, and a consultation never leaves its day.
 */
function learnDay(state: StaffState, { day, consultations, delay_minutes }: DayList): StaffState {
  const fresh = !state.known.includes(day); // the first list of a day is no news: nobody has just checked in
  const before: StaffState = {
    ...state,
    known: fresh ? [...state.known, day] : state.known,
    delays: { ...state.delays, [day]: delay_minutes },
    notices: state.notices.filter(({ id }) => id !== NO_LIST), // it could not be had, and here it is
  };
  return consultations.reduce((so_far, view) => learn(so_far, day, view, fresh), before);
}

function learn(state: StaffState, day: string, view: ConsultationView, quiet = false): StaffState {
  const was = state.held[view.consultation];
  if (was && was.view.version > view.version) return state;
  let next: StaffState = { ...state, held: { ...state.held, [view.consultation]: { day, view } } };
  const waits = view.state === "checked_in";
  if (waits && !quiet && (!was || BEFORE_WAITING.has(was.view.state))) {
    next = { ...next, arrivals: [...without(next.arrivals, view.consultation), view.consultation] };
  } else if (!waits) {
    next = { ...next, arrivals: without(next.arrivals, view.consultation) };
  }
  if (next.calling === view.consultation && !waits && !WITH_CALL.has(view.state)) next = { ...next, calling: null };
  return noLongerCalled(next, view);
}

/** The list says that the call is over though `call_ended` never came: a socket was down just then. */
function noLongerCalled(state: StaffState, view: ConsultationView): StaffState {
  const { seated } = state;
  if (!seated || seated.join.consultation !== view.consultation || WITH_CALL.has(view.state)) return state;
  if (view.call < seated.join.call) return state;
  return withNotice({ ...state, seated: null }, ending(view.consultation, view.state === "ended" ? "hang_up" : "call_lost"));
}

function sit(state: StaffState, join: Join): StaffState {
  if (join.call <= (state.over[join.consultation] ?? 0)) return state;
  const { seated } = state;
  if (seated && seated.join.consultation === join.consultation && join.call < seated.join.call) return state;
  const peers = seated && sameCall(seated, join) ? seated.peers : {};
  return { ...withoutNotices(state, join.consultation), seated: { join, peers }, calling: null };
}

/** «Gå til samtalen»: a call that was left, and goes on because that was never heard, may be joined again. */
function welcome(state: StaffState, consultation: string): StaffState {
  const view = state.held[consultation]?.view;
  if (!view || !WITH_CALL.has(view.state)) return state;
  return { ...state, over: { ...state.over, [consultation]: view.call - 1 } };
}

function end(state: StaffState, consultation: string, call: number, reason: string): StaffState {
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
const BY_ITSELF: ReadonlySet<string> = new Set(["hello", "ping", "offer", "media", "trouble"]);
/** Leaving what is already left is no trouble; the list shows how it stands. */
const LEAVING: ReadonlySet<string> = new Set(["hang_up", "withdraw_call"]);
const TOO_LATE: ReadonlySet<string> = new Set(["illegal_transition", "overtaken"]);

function refused(state: StaffState, code: string, about: string): StaffState {
  if (BY_ITSELF.has(about) || (LEAVING.has(about) && TOO_LATE.has(code))) return state;
  const consultation = about === "call" ? state.calling : (state.seated?.join.consultation ?? null);
  const notice: Notice = {
    id: about === "call" && consultation ? `call:${consultation}` : `error:${about}`,
    code,
    tone: "danger",
    consultation,
    again: about === "call" && consultation !== null,
  };
  return withNotice(about === "call" ? { ...state, calling: null } : state, notice);
}

/** How a call ended; one such notice a consultation, the later one more exact. */
function ending(consultation: string, reason: string): Notice {
  const lost = reason === "worker_lost" || reason === "call_lost";
  return { id: `call:${consultation}`, code: reason, tone: lost ? "warning" : "info", consultation, again: lost };
}

function sameCall(seated: Seated, of: { consultation: string; call: number }): boolean {
  return seated.join.consultation === of.consultation && seated.join.call === of.call;
}

function withNotice(state: StaffState, notice: Notice): StaffState {
  return { ...state, notices: [...state.notices.filter(({ id }) => id !== notice.id), notice] };
}

function withoutNotices(state: StaffState, consultation: string): StaffState {
  return { ...state, notices: state.notices.filter((notice) => notice.consultation !== consultation) };
}

function without(list: readonly string[], item: string): readonly string[] {
  return list.includes(item) ? list.filter((other) => other !== item) : list;
}
