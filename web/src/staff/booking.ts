// The booking form: what is typed, what is wrong with it in which field, and the booking it becomes. No DOM.
import type { Booking, Language, LoginLevel, SendInvitation } from "../protocol";
import { phoneNumber } from "../shared/phone";
import { dayAfter, instantOf } from "./day";
import { bare, faultIn } from "./nationalid";

export interface Form {
  department: string;
  name: string;
  phone: string;
  email: string;
  date: string;
  time: string;
  minutes: number;
  level: LoginLevel;
  nationalId: string;
  language: Language;
  send: SendInvitation;
}

export type Field = keyof Form;
/** For each field that is wrong, the word of the text that helps: `staff.form.error.{word}`. */
export type Faults = Partial<Record<Field, Fault>>;
export type Fault =
  | "name_missing"
  | "name_long"
  | "contact_missing"
  | "phone_wrong"
  | "email_wrong"
  | "date_missing"
  | "date_past"
  | "date_far"
  | "time_missing"
  | "time_skipped"
  | "id_letters"
  | "id_length"
  | "id_check"
  | "id_needs_login"
  | "department_missing";

export const DURATIONS: readonly number[] = [15, 20, 30, 45, 60, 90];
/** In the order of the form, so that the focus goes to the first that is wrong. */
export const ORDER: readonly Field[] = ["department", "name", "phone", "email", "date", "time", "minutes", "level", "nationalId", "language", "send"];

const MAX_NAME = 100;
const MAX_EMAIL = 254;
const FURTHEST_DAYS = 366 * 2;

/** An empty form for a day. `department` is the clinician's own when there is but one, else to be chosen. */
export function empty(day: string, departments: readonly { id: string }[], language: Language): Form {
  return {
    department: departments.length === 1 ? (departments[0]?.id ?? "") : "",
    name: "",
    phone: "",
    email: "",
    date: day,
    time: "",
    minutes: 30,
    level: "high",
    nationalId: "",
    language,
    send: "by_rule",
  };
}

/** What is wrong, by field; empty when nothing is. `today` in the trust's time zone. */
export function check(form: Form, today: string, zone: string): Faults {
  const faults: Faults = {};
  const name = form.name.trim();
  if (!form.department) faults.department = "department_missing";
  if (!name) faults.name = "name_missing";
  else if (name.length > MAX_NAME) faults.name = "name_long";
  if (!form.phone.trim() && !form.email.trim()) faults.phone = "contact_missing";
  if (form.phone.trim() && phoneNumber(form.phone) === null) faults.phone = "phone_wrong";
  if (form.email.trim() && !isEmail(form.email.trim())) faults.email = "email_wrong";
  if (!form.date) faults.date = "date_missing";
  else if (form.date < today) faults.date = "date_past";
  else if (form.date > dayAfter(today, FURTHEST_DAYS)) faults.date = "date_far";
  if (!form.time) faults.time = "time_missing";
  else if (!faults.date && instantOf(form.date, form.time, zone) === null) faults.time = "time_skipped";
  const id = bare(form.nationalId) ? faultIn(form.nationalId) : null;
  if (id) faults.nationalId = `id_${id}`;
  else if (bare(form.nationalId) && form.level === "none") faults.nationalId = "id_needs_login";
  return faults;
}

/** The same rule as the API's. */
function isEmail(typed: string): boolean {
  return typed.length <= MAX_EMAIL && /^[^\s@<>",;]+@[^\s@<>",;]+\.[^\s@<>",;]+$/.test(typed);
}

/** The booking of a form in which `check` found nothing. */
export function toBooking(form: Form, zone: string): Booking {
  return {
    department: form.department,
    patient_name: form.name.trim().replace(/\s+/g, " "),
    starts: instantOf(form.date, form.time, zone) ?? "",
    phone: phoneNumber(form.phone) ?? "",
    email: form.email.trim(),
    minutes: form.minutes,
    login_level: form.level,
    national_id: bare(form.nationalId),
    language: form.language,
    send: form.send,
  };
}
