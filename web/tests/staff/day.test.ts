// Times in the trust's zone: summer, winter, the hour that is skipped and the one that comes twice.
import { describe, expect, test } from "vitest";
import { dayAfter, instantOf, secondsSince } from "../../src/staff/day";

describe("instantOf", () => {
  test.each([
    ["2026-11-24", "09:30", "Europe/Oslo", "2026-11-24T08:30:00Z"],
    ["2026-07-01", "09:30", "Europe/Oslo", "2026-07-01T07:30:00Z"],
    ["2026-07-01", "00:15", "Europe/Oslo", "2026-06-30T22:15:00Z"],
    ["2026-10-25", "02:30", "Europe/Oslo", "2026-10-25T00:30:00Z"], // comes twice: the first
    ["2026-10-25", "03:00", "Europe/Oslo", "2026-10-25T02:00:00Z"],
    ["2026-03-29", "01:59", "Europe/Oslo", "2026-03-29T00:59:00Z"],
    ["2026-03-29", "03:00", "Europe/Oslo", "2026-03-29T01:00:00Z"],
    ["2026-11-24", "09:30", "UTC", "2026-11-24T09:30:00Z"],
    ["2026-11-24", "09:30", "America/New_York", "2026-11-24T14:30:00Z"],
  ])("%s %s in %s is %s", (date, time, zone, instant) => {
    expect(instantOf(date, time, zone)).toBe(instant);
  });

  test.each([
    ["2026-03-29", "02:30"], // the clock goes from 02:00 to 03:00
    ["2026-02-30", "09:00"],
    ["", "09:00"],
    ["2026-11-24", ""],
    ["2026-11-24", "25:00"],
  ])("%s %s never is", (date, time) => {
    expect(instantOf(date, time, "Europe/Oslo")).toBeNull();
  });
});

test("days are counted over the change of the clock and of the year", () => {
  expect(dayAfter("2026-10-24", 1)).toBe("2026-10-25");
  expect(dayAfter("2026-10-25", 1)).toBe("2026-10-26");
  expect(dayAfter("2027-01-01", -1)).toBe("2026-12-31");
});

test("a clock that is behind never shows a negative wait", () => {
  expect(secondsSince("2026-11-24T08:30:00Z", Date.parse("2026-11-24T08:31:05Z"))).toBe(65);
  expect(secondsSince("2026-11-24T08:30:00Z", Date.parse("2026-11-24T08:29:00Z"))).toBe(0);
});
