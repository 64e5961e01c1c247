// A trust's rules as a form: what is typed for each, what is wrong with it, and the rules it becomes. No DOM.
import type { Encryption, Rules } from "../../protocol";

export type Rule = keyof Rules;
/** What stands in each field. */
export type Typed = Record<Rule, string>;
/** For each field that is wrong, the word of the text that helps: `office.rules.fault.{word}`. */
export type Faults = Partial<Record<Rule, "number" | "range" | "sender">>;

/** From, to: the API's own bounds. */
export const BOUNDS: Readonly<Record<Exclude<Rule, "sms_sender" | "encryption">, readonly [number, number]>> = {
  lead_days: [0, 30],
  remind_hours: [0, 72],
  missing_minutes: [0, 60],
  quiet_from: [0, 23],
  quiet_to: [0, 23],
  keep_contact_days: [1, 3650],
  keep_feedback_days: [1, 3650],
  keep_consultation_days: [1, 3650],
  keep_trail_days: [365, 3650],
};
export const MESSAGES = ["lead_days", "remind_hours", "missing_minutes", "quiet_from", "quiet_to", "sms_sender"] as const satisfies readonly Rule[];
export const RETENTION = ["keep_contact_days", "keep_feedback_days", "keep_consultation_days", "keep_trail_days"] as const satisfies readonly Rule[];
export const ENCRYPTION: readonly Encryption[] = ["preferred", "required"];
export const RULES: readonly Rule[] = [...MESSAGES, ...RETENTION, "encryption"];

export function typedOf(rules: Rules): Typed {
  return Object.fromEntries(RULES.map((rule) => [rule, String(rules[rule] ?? (rule === "encryption" ? ENCRYPTION[0] : ""))])) as Typed;
}

/** The number in a field; null when there is none. */
export function number(typed: string): number | null {
  return /^\d{1,5}$/.test(typed.trim()) ? Number(typed) : null;
}

export function faultsIn(typed: Typed): Faults {
  const faults: Faults = {};
  for (const [rule, [least, most]] of Object.entries(BOUNDS) as [keyof typeof BOUNDS, readonly [number, number]][]) {
    const value = number(typed[rule]);
    if (value === null) faults[rule] = "number";
    else if (value < least || value > most) faults[rule] = "range";
  }
  if (!/^([A-Za-z0-9][A-Za-z0-9 ]{0,10})?$/.test(typed.sms_sender.trim())) faults.sms_sender = "sender";
  return faults;
}

/** The rules of a form in which `faultsIn` found nothing. */
export function toRules(typed: Typed): Rules {
  const numbers = Object.fromEntries(Object.keys(BOUNDS).map((rule) => [rule, number(typed[rule as Rule]) ?? 0])) as Rules;
  return { ...numbers, sms_sender: typed.sms_sender.trim(), encryption: ENCRYPTION.find((one) => one === typed.encryption) ?? "preferred" };
}

/** What one form has otherwise than the one it began from. */
export function changesIn(typed: Typed, base: Typed): Partial<Typed> {
  return Object.fromEntries(differing(typed, base).map((rule) => [rule, typed[rule]]));
}

/** The fields in which two forms differ, in the form's order. */
export function differing(one: Typed, other: Typed): Rule[] {
  return RULES.filter((rule) => one[rule].trim() !== other[rule].trim());
}
