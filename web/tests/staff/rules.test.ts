// The form of a trust's rules: its bounds are the API's, and what differs between two people's is found.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { BOUNDS, changesIn, differing, faultsIn, RULES, toRules, typedOf } from "../../src/staff/admin/rules";

const rules = {
  lead_days: 2, remind_hours: 24, missing_minutes: 10, quiet_from: 21, quiet_to: 8, sms_sender: "", keep_contact_days: 30, keep_feedback_days: 365,
  keep_consultation_days: 365, keep_trail_days: 1825, encryption: "required" as const,
};

test("what was read is written back as it was", () => {
  expect(toRules(typedOf(rules))).toEqual(rules);
  expect(faultsIn(typedOf(rules))).toEqual({});
});

test("rules of a release without the rule for encryption are those of trusts that prefer it", () => {
  const { encryption: _, ...older } = rules;
  expect(typedOf(older).encryption).toBe("preferred");
  expect(toRules(typedOf(older)).encryption).toBe("preferred");
});

test.each([
  ["lead_days", "", "number"],
  ["lead_days", "2.5", "number"],
  ["lead_days", "-1", "number"],
  ["lead_days", "31", "range"],
  ["keep_trail_days", "364", "range"],
  ["sms_sender", "Elvenes helse", "sender"],
  ["sms_sender", "Ålesund", "sender"],
] as const)("%s cannot be «%s»", (rule, typed, fault) => {
  expect(faultsIn({ ...typedOf(rules), [rule]: typed })).toEqual({ [rule]: fault });
});

test("every rule of the API is in the form, within the API's bounds", () => {
  const source = readFileSync(join(import.meta.dirname, "../../../chalicelib/rest.py"), "utf8");
  const body = source.slice(source.indexOf("class Rules("), source.indexOf("class TrustRules("));
  const named = { Hour: [0, 23], Days: [1, 3650] } as Record<string, number[]>;
  const found = [...body.matchAll(/^ {4}(\w+): (?:Annotated\[int, msgspec\.Meta\(ge=(\d+), le=(\d+)\)\]|(\w+)) = /gm)];
  expect(found.map(([, rule]) => rule)).toEqual([...RULES]);
  for (const [, rule, least, most, name] of found) {
    if (rule !== "sms_sender" && rule !== "encryption") expect(BOUNDS[rule as keyof typeof BOUNDS], rule).toEqual(name ? named[name] : [Number(least), Number(most)]);
  }
});

test("what differs is told in the form's order, spaces aside", () => {
  const typed = typedOf(rules);
  expect(differing(typed, { ...typed, quiet_to: "7", lead_days: "1", remind_hours: "24 " })).toEqual(["lead_days", "quiet_to"]);
});

test("what one changed can be put upon what another changed meanwhile", () => {
  const base = typedOf(rules);
  const mine = changesIn({ ...base, lead_days: "3" }, base);
  expect(mine).toEqual({ lead_days: "3" });
  expect({ ...base, remind_hours: "48", ...mine }).toEqual({ ...base, remind_hours: "48", lead_days: "3" });
});
