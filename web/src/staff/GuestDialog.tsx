// «Legg til deltaker»: a companion or an interpreter, who gets a link of their own at once.
import { useRef, useState } from "preact/hooks";
import type { ConsultationView, GuestKind } from "../protocol";
import { Labelled } from "../shared/components/Labelled";
import { Button, Notice } from "../shared/components/parts";
import { LANGUAGES } from "../shared/languages";
import { errorText, t } from "../shared/messages";
import { useAct } from "./act";
import { checkPerson, type Faults } from "./booking";
import type { Desk } from "./desk";
import { Dialog } from "./Dialog";
import { emptyGuest, toGuest, type GuestForm } from "./guest";

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
    const left = checkPerson(next);
    setFaults(Object.fromEntries(Object.entries(faults).filter(([of]) => of in left)));
  };
  const submit = (event: Event): void => {
    event.preventDefault();
    const found = checkPerson(form);
    setFaults(found);
    const first = (["name", "phone", "email"] as const).find((field) => found[field]);
    if (first) return element.current?.querySelector<HTMLElement>(`[name=${first}]`)?.focus();
    run(async () => {
      const guest = toGuest(form);
      await desk.office.addGuest(view.consultation, guest, key.current);
      onClose();
    });
  };
  const field = (name: "name" | "phone" | "email" | "language") => ({ name, fault: faults[name] ? t(`staff.form.error.${faults[name]}`) : null });
  const typed = (name: "name" | "phone" | "email") => ({ value: form[name], onInput: ({ currentTarget }: { currentTarget: HTMLInputElement }) => set({ [name]: currentTarget.value }) });
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
        <Labelled {...field("name")} label={t("staff.guest.form.name")} class="s-form__wide">
          {(input) => <input {...input} {...typed("name")} type="text" autoComplete="off" required />}
        </Labelled>
        <Labelled {...field("phone")} label={t("staff.form.phone")}>
          {(input) => <input {...input} {...typed("phone")} type="tel" autoComplete="off" />}
        </Labelled>
        <Labelled {...field("email")} label={t("staff.form.email")}>
          {(input) => <input {...input} {...typed("email")} type="email" autoComplete="off" />}
        </Labelled>
        <p class="s-form__help v-muted">{t("staff.form.contact")}</p>
        <Labelled {...field("language")} label={t("staff.form.language")}>
          {(input) => (
            <select {...input} value={form.language} onChange={({ currentTarget }) => set({ language: currentTarget.value as GuestForm["language"] })}>
              {LANGUAGES.map(({ code, name }) => <option key={code} value={code} lang={code}>{name}</option>)}
            </select>
          )}
        </Labelled>
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
