// The auditor's search and its file: the question asked, every page of the answer, and cells that are no formulas.
import { describe, expect, test } from "vitest";
import type { AuditEntry, AuditPage } from "../../src/protocol";
import { csv } from "../../src/staff/audit/csv";
import { cell } from "../../src/staff/csv";
import { everything, faultOf, lately, next, pathOf } from "../../src/staff/audit/search";

function entry(number: number, more: Partial<AuditEntry> = {}): AuditEntry {
  return { at: "2026-11-24T09:00:00Z", consultation: "c1", reference: "K7M2X9QD", number, what: "booked", role: "clinician", staff: "ingrid-berg", name: "Ingrid Berg", level: "high", state: "booked", hash: "ab12", ...more };
}

describe("a cell", () => {
  test.each(["=1+1", "+47 900", "-2", "@SUM(A1)", "\t=1", "\r=1", "  =cmd|' /C calc'!A0", "|x", "%x", "\uff1d1"])("is no formula: %j", (text) => {
    expect(cell(text)).toBe(`"'${text}"`);
  });

  test.each([["Kari", '"Kari"'], ['say "no"', '"say ""no"""'], ["a,b\nc", '"a,b\nc"'], [7, '"7"'], ["", '""'], ["2026-11-24T09:00:00Z", '"2026-11-24T09:00:00Z"']])("holds %j as %s", (value, written) => {
    expect(cell(value)).toBe(written);
  });
});

test("the file has a head, a line for each entry, and says that it is UTF-8", () => {
  const file = csv([entry(1), entry(2, { name: "=Ødegård" })]);
  expect(file.startsWith('\ufeff"at","consultation","reference"')).toBe(true);
  const lines = file.trimEnd().split("\r\n");
  expect(lines).toHaveLength(3);
  expect(lines[2]).toContain(`"'=Ødegård"`);
  expect(lines[1]?.split(",")).toHaveLength(11);
});

describe("a search", () => {
  test("is of the last week at first", () => {
    expect(lately("2026-11-24")).toMatchObject({ first: "2026-11-18", last: "2026-11-24" });
  });

  test("asks for what was typed, and for nothing that was not", () => {
    const search = { ...lately("2026-11-24"), reference: "k7m2-x9qd", staff: " ingrid-berg " };
    expect(pathOf(search)).toBe("audit?first=2026-11-18&last=2026-11-24&staff=ingrid-berg&reference=K7M2X9QD");
    expect(pathOf(lately("2026-11-24"), "a+b")).toBe("audit?first=2026-11-18&last=2026-11-24&cursor=a%2Bb");
  });

  test("needs two days in their order", () => {
    expect(faultOf(lately("2026-11-24"))).toBeNull();
    expect(faultOf({ ...lately("2026-11-24"), last: "" })).toBe("days_missing");
    expect(faultOf({ ...lately("2026-11-24"), first: "2026-11-25" })).toBe("days_reversed");
  });
});

describe("everything", () => {
  const pages: Record<string, AuditPage> = {
    "": { entries: [entry(1), entry(2)], cursor: "b" },
    b: { entries: [], cursor: "c" },
    c: { entries: [entry(3)], cursor: "" },
  };
  const fetch = async (cursor: string): Promise<AuditPage> => pages[cursor] ?? { entries: [], cursor: "" };

  test("is all pages, empty ones among them, and tells how far it has come", async () => {
    const told: number[] = [];
    const found = await everything(fetch, (count) => told.push(count), () => false);
    expect(found?.map(({ number }) => number)).toEqual([1, 2, 3]);
    expect(told).toEqual([2, 2, 3]);
  });

  test("is asked for page by page, empty ones passed over", async () => {
    expect((await next(fetch, "b")).entries.map(({ number }) => number)).toEqual([3]);
    expect(await next(async () => ({ entries: [], cursor: "" }), "")).toEqual({ entries: [], cursor: "" });
  });

  test("ends when it is stopped, with nothing", async () => {
    const asked: string[] = [];
    const found = await everything((cursor) => { asked.push(cursor); return fetch(cursor); }, () => undefined, () => asked.length === 2);
    expect(found).toBeNull();
    expect(asked).toEqual(["", "b"]);
  });
});
