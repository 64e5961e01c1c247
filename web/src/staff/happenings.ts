// What a trail entry says: what happened, and who did it. No DOM.
import type { AuditEntry, Delivery, LoginLevel, Me, MessageKind, State, TrailEntry, Way } from "../protocol";
import { t, type Key } from "../shared/messages";

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
  logged_in_code: "staff.trail.what.logged_in_code",
  logged_in_substantial: "staff.trail.what.logged_in_substantial",
  logged_in_high: "staff.trail.what.logged_in_high",
  code_sent: "staff.trail.what.code_sent",
  code_wrong: "staff.trail.what.code_wrong",
  code_expired: "staff.trail.what.code_expired",
  feedback: "staff.trail.what.feedback",
  invite: "staff.trail.what.invite",
  check_in: "staff.trail.what.check_in",
  tested: "staff.trail.what.tested",
  running_late: "staff.trail.what.running_late",
  leave: "staff.trail.what.leave",
  call: "staff.trail.what.call",
  withdraw_call: "staff.trail.what.withdraw_call",
  moved: "staff.trail.what.moved",
  accept: "staff.trail.what.accept",
  paused: "staff.trail.what.paused",
  resumed: "staff.trail.what.resumed",
  drop: "staff.trail.what.drop",
  hang_up: "staff.trail.what.hang_up",
  cancel: "staff.trail.what.cancel",
  miss: "staff.trail.what.miss",
  phone: "staff.trail.what.phone",
  rescheduled: "staff.trail.what.rescheduled",
  handed_over: "staff.trail.what.handed_over",
  guest_invited: "staff.trail.what.guest_invited",
  guest_invited_again: "staff.trail.what.guest_invited_again",
  guest_removed: "staff.trail.what.guest_removed",
  guest_admitted: "staff.trail.what.guest_admitted",
  guest_ready: "staff.trail.what.guest_ready",
  guest_joined: "staff.trail.what.guest_joined",
  guest_left: "staff.trail.what.guest_left",
  logged_out: "staff.trail.what.logged_out",
  sms_accepted: "staff.trail.what.sms_accepted",
  sms_declined: "staff.trail.what.sms_declined",
  rules_changed: "staff.trail.what.rules_changed",
  text_changed: "staff.trail.what.text_changed",
  suspended: "staff.trail.what.suspended",
  suspension_changed: "staff.trail.what.suspension_changed",
  reopened: "staff.trail.what.reopened",
  phone_list_read: "staff.trail.what.phone_list_read",
  purged: "staff.trail.what.purged",
  contacts_purged: "staff.trail.what.contacts_purged",
  feedback_purged: "staff.trail.what.feedback_purged",
  trails_purged: "staff.trail.what.trails_purged",
  audit_read: "staff.trail.what.audit_read",
  person_exported: "staff.trail.what.person_exported",
  person_erased: "staff.trail.what.person_erased",
  exported: "staff.trail.what.exported",
  erased: "staff.trail.what.erased",
  feedback_erased: "staff.trail.what.feedback_erased",
  erased_again: "staff.trail.what.erased_again",
  feedback_erased_again: "staff.trail.what.feedback_erased_again",
  looked_up: "staff.trail.what.looked_up",
  trail_read: "staff.trail.what.trail_read",
};
const WHO: Record<string, Key> = {
  patient: "staff.who.patient",
  guest: "staff.who.guest",
  clinician: "staff.who.clinician",
  worker: "staff.who.worker",
  system: "staff.who.system",
};

/** What became of a message, as `sms_delivered` or `reminder_mail_failed`; the two are named apart. */
const MESSAGE = /^(?:(invited|reminder|missing|moved|cancelled|guest|suspended|code)_)?(sms|mail)_(due|sent|delivered|failed|opted_out|uncertain)$/;

function message(what: string): string | null {
  const [, kind, way, state] = MESSAGE.exec(what) ?? [];
  if (!way) return null;
  const about = kind ? t("staff.messages.what", { kind: t(`staff.messages.kind.${kind as MessageKind}`), way }) : t(`staff.support.${way as Way}`);
  return t("staff.trail.message", { about, state: t(`staff.messages.state.${state as Delivery}`) });
}

/** Everything that this page has words for, by the words. */
export function happenings(): { what: string; text: string }[] {
  return Object.entries(HAPPENED)
    .map(([what, key]) => ({ what, text: t(key) }))
    .sort((a, b) => a.text.localeCompare(b.text));
}

/** What happened, in words; what this page does not know stays as the trail has it. */
export function happened({ what }: Pick<TrailEntry, "what">): string {
  const key = HAPPENED[what];
  return key ? t(key) : (message(what) ?? what);
}

/** How surely whoever did it was known; "" for what no person did. */
export function levelOf(who: string, level: LoginLevel): string {
  if (who === "system" || who === "worker") return "";
  // Whose issuer names no level is known by the trust's own login all the same.
  return level === "none" && who !== "patient" && who !== "guest" ? t("staff.trail.level.staff") : t(`staff.trail.level.${level}`);
}

/** The state that it left, in words. */
export function stateAfter(state: string): string {
  return state && t(`staff.state.${state as State}`);
}

/** Who did it, as an auditor is told: the name of whoever is of the staff, else a role. */
export function actor({ role, staff, name }: Pick<AuditEntry, "role" | "staff" | "name">, me: Pick<Me, "id">): string {
  if (staff !== "" && staff === me.id) return t("staff.who.me");
  if (staff !== "") return name ? `${name} (${staff})` : staff;
  const key = WHO[role];
  return key ? t(key) : role;
}

/** Who did it: a role, or for staff the id of the one. */
export function doer({ who }: TrailEntry, me: Pick<Me, "id" | "colleagues">): string {
  if (who === me.id) return t("staff.who.me");
  const key = WHO[who];
  if (key) return t(key);
  return me.colleagues.find(({ id }) => id === who)?.name ?? t("staff.who.colleague", { id: who });
}
