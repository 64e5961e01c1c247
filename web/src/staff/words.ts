// What a row or a notice says, as texts in the chosen language. No DOM.
import type { ConsultationView, Delivery, GuestView, Seat } from "../protocol";
import type { Person } from "../shared/e2ee/types";
import { clock, date, dayOf, errorText, t, type Key } from "../shared/messages";
import { secondsSince } from "./day";
import type { Notice } from "./notice";

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
  /** Green: it arrived; yellow: somebody should see to it; red: it did not arrive. None while all is as it should be. */
  readonly light: "good" | "doubtful" | "bad" | null;
  readonly text: string;
}

const LIGHTS: Partial<Record<Delivery, Sent["light"]>> = { delivered: "good", opted_out: "doubtful", uncertain: "doubtful", failed: "bad" };

/** How well it stands with a message. */
export function lightOf(state: Delivery): Sent["light"] {
  return LIGHTS[state] ?? null;
}

/** Whether somebody has to do something, for the message alone has not reached its receiver. */
export function needsHelp(state: Delivery): boolean {
  return ["bad", "doubtful"].includes(lightOf(state) ?? "");
}

/** What became of the invitation, for each way it goes. */
export function invitation(view: Pick<ConsultationView, "sms" | "mail" | "invite_at">, now: number): Sent[] {
  return (["sms", "mail"] as const).flatMap((way) => {
    const state = view[way];
    if (state === "none") return [];
    const text = state === "due" ? t(`staff.${way}.due`, { when: due(view.invite_at, now) }) : t(`staff.${way}.${state}`);
    return [{ way, state, light: lightOf(state), text }];
  });
}

/** The patient's name, or that it was taken away. */
export function patientName({ patient_name: name, erased }: Pick<ConsultationView, "patient_name" | "erased">): string {
  return erased ? t("staff.row.erased") : name;
}

/** Where it is, in a word or two. */
export function stateText({ state, by_phone }: Pick<ConsultationView, "state" | "by_phone">): string {
  return t(state === "ended" && by_phone ? "staff.state.by_phone" : `staff.state.${state}`);
}

/** Name and role, as people in the call are called. */
export function seatName(view: ConsultationView | null, seat: Seat): string {
  if (seat === "patient") return view?.patient_name ?? t("staff.notice.somebody");
  const guest = view?.guests.find((other) => other.seat === seat);
  return guest ? t("staff.guest.name", { name: guest.name, kind: guest.kind }) : t(`common.seat.${seat}`);
}

export type Whereabouts = "in_call" | "rung" | "expected" | "waits" | "lost" | "here" | "away";

/** Where a guest is. `called`: a call goes on; `there`: whether they have been heard of in it. */
export function guestAt(guest: GuestView, called: boolean, there: boolean): Whereabouts {
  if (there) return "in_call";
  if (guest.admitted) return guest.ready && called ? "rung" : "expected";
  if (guest.ready) return guest.present ? "waits" : "lost";
  return guest.present ? "here" : "away";
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
  phone: "staff.notice.phone",
  invited: "staff.notice.invited",
  moved: "staff.notice.moved",
  handed_over: "staff.notice.handed_over",
};

/** A notice in words; errors we have no words of our own for get the general ones. */
export function noticeText(notice: Notice, held: string | null): string {
  const key = NOTICES[notice.code];
  const name = held ?? notice.name ?? null;
  if (key) return t(key, { name: name ?? t("staff.notice.somebody"), colleague: notice.colleague ?? "" });
  return name ? t("staff.notice.failed", { name, error: errorText(notice.code) }) : errorText(notice.code);
}


/** What a login says of whoever is in a call, for the clinician to compare with the journal. */
export function identityOf({ seat, identity }: Pick<Person, "seat" | "identity">): string {
  if (!identity.known) return t(seat === "patient" && identity.why === "unasked" ? "staff.lock.unasked" : "staff.lock.unknown");
  const login = t("staff.lock.known", { clock: clock(new Date(identity.at)) });
  return identity.born ? `${login} ${t("staff.lock.born", { born: identity.born.split("-").reverse().join(".") })}` : login;
}
