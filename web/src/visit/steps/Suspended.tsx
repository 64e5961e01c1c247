// No video today: the trust's own words, that the department phones, and that there is nothing to do. Goes on by itself.
import { useEffect } from "preact/hooks";
import { PhoneNumber } from "../../shared/components/Page";
import { Heading } from "../../shared/components/parts";
import { clock, t } from "../../shared/messages";
import { isGuest } from "../state";
import type { StepProps } from "./props";

/** Who has not logged in has no socket that would tell that it is over. */
const LOOK_MS = 60_000;

export function Suspended({ engine }: StepProps) {
  const { visit } = engine.state;
  useEffect(() => {
    const look = (): void => void (document.visibilityState === "visible" && engine.lookAgain());
    const timer = setInterval(look, LOOK_MS);
    document.addEventListener("visibilitychange", look);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
    };
  }, []);
  if (!visit) return <></>;
  const called = visit.phone_known ? t("visit.suspended.phones", { clock: clock(visit.starts) }) : t("visit.suspended.no_number");
  return (
    <>
      <Heading>{t("visit.suspended.title")}</Heading>
      <blockquote class="v-words">{visit.suspended}</blockquote>
      <p class="v-lead">{isGuest(visit) ? t("visit.suspended.guest") : called}</p>
      {visit.state === "checked_in" && !isGuest(visit) && <p>{t("visit.suspended.ready", { name: visit.clinician_name })}</p>}
      {(isGuest(visit) || visit.phone_known) && <p>{t("visit.suspended.nothing")}</p>}
      <p>{t("visit.suspended.ask", { department: visit.department.name })} <PhoneNumber phone={visit.department.phone} /></p>
      <p class="v-muted">{t("visit.suspended.again")}</p>
    </>
  );
}
