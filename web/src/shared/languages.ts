// The languages of the pages: their own names, their direction, and which of them a person gets.
import type { Language } from "../protocol";

/** With their own names, in the order the menu shows them. */
export const LANGUAGES: readonly { code: Language; name: string }[] = [
  { code: "nb", name: "Norsk bokmål" },
  { code: "nn", name: "Norsk nynorsk" },
  { code: "en", name: "English" },
  { code: "se", name: "Davvisámegiella" },
  { code: "pl", name: "Polski" },
  { code: "uk", name: "Українська" },
  { code: "ar", name: "العربية" },
];

/** Which way a language is written. */
export function direction(language: Language): "ltr" | "rtl" {
  return language === "ar" ? "rtl" : "ltr";
}

/** Whether this is the code of one of our languages. */
export function isLanguage(code: string | null): code is Language {
  return LANGUAGES.some((one) => one.code === code);
}

/** Neighbours whose readers manage bokmål better than English, and the old code for Norwegian. */
const READ_AS: Readonly<Record<string, Language>> = { no: "nb", da: "nb", sv: "nb", sma: "nb", smj: "nb" };

/** The first of the browser's languages that we have; null when we have none of them. */
function ofBrowser(tags: readonly string[]): Language | null {
  for (const tag of tags) {
    const base = tag.toLowerCase().split("-")[0] ?? "";
    if (isLanguage(base)) return base;
    const near = READ_AS[base];
    if (near) return near;
  }
  return null;
}

/** What is known of the language a person wants, from the strongest sign to the weakest. */
export interface Wishes {
  /** Chosen in the menu on this device, now or earlier. */
  chosen: string | null;
  /** `?lang=` in the address. */
  asked: string | null;
  /** What the page knows: the language a visit was booked in. */
  booked: string | null;
  /** The browser's languages. */
  browser: readonly string[];
}

/** The language for a person with these wishes; bokmål when there are none that we can meet. */
export function pick({ chosen, asked, booked, browser }: Wishes): Language {
  for (const code of [chosen, asked, booked]) if (isLanguage(code)) return code;
  return ofBrowser(browser) ?? "nb";
}
