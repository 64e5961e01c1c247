// The signs that the network or the screen is back, or gone, or another one: any of them may come without the others.
import { onSleep } from "./time";

/** What Chromium on phones tells of the way out (W3C Network Information); its other figures change all the time. */
type Information = EventTarget & { type?: string };

/** `elsewhere`: the way out is another one, as after leaving a Wi-Fi. */
export function onWaking(wake: (elsewhere: boolean) => void): void {
  addEventListener("online", () => wake(true));
  addEventListener("offline", () => wake(false));
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && wake(false));
  onSleep(() => wake(false));
  const { connection } = navigator as Navigator & { connection?: Information };
  let type = connection?.type;
  connection?.addEventListener("change", () => {
    if (type === connection.type) return;
    type = connection.type;
    if (type !== "none") wake(true);
  });
}
