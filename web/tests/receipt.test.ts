// The receipt's words: every event of a consultation's life has its own, and whoever did it is named rightly.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { happened, who } from "../src/visit/receipt";

// Without loaded texts `t` answers with the key: just what is asked here.
const texts = JSON.parse(readFileSync(join(import.meta.dirname, "../messages/nb/visit.json"), "utf8")) as Record<string, string>;

test("every event of the lifecycle has its words", () => {
  const source = readFileSync(join(import.meta.dirname, "../../chalicelib/lifecycle.py"), "utf8");
  const events = [...source.slice(source.indexOf("class Event"), source.indexOf("class Role")).matchAll(/ = "(\w+)"/g)].map((match) => match[1] ?? "");
  expect(events).toContain("hang_up");
  for (const event of events) {
    expect(happened(event), event).not.toBe("visit.receipt.what.other");
    expect(texts, event).toHaveProperty([happened(event)]);
  }
  expect(happened("unheard_of")).toBe("visit.receipt.what.other");
});

test("staff are named with their role, the patient is you, and the system is nobody", () => {
  expect(who({ who: "clinician", name: "Ingrid Berg" })).toBe("Ingrid Berg, visit.receipt.who.clinician");
  expect(who({ who: "patient", name: "" })).toBe("visit.receipt.who.patient");
  expect(who({ who: "system", name: "" })).toBe("");
});

test("all that a receipt shows has its words", () => {
  const source = readFileSync(join(import.meta.dirname, "../../chalicelib/receipts.py"), "utf8");
  const shown = [...source.slice(source.indexOf("SHOWN: Final"), source.indexOf("# fmt: skip")).matchAll(/"(\w+)"/g)].map((match) => match[1] ?? "");
  expect(shown).toContain("booked");
  for (const what of shown) expect(texts, what).toHaveProperty([happened(what)]);
  expect(shown.filter((what) => happened(what) === "visit.receipt.what.other")).toEqual([]);
});
