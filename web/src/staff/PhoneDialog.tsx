// «Ring på telefon i stedet»: the number, large, and marking that they talked by phone.
import type { ConsultationView } from "../protocol";
import { Button, Notice } from "../shared/components/parts";
import { errorText, t } from "../shared/messages";
import { phoneLink, readable } from "../shared/phone";
import { useAct } from "./act";
import type { Desk } from "./desk";
import { Dialog } from "./Dialog";
import { Icon } from "./Icon";
import { WITH_CALL } from "./state";
import { Stopped } from "./Stopped";

export function PhoneDialog({ desk, view, onClose }: { desk: Desk; view: ConsultationView; onClose: () => void }) {
  const { busy, error, run } = useAct();
  const over = view.state === "ended" || view.state === "cancelled";
  const mark = (): void =>
    run(async () => {
      await desk.office.phone(view.consultation);
      desk.done("phone", view);
      onClose();
    });
  return (
    <Dialog title={t("staff.phone.title")} onClose={onClose}>
      {!over && !WITH_CALL.has(view.state) && <Stopped desk={desk}><p>{t("staff.stopped.phone")}</p></Stopped>}
      <p>{view.patient_name}</p>
      {view.phone ? <p><a class="ds-link s-number" href={phoneLink(view.phone)}><Icon name="phone" /> {readable(view.phone)}</a></p> : <Notice tone="warning" live={false}><p>{t("staff.phone.none")}</p></Notice>}
      {!over && <p>{t(WITH_CALL.has(view.state) ? "staff.phone.help.call" : "staff.phone.help")}</p>}
      {error && <Notice tone="danger"><p>{errorText(error)}</p></Notice>}
      <div class="v-row s-dialog__foot">
        {!over && <Button busy={busy} onClick={mark}>{t("staff.phone.mark")}</Button>}
        <Button variant="secondary" color="neutral" onClick={onClose}>{t("common.close")}</Button>
      </div>
    </Dialog>
  );
}
