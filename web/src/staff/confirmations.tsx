// What is asked once more before it is done, because it cannot be taken back: cancelling, hanging up, showing a guest out.
import type { ComponentChildren } from "preact";
import type { ConsultationView, GuestView } from "../protocol";
import { Button, Notice } from "../shared/components/parts";
import { errorText, t } from "../shared/messages";
import { useAct } from "./act";
import type { Desk } from "./desk";
import { Dialog } from "./Dialog";
import { moment } from "./words";

interface ConfirmationProps {
  title: string;
  yes: string;
  no: string;
  act: () => Promise<void>;
  onClose: () => void;
  children: ComponentChildren;
}

function Confirmation({ title, yes, no, act, onClose, children }: ConfirmationProps) {
  const { busy, error, run } = useAct();
  return (
    <Dialog title={title} onClose={onClose}>
      {children}
      {error && <Notice tone="danger"><p>{errorText(error)}</p></Notice>}
      <div class="v-row s-dialog__foot">
        <Button color="danger" busy={busy} onClick={() => run(async () => { await act(); onClose(); })}>{yes}</Button>
        <Button variant="secondary" color="neutral" onClick={onClose}>{no}</Button>
      </div>
    </Dialog>
  );
}

export function CancelDialog({ desk, view, onClose }: { desk: Desk; view: ConsultationView; onClose: () => void }) {
  return (
    <Confirmation title={t("staff.cancel.title")} yes={t("staff.cancel.yes")} no={t("staff.cancel.no")} act={async () => void (await desk.office.cancel(view.consultation))} onClose={onClose}>
      <p><strong>{t("staff.cancel.what", { name: view.patient_name, when: moment(view.starts) })}</strong></p>
      <p>{t("staff.cancel.help")}</p>
    </Confirmation>
  );
}

/** The end of a call is the end of the consultation: it does not come back. */
export function HangUpDialog({ desk, view, onClose }: { desk: Desk; view: ConsultationView; onClose: () => void }) {
  const act = async (): Promise<void> => desk.hangUp(view);
  return (
    <Confirmation title={t("staff.hang_up.title")} yes={t("staff.hang_up.yes")} no={t("staff.hang_up.no")} act={act} onClose={onClose}>
      <p>{t("staff.hang_up.help", { name: view.patient_name })}</p>
    </Confirmation>
  );
}

export function RemoveGuestDialog({ desk, view, guest, onClose }: { desk: Desk; view: ConsultationView; guest: GuestView; onClose: () => void }) {
  const act = async (): Promise<void> => void (await desk.office.removeGuest(view.consultation, guest.id));
  return (
    <Confirmation title={t("staff.guest.remove.title", { name: guest.name })} yes={t("staff.guest.remove.yes")} no={t("staff.guest.remove.no")} act={act} onClose={onClose}>
      <p>{t("staff.guest.remove.help")}</p>
    </Confirmation>
  );
}
