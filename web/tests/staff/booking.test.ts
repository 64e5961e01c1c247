// The booking form: every field's faults, and that a form without faults becomes what the API takes.
import { describe, expect, test } from "vitest";
import { phoneNumber } from "../../src/shared/phone";
import { check, checkPerson, departmentsOf, empty, fitting, toBooking, type Faults, type Form } from "../../src/staff/booking";
import { emptyGuest, levelOf, toGuest } from "../../src/staff/guest";

const TODAY = "2026-11-24";
const ZONE = "Europe/Oslo";
const AMONG = [
  { id: "ingrid-berg", name: "Ingrid Berg", departments: ["medisinsk"] },
  { id: "siri-lund", name: "Siri Lund", departments: ["medisinsk", "barn"] },
];
const good: Form = { ...empty(TODAY, [{ id: "medisinsk" }], "ingrid-berg", "nb"), name: "Kari Nordmann", phone: "412 34 567", time: "10:15" };

describe("check", () => {
  test("finds nothing wrong with a good form", () => {
    expect(check(good, TODAY, ZONE, AMONG)).toEqual({});
    expect(check({ ...good, phone: "", email: "kari@example.no" }, TODAY, ZONE, AMONG)).toEqual({});
  });

  test.each<[Partial<Form>, Faults]>([
    [{ name: "  " }, { name: "name_missing" }],
    [{ name: "x".repeat(101) }, { name: "name_long" }],
    [{ department: "" }, { department: "department_missing" }],
    [{ clinician: "" }, { clinician: "clinician_missing" }],
    [{ clinician: "omar-haddad" }, { clinician: "clinician_missing" }],
    [{ phone: "", email: "kari@example.no", level: "code" }, { phone: "code_needs_phone" }],
    [{ nationalId: "01019010046", level: "code" }, { nationalId: "id_needs_login" }],
    [{ phone: " " }, { phone: "contact_missing" }],
    [{ phone: "1234" }, { phone: "phone_wrong" }],
    [{ phone: "", email: "kari" }, { email: "email_wrong" }],
    [{ email: "kari@example.no,ola@example.no" }, { email: "email_wrong" }],
    [{ date: "" }, { date: "date_missing" }],
    [{ date: "2026-11-23" }, { date: "date_past" }],
    [{ date: "2062-11-24" }, { date: "date_far" }],
    [{ time: "" }, { time: "time_missing" }],
    [{ date: "2027-03-28", time: "02:30" }, { time: "time_skipped" }],
    [{ nationalId: "0101901002" }, { nationalId: "id_length" }],
    [{ nationalId: "0101901002x" }, { nationalId: "id_letters" }],
    [{ nationalId: "01019010047" }, { nationalId: "id_check" }],
    [{ nationalId: "01019010046", level: "none" }, { nationalId: "id_needs_login" }],
    [{ name: "", time: "" }, { name: "name_missing", time: "time_missing" }],
  ])("%o → %o", (change, faults) => {
    expect(check({ ...good, ...change }, TODAY, ZONE, AMONG)).toEqual(faults);
  });

  test("takes a time earlier today: the patient may be at the door already", () => {
    expect(check({ ...good, time: "00:05" }, TODAY, ZONE, AMONG)).toEqual({});
  });
});

test.each([
  ["412 34 567", "41234567"],
  ["55 50 01 00", "55500100"],
  ["+47 412 34 567", "+4741234567"],
  ["0047 412 34 567", "+4741234567"],
  ["+46 70 123 45 67", "+46701234567"],
  ["412345678", null],
  ["01234567", null],
  ["+47412345678", null],
  ["+0123456789", null],
  ["call me", null],
])("the phone number %s is sent as %s", (typed, sent) => {
  expect(phoneNumber(typed)).toBe(sent);
});

test("a good form becomes a booking", () => {
  expect(toBooking({ ...good, name: " Kari  Nordmann ", nationalId: "010190 10046", email: " kari@example.no " }, ZONE, "ingrid-berg")).toEqual({
    department: "medisinsk",
    patient_name: "Kari Nordmann",
    starts: "2026-11-24T09:15:00Z",
    phone: "41234567",
    email: "kari@example.no",
    minutes: 30,
    login_level: "high",
    national_id: "01019010046",
    language: "nb",
    send: "by_rule",
  });
});

test("a secretary's booking says whose it is", () => {
  expect(toBooking(good, ZONE, "kari-sekretaer").clinician).toBe("ingrid-berg");
  expect(toBooking(good, ZONE, "ingrid-berg")).not.toHaveProperty("clinician");
});

test("the department is chosen already when there is but one, and stays as long as the clinician works there", () => {
  const both = [{ id: "medisinsk" }, { id: "barn" }];
  expect(empty(TODAY, [{ id: "a" }], "", "nb").department).toBe("a");
  expect(empty(TODAY, both, "", "nb").department).toBe("");
  expect(departmentsOf(both, AMONG, "ingrid-berg")).toEqual([{ id: "medisinsk" }]);
  expect(departmentsOf(both, AMONG, "")).toEqual(both);
  expect(fitting("barn", both)).toBe("barn");
  expect(fitting("barn", [{ id: "medisinsk" }])).toBe("medisinsk");
});

describe("a guest's login", () => {
  const guest = { ...emptyGuest("nb"), name: "Turid", email: "turid@example.no" };

  test("is a code where there is a phone for it, and none where there is none, until one is chosen", () => {
    expect(levelOf(guest)).toBe("none");
    expect(levelOf({ ...guest, phone: "41234567" })).toBe("code");
    expect(levelOf({ ...guest, phone: "41234567", chosen: "none" })).toBe("none");
    expect(toGuest({ ...guest, chosen: "high" }).login_level).toBe("high");
  });

  test("by code needs a phone", () => {
    expect(checkPerson({ ...guest, level: "code" })).toEqual({ phone: "code_needs_phone" });
    expect(checkPerson({ ...guest, level: "none" })).toEqual({});
  });
});
