// The status page's document: what an old one says, what was never written, and what ninety days come to.
import { afterEach, expect, test, vi } from "vitest";
import { anyFault, calendar, fetchStatus, share, shown, type Status } from "../src/status/document";

const AT = 1_795_000_000;
const ok = { pages: "ok", login: "ok", rooms: "ok", calls: "ok" } as const;
const status: Status = { at: AT, every: 300, since: AT - 86_400, parts: ok, days: [{ day: "2026-11-18", runs: 200, faults: { calls: 1 } }] };

afterEach(() => vi.unstubAllGlobals());

function answers(code: number, body: string): void {
  vi.stubGlobal("fetch", () => Promise.resolve(new Response(body, { status: code })));
}

test("a document that is old says that nobody knows", () => {
  expect(shown(status, (AT + 900) * 1000).kind).toBe("known");
  expect(shown(status, (AT + 901) * 1000)).toEqual({ kind: "unknown", status });
  expect(shown(null, 0)).toEqual({ kind: "unknown", status: null });
});

test("what was never written is no fault, and what cannot be read is unknown", async () => {
  for (const code of [403, 404]) {
    answers(code, "");
    expect(await fetchStatus()).toEqual({ kind: "never" });
  }
  answers(500, "");
  expect(await fetchStatus()).toEqual({ kind: "unknown", status: null });
  answers(200, "<html>");
  expect(await fetchStatus()).toEqual({ kind: "unknown", status: null });
  answers(200, JSON.stringify(status));
  expect(await fetchStatus(() => AT * 1000)).toEqual({ kind: "known", status });
});

test("a part that rests is no fault", () => {
  expect(anyFault({ ...status, parts: { ...ok, calls: "resting" } })).toBe(false);
  expect(anyFault({ ...status, parts: { ...ok, login: "fault" } })).toBe(true);
});

test("ninety days end with today, and those on which nobody looked have no looks", () => {
  const days = calendar(status.days, Date.parse("2026-11-20T23:30:00Z"));
  expect(days).toHaveLength(90);
  expect(days.at(-1)).toEqual({ day: "2026-11-20", runs: 0, faults: {} });
  expect(days.at(-3)?.runs).toBe(200);
  expect(share(days, "calls")).toBeCloseTo(0.995);
  expect(share(days, "pages")).toBe(1);
  expect(share([], "pages")).toBeNull();
});
