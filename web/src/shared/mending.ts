// Notices that a device which was refused, busy or missing can be had now, without asking anybody anything.
import { ask, choices, onPermission, permission, type DeviceKind, type DeviceProblem } from "./devices";
import { realAfter, type After } from "./time";

/** Where no event tells, as when another program lets go of a camera, it is tried this often while the page is looked at. */
export const TRY_MS = 3_000;

export interface Missing {
  /** Which devices are not held, and why. */
  missing: () => Partial<Record<DeviceKind, DeviceProblem | null>>;
  mended: () => void;
  after?: After;
}

/**
 * Whether getUserMedia would not ask. Names of devices are told only to pages that may use them, which stands in for the
 * Permissions API where it knows no cameras: Safari before 16, Firefox before 131 (developer.mozilla.org, Permissions API).
 */
async function unasked(kind: DeviceKind): Promise<boolean> {
  const state = await permission(kind);
  if (state !== "unknown") return state === "granted";
  return (await choices(kind)).some(({ label }) => label !== "");
}

/** Call `mended` when something missing can be had. Returns how to stop. */
export function watchFor({ missing, mended, after = realAfter }: Missing): () => void {
  let stopped = false;
  let cancel = (): void => undefined;
  const kinds = (): DeviceKind[] => Object.keys(missing()) as DeviceKind[];
  const allowed = async (): Promise<void> => {
    const open = await Promise.all(kinds().map(unasked));
    if (!stopped && open.includes(true)) mended();
  };
  const plugged = async (): Promise<void> => {
    const lists = await Promise.all(kinds().map((kind) => choices(kind)));
    if (!stopped && (lists.some((list) => list.length > 0) || Object.values(missing()).includes("none"))) mended();
  };
  const shown = (): void => void (document.visibilityState === "visible" && allowed());
  const tryAgain = async (): Promise<void> => {
    for (const kind of kinds()) {
      if (!missing()[kind] || document.visibilityState !== "visible" || !(await unasked(kind))) continue;
      const { track } = await ask(kind);
      track?.stop();
      if (track && !stopped && missing()[kind]) {
        mended();
        break;
      }
    }
    if (!stopped) cancel = after(TRY_MS, () => void tryAgain());
  };
  cancel = after(TRY_MS, () => void tryAgain());
  const stops = [onPermission("camera", () => void allowed()), onPermission("microphone", () => void allowed())];
  const devices = navigator.mediaDevices as MediaDevices | undefined; // missing in some apps' own browsers
  const change = (): void => void plugged();
  devices?.addEventListener("devicechange", change);
  document.addEventListener("visibilitychange", shown);
  addEventListener("focus", shown);
  return () => {
    stopped = true;
    cancel();
    for (const stop of stops) stop();
    devices?.removeEventListener("devicechange", change);
    document.removeEventListener("visibilitychange", shown);
    removeEventListener("focus", shown);
  };
}
