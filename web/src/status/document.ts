// What the probe wrote, status.json, and what it says by now: a document that is old says that nobody looks.

export const PARTS = ["pages", "login", "rooms", "calls"] as const;
export type Part = (typeof PARTS)[number];
export type State = "ok" | "fault" | "resting" | "unknown";

/** One day (UTC): how often was looked, and how often each part had a fault. */
export interface Day {
  day: string;
  runs: number;
  faults: Partial<Record<Part, number>>;
}

/** As probe/status.py writes it; times in seconds since 1970. */
export interface Status {
  at: number;
  every: number;
  since: number;
  parts: Record<Part, State>;
  days: Day[];
}

/** What the page shows: never looked, nobody knows, or how it stands. */
export type Shown = { kind: "never" } | { kind: "unknown"; status: Status | null } | { kind: "known"; status: Status };

/** So many looks may fail to come before nobody knows any more. */
const MISSED = 3;
export const DAYS = 90;
const DAY_MS = 86_400_000;

/** What a document says at a time (milliseconds). */
export function shown(status: Status | null, now: number): Shown {
  const old = status !== null && now / 1000 - status.at > status.every * MISSED;
  return status === null || old ? { kind: "unknown", status } : { kind: "known", status };
}

/** Ask for the document. What is not there was never written: S3 says of what it does not show that it is forbidden. */
export async function fetchStatus(now: () => number = Date.now): Promise<Shown> {
  try {
    const answer = await fetch("/status.json", { cache: "no-store", signal: AbortSignal.timeout(10_000) });
    if (answer.status === 404 || answer.status === 403) return { kind: "never" };
    return shown(answer.ok ? ((await answer.json()) as Status) : null, now());
  } catch {
    return { kind: "unknown", status: null };
  }
}

/** Whether anything that was looked at does not work. */
export function anyFault(status: Status): boolean {
  return PARTS.some((part) => status.parts[part] === "fault");
}

/** The last ninety days up to now, oldest first; a day on which nobody looked has no runs. */
export function calendar(days: readonly Day[], now: number): Day[] {
  const known = new Map(days.map((day) => [day.day, day]));
  return Array.from({ length: DAYS }, (_, i) => {
    const day = new Date(now - (DAYS - 1 - i) * DAY_MS).toISOString().slice(0, 10);
    return known.get(day) ?? { day, runs: 0, faults: {} };
  });
}

/** The share of looks that found a part well; null when nobody looked. */
export function share(days: readonly Day[], part: Part): number | null {
  const runs = days.reduce((sum, day) => sum + day.runs, 0);
  return runs === 0 ? null : 1 - days.reduce((sum, day) => sum + (day.faults[part] ?? 0), 0) / runs;
}
