// The history of what was sent about a consultation, in words, and which of it can be sent anew. No DOM.
import type { ConsultationView, SentMessage } from "../protocol";
import { t } from "../shared/messages";
import { phoneNumber, readable } from "../shared/phone";
import { lightOf, patientName, type Sent } from "./words";

export interface Line {
  readonly key: string;
  readonly what: string;
  readonly to: string;
  readonly state: string;
  readonly light: Sent["light"];
  /** Why it did not arrive; "" where it did or nobody knows. */
  readonly why: string;
  readonly at: string;
  /** Whom to send anew: the patient, a guest by id, or nobody. */
  readonly again: { readonly guest: string } | null;
}

const CAN_INVITE: ReadonlySet<ConsultationView["state"]> = new Set<ConsultationView["state"]>(["booked", "invited", "checked_in", "missed"]);

/** The lines of the history, the newest first. Anew can be sent the newest that did not surely arrive, for each receiver and way. */
export function lines(messages: readonly SentMessage[], view: ConsultationView): Line[] {
  const seen = new Set<string>();
  return messages.map((message, index) => {
    const { kind, way, guest, state, at, why } = message;
    const receiver = `${guest}/${way}`;
    const newest = !seen.has(receiver);
    if (kind !== "code") seen.add(receiver);
    const invited = view.guests.find(({ id }) => id === guest);
    const known = guest === "" || invited !== undefined;
    const fits = newest && known && kind !== "code" && kind !== "cancelled" && CAN_INVITE.has(view.state);
    return {
      key: `${at} ${receiver} ${kind} ${index}`,
      what: t("staff.messages.what", { kind: t(`staff.messages.kind.${kind}`), way }),
      to: guest === "" ? patientName(view) : (invited?.name ?? t("staff.messages.former_guest")),
      state: t(`staff.messages.state.${state}`),
      light: lightOf(state),
      why: why === "none" || state === "opted_out" ? "" : t(`staff.messages.why.${why}`),
      at,
      again: fits && (state === "failed" || state === "uncertain") ? { guest } : null,
    };
  });
}

/** Where SMS goes, as one reads it; "" where there is no number. */
export function smsTo({ phone }: Pick<ConsultationView, "phone">): string {
  return phoneNumber(phone) ? readable(phone) : "";
}
