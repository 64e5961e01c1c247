// Finding one person: what is typed, the question it becomes, and the file that what is found is saved as. No DOM.
import type { PersonQuery } from "../../protocol";
import { phoneNumber } from "../../shared/phone";
import { bare, faultIn } from "../nationalid";

/** By which of what the trust may hold of somebody they are looked for. */
export type By = "national_id" | "phone" | "email";
export const WAYS: readonly By[] = ["national_id", "phone", "email"];
/** The word of the text that helps: `staff.form.error.{word}`. */
export type Fault = "id_letters" | "id_length" | "id_check" | "phone_wrong" | "email_wrong";

export function faultOf(by: By, typed: string): Fault | null {
  if (by === "national_id") {
    const fault = faultIn(typed);
    return fault ? `id_${fault}` : null;
  }
  if (by === "phone") return phoneNumber(typed) === null ? "phone_wrong" : null;
  return /^[^\s@<>",;]+@[^\s@<>",;]+\.[^\s@<>",;]+$/.test(typed.trim()) ? null : "email_wrong";
}

/** The question for what was typed, in which `faultOf` found nothing. */
export function queryOf(by: By, typed: string): PersonQuery {
  if (by === "national_id") return { national_id: bare(typed) };
  return by === "phone" ? { phone: phoneNumber(typed) ?? "" } : { email: typed.trim() };
}

/** The name of the file: of nobody in particular, for names of files are seen by others. */
export function fileName(now: Date): string {
  return `venterom-${now.toISOString().slice(0, 10)}.json`;
}
