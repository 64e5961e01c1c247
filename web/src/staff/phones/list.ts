// The list of whom to phone, as rows of words: for the eye, for paper, and for a spreadsheet. No DOM.
import type { Delivery, PhoneList, ToPhone } from "../../protocol";
import { clock, t } from "../../shared/messages";
import { readable } from "../../shared/phone";
import { languageName } from "../booking";
import { csv } from "../csv";

export const COLUMNS = ["starts", "patient_name", "phone", "language", "clinician_name", "department", "state", "told", "reference"] as const satisfies readonly (keyof ToPhone)[];
export type Column = (typeof COLUMNS)[number];

/** Who would otherwise come in vain: nothing was sent, or it did not arrive. */
const UNTOLD: ReadonlySet<Delivery> = new Set<Delivery>(["none", "failed", "opted_out", "uncertain"]);

export function isUntold({ told }: Pick<ToPhone, "told">): boolean {
  return UNTOLD.has(told);
}

/** One consultation in words, by column. */
export function words(one: ToPhone): Record<Column, string> {
  return {
    starts: clock(one.starts),
    patient_name: one.patient_name,
    phone: one.phone && readable(one.phone),
    language: languageName(one.language),
    clinician_name: one.clinician_name,
    department: one.department,
    state: t(`staff.state.${one.state}`),
    told: one.told === "none" ? t("office.phones.untold") : t(`staff.messages.state.${one.told}`),
    reference: one.reference,
  };
}

/** For a Norwegian spreadsheet, whose lists are separated by semicolons; without the marks by which a page sets numbers from left to right. */
export function file({ consultations }: PhoneList): string {
  const plain = (text: string): string => text.replace(/\u200e/g, "").replace(/\u00a0/g, " ");
  const rows = consultations.map(words).map((row) => COLUMNS.map((column) => plain(row[column])));
  return csv([COLUMNS.map((column) => t(`office.phones.column.${column}`)), ...rows], ";");
}
