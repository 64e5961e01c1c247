// The network test's sentences: each line of the thresholds from both sides.
import { expect, test } from "vitest";
import { Arrivals, frame, header, rate } from "../src/shared/probe";
import { better, holds, jitter, median, summarize, transport, verdict, type Figures } from "../src/shared/verdict";

const fine: Figures = { transport: "direct", rtt_ms: 30, jitter_ms: 2, loss: 0, up_kbps: 1200, down_kbps: 1200 };

test.each<[string, Partial<Figures>, string]>([
  ["everything is fine", {}, "good"],
  ["relayed in datagrams is as good", { transport: "relay_udp" }, "good"],
  ["exactly at the lines of good", { up_kbps: 1000, loss: 0.02, rtt_ms: 200, jitter_ms: 30 }, "good"],
  ["a little too narrow upwards", { up_kbps: 999 }, "improvable"],
  ["a little too narrow downwards", { down_kbps: 999 }, "improvable"],
  ["a little lossy", { loss: 0.021 }, "improvable"],
  ["a little slow", { rtt_ms: 201 }, "improvable"],
  ["a little uneven", { jitter_ms: 31 }, "improvable"],
  ["over TCP", { transport: "relay_tcp" }, "improvable"],
  ["over TLS", { transport: "relay_tls" }, "improvable"],
  ["exactly at the lines of improvable", { up_kbps: 350, loss: 0.1, rtt_ms: 500, jitter_ms: 50 }, "improvable"],
  ["too narrow", { down_kbps: 349 }, "poor"],
  ["too lossy", { loss: 0.101 }, "poor"],
  ["too slow", { rtt_ms: 501 }, "poor"],
  ["too uneven", { jitter_ms: 51 }, "poor"],
  ["no way through", { transport: "none" }, "blocked"],
])("%s", (_, change, expected) => {
  expect(verdict({ ...fine, ...change })).toBe(expected);
});

test("a narrow line's capacity counts, not what was lost by pushing too much", () => {
  const steps = [
    { rateKbps: 100, kbps: 100, loss: 0, frames: 20 },
    { rateKbps: 250, kbps: 248, loss: 0.05, frames: 60 },
    { rateKbps: 600, kbps: 480, loss: 0.2, frames: 136 },
  ];
  expect(summarize(steps)).toEqual({ kbps: 480, loss: 3 / 80 });
});

test("a line that loses at every rate is judged by what it loses at the lowest", () => {
  expect(summarize([{ rateKbps: 100, kbps: 70, loss: 0.3, frames: 20 }])).toEqual({ kbps: 70, loss: 0.3 });
  expect(summarize([])).toEqual({ kbps: 0, loss: 1 });
  expect(summarize([{ rateKbps: 100, kbps: 0, loss: 1, frames: 0 }])).toEqual({ kbps: 0, loss: 1 });
});

test("a step holds when most arrives and little is lost", () => {
  expect(holds({ rateKbps: 600, kbps: 510, loss: 0.1, frames: 100 })).toBe(true);
  expect(holds({ rateKbps: 600, kbps: 509, loss: 0, frames: 100 })).toBe(false);
  expect(holds({ rateKbps: 600, kbps: 600, loss: 0.17, frames: 100 })).toBe(false);
});

test("three of twenty frames may be lost by chance, a sixth of many hundred not", () => {
  expect(holds({ rateKbps: 100, kbps: 85, loss: 0.15, frames: 20 })).toBe(true);
  expect(holds({ rateKbps: 1200, kbps: 1020, loss: 0.15, frames: 270 })).toBe(false);
});

test("of two tries the better counts: the one that holds, or that brought more through", () => {
  const hiccup = { rateKbps: 600, kbps: 300, loss: 0.1, frames: 100 };
  const held = { rateKbps: 600, kbps: 590, loss: 0.01, frames: 136 };
  const worse = { rateKbps: 600, kbps: 250, loss: 0.3, frames: 136 };
  expect(better(hiccup, held)).toBe(held);
  expect(better(held, hiccup)).toBe(held);
  expect(better(hiccup, worse)).toBe(hiccup);
  expect(better(worse, hiccup)).toBe(hiccup);
  expect(better(hiccup, null)).toBe(hiccup);
});

test("the way to the worker is read from the candidate in use", () => {
  expect(transport(null)).toBe("none");
  expect(transport({ candidateType: "host" })).toBe("direct");
  expect(transport({ candidateType: "prflx" })).toBe("direct");
  expect(transport({ candidateType: "relay", relayProtocol: "udp" })).toBe("relay_udp");
  expect(transport({ candidateType: "relay", relayProtocol: "tcp" })).toBe("relay_tcp");
  expect(transport({ candidateType: "relay", relayProtocol: "tls" })).toBe("relay_tls");
});

test("median and jitter", () => {
  expect(median([5, 1, 3])).toBe(3);
  expect(median([])).toBe(0);
  expect(jitter([10, 14, 12])).toBe(3);
  expect(jitter([10])).toBe(0);
});

test("one hiccup among twenty trips is no jitter; an uneven line is", () => {
  const steady = Array.from({ length: 20 }, () => 40);
  expect(jitter(steady.map((trip, index) => (index === 9 ? 400 : trip)))).toBe(0);
  expect(jitter(steady.map((trip, index) => trip + (index % 2) * 60))).toBe(60);
});

test("a frame's header comes back as it was written; a stub has none", () => {
  expect(header(frame(4_000_000_000, 7, 3))).toEqual({ sequence: 4_000_000_000, step: 3 });
  expect(header(new ArrayBuffer(11))).toBeNull();
});

test("arrivals: holes in the sequence are losses, wherever it starts", () => {
  const arrivals = new Arrivals();
  for (const [at, sequence] of [100, 101, 103, 104].entries()) arrivals.add(sequence, 1000, at * 500);
  expect(arrivals.result(100, 1000).loss).toBeCloseTo(0.2);
  expect(new Arrivals().result(100, 1000)).toEqual({ rateKbps: 100, kbps: 0, loss: 1, frames: 0 });
});

test("a burst does not look like a fast line", () => {
  expect(rate(10_000, 1, 2000)).toBeCloseTo(80_000 / 1800);
  expect(rate(10_000, 4000, 2000)).toBeCloseTo(20);
});
