// Which language a person gets, and how each writes days, clocks and numbers of things.
import { expect, test } from "vitest";
import { clockIn, dateIn, dayIn, plurals } from "../src/shared/dates";
import { direction, LANGUAGES, pick, type Wishes } from "../src/shared/languages";

const none: Wishes = { chosen: null, asked: null, booked: null, browser: [] };

test("the strongest sign of a person's language wins", () => {
  expect(pick({ chosen: "pl", asked: "uk", booked: "ar", browser: ["en"] })).toBe("pl");
  expect(pick({ ...none, asked: "uk", booked: "ar", browser: ["en"] })).toBe("uk");
  expect(pick({ ...none, booked: "ar", browser: ["en"] })).toBe("ar");
  expect(pick({ ...none, browser: ["de", "en-GB"] })).toBe("en");
  expect(pick(none)).toBe("nb");
});

test("a language we do not have is passed over", () => {
  expect(pick({ chosen: "xx", asked: "<script>", booked: "", browser: ["de", "se-NO"] })).toBe("se");
  expect(pick({ ...none, browser: ["de"] })).toBe("nb");
});

test("Norwegian of any kind and its neighbours get Norwegian", () => {
  expect(["no", "nb-NO", "nn-NO", "sv-SE", "da"].map((tag) => pick({ ...none, browser: [tag, "en"] }))).toEqual(["nb", "nb", "nn", "nb", "nb"]);
});

test("Arabic alone is written from right to left", () => {
  expect(LANGUAGES.filter(({ code }) => direction(code) === "rtl").map(({ code }) => code)).toEqual(["ar"]);
});

test("a day is written in each language's own words, in the trust's time zone", () => {
  const late = "2026-11-26T23:30:00Z"; // Friday in Oslo
  const written = Object.fromEntries(LANGUAGES.map(({ code }) => [code, dateIn(code, "Europe/Oslo", late)]));
  expect(written).toEqual({
    nb: "fredag 27. november",
    nn: "fredag 27. november",
    en: "Friday 27 November",
    se: "bearjadat, skábmamánu 27. b.",
    pl: "piątek, 27 listopada",
    uk: "пʼятниця, 27 листопада",
    ar: "الجمعة، 27 نوفمبر",
  });
  expect(dateIn("nn", "Europe/Oslo", "2026-11-28T12:00:00Z")).toBe("laurdag 28. november");
});

test("the clock has 24 hours and Western digits in every language", () => {
  for (const { code } of LANGUAGES) expect(clockIn(code, "Europe/Oslo", "2026-11-26T23:05:00Z"), code).toBe("00:05");
});

test("the day is the trust's", () => {
  expect(dayIn("Europe/Oslo", "2026-11-26T23:30:00Z")).toBe("2026-11-27");
});

test("Northern Sami has a dual, in every browser", () => {
  expect([0, 1, 2, 3].map((n) => plurals("se").select(n))).toEqual(["other", "one", "two", "other"]);
});
