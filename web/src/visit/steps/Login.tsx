// «Logg inn»: why, with what, and what comes after.
import { useState } from "preact/hooks";
import { Button, Heading } from "../../shared/components/parts";
import { t } from "../../shared/messages";
import { readable } from "../../shared/phone";
import { Appointment } from "./Appointment";
import type { StepProps } from "./props";

export function Login({ engine }: StepProps) {
  const [busy, setBusy] = useState(false);
  const { visit } = engine.state;
  if (!visit) return <></>;
  const login = async (): Promise<void> => {
    setBusy(true);
    await engine.login();
    setBusy(false);
  };
  return (
    <>
      <Heading>{t("visit.login.title")}</Heading>
      <Appointment engine={engine} />
      <p>{t("visit.login.why")}</p>
      <Button busy={busy} onClick={() => void login()}>
        {t("visit.login.button")}
      </Button>
      <p class="v-muted">{t("visit.login.after")}</p>
      <p class="v-muted">{t("visit.login.cannot", { phone: readable(visit.department.phone) })}</p>
    </>
  );
}
