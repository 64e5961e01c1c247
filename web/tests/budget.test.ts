// The page budget counts what a first visit loads, and only that.
import type { Rolldown } from "vite";
import { expect, test } from "vitest";
import { weigh } from "../plugins/budget";

const chunk = (fileName: string, code: string, imports: string[] = [], facadeModuleId: string | null = null) =>
  ({ type: "chunk", fileName, code, imports, facadeModuleId }) as unknown as Rolldown.OutputChunk;
const HTML = '<script src="/support.js"></script><script type="module" src="/visit.js"></script><link rel="stylesheet" href="/visit.css"><a href="/unsupported.html">';
const LONG = Array.from({ length: 500 }, (_, n) => n * n).join();

function sizes(more: Record<string, Rolldown.OutputChunk> = {}, imports: string[] = ["shared.js"]) {
  const bundle = {
    "visit.js": chunk("visit.js", "visit", imports),
    "shared.js": chunk("shared.js", "shared", ["visit.js"]),
    "visit.css": { type: "asset", fileName: "visit.css", source: "a{}" },
    "nb.js": chunk("nb.js", "kort", [], "/x/messages/nb/visit.json"),
    ...more,
  } as unknown as Rolldown.OutputBundle;
  return weigh("visit", HTML, bundle, () => new TextEncoder().encode("check"));
}

test("scripts count with all that they import, once, also in a circle", () => {
  expect(sizes().scripts).toBeGreaterThan(sizes({}, []).scripts);
  expect(sizes({}, ["shared.js", "shared.js"])).toEqual(sizes());
});

test("the language with the longest texts counts; other pages' texts and what comes later do not", () => {
  const longer = sizes({ "uk.js": chunk("uk.js", LONG, [], "/x/messages/uk/visit.json") });
  expect([sizes().language, longer.language]).toEqual(["nb", "uk"]);
  expect(longer.total - sizes().total).toBe(longer.texts - sizes().texts);
  expect(sizes({ "staff.js": chunk("staff.js", LONG, [], "/x/messages/nb/staff.json"), "later.js": chunk("later.js", LONG) })).toEqual(sizes());
});

test("the total is the sum of its parts", () => {
  const { total, html, scripts, styles, texts, other } = sizes();
  expect(total).toBe(html + scripts + styles + texts + other);
  expect(Math.min(html, scripts, styles, texts, other)).toBeGreaterThan(0);
});
