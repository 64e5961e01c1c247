// Phone numbers as people read and type them.
import { expect, test } from "vitest";
import { phoneLink, readable } from "../src/shared/phone";

test("phone numbers as Norwegians read and phones dial them", () => {
  expect(readable("+4755500100")).toBe("55\u00a050\u00a001\u00a000");
  expect(readable("+4790012345")).toBe("900\u00a012\u00a0345");
  expect(readable("+46812345678")).toBe("\u200e+46812345678");
  expect(phoneLink("+47 555 00 100")).toBe("tel:+4755500100");
});
