// The browser's notification when it rings while one looks at something else; it names nobody.

/** `off`: not asked for yet. `blocked`: the person, or the browser for them, said no. */
export type Notifying = "impossible" | "off" | "on" | "blocked";

/** Chrome on Android has the constructor and throws in it: there only service workers may notify. */
export function notifying(): Notifying {
  if (typeof Notification !== "function" || /Android/.test(navigator.userAgent)) return "impossible";
  return { default: "off", granted: "on", denied: "blocked" }[Notification.permission] as Notifying;
}

/** Ask for permission; only ever from a press. */
export async function allowNotifying(): Promise<Notifying> {
  // Safari 15 takes a function instead of giving a promise.
  await new Promise<void>((done) => void Notification.requestPermission(() => done())?.then(() => done(), () => done()));
  return notifying();
}

/** Show it if that was allowed and the page is not looked at; returns how to take it away. */
export function notify(title: string, body: string): () => void {
  if (notifying() !== "on" || document.visibilityState === "visible") return () => undefined;
  try {
    const shown = new Notification(title, { body, tag: "venterom", icon: "/icon.svg" });
    shown.onclick = () => {
      window.focus();
      shown.close();
    };
    return () => shown.close();
  } catch {
    return () => undefined;
  }
}
