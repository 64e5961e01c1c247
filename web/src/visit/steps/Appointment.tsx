// With whom and when the appointment is, in words for the patient or the guest, and that it was moved or has passed.
import { Button, Notice } from "../../shared/components/parts";
import { clock, date, t } from "../../shared/messages";
import { guestKind } from "../state";
import type { StepProps } from "./props";

export function Appointment({ engine }: StepProps) {
  const { visit, movedFrom } = engine.state;
  if (!visit) return <></>;
  const when = { name: visit.clinician_name, date: date(visit.starts), clock: clock(visit.starts) };
  const kind = guestKind(visit);
  return (
    <>
      {movedFrom && (
        <Notice tone="warning" title={t("visit.moved.title")}>
          <p>{t("visit.moved", when)}</p>
          <Button variant="secondary" onClick={() => engine.seen()}>{t("visit.moved.seen")}</Button>
        </Notice>
      )}
      <p class="v-lead">{kind ? t("visit.appointment.guest", { ...when, kind }) : t("visit.appointment", when)}</p>
      {visit.state === "missed" && <p>{t("visit.appointment.missed")}</p>}
    </>
  );
}
