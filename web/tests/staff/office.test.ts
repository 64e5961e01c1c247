// The administrator's texts and people: what can be chosen, what is put in where, what is asked, and that every value has its words.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { MessageKind, Role, Text, TextProblem } from "../../src/protocol";
import { faultOf, fileName, queryOf } from "../../src/staff/admin/person";
import { draftName, fieldsOf, inserted, kindsOf, possible, problemTexts, textOf, waysOf, withText } from "../../src/staff/admin/texts";

// Without loaded texts `t` answers with the key: just what is asked here.
const words = JSON.parse(readFileSync(join(import.meta.dirname, "../../messages/nb/office.json"), "utf8")) as Record<string, string>;
const text = (kind: MessageKind, way: Text["way"], own = ""): Text => ({ kind, way, language: "nb", text: own, standard: "Hei" });
const TEXTS = [text("invited", "sms"), text("invited", "mail"), text("code", "sms")];
const INVITED = { kind: "invited", way: "mail", language: "nb" } as const;

describe("texts", () => {
  test("are chosen among those there are", () => {
    expect(kindsOf(TEXTS)).toEqual(["invited", "code"]);
    expect(waysOf(TEXTS, "invited")).toEqual(["sms", "mail"]);
    expect(possible(TEXTS, { ...INVITED, kind: "code" }).way).toBe("sms");
    expect(possible(TEXTS, INVITED)).toEqual(INVITED);
    expect(textOf(TEXTS, { ...INVITED, language: "en" })).toBeNull();
  });

  test("change one at a time", () => {
    expect(withText(TEXTS, INVITED, "Ny").map((one) => one.text)).toEqual(["", "Ny", ""]);
    expect(draftName(INVITED)).not.toBe(draftName({ ...INVITED, way: "sms" }));
  });

  test("take a field where the caret is, in the place of what is marked", () => {
    expect(inserted("Åpne  nå", 5, 5, "link")).toEqual({ text: "Åpne {link} nå", caret: 11 });
    expect(inserted("Åpne her", 5, 8, "link")).toEqual({ text: "Åpne {link}", caret: 11 });
  });

  test("hold only fields that the message has, each with its words", () => {
    for (const kind of ["invited", "reminder", "missing", "moved", "cancelled", "guest", "code"] satisfies MessageKind[]) {
      for (const field of fieldsOf({ kind, way: "sms" })) expect(words).toHaveProperty([`office.texts.field.${field}`]);
    }
    expect(fieldsOf({ kind: "cancelled", way: "sms" })).not.toContain("link");
    expect(fieldsOf({ kind: "invited", way: "mail" })).not.toContain("link");
    expect(fieldsOf({ kind: "code", way: "sms" })).toEqual(["code"]);
  });

  test("are refused in words", () => {
    const all: TextProblem[] = ["no_link", "no_phone", "no_code", "unknown_field", "foreign_link", "telling", "too_long", "unfit"];
    for (const said of problemTexts({ problems: all, words: ["kreft"] })) expect(words).toHaveProperty([said]);
  });
});

describe("a person", () => {
  test("is looked for by one of three, as the API takes it", () => {
    expect(queryOf("national_id", "010190 10046")).toEqual({ national_id: "01019010046" });
    expect(queryOf("phone", "412 34 567")).toEqual({ phone: "41234567" });
    expect(queryOf("email", " kari@example.no ")).toEqual({ email: "kari@example.no" });
  });

  test.each([
    ["national_id", "", "id_length"],
    ["national_id", "01019010047", "id_check"],
    ["phone", "", "phone_wrong"],
    ["email", "kari", "email_wrong"],
    ["national_id", "01019010046", null],
    ["phone", "412 34 567", null],
    ["email", "kari@example.no", null],
  ] as const)("by %s «%s»: %s", (by, typed, fault) => {
    expect(faultOf(by, typed)).toBe(fault);
  });

  test("is not in the name of the file", () => {
    expect(fileName(new Date("2026-11-24T09:00:00Z"))).toBe("venterom-2026-11-24.json");
  });
});

test("every role has its word", () => {
  for (const role of ["patient", "guest", "clinician", "secretary", "administrator", "support", "auditor", "worker", "system"] satisfies Role[]) {
    expect(words).toHaveProperty([`office.role.${role}`]);
  }
});
