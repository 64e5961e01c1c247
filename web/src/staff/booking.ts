// The booking form: what is typed, what is wrong with it in which field, and the booking it becomes. No DOM.
import type { Booking, Language, LoginLevel, SendInvitation } from "../protocol";
import { LANGUAGES } from "../shared/languages";
import { phoneNumber } from "../shared/phone";
import { dayAfter, instantOf } from "./day";
import { bare, faultIn } from "./nationalid";
import type { Lister } from "./roles";

/** Somebody to whom a link is sent. */
export interface Person {
  name: string;
  phone: string;
  email: string;
}

/** A day and a time as typed, and how long. */
export interface When {
  date: string;
  time: string;
  minutes: number;
}

export interface Form extends Person, When {
  department: string;
  /** Whose the consultation is to be; "" while a secretary has not said. */
  clinician: string;
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
  | "code_needs_phone"
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
  | "department_missing"
  | "clinician_missing";

export const DURATIONS: readonly number[] = [15, 20, 30, 45, 60, 90];
/** In the order of the form, so that the focus goes to the first that is wrong. */
export const ORDER: readonly Field[] = ["clinician", "department", "name", "phone", "email", "date", "time", "minutes", "level", "nationalId", "language", "send"];

/** The levels at which the portal says who it is. */
const PORTAL: ReadonlySet<LoginLevel> = new Set<LoginLevel>(["substantial", "high"]);
/** From the least sure to the surest. */
export const LEVELS: readonly LoginLevel[] = ["none", "code", "substantial", "high"];

const MAX_NAME = 100;
const MAX_EMAIL = 254;
const FURTHEST_DAYS = 366 * 2;

/** The departments that a consultation with somebody can be in; all of them while nobody is chosen. */
export function departmentsOf<D extends { id: string }>(departments: readonly D[], among: readonly Lister[], clinician: string): readonly D[] {
  const works = among.find(({ id }) => id === clinician)?.departments;
  return works ? departments.filter(({ id }) => works.includes(id)) : departments;
}

/** The department chosen, if it is there; the one when there is but one, else to be chosen. */
export function fitting(department: string, departments: readonly { id: string }[]): string {
  if (departments.some(({ id }) => id === department)) return department;
  return departments.length === 1 ? (departments[0]?.id ?? "") : "";
}

/** An empty form for a day and a clinician, who may work in these departments. */
export function empty(day: string, departments: readonly { id: string }[], clinician: string, language: Language): Form {
  return {
    department: fitting("", departments),
    clinician,
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

/** What is wrong, by field; empty when nothing is. `today` in the trust's time zone; `among`: whom it may be for. */
export function check(form: Form, today: string, zone: string, among: readonly Lister[]): Faults {
  const faults: Faults = { ...checkPerson(form), ...checkTime(form, today, zone) };
  if (!form.department) faults.department = "department_missing";
  if (!among.some(({ id }) => id === form.clinician)) faults.clinician = "clinician_missing";
  const id = bare(form.nationalId) ? faultIn(form.nationalId) : null;
  if (id) faults.nationalId = `id_${id}`;
  else if (bare(form.nationalId) && !PORTAL.has(form.level)) faults.nationalId = "id_needs_login";
  return faults;
}

/** `level`: how surely they are to be known; a code goes to their phone. */
export function checkPerson({ name, phone, email, level }: Person & { level: LoginLevel }): Faults {
  const faults: Faults = {};
  if (!name.trim()) faults.name = "name_missing";
  else if (name.trim().length > MAX_NAME) faults.name = "name_long";
  if (!phone.trim() && !email.trim()) faults.phone = "contact_missing";
  else if (!phone.trim() && level === "code") faults.phone = "code_needs_phone";
  if (phone.trim() && phoneNumber(phone) === null) faults.phone = "phone_wrong";
  if (email.trim() && !isEmail(email.trim())) faults.email = "email_wrong";
  return faults;
}

export function checkTime({ date, time }: When, today: string, zone: string): Faults {
  const faults: Faults = {};
  if (!date) faults.date = "date_missing";
  else if (date < today) faults.date = "date_past";
  else if (date > dayAfter(today, FURTHEST_DAYS)) faults.date = "date_far";
  if (!time) faults.time = "time_missing";
  else if (!faults.date && instantOf(date, time, zone) === null) faults.time = "time_skipped";
  return faults;
}

/** A name without what the fingers put around and between its parts. */
export function plain(name: string): string {
  return name.trim().replace(/\s+/g, " ");
}

/** A language's own name for itself. */
export function languageName(code: Language): string {
  return LANGUAGES.find((one) => one.code === code)?.name ?? code;
}

/** The same rule as the API's. */
function isEmail(typed: string): boolean {
  return typed.length <= MAX_EMAIL && /^[^\s@<>",;]+@[^\s@<>",;]+\.[^\s@<>",;]+$/.test(typed);
}

/** The booking of a form in which `check` found nothing, made by `me`. */
export function toBooking(form: Form, zone: string, me: string): Booking {
  return {
    department: form.department,
    ...(form.clinician === me ? {} : { clinician: form.clinician }),
    patient_name: plain(form.name),
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
