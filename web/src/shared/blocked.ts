// Which problem of which device there is, and the way to solve it in this browser on this device, step by step. Pure.
import type { DeviceKind, DeviceProblem } from "./devices";

/** `in_app`: the browser inside another app (mail, social media), which often may not use a camera at all. */
export type Browser = "chrome" | "edge" | "firefox" | "safari" | "samsung" | "in_app";
export type System = "windows" | "macos" | "android" | "ios" | "linux";
export interface Place {
  browser: Browser;
  system: System;
}

/** One problem; of both devices when both have the same. */
export interface Trouble {
  problem: DeviceProblem;
  which: DeviceKind | "both";
}

/** What is wrong, each problem once. */
export function troubles(camera: DeviceProblem | null, microphone: DeviceProblem | null): Trouble[] {
  if (camera && camera === microphone) return [{ problem: camera, which: "both" }];
  return [...(camera ? [{ problem: camera, which: "camera" } as const] : []), ...(microphone ? [{ problem: microphone, which: "microphone" } as const] : [])];
}

/** Read from the user agent; an iPad says that it is a Mac, but Macs have no touch screens. */
export function placeOf(agent: string, touchPoints: number): Place {
  return { browser: browserOf(agent), system: systemOf(agent, touchPoints) };
}

function systemOf(agent: string, touchPoints: number): System {
  if (/iPhone|iPad|iPod/.test(agent) || (/Macintosh/.test(agent) && touchPoints > 1)) return "ios";
  if (/Android/.test(agent)) return "android";
  if (/Windows/.test(agent)) return "windows";
  return /Macintosh/.test(agent) ? "macos" : "linux";
}

// Android's WebView says "; wv)"; on an iPhone whatever is no browser leaves out "Safari/" or names itself.
const IN_APP = /FBAN|FBAV|Instagram|Messenger|Snapchat|LinkedInApp|Line\/|MicroMessenger|TikTok|; wv\)|GSA\//;

function browserOf(agent: string): Browser {
  if (IN_APP.test(agent) || (/iPhone|iPad|iPod/.test(agent) && !/Safari\//.test(agent))) return "in_app";
  if (/Edg(e|A|iOS)?\//.test(agent)) return "edge";
  if (/Firefox\/|FxiOS\//.test(agent)) return "firefox";
  if (/SamsungBrowser\//.test(agent)) return "samsung";
  if (/Chrom(e|ium)\/|CriOS\//.test(agent)) return "chrome";
  return "safari";
}

/** Names as their makers write them. */
export const BROWSER_NAMES: Record<Browser, string> = { chrome: "Chrome", edge: "Edge", firefox: "Firefox", safari: "Safari", samsung: "Samsung Internet", in_app: "" };

/** One step; `common.blocked.step.{Step}` says it. */
export type Step =
  | "again" | "reload" | "return" | "restart_browser" | "restart_device" | "other_browser"
  | "site_icon" | "lock_icon" | "permissions_icon" | "chrome_switch" | "chrome_permissions" | "edge_permissions" | "allow" | "firefox_remove" | "firefox_tap"
  | "safari_menu" | "safari_page_menu" | "website_settings"
  | "ios_settings" | "ios_app" | "ios_switch"
  | "in_app_menu" | "in_app_ios" | "in_app_android"
  | "windows_settings" | "windows_switches" | "macos_settings" | "macos_switch" | "android_settings" | "android_permissions" | "linux_settings"
  | "close_programs" | "close_tabs" | "end_phone_call" | "close_apps" | "windows_may_block"
  | "plug_in" | "bluetooth" | "cover";

const OPEN_ELSEWHERE: Partial<Record<System, Step[]>> = { ios: ["in_app_menu", "in_app_ios"], android: ["in_app_menu", "in_app_android"] };
const SYSTEM: Record<System, Step[]> = {
  windows: ["windows_settings", "windows_switches"],
  macos: ["macos_settings", "macos_switch", "restart_browser"],
  android: ["android_settings", "android_permissions", "return"],
  ios: ["ios_settings", "ios_app", "ios_switch", "return"],
  linux: ["linux_settings", "restart_browser"],
};

function denied({ browser, system }: Place): Step[] {
  // Every browser of an iPhone keeps its permissions in the phone's settings, save Safari.
  if (system === "ios") return browser === "safari" ? ["safari_page_menu", "website_settings", "allow", "reload"] : SYSTEM.ios;
  if (browser === "safari") return ["safari_menu", "allow", "reload"];
  if (browser === "firefox") return system === "android" ? ["lock_icon", "firefox_tap", "reload"] : ["permissions_icon", "firefox_remove", "reload"];
  if (browser === "edge") return ["lock_icon", system === "android" ? "chrome_permissions" : "edge_permissions", "allow"];
  if (browser === "samsung") return ["lock_icon", "chrome_permissions", "allow"];
  return system === "android" ? ["site_icon", "chrome_permissions", "chrome_switch"] : ["site_icon", "chrome_switch"];
}

/** The way out of this trouble. `askable`: the browser would ask once more, so nothing is to be unblocked. */
export function steps({ problem, which }: Trouble, place: Place, askable = false): Step[] {
  const { browser, system } = place;
  const phone = system === "ios" || system === "android";
  const elsewhere = browser === "in_app" ? OPEN_ELSEWHERE[system] : undefined;
  if (elsewhere && problem !== "busy") return elsewhere;
  switch (problem) {
    case "denied":
      return askable ? ["again"] : denied(place);
    case "system":
      return SYSTEM[system];
    case "busy":
      if (phone) return ["end_phone_call", "close_apps", "again"];
      // Firefox, and Chrome before 2020, say so too when Windows keeps the camera from them.
      return ["close_programs", "close_tabs", ...(system === "windows" ? (["windows_may_block"] as const) : []), "again"];
    case "none":
      if (phone) return ["bluetooth", "restart_device"];
      return ["plug_in", which === "camera" ? "cover" : "bluetooth"];
    case "unknown":
      return phone ? ["close_apps", "restart_device", "other_browser"] : ["close_programs", "restart_browser", "other_browser"];
  }
}
