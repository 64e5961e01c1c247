// «Ny konsultasjon»: the booking form in a dialog, with each fault said at its field.
import { useRef, useState } from "preact/hooks";
import type { Me } from "../protocol";
import { Labelled } from "../shared/components/Labelled";
import { Button, Notice } from "../shared/components/parts";
import { errorText, t } from "../shared/messages";
import { useAct } from "./act";
import { check, departmentsOf, DURATIONS, empty, fitting, ORDER, toBooking, type Faults, type Field, type Form } from "./booking";
import type { Desk } from "./desk";
import { Dialog } from "./Dialog";
import { LanguageField, LevelField, PersonFields } from "./PersonFields";
import { is, listers } from "./roles";

export function BookingDialog({ desk, me, onClose }: { desk: Desk; me: Me; onClose: () => void }) {
  const { today, shown, whose } = desk.state;
  const all = listers(me);
  const [form, setForm] = useState<Form>(() => desk.drafts.get<Form>("book") ?? empty(shown < today ? today : shown, departmentsOf(me.departments, all, whose), whose, "nb"));
  const [faults, setFaults] = useState<Faults>({});
  const { busy, error, run } = useAct();
  // One key as long as the form is open: a repeated press after a lost answer books once.
  const key = useRef(crypto.randomUUID());
  const element = useRef<HTMLFormElement>(null);

  const set = <F extends Field>(field: F, value: Form[F]): void => {
    const next = { ...form, [field]: value };
    if (field === "clinician") next.department = fitting(form.department, departmentsOf(me.departments, all, next.clinician));
    desk.drafts.keep("book", next); // should the login run out, it is taken up again afterwards
    setForm(next);
    // A fault goes as soon as it is mended, but none appears while one is still typing.
    const left = check(next, today, me.time_zone, all);
    setFaults(Object.fromEntries(Object.entries(faults).filter(([of]) => of in left)));
  };
  const close = (): void => {
    desk.drafts.drop("book");
    onClose();
  };
  const submit = (event: Event): void => {
    event.preventDefault();
    const found = check(form, today, me.time_zone, all);
    setFaults(found);
    const first = ORDER.find((field) => found[field]);
    if (first) return element.current?.querySelector<HTMLElement>(`[name=${first}]`)?.focus();
    run(async () => {
      await desk.book(toBooking(form, me.time_zone, me.id), key.current);
      close();
    });
  };
  const field = (name: Field) => ({ name, fault: faults[name] ? t(`staff.form.error.${faults[name]}`) : null });
  const typed = (name: "date" | "time" | "nationalId") => ({
    value: form[name],
    onInput: ({ currentTarget }: { currentTarget: HTMLInputElement }) => set(name, currentTarget.value),
  });
  const departments = departmentsOf(me.departments, all, form.clinician);
  const count = Object.keys(faults).length;

  return (
    <Dialog title={t("staff.form.title")} onClose={close} wide>
      <form class="s-form" noValidate ref={element} onSubmit={submit}>
        {is(me, "secretary") && (
          <Labelled {...field("clinician")} label={t("staff.form.clinician")} class="s-form__wide">
            {(input) => (
              <select {...input} value={form.clinician} onChange={({ currentTarget }) => set("clinician", currentTarget.value)}>
                <option value="">{t("staff.form.clinician.choose")}</option>
                {all.map(({ id, name }) => <option key={id} value={id}>{name}</option>)}
              </select>
            )}
          </Labelled>
        )}
        {departments.length !== 1 && (
          <Labelled {...field("department")} label={t("staff.form.department")} class="s-form__wide">
            {(input) => (
              <select {...input} value={form.department} onChange={({ currentTarget }) => set("department", currentTarget.value)}>
                <option value="">{t("staff.form.department.choose")}</option>
                {departments.map(({ id, name }) => <option key={id} value={id}>{name}</option>)}
              </select>
            )}
          </Labelled>
        )}
        <PersonFields person={form} label={t("staff.form.name")} faults={faults} onType={set} />
        <Labelled {...field("date")} label={t("staff.form.date")}>
          {(input) => <input {...input} {...typed("date")} type="date" min={today} required />}
        </Labelled>
        <div class="s-form__pair">
          <Labelled {...field("time")} label={t("staff.form.time")}>
            {(input) => <input {...input} {...typed("time")} type="time" required />}
          </Labelled>
          <Labelled {...field("minutes")} label={t("staff.form.minutes")}>
            {(input) => (
              <select {...input} value={form.minutes} onChange={({ currentTarget }) => set("minutes", Number(currentTarget.value))}>
                {DURATIONS.map((minutes) => <option key={minutes} value={minutes}>{t("staff.row.minutes", { minutes })}</option>)}
              </select>
            )}
          </Labelled>
        </div>
        <LevelField level={form.level} of="patient" onChoose={(level) => set("level", level)} />
        <Labelled {...field("nationalId")} label={t("staff.form.national_id")} help={t("staff.form.national_id.help")}>
          {(input) => <input {...input} {...typed("nationalId")} type="text" inputMode="numeric" autoComplete="off" />}
        </Labelled>
        <LanguageField language={form.language} onChoose={(language) => set("language", language)} />
        <Labelled {...field("send")} label={t("staff.form.send")}>
          {(input) => (
            <select {...input} value={form.send} onChange={({ currentTarget }) => set("send", currentTarget.value as Form["send"])}>
              {(["by_rule", "now"] as const).map((send) => <option key={send} value={send}>{t(`staff.form.send.at.${send}`)}</option>)}
            </select>
          )}
        </Labelled>
        <div class="s-form__foot">
          {count > 0 && <p class="ds-validation-message" role="alert">{t("staff.form.faults", { count })}</p>}
          {error && <Notice tone="danger"><p>{errorText(error)}</p></Notice>}
          <div class="v-row">
            <Button type="submit" busy={busy}>{t("staff.form.submit")}</Button>
            <Button variant="secondary" color="neutral" onClick={close}>{t("staff.form.abort")}</Button>
          </div>
        </div>
      </form>
    </Dialog>
  );
}
