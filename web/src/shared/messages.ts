// The texts of the pages in the chosen language, and dates and times as people write them.
import format, { type CompiledMessage } from "icu-minify/format";
import type common from "../../messages/nb/common.json";
import type department from "../../messages/nb/department.json";
import type landing from "../../messages/nb/landing.json";
import type staff from "../../messages/nb/staff.json";
import type visit from "../../messages/nb/visit.json";

/** Every text there is, by its key; messages/{language}/{page}.json holds them. */
export type Key = keyof typeof common | keyof typeof department | keyof typeof landing | keyof typeof staff | keyof typeof visit;
/** Which file of texts a page uses besides `common`. */
export type Page = "department" | "landing" | "staff" | "visit";
export type Values = Record<string, string | number>;
export type PageLanguage = "nb" | "en";

/** The languages with their own names, in the order the menu shows them; `dates` is whose way of writing dates is used. */
export const LANGUAGES: readonly { code: PageLanguage; name: string; dates: string }[] = [
  { code: "nb", name: "Norsk bokmål", dates: "nb" },
  { code: "en", name: "English", dates: "en-GB" },
];
const RIGHT_TO_LEFT: ReadonlySet<string> = new Set(["ar"]);
const STORED = "venterom.language";

type Texts = Record<string, CompiledMessage>;
const files = import.meta.glob<Texts>("../../messages/*/*.json", { import: "default" });

let page: Page = "visit";
let current: PageLanguage = "nb";
let texts: Texts = {};
let timeZone = "Europe/Oslo";
const listeners = new Set<() => void>();

const formatters = {
  getDateTimeFormat: (...of: ConstructorParameters<typeof Intl.DateTimeFormat>) => new Intl.DateTimeFormat(...of),
  getNumberFormat: (...of: ConstructorParameters<typeof Intl.NumberFormat>) => new Intl.NumberFormat(...of),
  getPluralRules: (...of: ConstructorParameters<typeof Intl.PluralRules>) => new Intl.PluralRules(...of),
};

/** The language of a person who has not chosen: the first of the browser's that we have, else bokmål. */
export function preferred(wanted: readonly string[]): PageLanguage {
  for (const tag of wanted) {
    const base = tag.toLowerCase().split("-")[0] ?? "";
    if (["nb", "no", "nn", "da", "sv"].includes(base)) return "nb";
    const found = LANGUAGES.find(({ code }) => code === base);
    if (found) return found.code;
  }
  return "nb";
}

function remembered(): PageLanguage {
  const asked = new URLSearchParams(location.search).get("lang") ?? stored();
  const known = LANGUAGES.find(({ code }) => code === asked);
  return known ? known.code : preferred(navigator.languages);
}

function stored(): string | null {
  try {
    return localStorage.getItem(STORED);
  } catch {
    return null; // storage is refused in some private windows
  }
}

async function load(wanted: PageLanguage): Promise<void> {
  const parts = await Promise.all(
    ["common", page].map((part) => files[`../../messages/${wanted}/${part}.json`]?.() ?? Promise.resolve({})),
  );
  texts = Object.assign({}, ...parts) as Texts;
  current = wanted;
  document.documentElement.lang = wanted;
  document.documentElement.dir = RIGHT_TO_LEFT.has(wanted) ? "rtl" : "ltr";
}

/** Load the texts of one page in the language this person uses; call once, before the first `t`. */
export async function loadMessages(ofPage: Page): Promise<void> {
  page = ofPage;
  await load(remembered());
}

/** The language now shown. */
export function language(): PageLanguage {
  return current;
}

/** Show another language and remember the choice; everything registered with `onLanguage` is told. */
export async function setLanguage(wanted: PageLanguage): Promise<void> {
  await load(wanted);
  try {
    localStorage.setItem(STORED, wanted);
  } catch {
    // not remembered then
  }
  for (const listener of listeners) listener();
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

/** What an error's code means, in words; unknown codes get the general sentence. */
export function errorText(code: string): string {
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

function locale(): string {
  return LANGUAGES.find(({ code }) => code === current)?.dates ?? current;
}

/** Hours and minutes of an instant, in the trust's time zone. */
export function clock(instant: string | Date): string {
  return new Intl.DateTimeFormat(locale(), { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone }).format(new Date(instant));
}

/** Weekday, day and month of an instant, in the trust's time zone. */
export function date(instant: string | Date): string {
  return new Intl.DateTimeFormat(locale(), { weekday: "long", day: "numeric", month: "long", timeZone }).format(new Date(instant));
}

/** The day of an instant as YYYY-MM-DD, in the trust's time zone. */
export function dayOf(instant: string | Date): string {
  return new Intl.DateTimeFormat("sv-SE", { year: "numeric", month: "2-digit", day: "2-digit", timeZone }).format(new Date(instant));
}
