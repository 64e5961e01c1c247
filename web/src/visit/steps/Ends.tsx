// The pages after which nothing follows: thanks, a link that no longer works, a visit open elsewhere.
import { Button, Heading, Notice } from "../../shared/components/parts";
import { clock, date, errorText, t } from "../../shared/messages";
import type { StepProps } from "./props";

export function Thanks(_: StepProps) {
  return (
    <>
      <Heading>{t("visit.thanks.title")}</Heading>
      <p class="v-lead">{t("visit.thanks.text")}</p>
    </>
  );
}

const KIND = ["link_unknown", "link_expired", "link_withdrawn", "unauthenticated"] as const;

export function Gone({ engine }: StepProps) {
  const { gone, visit } = engine.state;
  if (!gone && visit) {
    return (
      <>
        <Heading>{t("visit.gone.cancelled.title")}</Heading>
        <p class="v-lead">{t("visit.gone.cancelled", { date: date(visit.starts), clock: clock(visit.starts) })}</p>
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

export function Elsewhere(_: StepProps) {
  return (
    <>
      <Heading>{t("visit.elsewhere.title")}</Heading>
      <p class="v-lead">{t("visit.elsewhere.text")}</p>
      <Button onClick={() => location.reload()}>{t("visit.elsewhere.here")}</Button>
    </>
  );
}
