// «Hvem er du?»: the patient's name and phone number, each fault said at its field.
import { useRef, useState } from "preact/hooks";
import type { Arrival, ClinicianView } from "../protocol";
import { ApiError } from "../shared/api";
import { Busy } from "../shared/components/Busy";
import { Labelled } from "../shared/components/Labelled";
import { Button, Heading, Notice } from "../shared/components/parts";
import { errorText, language, t, type Key } from "../shared/messages";
import { phoneNumber } from "../shared/phone";
import type { Wait } from "../shared/turn";

const MAX_NAME = 100;

/** What stands in the fields. */
export interface Typed {
  name: string;
  phone: string;
}

export interface WhoProps {
  clinician: ClinicianView;
  typed: Typed;
  onType: (typed: Typed) => void;
  onBack: () => void;
  /** Raises ApiError. */
  onArrive: (arrival: Arrival) => Promise<void>;
  /** Many come at once: until when it is waited. */
  wait: Wait | null;
  phone: string;
}

export function Who({ clinician, typed, onType, onBack, onArrive, wait, phone: department }: WhoProps) {
  const { name, phone } = typed;
  const [pressed, setPressed] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);

  const nameFault: Key | null = !name.trim() ? "department.error.name" : name.trim().length > MAX_NAME ? "department.error.name_long" : null;
  const number = phoneNumber(phone);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (busy) return;
    setPressed(true);
    setError(null);
    if (nameFault || !number) {
      form.current?.querySelector<HTMLElement>(`[name=${nameFault ? "name" : "phone"}]`)?.focus();
      return;
    }
    setBusy(true);
    try {
      await onArrive({ clinician: clinician.id, name: name.trim().replace(/\s+/g, " "), phone: number, language: language() });
    } catch (problem) {
      setError(problem instanceof ApiError ? problem : new ApiError("internal", "", true, 0));
      setBusy(false);
    }
  };
  return (
    <>
      <Heading>{t("department.you")}</Heading>
      <div class="v-row">
        <p>{t("department.you.with", { name: clinician.name })}</p>
        <Button class="d-change" variant="tertiary" data-size="sm" onClick={onBack}>{t("department.change")}</Button>
      </div>
      <p>{t("department.you.help", { name: clinician.name })}</p>
      <form class="v-stack d-form" noValidate ref={form} onSubmit={(event) => void submit(event)}>
        <Labelled name="name" label={t("department.name")} fault={pressed && nameFault ? t(nameFault) : null}>
          {(input) => <input {...input} type="text" autoComplete="name" required value={name} onInput={({ currentTarget }) => onType({ name: currentTarget.value, phone })} />}
        </Labelled>
        <Labelled name="phone" label={t("department.phone")} fault={pressed && !number ? t("department.error.phone") : null}>
          {(input) => <input {...input} type="tel" autoComplete="tel" required value={phone} onInput={({ currentTarget }) => onType({ name, phone: currentTarget.value })} />}
        </Labelled>
        {(wait || error?.code === "busy") && <Busy wait={wait} kept={t("department.busy.kept")} phone={department} />}
        {error && error.code !== "busy" && <Notice tone="danger"><p>{errorText(error.code, error.seconds)}</p></Notice>}
        <Button type="submit" busy={busy}>{t("department.next")}</Button>
      </form>
    </>
  );
}
