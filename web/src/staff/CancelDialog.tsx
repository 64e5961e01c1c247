// «Avlys»: asks once more, because a withdrawn link cannot be given back.
import { useState } from "preact/hooks";
import type { ConsultationView } from "../protocol";
import { Button } from "../shared/components/parts";
import { t } from "../shared/messages";
import type { Desk } from "./desk";
import { Dialog } from "./Dialog";
import { moment } from "./words";

export function CancelDialog({ desk, view, onClose }: { desk: Desk; view: ConsultationView; onClose: () => void }) {
  const [busy, setBusy] = useState(false);
  const cancel = async (): Promise<void> => {
    setBusy(true);
    await desk.cancel(view.consultation);
    onClose();
  };
  return (
    <Dialog title={t("staff.cancel.title")} onClose={onClose}>
      <p><strong>{t("staff.cancel.what", { name: view.patient_name, when: moment(view.starts) })}</strong></p>
      <p>{t("staff.cancel.help")}</p>
      <div class="v-row s-dialog__foot">
        <Button color="danger" busy={busy} onClick={() => void cancel()}>{t("staff.cancel.yes")}</Button>
        <Button variant="secondary" color="neutral" onClick={onClose}>{t("staff.cancel.no")}</Button>
      </div>
    </Dialog>
  );
}
