// «Overfør til kollega»: whoever else works in the department takes the consultation over.
import { useState } from "preact/hooks";
import type { ConsultationView, Me } from "../protocol";
import { Labelled } from "../shared/components/Labelled";
import { Button, Notice } from "../shared/components/parts";
import { errorText, t } from "../shared/messages";
import { useAct } from "./act";
import type { Desk } from "./desk";
import { Dialog } from "./Dialog";
import { successors } from "./roles";
import { moment } from "./words";

export function HandOverDialog({ desk, me, view, onClose }: { desk: Desk; me: Me; view: ConsultationView; onClose: () => void }) {
  const colleagues = successors(me, view);
  const [staff, setStaff] = useState(colleagues.length === 1 ? (colleagues[0]?.id ?? "") : "");
  const [missing, setMissing] = useState(false);
  const { busy, error, run } = useAct();
  const submit = (event: Event): void => {
    event.preventDefault();
    const colleague = colleagues.find(({ id }) => id === staff);
    setMissing(!colleague);
    if (!colleague) return;
    run(async () => {
      await desk.handOver(view, colleague.id, colleague.name);
      onClose();
    });
  };
  return (
    <Dialog title={t("staff.hand_over.title")} onClose={onClose}>
      <p><strong>{t("staff.hand_over.what", { name: view.patient_name, when: moment(view.starts) })}</strong></p>
      <form class="v-stack s-plain" noValidate onSubmit={submit}>
        <Labelled name="staff" label={t("staff.hand_over.to")} fault={missing ? t("staff.hand_over.missing") : null}>
          {(input) => (
            <select {...input} value={staff} onChange={({ currentTarget }) => { setStaff(currentTarget.value); setMissing(false); }}>
              <option value="">{t("staff.hand_over.choose")}</option>
              {colleagues.map(({ id, name }) => <option key={id} value={id}>{name}</option>)}
            </select>
          )}
        </Labelled>
        <p class="v-muted">{t("staff.hand_over.help")}</p>
        {error && <Notice tone="danger"><p>{errorText(error)}</p></Notice>}
        <div class="v-row">
          <Button type="submit" busy={busy}>{t("staff.hand_over.submit")}</Button>
          <Button variant="secondary" color="neutral" onClick={onClose}>{t("staff.form.abort")}</Button>
        </div>
      </form>
    </Dialog>
  );
}
