// «Legg til deltaker»: a companion or an interpreter, who gets a link of their own at once.
import { useRef, useState } from "preact/hooks";
import type { ConsultationView, GuestKind } from "../protocol";
import { Button, Notice } from "../shared/components/parts";
import { errorText, t } from "../shared/messages";
import { useAct } from "./act";
import { checkPerson, type Faults } from "./booking";
import type { Desk } from "./desk";
import { Dialog } from "./Dialog";
import { emptyGuest, levelOf, toGuest, type GuestForm } from "./guest";
import { LanguageField, LevelField, PersonFields } from "./PersonFields";

const KINDS: readonly GuestKind[] = ["companion", "interpreter"];

export function GuestDialog({ desk, view, onClose }: { desk: Desk; view: ConsultationView; onClose: () => void }) {
  const [form, setForm] = useState<GuestForm>(() => emptyGuest(view.language));
  const [faults, setFaults] = useState<Faults>({});
  const { busy, error, run } = useAct();
  // One key as long as the form is open: a repeated press after a lost answer invites once.
  const key = useRef(crypto.randomUUID());
  const element = useRef<HTMLFormElement>(null);
  const set = (change: Partial<GuestForm>): void => {
    const next = { ...form, ...change };
    setForm(next);
    const left = checkPerson({ ...next, level: levelOf(next) });
    setFaults(Object.fromEntries(Object.entries(faults).filter(([of]) => of in left)));
  };
  const submit = (event: Event): void => {
    event.preventDefault();
    const found = checkPerson({ ...form, level: levelOf(form) });
    setFaults(found);
    const first = (["name", "phone", "email"] as const).find((field) => found[field]);
    if (first) return element.current?.querySelector<HTMLElement>(`[name=${first}]`)?.focus();
    run(async () => {
      const guest = toGuest(form);
      await desk.office.addGuest(view.consultation, guest, key.current);
      onClose();
    });
  };
  return (
    <Dialog title={t("staff.guest.title")} onClose={onClose} wide>
      <p>{t("staff.guest.help", { name: view.patient_name })}</p>
      <form class="s-form" noValidate ref={element} onSubmit={submit}>
        <fieldset class="ds-fieldset s-form__wide s-kinds">
          <legend class="ds-label">{t("staff.guest.kind")}</legend>
          {KINDS.map((kind) => (
            <label key={kind} class="s-kind">
              <input class="ds-input" type="radio" name="kind" value={kind} checked={form.kind === kind} onChange={() => set({ kind })} /> <span>{t(`staff.guest.kind.${kind}`)}</span>
            </label>
          ))}
        </fieldset>
        <PersonFields person={form} label={t("staff.guest.form.name")} faults={faults} onType={(field, value) => set({ [field]: value })} />
        <LevelField level={levelOf(form)} of="guest" onChoose={(chosen) => set({ chosen })} />
        <LanguageField language={form.language} onChoose={(language) => set({ language })} />
        <div class="s-form__foot">
          {error && <Notice tone="danger"><p>{errorText(error)}</p></Notice>}
          <div class="v-row">
            <Button type="submit" busy={busy}>{t("staff.guest.submit")}</Button>
            <Button variant="secondary" color="neutral" onClick={onClose}>{t("staff.form.abort")}</Button>
          </div>
        </div>
      </form>
    </Dialog>
  );
}
