// How the page calls for attention when a patient has checked in, also from a tab behind others: sound, the tab's own sign, a notification.
import { soundReady, unlockSound } from "../shared/sound";
import { t } from "../shared/messages";
import { notify } from "../shared/notify";
import { chime } from "./chime";

/** What a clinician may want, remembered on this device; sound is on until it is turned off. */
export type Wish = "chime" | "popup";
const AT_FIRST: Record<Wish, boolean> = { chime: true, popup: false };

export function wanted(wish: Wish): boolean {
  try {
    const stored = localStorage.getItem(`venterom.${wish}`);
    return stored === null ? AT_FIRST[wish] : stored === "on";
  } catch {
    return AT_FIRST[wish]; // storage is refused in some private windows
  }
}

export function want(wish: Wish, on: boolean): void {
  try {
    localStorage.setItem(`venterom.${wish}`, on ? "on" : "off");
  } catch {
    // not remembered then
  }
}

/** Whether a sound is wanted that the browser would not play yet. */
export function soundMissing(): boolean {
  return wanted("chime") && !soundReady();
}

/** The browser lets sound play after any press: the first one on this page will do. */
export function unlockAtFirstPress(then: () => void): void {
  const press = (): void => {
    for (const sign of ["pointerdown", "keydown"]) removeEventListener(sign, press);
    void unlockSound().then(then);
  };
  for (const sign of ["pointerdown", "keydown"]) addEventListener(sign, press);
  void unlockSound().then(then); // many browsers need no press where one has just logged in
}

/** A patient has checked in. Nothing here says who. */
export function announceArrival(): void {
  if (wanted("chime")) chime();
  if (wanted("popup")) notify(t("common.name"), t("staff.popup"));
}

let plain: string | null = null;

/** The tab's icon with the number of those who wait on it. */
export function showBadge(count: number): void {
  const icon = document.querySelector<HTMLLinkElement>("link[rel=icon]");
  if (!icon) return;
  plain ??= icon.href;
  icon.href = count === 0 ? plain : `data:image/svg+xml,${encodeURIComponent(badge(count))}`;
}

function badge(count: number): string {
  const text = count > 9 ? "9+" : String(count);
  return (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="9" fill="#a3104b"/>' +
    `<text x="16" y="24" font-family="Arial,sans-serif" font-size="${text.length > 1 ? 18 : 23}" font-weight="700" text-anchor="middle" fill="#fff">${text}</text></svg>`
  );
}
