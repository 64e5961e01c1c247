// The form for a guest, and the guest it becomes. No DOM.
import type { GuestKind, Language, NewGuest } from "../protocol";
import { phoneNumber } from "../shared/phone";
import { plain, type Person } from "./booking";

export interface GuestForm extends Person {
  kind: GuestKind;
  language: Language;
}

export function emptyGuest(language: Language): GuestForm {
  return { kind: "companion", name: "", phone: "", email: "", language };
}

/** The guest of a form in which `checkPerson` found nothing. */
export function toGuest({ kind, name, phone, email, language }: GuestForm): NewGuest {
  return { kind, name: plain(name), phone: phoneNumber(phone) ?? "", email: email.trim(), language };
}
