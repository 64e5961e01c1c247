// Signs of life: silence is told soon on a busy line, never on a quiet one, and less soon after a false alarm.
import { expect, test } from "vitest";
import { heard } from "../src/shared/figures";
import { Life, LOOK_MS } from "../src/shared/life";
import { Clock } from "./fakes";

function setUp() {
  const clock = new Clock();
  const told: (number | "sound" | "picture")[] = [];
  const report = new Map([["p", { type: "candidate-pair", bytesReceived: 1, responsesReceived: 0 }]]);
  const pair = report.get("p") as { bytesReceived: number; responsesReceived: number };
  const life = new Life({ after: clock.after, stats: async () => report as unknown as RTCStatsReport, onSilence: (ms) => told.push(ms), onSound: () => told.push("sound"), onPicture: () => told.push("picture") });
  const look = (): Promise<void> => clock.pass(LOOK_MS);
  const talks = async (looks: number): Promise<void> => {
    for (let at = 0; at < looks; at++) {
      pair.bytesReceived += 100;
      await look();
    }
  };
  return { clock, told, life, look, talks, pair };
}

test("a busy line that falls silent is told of after a second, and again ever more seldom", async () => {
  const { clock, told, life, talks } = setUp();
  await talks(6);
  expect(life.silent).toBe(false);
  await clock.pass(15_000);
  expect(told).toEqual([1000, 2500, 5000, 10_000, 15_000]);
  expect(life.silent).toBe(true);
  await talks(1);
  expect(told.at(-1)).toBe("sound");
  expect(life.silent).toBe(false);
});

test("the first picture that is decoded is told of, once", async () => {
  const { told, look, pair } = setUp();
  const video = pair as unknown as Record<string, unknown>;
  await look();
  expect(told).toEqual([]);
  Object.assign(video, { type: "inbound-rtp", framesDecoded: 1 });
  await look();
  Object.assign(video, { framesDecoded: 20 });
  await look();
  expect(told).toEqual(["picture"]);
});

test("a line on which little comes raises no alarm: a lonely caller, a pause", async () => {
  const { clock, told, talks, life, pair } = setUp();
  for (let at = 0; at < 20; at++) {
    pair.responsesReceived++; // a check of the path now and then
    await clock.pass(5 * LOOK_MS);
  }
  await talks(6);
  life.calm();
  await clock.pass(20_000);
  expect(told).toEqual([]);
});

test("after a stumble the next silence must last longer", async () => {
  const { clock, told, talks } = setUp();
  await talks(6);
  await clock.pass(2 * LOOK_MS);
  await talks(6);
  expect(told).toEqual([1000, "sound"]);
  await clock.pass(3 * LOOK_MS);
  await talks(6);
  expect(told).toEqual([1000, "sound"]);
  await clock.pass(4 * LOOK_MS);
  expect(told).toEqual([1000, "sound", 2000]);
});

test("after the end nobody looks", async () => {
  const { clock, told, talks, life } = setUp();
  await talks(6);
  life.close();
  await clock.pass(20_000);
  expect(told).toEqual([]);
});

test("whatever a browser counts of what arrives is a sign of life", () => {
  const sum = (entry: Record<string, unknown>): number => heard(new Map([["x", entry]]) as unknown as RTCStatsReport);
  expect(sum({ type: "transport", bytesReceived: 5, bytesSent: 9 })).toBe(5);
  expect(sum({ type: "candidate-pair", responsesReceived: 2, requestsSent: 7 })).toBe(2);
  expect(sum({ type: "inbound-rtp", packetsReceived: 3 })).toBe(3);
  expect(sum({ type: "outbound-rtp", packetsSent: 3 })).toBe(0);
});
