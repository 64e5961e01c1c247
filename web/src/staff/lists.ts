// What is shown of the days' lists: who is talked to, who waits, who comes, what is done. Pure.
import type { ConsultationView } from "../protocol";
import { WITH_CALL, type StaffState } from "./state";

/** The list of the day shown, by time; null until it has arrived. */
export function list(state: StaffState): ConsultationView[] | null {
  if (!state.known.includes(state.shown)) return null;
  return Object.values(state.held)
    .filter(({ day }) => day === state.shown)
    .map(({ view }) => view)
    .sort(byTime);
}

/** The consultation of the call this page sits in. */
export function inCallWith(state: StaffState): ConsultationView | null {
  return state.seated ? (state.held[state.seated.join.consultation]?.view ?? null) : null;
}

/** A day in the order one looks at it. `waiting`: the next one to call first. */
export interface Parts {
  readonly talking: readonly ConsultationView[];
  readonly waiting: readonly ConsultationView[];
  readonly coming: readonly ConsultationView[];
  readonly done: readonly ConsultationView[];
}

export function parts(views: readonly ConsultationView[]): Parts {
  const of = (...states: ConsultationView["state"][]): ConsultationView[] => views.filter(({ state }) => states.includes(state));
  return {
    talking: views.filter(({ state }) => WITH_CALL.has(state)),
    waiting: of("checked_in"),
    coming: of("booked", "invited", "missed"),
    done: of("ended", "cancelled"),
  };
}

/** Who waits today, the next one to call first: by the time agreed on, as the patients are told their place. */
export function waitingToday(state: StaffState): ConsultationView[] {
  return Object.values(state.held)
    .filter(({ day, view }) => day === state.today && view.state === "checked_in")
    .map(({ view }) => view)
    .sort(byTime);
}

function byTime(a: ConsultationView, b: ConsultationView): number {
  return a.starts.localeCompare(b.starts) || a.consultation.localeCompare(b.consultation);
}
