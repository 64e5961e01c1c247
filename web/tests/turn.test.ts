// Who comes when many do waits and goes on by itself; API Gateway's own refusals count as such.
import { afterEach, expect, test, vi } from "vitest";
import { ApiError, get } from "../src/shared/api";
import { delay, inTurn, TRIES, type Wait } from "../src/shared/turn";
import { Clock } from "./fakes";

const busy = (seconds = 0): ApiError => new ApiError("busy", "", true, 503, seconds);

test("a busy service is asked again until it answers, and each wait is told", async () => {
  const clock = new Clock();
  const waits: (Wait | null)[] = [];
  let asked = 0;
  const ask = async (): Promise<string> => {
    if (++asked < 4) throw busy();
    return "in";
  };
  const answer = inTurn(ask, { after: clock.after, random: () => 0, now: () => 0, onWait: (wait) => waits.push(wait) });
  await clock.pass(60_000);
  expect(await answer).toBe("in");
  expect(waits.map((wait) => wait && wait.until - wait.from)).toEqual([2_000, 4_000, 8_000, null]);
});

test("a wait is never shorter than was said, and not the same for everybody", () => {
  expect([delay(0, 30, () => 0), delay(5, 30, () => 1)]).toEqual([30_000, 45_000]);
  expect(delay(0, 1, () => 1)).toBe(3_000);
  expect(delay(20, 0, () => 1)).toBe(30_000);
});

test("what lasts too long is told, and any other failure at once", async () => {
  const clock = new Clock();
  let asked = 0;
  const ended = inTurn(async () => { asked++; throw busy(); }, { after: clock.after, random: () => 1 }).catch((problem: unknown) => problem);
  await clock.pass(600_000);
  expect(await ended).toMatchObject({ code: "busy" });
  expect(asked).toBe(TRIES);
  await expect(inTurn(async () => { throw new ApiError("gone", "", false, 410); })).rejects.toMatchObject({ code: "gone" });
});

afterEach(() => vi.unstubAllGlobals());

test.each([
  ["API Gateway's limit", 429, '{"message":"Too Many Requests"}', {}, { code: "busy", retry: true, seconds: 0 }],
  ["an edge without our body", 503, "<html>Service Unavailable</html>", { "Retry-After": "7" }, { code: "busy", retry: true, seconds: 7 }],
  ["our own limit", 429, '{"code":"too_many_attempts","message":"","retry":true,"wait_seconds":240}', {}, { code: "too_many_attempts", seconds: 240 }],
  ["our own busy", 503, '{"code":"busy","message":"","retry":true}', { "Retry-After": "3" }, { code: "busy", seconds: 3 }],
  ["a failure", 500, "{}", {}, { code: "internal", retry: true }],
])("%s", async (_, status, body, headers, expected) => {
  vi.stubGlobal("fetch", async () => new Response(body, { status, headers: headers as Record<string, string> }));
  await expect(get("/x")).rejects.toMatchObject(expected);
});
