// Which browser on which device this is, so that help can show the way in this one. Pure.

export type Browser = "chrome" | "edge" | "firefox" | "safari";
export type System = "windows" | "macos" | "android" | "ios" | "other";

/** Where the help for this combination is: every browser of an iPhone keeps its permissions in the phone's settings, save Safari. */
export type Help = "chrome_desktop" | "chrome_android" | "firefox_desktop" | "firefox_android" | "safari_macos" | "safari_ios" | "other_ios";

/** Read from the user agent; an iPad says that it is a Mac, but Macs have no touch screens. */
export function system(agent: string, touchPoints: number): System {
  if (/iPhone|iPad|iPod/.test(agent) || (/Macintosh/.test(agent) && touchPoints > 1)) return "ios";
  if (/Android/.test(agent)) return "android";
  if (/Windows/.test(agent)) return "windows";
  return /Macintosh/.test(agent) ? "macos" : "other";
}

export function browser(agent: string): Browser {
  if (/Edg(e|A|iOS)?\//.test(agent)) return "edge";
  if (/Firefox\/|FxiOS\//.test(agent)) return "firefox";
  if (/Chrom(e|ium)\/|CriOS\//.test(agent)) return "chrome";
  return "safari";
}

export function help(agent: string, touchPoints: number): Help {
  const [on, of] = [system(agent, touchPoints), browser(agent)];
  if (on === "ios") return of === "safari" ? "safari_ios" : "other_ios";
  if (of === "firefox") return on === "android" ? "firefox_android" : "firefox_desktop";
  if (of === "safari") return "safari_macos";
  return on === "android" ? "chrome_android" : "chrome_desktop"; // Edge keeps its permissions where Chrome does
}
