// Every text is used, every text used exists, and every language has the same ones with the same values.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { parse, TYPE, type MessageFormatElement } from "@formatjs/icu-messageformat-parser";
import { expect, test } from "vitest";
import { LANGUAGES, preferred } from "../src/shared/messages";

const root = join(import.meta.dirname, "..");
const pages = ["common", "department", "landing", "staff", "visit"];

function texts(language: string, page: string): Record<string, string> {
  return JSON.parse(readFileSync(join(root, "messages", language, `${page}.json`), "utf8")) as Record<string, string>;
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

const all = Object.assign({}, ...pages.map((page) => texts("nb", page))) as Record<string, string>;
const code = sources(join(root, "src")).join("\n");

test("every language has the same texts, and they take the same values", () => {
  for (const { code: language } of LANGUAGES) {
    for (const page of pages) {
      const [ours, theirs] = [texts("nb", page), texts(language, page)];
      expect(Object.keys(theirs), `${language}/${page}`).toEqual(Object.keys(ours));
      for (const key of Object.keys(ours)) {
        expect(values(parse(theirs[key] ?? "")), `${language} ${key}`).toEqual(values(parse(ours[key] ?? "")));
        expect(theirs[key], `${language} ${key}`).not.toBe("");
      }
    }
  }
});

test("every text is used", () => {
  const literal = new Set([...code.matchAll(/"([a-z]+\.[a-z0-9_.]+)"/g)].map((match) => match[1]));
  const begun = [...code.matchAll(/`([a-z]+\.[a-z0-9_.]*)\$\{/g)].map((match) => match[1] ?? "");
  const unused = Object.keys(all).filter((key) => !literal.has(key) && !begun.some((start) => key.startsWith(start)));
  expect(unused).toEqual([]);
});

test("a text lies in the file its key names", () => {
  for (const page of pages) {
    for (const key of Object.keys(texts("nb", page))) {
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

test("the language follows the browser's wishes, and falls back to bokmål", () => {
  expect(preferred(["en-GB", "nb"])).toBe("en");
  expect(preferred(["nn-NO"])).toBe("nb");
  expect(preferred(["de", "en"])).toBe("en");
  expect(preferred(["de"])).toBe("nb");
});
