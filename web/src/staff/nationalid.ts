// Whether a Norwegian national identity number can be one: its length and its two check digits.

const FIRST = [3, 7, 6, 1, 8, 9, 4, 5, 2, 1];
const SECOND = [5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1];

export type Fault = "length" | "letters" | "check";

/** The digits alone: people write 010190 12345. */
export function bare(typed: string): string {
  return typed.replace(/[\s.-]/g, "");
}

function divisible(digits: string, weights: readonly number[]): boolean {
  return weights.reduce((sum, weight, at) => sum + weight * Number(digits[at]), 0) % 11 === 0;
}

/**
 * What is wrong with a number, or null. Modulus 11 as the Norwegian Tax Administration describes it; D-numbers (day + 40)
 * and synthetic numbers (month + 40, + 65 or + 80) have check digits of their own and pass.
 */
export function faultIn(typed: string): Fault | null {
  const digits = bare(typed);
  if (/\D/.test(digits)) return "letters";
  if (digits.length !== 11) return "length";
  return divisible(digits, FIRST) && divisible(digits, SECOND) ? null : "check";
}
