// Every text is used, every text used exists, and every language has the same ones with the same values.
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { parse, TYPE, type MessageFormatElement } from "@formatjs/icu-messageformat-parser";
import format from "icu-minify/format";
import { describe, expect, test } from "vitest";
import { compiled } from "../plugins/messages";
import { plurals } from "../src/shared/dates";
import { LANGUAGES } from "../src/shared/languages";

const root = join(import.meta.dirname, "..");
const pages = readdirSync(join(root, "messages", "nb")).map((name) => name.replace(/\.json$/, ""));

type Texts = Record<string, string>;

/** A page's texts in a language; null if there is no such file. */
function texts(language: string, page: string): Texts | null {
  const path = join(root, "messages", language, `${page}.json`);
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Texts) : null;
}

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"));
}

/** The names of the values a message takes. */
function values(elements: MessageFormatElement[], found = new Set<string>()): Set<string> {
  for (const element of elements) {
    if (element.type !== TYPE.literal && element.type !== TYPE.pound) found.add(element.value);
    if (element.type === TYPE.plural || element.type === TYPE.select) {
      for (const option of Object.values(element.options)) values(option.value, found);
    }
  }
  return found;
}

/** The options of a message's selects, and the plural forms that a language has and a message lacks. */
function options(elements: MessageFormatElement[], language: string): { selects: string[]; lacking: string[] } {
  const found = { selects: [] as string[], lacking: [] as string[] };
  for (const element of elements) {
    if (element.type !== TYPE.plural && element.type !== TYPE.select) continue;
    const names = Object.keys(element.options);
    if (element.type === TYPE.select) found.selects.push(...names.map((name) => `${element.value}=${name}`));
    else found.lacking.push(...forms(language).filter((form) => !names.includes(form) && !(form === "zero" && names.includes("=0"))));
    for (const option of Object.values(element.options)) {
      const inside = options(option.value, language);
      found.selects.push(...inside.selects);
      found.lacking.push(...inside.lacking);
    }
  }
  found.selects = [...new Set(found.selects)].sort();
  return found;
}

/** The plural forms that whole numbers take in a language. */
function forms(language: string): string[] {
  const rules = plurals(language);
  return [...new Set(Array.from({ length: 201 }, (_, n) => rules.select(n)))];
}

/** What is wrong with a message beside its original; "" when nothing is. */
function fault(language: string, text: string, original: string): string {
  if (text.trim() === "") return "empty";
  let parsed: MessageFormatElement[];
  try {
    parsed = parse(text);
    compiled(text, language);
  } catch (problem) {
    return `no ICU message: ${String(problem)}`;
  }
  const [mine, theirs] = [values(parsed), values(parse(original))];
  const odd = [...mine].filter((value) => !theirs.has(value)).concat([...theirs].filter((value) => !mine.has(value)));
  if (odd.length > 0) return `values differ: ${odd.join(", ")}`;
  const [ours, wanted] = [options(parsed, language), options(parse(original), "nb")];
  if (ours.selects.join() !== wanted.selects.join()) return `options differ: ${ours.selects.join(" ")} for ${wanted.selects.join(" ")}`;
  return ours.lacking.length > 0 ? `plural forms missing: ${ours.lacking.join(", ")}` : "";
}

const originals = Object.fromEntries(pages.map((page) => [page, texts("nb", page) ?? {}]));
const all = Object.assign({}, ...Object.values(originals)) as Texts;
const code = [...sources(join(root, "src")), ...sources(join(root, "plugins"))].join("\n");

describe.each(LANGUAGES.map(({ code }) => code))("in %s", (language) => {
  test("every page has its texts", () => {
    expect(pages.filter((page) => !texts(language, page)), `no messages/${language}/{page}.json for`).toEqual([]);
  });

  test("there are the same texts as in bokmål, in the same order", () => {
    for (const page of pages) {
      const keys = Object.keys(originals[page] ?? {});
      const mine = Object.keys(texts(language, page) ?? {});
      if (mine.length === 0) continue; // the test above says so
      expect({ missing: keys.filter((key) => !mine.includes(key)), left_over: mine.filter((key) => !keys.includes(key)) }, `${language}/${page}`)
        .toEqual({ missing: [], left_over: [] });
      expect(mine, `${language}/${page}`).toEqual(keys);
    }
  });

  test("every text is an ICU message with the original's values", () => {
    const faults = pages.flatMap((page) =>
      Object.entries(texts(language, page) ?? {})
        .map(([key, text]) => [key, fault(language, text, all[key] ?? "")])
        .filter(([, what]) => what !== ""),
    );
    expect(faults).toEqual([]);
  });
});

test("every text is used", () => {
  const literal = new Set([...code.matchAll(/"([a-z]+\.[a-z0-9_.]+)"/g)].map((match) => match[1]));
  const begun = [...code.matchAll(/`([a-z]+\.[a-z0-9_.]*)\$\{/g)].map((match) => match[1] ?? "");
  const unused = Object.keys(all).filter((key) => !literal.has(key) && !begun.some((start) => key.startsWith(start)));
  expect(unused).toEqual([]);
});

test("a text lies in the file its key names", () => {
  for (const page of pages) {
    for (const key of Object.keys(originals[page] ?? {})) {
      expect(page === "common" ? ["common", "error"] : [page], key).toContain(key.split(".")[0]);
    }
  }
});

test("every error of the protocol has a text", () => {
  const errors = readFileSync(join(root, "..", "chalicelib", "errors.py"), "utf8");
  const codes = [...errors.matchAll(/\bcode(?:, \w+)*(?:: ClassVar\[str\])? = "(\w+)"/g)].map((match) => match[1]);
  expect(codes.length).toBeGreaterThan(20);
  const ofProgramsOnly = ["not_json", "unknown_message", "too_large", "bad_sdp"]; // these get the general sentence
  for (const of of codes.filter((found) => !ofProgramsOnly.includes(found ?? ""))) {
    expect(all, of).toHaveProperty([`error.${of}`]);
  }
});

test("values keep their direction in a right-to-left text, also inside plurals", () => {
  const formatters = { getPluralRules: plurals } as unknown as Parameters<typeof format>[3]["formatters"];
  const say = (text: string, language: string) => format(compiled(text, language), language, { name: "Kari", count: 1 }, { formatters });
  expect(say("مع {name}.", "ar")).toBe("مع \u2068Kari\u2069.");
  expect(say("{count, plural, one {مع {name}} other {x}}.", "ar")).toBe("مع \u2068Kari\u2069.");
  expect(say("Med {name}.", "nb")).toBe("Med Kari.");
});

test("the document about translations says what reviewed.json says", () => {
  type Entry = { made: "original" | "machine"; reviewed?: { by: string; on: string } | null };
  const reviewed = JSON.parse(readFileSync(join(root, "messages", "reviewed.json"), "utf8")) as Record<string, Entry>;
  const document = readFileSync(join(root, "..", "docs", "translations.md"), "utf8");
  expect(Object.keys(reviewed)).toEqual(LANGUAGES.map(({ code }) => code));
  for (const { code, name } of LANGUAGES) {
    const { made, reviewed: by } = reviewed[code] ?? { made: "machine" };
    const state = made === "original" ? "–" : by ? `${by.by}, ${by.on}` : "no";
    expect(document).toContain(`| ${name} | ${code} | ${made} | ${state} |`);
  }
});
