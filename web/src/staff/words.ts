// What a row, a notice or a trail entry says, as texts in the chosen language. No DOM.
import type { ConsultationView, Delivery, TrailEntry } from "../protocol";
import { clock, date, dayOf, errorText, t, type Key } from "../shared/messages";
import { secondsSince } from "./day";
import type { Notice } from "./state";

/** A length of time as one says it: seconds in the first minute, then minutes, then hours. */
export function lasting(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1) return t("staff.row.seconds", { count: seconds });
  if (minutes < 60) return t("staff.row.minutes_waited", { count: minutes });
  return t("staff.row.hours_waited", { hours: Math.floor(minutes / 60), minutes: minutes % 60 });
}

/** Day and time, in the trust's zone. */
export function moment(instant: string): string {
  return t("staff.invite.at", { day: date(instant), clock: clock(instant) });
}

/** When a message goes out, said as briefly as it can be on this day. */
function due(at: string | null, now: number): string {
  if (at === null || Date.parse(at) <= now) return t("staff.invite.soon");
  return dayOf(at) === dayOf(new Date(now)) ? t("staff.invite.today", { clock: clock(at) }) : moment(at);
}

export interface Sent {
  readonly way: "sms" | "mail";
  readonly state: Delivery;
  readonly text: string;
}

/** What became of the invitation, for each way it goes. */
export function invitation(view: ConsultationView, now: number): Sent[] {
  return (["sms", "mail"] as const).flatMap((way) => {
    const state = view[way];
    if (state === "none") return [];
    const text = state === "due" ? t(`staff.${way}.due`, { when: due(view.invite_at, now) }) : t(`staff.${way}.${state}`);
    return [{ way, state, text }];
  });
}

export type Light = "good" | "doubtful" | "bad";
export interface Check {
  readonly what: "camera" | "speaker" | "microphone" | "network";
  readonly light: Light;
  readonly text: string;
}

const ANSWER: Record<string, Light> = { yes: "good", no: "bad", untested: "doubtful" };
const VERDICT: Record<string, Light> = { good: "good", improvable: "doubtful", poor: "bad", blocked: "bad", untested: "doubtful" };

/** The patient's own test: three devices and the network. */
export function checks({ devices, network }: ConsultationView): Check[] {
  const verdict = network?.verdict ?? "untested";
  return [
    ...(["camera", "speaker", "microphone"] as const).map((what) => ({
      what,
      light: ANSWER[devices[what]] ?? "doubtful",
      text: t(`staff.check.${what}.${devices[what]}`),
    })),
    { what: "network", light: VERDICT[verdict] ?? "doubtful", text: t(`staff.check.network.${verdict}`) },
  ];
}

/** Whether the patient's own test has anything to say: something was tested, and there is still a call to come. */
export function tested({ devices, network, state }: ConsultationView): boolean {
  if (state === "ended" || state === "cancelled") return false;
  return network !== null || Object.values(devices).some((answer) => answer !== "untested") || state === "checked_in";
}

/** How long past the time an appointment is that has not begun, in seconds; 0 when it is not. */
export function lateness({ starts, state }: ConsultationView, now: number): number {
  return state === "checked_in" ? secondsSince(starts, now) : 0;
}

const NOTICES: Record<string, Key> = {
  hang_up: "staff.notice.hang_up",
  withdrawn: "staff.notice.withdrawn",
  worker_lost: "staff.notice.worker_lost",
  call_lost: "staff.notice.call_lost",
  cancelled: "staff.notice.cancelled",
  no_worker: "staff.notice.no_worker",
  illegal_transition: "staff.notice.illegal_transition",
  invited: "staff.notice.invited",
};

/** A notice in words; errors we have no words of our own for get the general ones. */
export function noticeText(notice: Notice, name: string | null): string {
  const key = NOTICES[notice.code];
  if (key) return t(key, { name: name ?? t("staff.notice.somebody") });
  return name ? t("staff.notice.failed", { name, error: errorText(notice.code) }) : errorText(notice.code);
}

const HAPPENED: Record<string, Key> = {
  booked: "staff.trail.what.booked",
  arrived: "staff.trail.what.arrived",
  send_again: "staff.trail.what.send_again",
  sending: "staff.trail.what.sending",
  sms_sent: "staff.trail.what.sms_sent",
  sms_failed: "staff.trail.what.sms_failed",
  mail_sent: "staff.trail.what.mail_sent",
  mail_failed: "staff.trail.what.mail_failed",
  logged_in_none: "staff.trail.what.logged_in_none",
  logged_in_substantial: "staff.trail.what.logged_in_substantial",
  logged_in_high: "staff.trail.what.logged_in_high",
  feedback: "staff.trail.what.feedback",
  invite: "staff.trail.what.invite",
  check_in: "staff.trail.what.check_in",
  leave: "staff.trail.what.leave",
  call: "staff.trail.what.call",
  withdraw_call: "staff.trail.what.withdraw_call",
  moved: "staff.trail.what.moved",
  accept: "staff.trail.what.accept",
  drop: "staff.trail.what.drop",
  hang_up: "staff.trail.what.hang_up",
  cancel: "staff.trail.what.cancel",
  miss: "staff.trail.what.miss",
  phone: "staff.trail.what.phone",
};
const WHO: Record<string, Key> = {
  patient: "staff.who.patient",
  clinician: "staff.who.clinician",
  worker: "staff.who.worker",
  system: "staff.who.system",
};

/** What happened, in words; what this page does not know stays as the trail has it. */
export function happened({ what }: TrailEntry): string {
  const key = HAPPENED[what];
  return key ? t(key) : what;
}

/** Who did it: a role, or for staff the id of the one. */
export function doer({ who }: TrailEntry, me: string): string {
  if (who === me) return t("staff.who.me");
  const key = WHO[who];
  return key ? t(key) : t("staff.who.colleague", { id: who });
}
