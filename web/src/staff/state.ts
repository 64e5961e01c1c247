// Everything the clinician's page knows: the days' lists, the call, what to tell the clinician; and what can happen to it.
import type { ConsultationView, DayList, Join, State, ToClinician } from "../protocol";
import type { Status, StopReason } from "../shared/connection";
import type { Peers } from "../shared/people";
import type { Notice } from "./notice";

/** A consultation and the day it belongs to. */
export interface Held {
  readonly day: string;
  readonly view: ConsultationView;
  /** The count of `StaffState.asked` when it was learned. */
  readonly since: number;
}

/** The call this page sits in, and what the others say about their own devices. */
export interface Seated {
  readonly join: Join;
  readonly peers: Peers;
}

export interface StaffState {
  /** Today in the trust's time zone, YYYY-MM-DD. */
  readonly today: string;
  /** The day shown. */
  readonly shown: string;
  /** Whose list is shown: a clinician's id; "" for nobody's. */
  readonly whose: string;
  readonly held: Readonly<Record<string, Held>>;
  /** Consultations that are a colleague's now, and from which version on they are: nothing older is listened to. */
  readonly gone: Readonly<Record<string, number>>;
  /** How often a day's list has been asked for: what was learned before that and is not in the answer is out of date. */
  readonly asked: number;
  /** How late the clinician has said to be, in minutes, by day. */
  readonly delays: Readonly<Record<string, number>>;
  /** Days whose whole list has arrived. */
  readonly known: readonly string[];
  readonly seated: Seated | null;
  /** The highest call of each consultation that is over; anything late from it is dropped. */
  readonly over: Readonly<Record<string, number>>;
  /** Whom «Ring» was pressed for, until the line is reserved or refused. */
  readonly calling: string | null;
  /** For whom a free line is waited for, and at which place; 0 while that is not known. */
  readonly queued: { readonly consultation: string; readonly place: number } | null;
  /** Who checked in since the clinician last looked, oldest first. */
  readonly arrivals: readonly string[];
  readonly notices: readonly Notice[];
  /** The trust's own words while it holds no video; else empty. */
  readonly suspended: string;
  readonly line: Status;
  readonly stopped: StopReason | null;
}

export type Action =
  | { type: "received"; message: ToClinician }
  | { type: "listed"; clinician: string; list: DayList }
  | { type: "updated"; day: string; view: ConsultationView }
  | { type: "show"; day: string }
  | { type: "watch"; clinician: string }
  | { type: "dawn"; today: string }
  | { type: "press_call"; consultation: string }
  | { type: "give_up" }
  | { type: "left"; consultation: string; call: number }
  | { type: "line"; status: Status; reason: StopReason | null }
  | { type: "notice"; notice: Notice }
  | { type: "dismiss"; id: string }
  | { type: "looked" };

/** The states with a call in them. */
export const WITH_CALL: ReadonlySet<State> = new Set<State>(["calling", "in_call"]);

export function initial(today: string, whose: string): StaffState {
  return {
    today,
    shown: today,
    whose,
    held: {},
    gone: {},
    asked: 0,
    delays: {},
    known: [],
    seated: null,
    over: {},
    calling: null,
    queued: null,
    arrivals: [],
    notices: [],
    suspended: "",
    line: "connecting",
    stopped: null,
  };
}
