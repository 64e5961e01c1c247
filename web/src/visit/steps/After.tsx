// After the call, or instead of it: the clinician phones, or thanks and goodbye.
import { PhoneNumber } from "../../shared/components/Page";
import { Button, Heading } from "../../shared/components/parts";
import { t } from "../../shared/messages";
import { isGuest } from "../state";
import { LogOut } from "./LogOut";
import { Receipt } from "./Receipt";
import { Sms } from "./Sms";
import type { StepProps } from "./props";

export function Phone({ engine }: StepProps) {
  const { visit } = engine.state;
  if (!visit) return <></>;
  const name = visit.clinician_name;
  return (
    <>
      <Heading>{t(isGuest(visit) ? "visit.phone.title.guest" : "visit.phone.title", { name })}</Heading>
      <p class="v-lead">{t(isGuest(visit) ? "visit.phone.text.guest" : "visit.phone.text")}</p>
      {!isGuest(visit) && (
        <p>
          {t("visit.phone.not", { department: visit.department.name })} <PhoneNumber phone={visit.department.phone} />
        </p>
      )}
      {!isGuest(visit) && visit.call > 0 && (
        <Button variant="secondary" onClick={() => engine.tellProblem()}>{t("visit.phone.tell")}</Button>
      )}
    </>
  );
}

export function Thanks({ engine }: StepProps) {
  const { visit, left } = engine.state;
  if (!visit) return <></>;
  if (left && visit.state !== "ended") {
    return (
      <>
        <Heading>{t("visit.thanks.title")}</Heading>
        <p class="v-lead">{t("visit.thanks.left")}</p>
        <Button variant="secondary" onClick={() => engine.comeBack()}>{t("visit.thanks.return")}</Button>
      </>
    );
  }
  return (
    <>
      <Heading>{t("visit.thanks.title")}</Heading>
      <p class="v-lead">{t("visit.thanks.text")}</p>
      {!isGuest(visit) && (
        <section class="v-card v-stack" aria-labelledby="unfinished">
          <h2 id="unfinished" class="ds-heading" data-size="2xs">{t("visit.thanks.unfinished")}</h2>
          <p>
            {t("visit.thanks.unfinished.do", { department: visit.department.name })} <PhoneNumber phone={visit.department.phone} />
          </p>
        </section>
      )}
      {!isGuest(visit) && visit.logged_in && (
        <>
          <Receipt engine={engine} />
          <Sms engine={engine} />
        </>
      )}
      <LogOut engine={engine} />
    </>
  );
}
