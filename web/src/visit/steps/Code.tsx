// «Kode på SMS»: for who has no electronic ID. Asks for a code, takes what was typed, and says in words what went wrong.
import { useEffect, useRef, useState } from "preact/hooks";
import { Labelled } from "../../shared/components/Labelled";
import { Button, Heading } from "../../shared/components/parts";
import { t } from "../../shared/messages";
import { readable } from "../../shared/phone";
import { Appointment } from "./Appointment";
import type { StepProps } from "./props";

export const DIGITS = 6;

/** What was typed or pasted as digits only; other scripts' digits count as what they mean. */
export function digits(typed: string): string {
  return [...typed.normalize("NFKC")]
    .map((sign) => (/[\u0660-\u0669\u06f0-\u06f9]/.test(sign) ? String((sign.codePointAt(0) ?? 0) & 15) : sign))
    .join("")
    .replace(/\D/g, "")
    .slice(0, DIGITS);
}

export function Code({ engine }: StepProps) {
  const [sent, setSent] = useState<string | null>(null);
  const [typed, setTyped] = useState("");
  const [busy, setBusy] = useState<"send" | "check" | null>(null);
  const [incomplete, setIncomplete] = useState(false);
  const field = useRef<HTMLFormElement>(null);
  const { visit, problem } = engine.state;
  const wrong = problem === "code_wrong";
  const focus = (): void => field.current?.querySelector<HTMLElement>("input")?.focus();
  useEffect(focus, [sent]);
  useEffect(() => {
    if (wrong) focus();
  }, [wrong]);
  if (!visit) return <></>;
  const phone = readable(visit.department.phone);
  const send = async (): Promise<void> => {
    setBusy("send");
    const ends = await engine.identity.sendCode();
    if (ends !== null) {
      setTyped("");
      setSent(ends);
    }
    setBusy(null);
  };
  const check = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (busy) return;
    setIncomplete(typed.length < DIGITS);
    if (typed.length < DIGITS) return focus();
    setBusy("check");
    if (!(await engine.identity.checkCode(typed))) setTyped("");
    setBusy(null);
  };
  return (
    <>
      <Heading>{t("visit.code.title")}</Heading>
      <Appointment engine={engine} />
      {visit.code_ends === "" && <p>{t("visit.code.none", { phone })}</p>}
      {visit.code_ends !== "" && sent === null && (
        <>
          <p>{t("visit.code.why", { ends: visit.code_ends })}</p>
          <Button busy={busy === "send"} onClick={() => void send()}>{t("visit.code.send")}</Button>
        </>
      )}
      {sent !== null && (
        <form class="v-stack v-code" noValidate ref={field} onSubmit={(event) => void check(event)}>
          <p role="status">{t("visit.code.sent", { ends: sent })}</p>
          <Labelled name="code" label={t("visit.code.label")} fault={incomplete ? t("visit.code.incomplete") : null}>
            {(input) => (
              <input
                {...input}
                type="text"
                inputMode="numeric"
                autoComplete="one-time-code"
                dir="ltr"
                required
                value={typed}
                onInput={({ currentTarget }) => {
                  currentTarget.value = digits(currentTarget.value);
                  setTyped(currentTarget.value);
                  setIncomplete(false);
                }}
              />
            )}
          </Labelled>
          <div class="v-answers">
            <Button type="submit" busy={busy === "check"}>{t("visit.code.check")}</Button>
            <Button variant="tertiary" busy={busy === "send"} onClick={() => void send()}>{t("visit.code.again")}</Button>
          </div>
        </form>
      )}
      <p class="v-muted">{t("visit.code.cannot", { phone })}</p>
    </>
  );
}
