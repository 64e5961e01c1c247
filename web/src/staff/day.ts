// Days and times in the trust's time zone, whatever zone the clinician's machine is in.

/** The parts of an instant as a clock on the wall in `zone` shows them, as if that wall were in UTC; milliseconds. */
function wall(instant: number, zone: string): number {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  }).formatToParts(instant);
  const part = (type: string): number => Number(parts.find((found) => found.type === type)?.value);
  return Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
}

/**
 * The instant when a clock in `zone` shows `date` (YYYY-MM-DD) and `time` (HH:MM), as the protocol writes instants.
 * Of the two when the clock is set back, the first; null when it is set forward past that time, or nothing of the sort.
 */
export function instantOf(date: string, time: string, zone: string): string | null {
  const wanted = Date.parse(`${date}T${time}:00Z`);
  // Date.parse takes 30 February for 2 March; reading it back tells.
  if (Number.isNaN(wanted) || new Date(wanted).toISOString().slice(0, 16) !== `${date}T${time}`) return null;
  const offsets = [-1, 1].map((days) => wall(wanted + days * 86_400_000, zone) - (wanted + days * 86_400_000));
  const fitting = offsets.map((offset) => wanted - offset).filter((instant) => wall(instant, zone) === wanted);
  if (fitting.length === 0) return null;
  return new Date(Math.min(...fitting)).toISOString().replace(/\.\d{3}Z$/, "Z");
}

/** The day `days` after another; both YYYY-MM-DD. */
export function dayAfter(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}

/** Noon of a day in UTC: on that day in every zone where a health trust has patients. */
export function noon(day: string): Date {
  return new Date(`${day}T12:00:00Z`);
}

/** How long ago, in whole seconds, never negative: clocks differ. */
export function secondsSince(instant: string, now: number): number {
  return Math.max(0, Math.floor((now - Date.parse(instant)) / 1000));
}
