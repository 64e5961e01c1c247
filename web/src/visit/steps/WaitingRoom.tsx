// The waiting room: who knows that one waits, how late it is, and what happened if a call was cut off.
import { useEffect, useState } from "preact/hooks";
import { Button, Heading, Notice } from "../../shared/components/parts";
import { soundReady, unlockSound } from "../../shared/sound";
import { clock, t } from "../../shared/messages";
import { readable } from "../../shared/phone";
import type { StepProps } from "./props";

export function WaitingRoom({ engine }: StepProps) {
  const [now, setNow] = useState(Date.now());
  const [silent, setSilent] = useState(!soundReady());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 15_000);
    return () => clearInterval(timer);
  }, []);
  const { visit, ended } = engine.state;
  if (!visit) return <></>;
  const name = visit.clinician_name;
  const late = now > Date.parse(visit.starts) + 60_000;
  return (
    <>
      <Heading>{t("visit.waiting.title")}</Heading>
      {ended === "worker_lost" && (
        <Notice tone="danger" title={t("visit.waiting.lost.title")}>
          <p>{t("visit.waiting.lost", { name, phone: readable(visit.department.phone) })}</p>
        </Notice>
      )}
      {ended === "withdrawn" && (
        <Notice tone="info">
          <p>{t("visit.waiting.withdrawn", { name })}</p>
        </Notice>
      )}
      <p class="v-lead">{t("visit.waiting.told", { name })}</p>
      <div class="v-card v-stack" role="status">
        <p>{t(late ? "visit.waiting.late" : "visit.waiting.before", { clock: clock(visit.starts) })}</p>
        <p class="v-presence" data-present={visit.clinician_present}>
          {t(visit.clinician_present ? "visit.waiting.present" : "visit.waiting.absent", { name })}
        </p>
      </div>
      <p>{t("visit.waiting.stay")}</p>
      {silent && (
        <Notice tone="warning">
          <p>{t("visit.waiting.sound.why")}</p>
          <Button variant="secondary" onClick={() => void unlockSound().then((ready) => setSilent(!ready))}>
            {t("visit.waiting.sound")}
          </Button>
        </Notice>
      )}
      <Button variant="tertiary" onClick={() => engine.leave()}>
        {t("visit.waiting.leave")}
      </Button>
    </>
  );
}
