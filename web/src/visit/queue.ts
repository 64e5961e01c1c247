// What can honestly be said of how long one still waits. Pure.
import type { VisitView } from "../protocol";

const MINUTE_MS = 60_000;

export interface Outlook {
  /** Whole minutes past the appointed time; 0 before it. */
  late: number;
  /** When it may be one's turn by what the clinician has posted; null when she has posted nothing, or that moment has passed too. */
  about: Date | null;
  /** How many wait before one, or null where the place is not known. */
  ahead: number | null;
}

export function outlook({ starts, delay_minutes, place }: Pick<VisitView, "starts" | "delay_minutes" | "place">, now: number): Outlook {
  const due = Date.parse(starts);
  const about = due + delay_minutes * MINUTE_MS;
  return {
    late: Math.max(0, Math.floor((now - due) / MINUTE_MS)),
    about: delay_minutes > 0 && about > now ? new Date(about) : null,
    ahead: place > 0 ? place - 1 : null,
  };
}
