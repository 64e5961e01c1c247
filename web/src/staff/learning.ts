// What the page learns of the days' lists, in whatever order it comes. Pure.
import type { ConsultationView, DayList, State } from "../protocol";
import { noLongerCalled } from "./incall";
import { NO_LIST, withoutNotices } from "./notice";
import { WITH_CALL, type Held, type StaffState } from "./state";

const BEFORE_WAITING: ReadonlySet<State> = new Set<State>(["booked", "invited", "missed"]);

/**
 * A day's whole list. What is held and newer stays, also on another day: it was moved. What the list lacks goes if it was
 * learned before the list was asked for, since it was moved or handed over meanwhile; what was learned later stays, for
 * the list may have been read before a booking whose `changed` overtook it.
 */
export function learnDay(state: StaffState, { day, consultations, delay_minutes }: DayList): StaffState {
  const fresh = !state.known.includes(day); // the first list of a day is no news: nobody has just checked in
  const listed = new Set(consultations.map(({ consultation }) => consultation));
  const stays = ([consultation, held]: [string, Held]): boolean => held.day !== day || listed.has(consultation) || held.since >= state.asked;
  const held = Object.fromEntries(Object.entries(state.held).filter(stays));
  const before: StaffState = {
    ...state,
    held,
    arrivals: state.arrivals.filter((consultation) => consultation in held),
    known: fresh ? [...state.known, day] : state.known,
    delays: { ...state.delays, [day]: delay_minutes },
    notices: state.notices.filter(({ id }) => id !== NO_LIST), // it could not be had, and here it is
  };
  return consultations.reduce((so_far, view) => learn(so_far, day, view, fresh), before);
}

/** One consultation as it is, unless it is a colleague's by now or what is held is newer. */
export function learn(state: StaffState, day: string, view: ConsultationView, quiet = false): StaffState {
  const was = state.held[view.consultation];
  if (view.version < (state.gone[view.consultation] ?? 0)) return state;
  if (was && was.view.version > view.version) return state;
  let next: StaffState = { ...state, held: { ...state.held, [view.consultation]: { day, view, since: state.asked } } };
  const waits = view.state === "checked_in";
  if (waits && !quiet && (!was || BEFORE_WAITING.has(was.view.state))) {
    next = { ...next, arrivals: [...without(next.arrivals, view.consultation), view.consultation] };
  } else if (!waits) {
    next = { ...next, arrivals: without(next.arrivals, view.consultation) };
  }
  if (next.calling === view.consultation && !waits && !WITH_CALL.has(view.state)) next = { ...next, calling: null };
  return noLongerCalled(next, view);
}

/**
 * With `version` it became a colleague's. What is held of that version and later is of whose list is shown, for nothing else is
 * learned: the news came late, to a page that has turned to the colleague's list, or it has come back since.
 */
export function letGo(state: StaffState, consultation: string, version: number): StaffState {
  const was = state.held[consultation];
  const gone = { ...state.gone, [consultation]: Math.max(version, state.gone[consultation] ?? -1) };
  if (was && was.view.version >= version) return { ...state, gone };
  const { [consultation]: _, ...held } = state.held;
  return {
    ...withoutNotices(state, consultation),
    held,
    gone,
    arrivals: without(state.arrivals, consultation),
    calling: state.calling === consultation ? null : state.calling,
  };
}

function without(list: readonly string[], item: string): readonly string[] {
  return list.includes(item) ? list.filter((other) => other !== item) : list;
}
