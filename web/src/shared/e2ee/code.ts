// The code that two people read to each other: six digits in three pairs, each of which is also the place of a word in a list of a hundred.

/** Bytes as one number, modulo a million. */
export function toCode(bytes: Uint8Array): string {
  return String(bytes.reduce((rest, byte) => (rest * 256 + byte) % 1_000_000, 0)).padStart(6, "0");
}

/** The places of its three words, from 0 to 99. */
export const places = (code: string): number[] => (code.match(/\d\d/g) ?? []).map(Number);

/** As it is shown and read: "48 07 91". */
export const spaced = (code: string): string => (code.match(/\d\d/g) ?? []).join(" ");
