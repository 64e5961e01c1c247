// National identity numbers: real-looking, D-numbers and synthetic ones pass; every slip of one digit is found.
import { describe, expect, test } from "vitest";
import { bare, faultIn } from "../../src/staff/nationalid";

const VALID = {
  "a birth number": "01019010046",
  "the last day of a century": "31129910065",
  "a D-number": "41019010110",
  "a synthetic number, month + 40": "01419010029",
  "a synthetic number, month + 65": "01669010075",
  "a synthetic number, month + 80": "01819010001",
  "a synthetic D-number": "41819010186",
};

describe.each(Object.entries(VALID))("%s", (_, number) => {
  test("passes", () => {
    expect(faultIn(number)).toBeNull();
    expect(faultIn(`${number.slice(0, 6)} ${number.slice(6)}`)).toBeNull();
  });

  test("does not pass with any one digit wrong", () => {
    for (let at = 0; at < 11; at++) {
      for (let digit = 0; digit < 10; digit++) {
        const changed = number.slice(0, at) + String(digit) + number.slice(at + 1);
        if (changed !== number) expect(faultIn(changed), changed).toBe("check");
      }
    }
  });

  test("does not pass with two neighbours swapped", () => {
    for (let at = 0; at < 10; at++) {
      const [a, b] = [number[at], number[at + 1]];
      if (a !== b) expect(faultIn(`${number.slice(0, at)}${b}${a}${number.slice(at + 2)}`)).toBe("check");
    }
  });
});

test.each([
  ["", "length"],
  ["0101901004", "length"],
  ["010190100466", "length"],
  ["O1019010046", "letters"],
])("%s has the fault %s", (typed, fault) => {
  expect(faultIn(typed)).toBe(fault);
});

test("people write it with spaces, dots and dashes", () => {
  expect(bare(" 01.01.90-100 46 ")).toBe("01019010046");
});
