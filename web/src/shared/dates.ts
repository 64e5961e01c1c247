// Dates, times and plural forms in each language, whatever the browser has been built with.
import type { Language } from "../protocol";

/**
 * Whose way of writing a language borrows from the browser. Chromium has no data for nynorsk and Northern Sami: they write numbers
 * and the clock as bokmål does, and have their own words below. Arabic gets the digits 0–9: in Norway every clock, letter and phone
 * shows those, and a phone number in other digits cannot be compared with the one in the letter.
 */
const LOCALES: Readonly<Record<Language, string>> = { nb: "nb", nn: "nb", en: "en-GB", se: "nb", pl: "pl", uk: "uk", ar: "ar-u-nu-latn" };

interface Words {
  /** From Sunday. */
  weekdays: readonly string[];
  months: readonly string[];
  write: (weekday: string, day: string, month: string) => string;
}

const OWN: Partial<Readonly<Record<Language, Words>>> = {
  nn: {
    weekdays: ["søndag", "måndag", "tysdag", "onsdag", "torsdag", "fredag", "laurdag"],
    months: ["januar", "februar", "mars", "april", "mai", "juni", "juli", "august", "september", "oktober", "november", "desember"],
    write: (weekday, day, month) => `${weekday} ${day}. ${month}`,
  },
  se: {
    weekdays: ["sotnabeaivi", "vuossárga", "maŋŋebárga", "gaskavahkku", "duorastat", "bearjadat", "lávvardat"],
    // In the genitive: "the 26th day of November".
    months: [
      "ođđajagemánu", "guovvamánu", "njukčamánu", "cuoŋománu", "miessemánu", "geassemánu",
      "suoidnemánu", "borgemánu", "čakčamánu", "golggotmánu", "skábmamánu", "juovlamánu",
    ],
    write: (weekday, day, month) => `${weekday}, ${month} ${day}. b.`,
  },
};

/** The locale whose numbers and clock a language uses; every browser has it. */
export function locale(language: Language): string {
  return LOCALES[language];
}

/** Hours and minutes of an instant, on the clock of a time zone. */
export function clockIn(language: Language, timeZone: string, instant: string | Date): string {
  return new Intl.DateTimeFormat(LOCALES[language], { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone }).format(new Date(instant));
}

/** Weekday, day and month of an instant, in a time zone. */
export function dateIn(language: Language, timeZone: string, instant: string | Date): string {
  const own = OWN[language];
  if (!own) return new Intl.DateTimeFormat(LOCALES[language], { weekday: "long", day: "numeric", month: "long", timeZone }).format(new Date(instant));
  const [year = 0, month = 1, day = 1] = dayIn(timeZone, instant).split("-").map(Number);
  const weekday = new Date(Date.UTC(year, month - 1, day)).getUTCDay();
  return own.write(own.weekdays[weekday] ?? "", String(day), own.months[month - 1] ?? "");
}

/** The day of an instant as YYYY-MM-DD, in a time zone. */
export function dayIn(timeZone: string, instant: string | Date): string {
  return new Intl.DateTimeFormat("sv-SE", { year: "numeric", month: "2-digit", day: "2-digit", timeZone }).format(new Date(instant));
}

/** Tells plural forms apart: Northern Sami has a dual, which not every browser knows. */
export function plurals(language: string): Pick<Intl.PluralRules, "select"> {
  if (language === "se") return { select: (n) => (n === 1 ? "one" : n === 2 ? "two" : "other") };
  return new Intl.PluralRules(language === "nn" ? "nb" : language);
}
