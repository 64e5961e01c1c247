// «Logg inn»: why, with what, and what comes after.
import { useState } from "preact/hooks";
import { Button, Heading } from "../../shared/components/parts";
import { t } from "../../shared/messages";
import { readable } from "../../shared/phone";
import type { VisitView } from "../../protocol";
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
  const { visit } = engine.state;
  if (!visit) return <></>;
  const why = t(isGuest(visit) ? "visit.login.why.guest" : visit.login_level === "high" ? "visit.login.why" : "visit.login.why.substantial");
  const words = { title: t("visit.login.title"), why, button: t("visit.login.button"), after: t("visit.login.after") };
  return <ToPortal engine={engine} visit={visit} words={words} go={() => engine.identity.login()} />;
}

/** Logged in, but the clinician could not see that it was in this browser. */
function OnceMore({ engine }: StepProps) {
  const { visit } = engine.state;
  if (!visit) return <></>;
  const words = { title: t("visit.again.title"), why: t("visit.again.why", { name: visit.clinician_name }), button: t("visit.again.button"), after: t("visit.again.after") };
  return <ToPortal engine={engine} visit={visit} words={words} go={() => engine.loginAgain()} />;
}

interface ToPortalProps extends StepProps {
  visit: VisitView;
  words: { title: string; why: string; button: string; after: string };
  go: () => Promise<unknown>;
}

function ToPortal({ engine, visit, words, go }: ToPortalProps) {
  const [busy, setBusy] = useState(false);
  const login = async (): Promise<void> => {
    setBusy(true);
    await go();
    setBusy(false);
  };
  return (
    <>
      <Heading>{words.title}</Heading>
      <Appointment engine={engine} />
      <p>{words.why}</p>
      <Button busy={busy} onClick={() => void login()}>
        {words.button}
      </Button>
      <p class="v-muted">{words.after}</p>
      <p class="v-muted">{t("visit.login.cannot", { phone: readable(visit.department.phone) })}</p>
    </>
  );
}
