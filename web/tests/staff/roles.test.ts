// Who of the staff sees what: views by role, lists by clinician, and where one comes back to after the login.
import { describe, expect, test } from "vitest";
import type { Me, Role } from "../../src/protocol";
import { rememberedLister, rememberLister, rememberOut, rememberPlace, takeOut, takePlace } from "../../src/staff/remembered";
import { firstLister, listers, navigation, successors, viewOf, views } from "../../src/staff/roles";

const SIRI = { id: "siri-lund", name: "Siri Lund", departments: ["medisinsk", "barn"] };
const OMAR = { id: "omar-haddad", name: "Omar Haddad", departments: ["medisinsk"] };

function me(...roles: Role[]): Me {
  const department = { id: "medisinsk", name: "Medisinsk", phone: "", address: "" };
  return {
    id: "ingrid-berg", name: "Ingrid Berg", roles, level: "high", trust: "elvenes", trust_name: "Elvenes", time_zone: "Europe/Oslo",
    departments: [department], colleagues: [OMAR], clinicians: roles.includes("secretary") ? [SIRI, OMAR] : [],
  };
}

describe("views", () => {
  test("are there for whom they are", () => {
    expect(views(me("clinician"))).toEqual(["list", "phones"]);
    expect(views(me("secretary"))).toEqual(["list", "phones"]);
    expect(views(me("support"))).toEqual(["support"]);
    expect(views(me("auditor"))).toEqual(["audit"]);
    expect(views(me("clinician", "administrator"))).toEqual(["list", "rules", "texts", "people", "suspension", "phones"]);
    expect(views(me())).toEqual([]);
  });

  test("are all in the navigation but the list of whom to phone, which is there while there is no video", () => {
    expect(navigation(me("clinician"), false, "list")).toEqual(["list"]);
    expect(navigation(me("clinician"), true, "list")).toEqual(["list", "phones"]);
    expect(navigation(me("administrator"), false, "phones")).toContain("phones");
    expect(navigation(me("auditor"), true, "audit")).toEqual(["audit"]);
  });

  test("are found by the address, but only one's own", () => {
    expect(viewOf("#rules", me("clinician", "administrator"))).toBe("rules");
    expect(viewOf("#rules", me("clinician"))).toBe("list");
    expect(viewOf("", me("auditor"))).toBe("audit");
    expect(viewOf("#list", me())).toBeNull();
  });
});

describe("lists", () => {
  test("are one's own, and for a secretary those she books for", () => {
    expect(listers(me("clinician")).map(({ id }) => id)).toEqual(["ingrid-berg"]);
    expect(listers(me("secretary")).map(({ id }) => id)).toEqual(["siri-lund", "omar-haddad"]);
    expect(listers(me("clinician", "secretary")).map(({ id }) => id)).toEqual(["ingrid-berg", "siri-lund", "omar-haddad"]);
  });

  test("begin with one's own, else with the last one looked at, if it is still hers to see", () => {
    expect(firstLister(me("clinician", "secretary"), "siri-lund")).toBe("ingrid-berg");
    expect(firstLister(me("secretary"), "omar-haddad")).toBe("omar-haddad");
    expect(firstLister(me("secretary"), "somebody")).toBe("siri-lund");
    expect(firstLister(me("administrator"), "siri-lund")).toBe("");
  });

  test("go over to whoever works in the department, once each, but not to whose they are", () => {
    expect(successors(me("clinician"), { clinician: "ingrid-berg", department: "medisinsk" }).map(({ id }) => id)).toEqual(["omar-haddad"]);
    expect(successors(me("secretary"), { clinician: "omar-haddad", department: "medisinsk" }).map(({ id }) => id)).toEqual(["siri-lund"]);
    expect(successors(me("secretary"), { clinician: "omar-haddad", department: "barn" }).map(({ id }) => id)).toEqual(["siri-lund"]);
    expect(successors(me("clinician"), { clinician: "ingrid-berg", department: "barn" })).toEqual([]);
  });
});

function storage(): () => Storage {
  const kept = new Map<string, string>();
  const store = { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value), removeItem: (key: string) => void kept.delete(key) };
  return () => store as unknown as Storage;
}

const refused = (): Storage => {
  throw new DOMException("", "SecurityError");
};

describe("what is remembered", () => {
  test("is whose list was looked at, by trust", () => {
    const store = storage();
    rememberLister("elvenes", "siri-lund", store);
    expect(rememberedLister("elvenes", store)).toBe("siri-lund");
    expect(rememberedLister("another", store)).toBeNull();
  });

  test("is where one was, told once", () => {
    const store = storage();
    const place = { hash: "#rules", day: "2026-11-24", clinician: "siri-lund" };
    rememberPlace("elvenes", place, store);
    expect(takePlace("elvenes", store)).toEqual(place);
    expect(takePlace("elvenes", store)).toBeNull();
  });

  test("is that one logged out, told once", () => {
    const store = storage();
    expect(takeOut("elvenes", store)).toBe(false);
    rememberOut("elvenes", store);
    expect([takeOut("another", store), takeOut("elvenes", store), takeOut("elvenes", store)]).toEqual([false, true, false]);
  });

  test.each(["{", "null", '{"hash":"#rules","day":"soon","clinician":""}'])("is not %s", (kept) => {
    const store = storage();
    store().setItem("venterom.back.elvenes", kept);
    expect(takePlace("elvenes", store)).toBeNull();
  });

  test("is nothing where storage is refused", () => {
    rememberPlace("elvenes", { hash: "", day: "2026-11-24", clinician: "" }, refused);
    expect(takePlace("elvenes", refused)).toBeNull();
    expect(rememberedLister("elvenes", refused)).toBeNull();
  });
});
