// «Flytt»: another time for a consultation; the patient is told, and the link stays the same.
import { useRef, useState } from "preact/hooks";
import type { ConsultationView, Me } from "../protocol";
import { Labelled } from "../shared/components/Labelled";
import { Button, Notice } from "../shared/components/parts";
import { clock, dayOf, errorText, t } from "../shared/messages";
import { useAct } from "./act";
import { checkTime, DURATIONS, type Faults, type When } from "./booking";
import { instantOf } from "./day";
import type { Desk } from "./desk";
import { Dialog } from "./Dialog";
import { moment } from "./words";

export function MoveDialog({ desk, me, view, onClose }: { desk: Desk; me: Me; view: ConsultationView; onClose: () => void }) {
  const [when, setWhen] = useState<When>({ date: dayOf(view.starts), time: clock(view.starts), minutes: view.minutes });
  const [faults, setFaults] = useState<Faults>({});
  const { busy, error, run } = useAct();
  const form = useRef<HTMLFormElement>(null);
  const { today } = desk.state;
  const set = (change: Partial<When>): void => {
    const next = { ...when, ...change };
    setWhen(next);
    const left = checkTime(next, today, me.time_zone);
    setFaults(Object.fromEntries(Object.entries(faults).filter(([of]) => of in left)));
  };
  const submit = (event: Event): void => {
    event.preventDefault();
    const found = checkTime(when, today, me.time_zone);
    setFaults(found);
    const first = (["date", "time"] as const).find((field) => found[field]);
    if (first) return form.current?.querySelector<HTMLElement>(`[name=${first}]`)?.focus();
    run(async () => {
      await desk.office.move(view.consultation, { starts: instantOf(when.date, when.time, me.time_zone) ?? "", minutes: when.minutes });
      desk.done("moved", view);
      onClose();
    });
  };
  const field = (name: "date" | "time" | "minutes") => ({ name, fault: faults[name] ? t(`staff.form.error.${faults[name]}`) : null });
  const durations = DURATIONS.includes(view.minutes) ? DURATIONS : [...DURATIONS, view.minutes].sort((a, b) => a - b);
  return (
    <Dialog title={t("staff.move.title")} onClose={onClose}>
      <p>{t("staff.move.what", { name: view.patient_name, when: moment(view.starts) })}</p>
      <form class="s-form" noValidate ref={form} onSubmit={submit}>
        <Labelled {...field("date")} label={t("staff.form.date")}>
          {(input) => <input {...input} type="date" min={today} required value={when.date} onInput={({ currentTarget }) => set({ date: currentTarget.value })} />}
        </Labelled>
        <div class="s-form__pair">
          <Labelled {...field("time")} label={t("staff.form.time")}>
            {(input) => <input {...input} type="time" required value={when.time} onInput={({ currentTarget }) => set({ time: currentTarget.value })} />}
          </Labelled>
          <Labelled {...field("minutes")} label={t("staff.form.minutes")}>
            {(input) => (
              <select {...input} value={when.minutes} onChange={({ currentTarget }) => set({ minutes: Number(currentTarget.value) })}>
                {durations.map((minutes) => <option key={minutes} value={minutes}>{t("staff.row.minutes", { minutes })}</option>)}
              </select>
            )}
          </Labelled>
        </div>
        <p class="s-form__wide v-muted">{t("staff.move.help")}</p>
        <div class="s-form__wide v-stack">
          {error && <Notice tone="danger"><p>{errorText(error)}</p></Notice>}
          <div class="v-row">
            <Button type="submit" busy={busy}>{t("staff.move.submit")}</Button>
            <Button variant="secondary" color="neutral" onClick={onClose}>{t("staff.form.abort")}</Button>
          </div>
        </div>
      </form>
    </Dialog>
  );
}
