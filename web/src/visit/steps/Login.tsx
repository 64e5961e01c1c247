// «Logg inn»: why, with what, and what comes after.
import { useState } from "preact/hooks";
import { Button, Heading } from "../../shared/components/parts";
import { t } from "../../shared/messages";
import { readable } from "../../shared/phone";
import { isGuest } from "../state";
import { Appointment } from "./Appointment";
import { Code } from "./Code";
import type { StepProps } from "./props";

/** By the portal, or by a code where the appointment asks for no more. */
export function Login({ engine }: StepProps) {
  const { visit } = engine.state;
  if (visit?.login_level === "code") return <Code engine={engine} />;
  return visit?.logged_in ? <OnceMore engine={engine} /> : <Portal engine={engine} />;
}

function Portal({ engine }: StepProps) {
  const [busy, setBusy] = useState(false);
  const { visit } = engine.state;
  if (!visit) return <></>;
  const login = async (): Promise<void> => {
    setBusy(true);
    await engine.identity.login();
    setBusy(false);
  };
  return (
    <>
      <Heading>{t("visit.login.title")}</Heading>
      <Appointment engine={engine} />
      <p>{t(isGuest(visit) ? "visit.login.why.guest" : visit.login_level === "high" ? "visit.login.why" : "visit.login.why.substantial")}</p>
      <Button busy={busy} onClick={() => void login()}>
        {t("visit.login.button")}
      </Button>
      <p class="v-muted">{t("visit.login.after")}</p>
      <p class="v-muted">{t("visit.login.cannot", { phone: readable(visit.department.phone) })}</p>
    </>
  );
}

/** Logged in, but the clinician could not see that it was in this browser. */
function OnceMore({ engine }: StepProps) {
  const [busy, setBusy] = useState(false);
  const { visit } = engine.state;
  if (!visit) return <></>;
  const login = async (): Promise<void> => {
    setBusy(true);
    await engine.loginAgain();
    setBusy(false);
  };
  return (
    <>
      <Heading>{t("visit.again.title")}</Heading>
      <Appointment engine={engine} />
      <p>{t("visit.again.why", { name: visit.clinician_name })}</p>
      <Button busy={busy} onClick={() => void login()}>
        {t("visit.again.button")}
      </Button>
      <p class="v-muted">{t("visit.again.after")}</p>
      <p class="v-muted">{t("visit.login.cannot", { phone: readable(visit.department.phone) })}</p>
    </>
  );
}
