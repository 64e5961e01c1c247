// What the clinician is to be told: how calls ended, what did not go as wished, what was done. Pure.
import type { StaffState } from "./state";

/** `code` is an error's code or a word of ours. */
export interface Notice {
  readonly id: string;
  readonly code: string;
  readonly tone: "info" | "warning" | "danger";
  readonly consultation: string | null;
  /** Whether pressing «Ring» again can help. */
  readonly again: boolean;
  /** Whom it is about, where the list may no longer know, and who else. */
  readonly name?: string;
  readonly colleague?: string;
}

/** The notice that a day's list could not be fetched. */
export const NO_LIST = "day:";

export function withNotice(state: StaffState, notice: Notice): StaffState {
  return { ...state, notices: [...state.notices.filter(({ id }) => id !== notice.id), notice] };
}

export function withoutNotices(state: StaffState, consultation: string): StaffState {
  return { ...state, notices: state.notices.filter((notice) => notice.consultation !== consultation) };
}
