// What an entry of the receipt says: what happened, and who did it, in words for a patient. No DOM.
import type { ReceiptEntry } from "../protocol";
import { listed, t, type Key } from "../shared/messages";

const HAPPENED: Record<string, Key> = {
  booked: "visit.receipt.what.booked",
  arrived: "visit.receipt.what.arrived",
  invite: "visit.receipt.what.invite",
  send_again: "visit.receipt.what.send_again",
  sms_sent: "visit.receipt.what.sms_sent",
  sms_delivered: "visit.receipt.what.sms_delivered",
  sms_failed: "visit.receipt.what.sms_failed",
  sms_opted_out: "visit.receipt.what.sms_opted_out",
  mail_sent: "visit.receipt.what.mail_sent",
  mail_delivered: "visit.receipt.what.mail_delivered",
  mail_failed: "visit.receipt.what.mail_failed",
  reminder_sms_sent: "visit.receipt.what.reminder_sent",
  reminder_mail_sent: "visit.receipt.what.reminder_sent",
  missing_sms_sent: "visit.receipt.what.missing_sent",
  missing_mail_sent: "visit.receipt.what.missing_sent",
  suspended_sms_sent: "visit.receipt.what.suspended_sent",
  suspended_mail_sent: "visit.receipt.what.suspended_sent",
  sms_declined: "visit.receipt.what.sms_declined",
  sms_accepted: "visit.receipt.what.sms_accepted",
  logged_in_none: "visit.receipt.what.logged_in",
  logged_in_code: "visit.receipt.what.logged_in",
  logged_in_substantial: "visit.receipt.what.logged_in",
  logged_in_high: "visit.receipt.what.logged_in",
  logged_out: "visit.receipt.what.logged_out",
  code_sent: "visit.receipt.what.code_sent",
  code_wrong: "visit.receipt.what.code_wrong",
  code_expired: "visit.receipt.what.code_expired",
  tested: "visit.receipt.what.tested",
  running_late: "visit.receipt.what.running_late",
  check_in: "visit.receipt.what.check_in",
  leave: "visit.receipt.what.leave",
  call: "visit.receipt.what.call",
  withdraw_call: "visit.receipt.what.withdraw_call",
  accept: "visit.receipt.what.accept",
  paused: "visit.receipt.what.paused",
  resumed: "visit.receipt.what.resumed",
  drop: "visit.receipt.what.drop",
  hang_up: "visit.receipt.what.hang_up",
  phone: "visit.receipt.what.phone",
  cancel: "visit.receipt.what.cancel",
  miss: "visit.receipt.what.miss",
  rescheduled: "visit.receipt.what.rescheduled",
  handed_over: "visit.receipt.what.handed_over",
  guest_invited: "visit.receipt.what.guest_invited",
  guest_removed: "visit.receipt.what.guest_removed",
  guest_admitted: "visit.receipt.what.guest_admitted",
  guest_joined: "visit.receipt.what.guest_joined",
  guest_left: "visit.receipt.what.guest_left",
  looked_up: "visit.receipt.what.looked_up",
  trail_read: "visit.receipt.what.trail_read",
  exported: "visit.receipt.what.exported",
  erased: "visit.receipt.what.erased",
  feedback_erased: "visit.receipt.what.feedback_erased",
  feedback: "visit.receipt.what.feedback",
};

/** What happened; something newer than this page knows is said to have happened, no more. */
export function happened(what: string): string {
  return t(HAPPENED[what] ?? "visit.receipt.what.other");
}

const ROLES: Partial<Record<ReceiptEntry["who"], Key>> = {
  patient: "visit.receipt.who.patient",
  guest: "visit.receipt.who.guest",
  clinician: "visit.receipt.who.clinician",
  secretary: "visit.receipt.who.secretary",
  administrator: "visit.receipt.who.administrator",
  support: "visit.receipt.who.support",
  auditor: "visit.receipt.who.auditor",
};

/** Who did it: you, one of the staff by name and role, or the system, which nobody need be told of. */
export function who(entry: Pick<ReceiptEntry, "who" | "name">): string {
  const role = ROLES[entry.who];
  return listed([entry.name, role ? t(role) : ""]);
}
