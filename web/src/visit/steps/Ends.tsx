// The pages where nothing can be done here: a link that no longer works, an appointment that is off, a visit open elsewhere.
import { PhoneNumber } from "../../shared/components/Page";
import { Button, Heading, Notice } from "../../shared/components/parts";
import { clock, date, errorText, t } from "../../shared/messages";
import { readable } from "../../shared/phone";
import type { StepProps } from "./props";

const KIND = ["link_unknown", "link_expired", "link_withdrawn", "unauthenticated"] as const;

export function Gone({ engine }: StepProps) {
  const { gone, visit, ended } = engine.state;
  if (!gone && visit) {
    const removed = ended === "removed";
    return (
      <>
        <Heading>{t(removed ? "visit.gone.removed.title" : "visit.gone.cancelled.title")}</Heading>
        <p class="v-lead">
          {removed ? t("visit.gone.removed", { name: visit.clinician_name }) : t("visit.gone.cancelled", { date: date(visit.starts), clock: clock(visit.starts) })}
        </p>
        <p>
          {t("visit.gone.phone", { department: visit.department.name })} <PhoneNumber phone={visit.department.phone} />
        </p>
      </>
    );
  }
  const kind = KIND.find((code) => code === gone);
  return (
    <>
      <Heading>{t(gone === "unauthenticated" ? "visit.gone.again.title" : "visit.gone.title")}</Heading>
      <Notice tone="warning" live={false}>
        <p>{kind ? t(`visit.gone.${kind}`) : errorText(gone ?? "gone")}</p>
      </Notice>
      <p>{t("visit.gone.call")}</p>
    </>
  );
}

export function Elsewhere({ engine }: StepProps) {
  const { visit } = engine.state;
  return (
    <>
      <Heading>{t("visit.elsewhere.title")}</Heading>
      <p class="v-lead">{t("visit.elsewhere.text")}</p>
      <Button onClick={() => location.reload()}>{t("visit.elsewhere.here")}</Button>
      {visit && <p class="v-muted">{t("visit.elsewhere.stranger", { phone: readable(visit.department.phone) })}</p>}
    </>
  );
}
