// Which help is shown in which browser on which device.
import { expect, test } from "vitest";
import { problemOf } from "../src/shared/devices";
import { phoneLink, readable } from "../src/shared/phone";
import { help, system } from "../src/visit/browser";

const chromeWindows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36";
const safariMac = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Safari/605.1.15";

test.each([
  [chromeWindows, 0, "chrome_desktop"],
  [`${chromeWindows} Edg/130.0`, 0, "chrome_desktop"],
  ["Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Mobile Safari/537.36", 5, "chrome_android"],
  ["Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", 0, "firefox_desktop"],
  ["Mozilla/5.0 (Android 14; Mobile; rv:128.0) Gecko/128.0 Firefox/128.0", 5, "firefox_android"],
  [safariMac, 0, "safari_macos"],
  [safariMac, 5, "safari_ios"],
  ["Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/130.0 Mobile/15E148 Safari/604.1", 5, "other_ios"],
  ["Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/130.0 Mobile/15E148 Safari/605.1.15", 5, "other_ios"],
])("%s", (agent, touch, expected) => {
  expect(help(agent, touch)).toBe(expected);
});

test("an iPad that says it is a Mac is known by its touch screen", () => {
  expect([system(safariMac, 0), system(safariMac, 5), system(chromeWindows, 0)]).toEqual(["macos", "ios", "windows"]);
});

test.each([
  ["NotAllowedError", "Permission denied", "denied"],
  ["NotAllowedError", "Permission denied by system", "system"],
  ["NotReadableError", "Could not start video source", "busy"],
  ["NotFoundError", "Requested device not found", "none"],
  ["TypeError", "", "unknown"],
])("%s (%s) is %s", (name, message, expected) => {
  expect(problemOf(new DOMException(message, name))).toBe(expected);
});

test("phone numbers as Norwegians read and phones dial them", () => {
  expect(readable("+4755500100")).toBe("55 50 01 00");
  expect(readable("+4790012345")).toBe("900 12 345");
  expect(readable("+46812345678")).toBe("+46812345678");
  expect(phoneLink("+47 555 00 100")).toBe("tel:+4755500100");
});
