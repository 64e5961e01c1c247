// Which problems are told, and the way out of each in every browser on every device.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { placeOf, steps, troubles, type Browser, type Place, type Step, type System } from "../src/shared/blocked";

const windows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36";
const mac = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/";
const safariMac = `${mac}605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15`;
const pixel = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) ";
const iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) ";

test.each<[string, number, Browser, System]>([
  [windows, 0, "chrome", "windows"],
  [windows, 10, "chrome", "windows"],
  [`${windows} Edg/143.0.0.0`, 0, "edge", "windows"],
  ["Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0", 0, "firefox", "windows"],
  [`${mac}537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36`, 0, "chrome", "macos"],
  [`${mac}537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36 Edg/143.0.0.0`, 0, "edge", "macos"],
  ["Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:145.0) Gecko/20100101 Firefox/145.0", 0, "firefox", "macos"],
  [safariMac, 0, "safari", "macos"],
  [safariMac, 5, "safari", "ios"],
  ["Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36", 0, "chrome", "linux"],
  ["Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", 0, "firefox", "linux"],
  [`${pixel}Chrome/143.0.0.0 Mobile Safari/537.36`, 5, "chrome", "android"],
  [`${pixel}Chrome/143.0.0.0 Mobile Safari/537.36 EdgA/143.0.0.0`, 5, "edge", "android"],
  [`${pixel}SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36`, 5, "samsung", "android"],
  ["Mozilla/5.0 (Android 15; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0", 5, "firefox", "android"],
  ["Mozilla/5.0 (Linux; Android 14; SM-S911B Build/UP1A; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/143.0.0.0 Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/490.0.0;]", 5, "in_app", "android"],
  [`${iphone}Version/18.5 Mobile/15E148 Safari/604.1`, 5, "safari", "ios"],
  [`${iphone}CriOS/143.0.0.0 Mobile/15E148 Safari/604.1`, 5, "chrome", "ios"],
  [`${iphone}FxiOS/145.0 Mobile/15E148 Safari/605.1.15`, 5, "firefox", "ios"],
  [`${iphone}Version/18.0 EdgiOS/143.0.0.0 Mobile/15E148 Safari/605.1.15`, 5, "edge", "ios"],
  [`${iphone}Mobile/15E148 [FBAN/FBIOS;FBAV/490.0.0]`, 5, "in_app", "ios"],
  [`${iphone}Mobile/15E148`, 5, "in_app", "ios"],
  [`${iphone}GSA/380.0 Mobile/15E148 Safari/604.1`, 5, "in_app", "ios"],
])("%s with %i fingers is %s on %s", (agent, touch, browser, system) => {
  expect(placeOf(agent, touch)).toEqual({ browser, system });
});

describe("the way out of a refusal", () => {
  const denied = { problem: "denied", which: "both" } as const;
  test.each<[Browser, System, Step[]]>([
    ["chrome", "windows", ["site_icon", "chrome_switch"]],
    ["chrome", "linux", ["site_icon", "chrome_switch"]],
    ["chrome", "android", ["site_icon", "chrome_permissions", "chrome_switch"]],
    ["edge", "macos", ["lock_icon", "edge_permissions", "allow"]],
    ["edge", "android", ["lock_icon", "chrome_permissions", "allow"]],
    ["samsung", "android", ["lock_icon", "chrome_permissions", "allow"]],
    ["firefox", "windows", ["permissions_icon", "firefox_remove", "reload"]],
    ["firefox", "android", ["lock_icon", "firefox_tap", "reload"]],
    ["safari", "macos", ["safari_menu", "allow", "reload"]],
    ["safari", "ios", ["safari_page_menu", "website_settings", "allow", "reload"]],
    ["chrome", "ios", ["ios_settings", "ios_app", "ios_switch", "return"]],
    ["firefox", "ios", ["ios_settings", "ios_app", "ios_switch", "return"]],
    ["in_app", "ios", ["in_app_menu", "in_app_ios"]],
    ["in_app", "android", ["in_app_menu", "in_app_android"]],
  ])("in %s on %s", (browser, system, expected) => {
    expect(steps(denied, { browser, system })).toEqual(expected);
  });

  test("is to answer, where the question was only closed", () => {
    expect(steps(denied, { browser: "chrome", system: "windows" }, true)).toEqual(["again"]);
    expect(steps(denied, { browser: "in_app", system: "ios" }, true)[0]).toBe("in_app_menu");
  });
});

test("what the system blocks is unblocked in the system, whatever the browser", () => {
  const first = (system: System): Step | undefined => steps({ problem: "system", which: "camera" }, { browser: "chrome", system })[0];
  expect((["windows", "macos", "android", "ios", "linux"] as const).map(first)).toEqual(["windows_settings", "macos_settings", "android_settings", "ios_settings", "linux_settings"]);
});

test("a busy device is let go of by closing what has it: on a phone that may be a call", () => {
  expect(steps({ problem: "busy", which: "microphone" }, { browser: "safari", system: "ios" })).toContain("end_phone_call");
  expect(steps({ problem: "busy", which: "camera" }, { browser: "in_app", system: "android" })).toContain("close_apps");
  expect(steps({ problem: "busy", which: "camera" }, { browser: "firefox", system: "windows" })).toContain("windows_may_block");
  expect(steps({ problem: "busy", which: "camera" }, { browser: "chrome", system: "macos" })).not.toContain("windows_may_block");
});

test("a missing device is plugged in, or looked for", () => {
  const place: Place = { browser: "edge", system: "windows" };
  expect(steps({ problem: "none", which: "camera" }, place)).toEqual(["plug_in", "cover"]);
  expect(steps({ problem: "none", which: "microphone" }, place)).toEqual(["plug_in", "bluetooth"]);
});

test("every problem has a way out everywhere, and every step is some way's", () => {
  const seen = new Set<string>();
  for (const problem of ["denied", "system", "busy", "none", "unknown"] as const) {
    for (const browser of ["chrome", "edge", "firefox", "safari", "samsung", "in_app"] as const) {
      for (const system of ["windows", "macos", "android", "ios", "linux"] as const) {
        for (const which of ["camera", "microphone", "both"] as const) {
          const way = steps({ problem, which }, { browser, system });
          expect(way.length).toBeGreaterThan(0);
          for (const step of way) seen.add(`common.blocked.step.${step}`);
        }
      }
    }
  }
  const texts = JSON.parse(readFileSync(join(import.meta.dirname, "..", "messages", "nb", "common.json"), "utf8")) as Record<string, string>;
  expect([...seen].sort()).toEqual(Object.keys(texts).filter((key) => key.startsWith("common.blocked.step.")).sort());
});

test("the same problem of both is told once", () => {
  expect(troubles("denied", "denied")).toEqual([{ problem: "denied", which: "both" }]);
  expect(troubles("none", "denied")).toEqual([{ problem: "none", which: "camera" }, { problem: "denied", which: "microphone" }]);
  expect(troubles(null, "busy")).toEqual([{ problem: "busy", which: "microphone" }]);
  expect(troubles(null, null)).toEqual([]);
});
