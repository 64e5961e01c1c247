// The waiting room: who knows that one waits, for how long still, and what happened if a call was cut off.
import { useEffect, useState } from "preact/hooks";
import { PhoneNumber } from "../../shared/components/Page";
import { Button, Heading, Notice } from "../../shared/components/parts";
import { clock, t } from "../../shared/messages";
import { readable } from "../../shared/phone";
import { outlook } from "../queue";
import { isGuest } from "../state";
import { useAway } from "../useAway";
import { AskLeaving } from "./Ask";
import { Reach } from "./Reach";
import type { StepProps } from "./props";

export function WaitingRoom({ engine }: StepProps) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 15_000);
    return () => clearInterval(timer);
  }, []);
  const here = useAway(engine) === "here"; // else nobody knows where the clinician is, nor who is ahead
  const { visit, ended, leaving } = engine.state;
  if (!visit) return <></>;
  const name = visit.clinician_name;
  const guest = isGuest(visit);
  const { late, about, ahead } = outlook(visit, now);
  return (
    <>
      <Heading>{t("visit.waiting.title")}</Heading>
      {leaving && <AskLeaving engine={engine} name={name} />}
      {ended === "worker_lost" && (
        <Notice tone="warning" title={t("visit.waiting.lost.title")}>
          <p>{t("visit.waiting.lost", { name, phone: readable(visit.department.phone) })}</p>
        </Notice>
      )}
      {ended === "withdrawn" && (
        <Notice tone="info">
          <p>{t("visit.waiting.withdrawn", { name })}</p>
        </Notice>
      )}
      <p class="v-lead">{t(guest ? "visit.waiting.told.guest" : "visit.waiting.told", { name })}</p>
      <section class="v-card v-stack" aria-label={t("visit.waiting.title")}>
        <p>{late > 0 ? t("visit.waiting.late", { clock: clock(visit.starts), minutes: late }) : t("visit.waiting.before", { clock: clock(visit.starts) })}</p>
        <div class="v-stack" role="status">
          {about && <p><strong>{t("visit.waiting.delay", { name, minutes: visit.delay_minutes, clock: clock(about) })}</strong></p>}
          {!about && visit.delay_minutes > 0 && <p>{t("visit.waiting.delay.past", { name, minutes: visit.delay_minutes })}</p>}
          {here && ahead !== null && !guest && <p>{t("visit.waiting.place", { ahead })}</p>}
          {here && (
            <p class="v-presence" data-present={visit.clinician_present}>
              {t(visit.clinician_busy ? "visit.waiting.busy" : visit.clinician_present ? "visit.waiting.present" : "visit.waiting.absent", { name })}
            </p>
          )}
        </div>
      </section>
      <p>{t("visit.waiting.stay")}</p>
      <Reach engine={engine} />
      <p>
        {t("visit.waiting.phone")} <PhoneNumber phone={visit.department.phone} />
      </p>
      <Button variant="tertiary" onClick={() => engine.ask(true)}>
        {t("visit.waiting.leave")}
      </Button>
    </>
  );
}
