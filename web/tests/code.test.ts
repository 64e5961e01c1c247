// What may be typed for a code: spaces, other scripts' digits and what a phone pastes along are no fault.
import { expect, test } from "vitest";
import { digits } from "../src/visit/steps/Code";

test.each([
  ["123456", "123456"],
  ["123 456", "123456"],
  ["Koden er 123456.", "123456"],
  ["1234567", "123456"],
  ["١٢٣٤٥٦", "123456"],
  ["۱۲۳۴۵۶", "123456"],
  ["１２３", "123"],
  ["kode", ""],
])("%s is read as %s", (typed, read) => expect(digits(typed)).toBe(read));
