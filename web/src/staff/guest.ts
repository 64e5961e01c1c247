// The form for a guest, and the guest it becomes. No DOM.
import type { GuestKind, Language, LoginLevel, NewGuest } from "../protocol";
import { phoneNumber } from "../shared/phone";
import { plain, type Person } from "./booking";

export interface GuestForm extends Person {
  kind: GuestKind;
  /** Null until it is chosen: then a code where there is a phone for it, and nothing where there is none. */
  chosen: LoginLevel | null;
  language: Language;
}

export function emptyGuest(language: Language): GuestForm {
  return { kind: "companion", chosen: null, name: "", phone: "", email: "", language };
}

export function levelOf({ chosen, phone }: Pick<GuestForm, "chosen" | "phone">): LoginLevel {
  return chosen ?? (phone.trim() ? "code" : "none");
}

/** The guest of a form in which `checkPerson` found nothing. */
export function toGuest(form: GuestForm): NewGuest {
  const { kind, name, phone, email, language } = form;
  return { kind, name: plain(name), phone: phoneNumber(phone) ?? "", email: email.trim(), login_level: levelOf(form), language };
}
