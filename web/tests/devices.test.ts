// What a browser's refusal of a device means.
import { expect, test } from "vitest";
import { problemOf } from "../src/shared/devices";

test.each([
  ["NotAllowedError", "Permission denied", "denied"],
  ["NotAllowedError", "Permission denied by system", "system"],
  ["NotReadableError", "Could not start video source", "busy"],
  ["NotFoundError", "Requested device not found", "none"],
  ["TypeError", "", "unknown"],
])("%s (%s) is %s", (name, message, expected) => {
  expect(problemOf(new DOMException(message, name))).toBe(expected);
});
