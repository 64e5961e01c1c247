// Phone numbers as people read and type them.
import { expect, test } from "vitest";
import { phoneLink, readable } from "../src/shared/phone";

test("phone numbers as Norwegians read and phones dial them", () => {
  expect(readable("+4755500100")).toBe("55 50 01 00");
  expect(readable("+4790012345")).toBe("900 12 345");
  expect(readable("+46812345678")).toBe("+46812345678");
  expect(phoneLink("+47 555 00 100")).toBe("tel:+4755500100");
});
