// The birth date in a Norwegian national identity number, so that a clinician can compare it with her journal.

/** Added to the month of made-up numbers: by the Tax Administration's test register 80, by others 65 and 40. */
const MADE_UP = [80, 65, 40];
/** Added to the day of a D-number, which stands for somebody without a national identity number. */
const D_NUMBER = 40;

/** By the Tax Administration's table of which individual numbers (digits seven to nine) belong to which century. */
function centuryOf(year: number, individual: number): number | null {
  if (individual < 500 || (individual >= 900 && year >= 40)) return 1900;
  if (year < 40) return 2000;
  return individual < 750 && year >= 54 ? 1800 : null;
}

/** YYYY-MM-DD; empty where the number holds no date. */
export function bornIn(number: string): string {
  if (!/^\d{11}$/.test(number)) return "";
  const part = (from: number, to: number): number => Number(number.slice(from, to));
  const day = part(0, 2) - (part(0, 2) > D_NUMBER ? D_NUMBER : 0);
  const month = part(2, 4) - (MADE_UP.find((added) => part(2, 4) > added) ?? 0);
  const century = centuryOf(part(4, 6), part(6, 9));
  if (century === null) return "";
  const date = new Date(Date.UTC(century + part(4, 6), month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? date.toISOString().slice(0, 10) : "";
}
