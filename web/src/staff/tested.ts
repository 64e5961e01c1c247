// What the patient's own test has shown, as lights and words. No DOM.
import type { ConsultationView, NetworkReport } from "../protocol";
import { t, type Key } from "../shared/messages";

export type Light = "good" | "doubtful" | "bad";
export interface Check {
  readonly what: "camera" | "speaker" | "microphone" | "network" | "devices";
  readonly light: Light;
  readonly text: string;
}

const DEVICES = ["camera", "speaker", "microphone"] as const;
const ANSWER: Record<string, Light> = { yes: "good", no: "bad", untested: "doubtful" };
const VERDICT: Record<string, Light> = { good: "good", improvable: "doubtful", poor: "bad", blocked: "bad", untested: "doubtful" };

/** Three devices and the network, each for itself. */
export function checks({ devices, network }: Pick<ConsultationView, "devices" | "network">): Check[] {
  const verdict = network?.verdict ?? "untested";
  return [
    ...DEVICES.map((what) => ({ what, light: ANSWER[devices[what]] ?? "doubtful", text: t(`staff.check.${what}.${devices[what]}`) })),
    { what: "network", light: VERDICT[verdict] ?? "doubtful", text: t(`staff.check.network.${verdict}`) },
  ];
}

/** The same in brief: devices that all work, or that nobody has tried, are one. */
export function brief(view: ConsultationView): Check[] {
  const all = checks(view);
  const answers = new Set(DEVICES.map((what) => view.devices[what]));
  const [same] = answers;
  if (answers.size > 1 || same === "no") return all.filter(({ light, what }) => light !== "good" || what === "network");
  return [{ what: "devices", light: ANSWER[same ?? "untested"] ?? "doubtful", text: t(`staff.check.devices.${same === "yes" ? "yes" : "untested"}`) }, ...all.slice(-1)];
}

/** Whether the patient's own test has anything to say: something was tested, and there is still a call to come. */
export function tested({ devices, network, state }: ConsultationView): boolean {
  if (state === "ended" || state === "cancelled") return false;
  return network !== null || Object.values(devices).some((answer) => answer !== "untested") || state === "checked_in";
}

/** What the network test measured, a line each: for whoever helps the patient. */
export function figures({ transport, rtt_ms, jitter_ms, loss, up_kbps, down_kbps }: NetworkReport): { what: Key; text: string }[] {
  return [
    { what: "staff.network.transport", text: t(`staff.network.transport.${transport}`) },
    { what: "staff.network.rtt", text: t("staff.network.milliseconds", { number: Math.round(rtt_ms) }) },
    { what: "staff.network.jitter", text: t("staff.network.milliseconds", { number: Math.round(jitter_ms) }) },
    { what: "staff.network.loss", text: t("staff.network.percent", { number: Math.round(loss * 1000) / 10 }) },
    { what: "staff.network.up", text: t("staff.network.kbps", { number: Math.round(up_kbps) }) },
    { what: "staff.network.down", text: t("staff.network.kbps", { number: Math.round(down_kbps) }) },
  ];
}
