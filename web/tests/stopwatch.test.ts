// What a page says of how long things took, and the id under which all that it asks for is logged.
import { expect, test } from "vitest";
import { Stopwatch } from "../src/shared/stopwatch";
import { code, traceparent } from "../src/shared/trace";
import type { Seat } from "../src/protocol";

function setUp(seat: Seat = "patient") {
  const said: [string, number][] = [];
  const clock = { now: 1_000 };
  const watch = new Stopwatch(seat, ({ what, milliseconds }) => said.push([what, milliseconds]), () => clock.now);
  return { said, clock, watch };
}

test("getting in and the first picture are told once", () => {
  const { said, clock, watch } = setUp();
  clock.now += 700.4;
  watch.state("connected");
  clock.now += 500;
  watch.picture();
  watch.picture();
  watch.state("connected");
  expect(said).toEqual([["joined", 700], ["first_picture", 1200]]);
});

test("a recovery counts from when the path was lost, or from when the network came back", () => {
  const { said, clock, watch } = setUp("clinician");
  watch.state("connected");
  watch.state("troubled");
  clock.now += 2_000;
  watch.state("troubled");
  clock.now += 1_000;
  watch.state("connected");
  watch.wake(); // nothing is lost
  watch.state("troubled");
  clock.now += 84_000;
  watch.wake();
  clock.now += 900;
  watch.state("connected");
  expect(said).toEqual([["recovery", 3000], ["recovery", 900]]);
});

test("what took for ever is said within what the protocol takes", () => {
  const { said, clock, watch } = setUp();
  clock.now += 1e9;
  watch.state("connected");
  expect(said).toEqual([["joined", 600_000]]);
});

test("the page's id is of the form that functions, workers and X-Ray know, and its end can be read out", () => {
  const [, id] = /^00-([0-9a-f]{32})-[0-9a-f]{16}-01$/.exec(traceparent) ?? [];
  expect(Math.abs(parseInt(id?.slice(0, 8) ?? "", 16) - Date.now() / 1000)).toBeLessThan(3600);
  expect(code.replace(" ", "")).toBe(id?.slice(-8));
});
