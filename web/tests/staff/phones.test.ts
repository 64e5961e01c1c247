// The list of whom to phone: its words, who was not told, and the file that a Norwegian spreadsheet opens.
import { expect, test } from "vitest";
import type { ToPhone } from "../../src/protocol";
import { setTimeZone } from "../../src/shared/messages";
import { file, isUntold, words } from "../../src/staff/phones/list";

setTimeZone("Europe/Oslo");
const one: ToPhone = {
  consultation: "c1",
  starts: "2026-11-24T09:00:00Z",
  minutes: 30,
  patient_name: "Kari Nordmann",
  phone: "+4741234567",
  language: "uk",
  department: "Medisinsk poliklinikk",
  clinician_name: "Ingrid Berg",
  state: "checked_in",
  reference: "K7M2",
  told: "sent",
};

test("numbers are written as they are dialled here", () => {
  expect(words(one).phone.replace(/\u00a0/g, " ")).toBe("412 34 567");
  expect(words({ ...one, phone: "" }).phone).toBe("");
});

test.each([["none", true], ["failed", true], ["opted_out", true], ["uncertain", true], ["due", false], ["sent", false], ["delivered", false]] as const)("%s: not told is %s", (told, untold) => {
  expect(isUntold({ told })).toBe(untold);
});

test("the file begins with the mark of UTF-8, and has semicolons", () => {
  const [head, row] = file({ day: "2026-11-24", consultations: [one] }).split("\r\n");
  expect(head?.startsWith("\ufeff")).toBe(true);
  expect(head?.split(";")).toHaveLength(9);
  expect(row?.split(";")[1]).toBe('"Kari Nordmann"');
});

test("no name is a formula, and no number from abroad", () => {
  for (const name of ["=HYPERLINK(1)", "+1", "-1", "@SUM(1)"]) {
    expect(file({ day: "2026-11-24", consultations: [{ ...one, patient_name: name }] })).toContain(`"'${name}"`);
  }
  expect(file({ day: "2026-11-24", consultations: [{ ...one, phone: "+46701234567" }] })).toContain("\"'+46701234567\"");
});
