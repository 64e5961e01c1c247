// The texts of the pages in the language of the person who reads them, with dates and times as they are written there.
import format, { type CompiledMessage } from "icu-minify/format";
import type common from "../../messages/nb/common.json";
import type department from "../../messages/nb/department.json";
import type help from "../../messages/nb/help.json";
import type landing from "../../messages/nb/landing.json";
import type office from "../../messages/nb/office.json";
import type staff from "../../messages/nb/staff.json";
import type status from "../../messages/nb/status.json";
import type visit from "../../messages/nb/visit.json";
import type { Language } from "../protocol";
import { clockIn, dateIn, dayIn, locale, plurals } from "./dates";
import { direction, isLanguage, pick } from "./languages";

/** Every text there is, by its key; messages/{language}/{page}.json holds them. */
export type Key = keyof typeof common | keyof typeof department | keyof typeof help | keyof typeof landing | keyof typeof office | keyof typeof staff | keyof typeof status | keyof typeof visit;
/** Which file of texts a page, or a part of one that is fetched when it is wanted, uses besides `common`. */
export type Page = "department" | "help" | "landing" | "office" | "staff" | "status" | "visit";
export type Values = Record<string, string | number>;

const STORED = "venterom.language";

type Texts = Record<string, CompiledMessage>;
const files = import.meta.glob<Texts>(["../../messages/*/*.json", "!**/plain.json"], { import: "default" });

const pages = new Set<Page>();
let current: Language = "nb";
/** What is shown once all that is being loaded has come. */
let aim: Language = "nb";
let booked: Language | null = null;
let texts: Texts = {};
let timeZone = "Europe/Oslo";
/** The last load asked for: an earlier one that arrives later is dropped, and waits for this one. */
let latest: Promise<void> = Promise.resolve();
const listeners = new Set<() => void>();

const formatters = {
  getDateTimeFormat: (of: string, options?: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(locale(of as Language), options),
  getNumberFormat: (of: string, options?: Intl.NumberFormatOptions) => new Intl.NumberFormat(locale(of as Language), options),
  getPluralRules: (of: string) => plurals(of) as Intl.PluralRules,
} as Parameters<typeof format>[3]["formatters"];

function wanted(): Language {
  return pick({ chosen: stored(), asked: new URLSearchParams(location.search).get("lang"), booked, browser: navigator.languages });
}

function stored(): string | null {
  try {
    return localStorage.getItem(STORED);
  } catch {
    return null; // storage is refused in some private windows
  }
}

/** A language's file of texts, or bokmål's where it has none yet (single keys that it lacks are bokmål's since the build). */
function file(language: Language, part: string): Promise<Texts> {
  return (files[`../../messages/${language}/${part}.json`] ?? files[`../../messages/nb/${part}.json`])?.() ?? Promise.resolve({});
}

function load(language: Language): Promise<void> {
  aim = language;
  const mine: Promise<void> = Promise.all(["common", ...pages].map((part) => file(language, part))).then((parts) => (mine === latest ? show(language, parts) : latest));
  latest = mine;
  return mine;
}

function show(language: Language, parts: Texts[]): void {
  texts = Object.assign({}, ...parts) as Texts;
  current = language;
  document.documentElement.lang = language;
  document.documentElement.dir = direction(language);
  for (const listener of listeners) listener();
}

/** Load the texts of one page in the language this person uses; call once, before the first `t`. Raises what `import` does. */
export async function loadMessages(ofPage: Page): Promise<void> {
  pages.add(ofPage);
  await load(wanted());
}

/** Load the texts of a part of the page, and from now on with every language. Raises what `import` does. */
export function addMessages(ofPart: Page): Promise<void> {
  pages.add(ofPart);
  return load(aim);
}

/** The language now shown. */
export function language(): Language {
  return current;
}

/** Show another language and remember the choice on this device; everything registered with `onLanguage` is told. */
export async function setLanguage(chosen: Language): Promise<void> {
  try {
    localStorage.setItem(STORED, chosen);
  } catch {
    // not remembered then
  }
  await load(chosen);
}

/** Show the language a visit was booked in, unless the person or the address has chosen one; nothing is remembered. */
export async function prefer(ofVisit: string): Promise<void> {
  booked = isLanguage(ofVisit) ? ofVisit : null;
  if (wanted() !== current) await load(wanted());
}

/** Be told when the language changes; returns how to stop that. */
export function onLanguage(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The text for a key, with ICU MessageFormat values filled in. */
export function t(key: Key, values?: Values): string {
  const message = texts[key];
  return message === undefined ? key : String(format<string>(message, current, values, { formatters, timeZone }));
}

/** Several things one after the other, as the language strings them together. */
export function listed(parts: readonly string[]): string {
  return new Intl.ListFormat(current, { type: "unit", style: "short" }).format(parts.filter(Boolean));
}

/** What an error's code means, in words; unknown codes get the general sentence. `seconds`: when trying again can help. */
export function errorText(code: string, seconds = 0): string {
  if (code === "too_many_attempts" && seconds > 0) return t("error.too_many_attempts.wait", { minutes: Math.ceil(seconds / 60) });
  const key = `error.${code}`;
  return t((key in texts ? key : "error.internal") as Key);
}

/** Whether there is a text of its own for an error's code. */
export function knowsError(code: string): boolean {
  return `error.${code}` in texts;
}

/** Show times in this zone from now on: the trust's, not the device's. */
export function setTimeZone(zone: string): void {
  timeZone = zone;
}

/** Hours and minutes of an instant, in the trust's time zone. */
export function clock(instant: string | Date): string {
  return clockIn(current, timeZone, instant);
}

/** Weekday, day and month of an instant, in the trust's time zone. */
export function date(instant: string | Date): string {
  return dateIn(current, timeZone, instant);
}

/** The day of an instant as YYYY-MM-DD, in the trust's time zone. */
export function dayOf(instant: string | Date): string {
  return dayIn(timeZone, instant);
}
