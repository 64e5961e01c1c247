// What is remembered of the wish to save data.
import { expect, test } from "vitest";
import { megabytes, remember, remembered } from "../src/shared/saving";

const storage = (kept: string | null) => ({ getItem: () => kept });
const refusing = {
  getItem: (): string => {
    throw new Error("no storage");
  },
  setItem: (): void => {
    throw new Error("no storage");
  },
};

test("what was chosen on this device counts; else what the browser was told", () => {
  expect(remembered(storage("none"), {})).toBe("none");
  expect(remembered(storage("all"), { connection: { saveData: true } })).toBe("all");
  expect(remembered(storage(null), { connection: { saveData: true } })).toBe("low");
  expect(remembered(storage(null), { connection: {} })).toBe("all");
  expect(remembered(storage("rubbish"), {})).toBe("all");
  expect(remembered(refusing, {})).toBe("all");
});

test("a choice is kept where it can be", () => {
  const kept: string[] = [];
  remember({ setItem: (_, value) => void kept.push(value) }, "low");
  expect(kept).toEqual(["low"]);
  expect(() => remember(refusing, "low")).not.toThrow();
});

test("data are told as people read them", () => {
  expect([0, 40_000, 1_260_000, 9_960_000, 123_456_789].map(megabytes)).toEqual([0, 0, 1.3, 10, 123]);
});
