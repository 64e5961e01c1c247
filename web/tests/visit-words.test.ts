// What is said of waiting and of a network: how long still, what to try first, where the way back leads.
import { expect, test } from "vitest";
import type { NetworkReport } from "../src/protocol";
import { entryOf } from "../src/visit/back";
import { outlook } from "../src/visit/queue";
import { tips } from "../src/visit/tips";

const starts = "2026-11-24T09:00:00Z";
const at = (clock: string): number => Date.parse(`2026-11-24T${clock}Z`);

test("before the time nothing is late; a posted delay tells when it may be one's turn", () => {
  expect(outlook({ starts, delay_minutes: 0, place: 1 }, at("08:50:00"))).toEqual({ late: 0, about: null, ahead: 0 });
  expect(outlook({ starts, delay_minutes: 15, place: 3 }, at("08:50:00"))).toEqual({ late: 0, about: new Date("2026-11-24T09:15:00Z"), ahead: 2 });
});

test("a delay that has passed promises nothing any more, and minutes are whole ones", () => {
  expect(outlook({ starts, delay_minutes: 15, place: 0 }, at("09:16:59"))).toEqual({ late: 16, about: null, ahead: null });
});

const report: NetworkReport = { verdict: "improvable", transport: "direct", rtt_ms: 80, jitter_ms: 5, loss: 0, up_kbps: 600, down_kbps: 600 };

test.each<[string, Partial<NetworkReport>, string | undefined]>([
  ["good needs nothing", { verdict: "good" }, undefined],
  ["a narrow line is freed", {}, "downloads"],
  ["a weak signal is brought nearer", { loss: 0.05 }, "router"],
  ["an uneven one too", { jitter_ms: 90 }, "router"],
  ["where only TCP gets through, a VPN comes first", { transport: "relay_tcp", loss: 0.05 }, "vpn"],
  ["where nothing gets through, too", { verdict: "blocked", transport: "none" }, "vpn"],
])("%s", (_, change, first) => {
  expect(tips({ ...report, ...change })[0]).toBe(first);
});

test("the way back counts the preparation's steps, and the waiting room and the call as one place", () => {
  expect((["login", "camera", "waiting", "ringing", "call", "thanks"] as const).map(entryOf)).toEqual([null, "camera", "room", "room", "room", null]);
});
