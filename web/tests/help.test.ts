// The help pages: every question has its answer and its place, and addresses of answers go both ways.
import { expect, test } from "vitest";
import texts from "../messages/nb/help.json";
import { GROUPS, matches } from "../src/help/questions";
import { helpAddress, helpPlace, helpView } from "../src/shared/helplink";

const asked = Object.values(GROUPS).flat();

test("every question of the texts is in one group, and has an answer", () => {
  const ids = (of: string) => Object.keys(texts).filter((key) => key.startsWith(of)).map((key) => key.slice(of.length)).sort();
  expect(ids("help.q.")).toEqual([...asked].sort());
  expect(ids("help.a.")).toEqual([...asked].sort());
  expect(Object.keys(GROUPS).sort()).toEqual(ids("help.group."));
});

test("an address names an answer, a visit, both or neither", () => {
  for (const place of [{ answer: "echo", consultation: "c-1_x" }, { answer: "", consultation: "c1" }, { answer: "echo", consultation: "" }, { answer: "", consultation: "" }]) {
    expect(helpPlace(new URL(helpAddress("help", place), "https://x").hash)).toEqual(place);
  }
  expect(helpAddress("advice")).toBe("/advice");
});

test("the path picks the view", () => {
  expect(["/help", "/advice", "/advice/", "/accessibility", "/help.html", "/x"].map(helpView)).toEqual(["help", "advice", "advice", "accessibility", "help", "help"]);
});

test("what is typed is found whatever its case and accents, and all words count", () => {
  expect(matches("BANKID logg", "Jeg får ikke logget inn", "med BankID")).toBe(true);
  expect(matches("far", "Jeg får ikke")).toBe(true);
  expect(matches("bankid kamera", "Jeg får ikke logget inn", "med BankID")).toBe(false);
  expect(matches("  ", "Jeg")).toBe(true);
});
