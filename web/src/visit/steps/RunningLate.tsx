// «Jeg er forsinket»: says by how much, and takes it back.
import { Button } from "../../shared/components/parts";
import { t } from "../../shared/messages";
import type { StepProps } from "./props";

const MINUTES = [5, 10, 15, 30];

export function RunningLate({ engine }: StepProps) {
  const { visit, lateAsked, problem } = engine.state;
  if (!visit) return <></>;
  const late = visit.running_late;
  const busy = (minutes: number): boolean => lateAsked === minutes && problem === null;
  return (
    <div class="v-late">
      <p role="status" class={late > 0 ? "v-late__said" : "ds-sr-only"}>{late > 0 ? t("visit.late.said", { minutes: late, name: visit.clinician_name }) : ""}</p>
      {late > 0 && <Button variant="tertiary" busy={busy(0)} onClick={() => engine.runLate(0)}>{t("visit.late.undo")}</Button>}
      <details>
        <summary>{t(late > 0 ? "visit.late.change" : "visit.late")}</summary>
        <div class="v-stack">
          <p id="late">{t("visit.late.how")}</p>
          <div class="v-row" role="group" aria-labelledby="late">
            {MINUTES.map((minutes) => (
              <Button key={minutes} variant="secondary" busy={busy(minutes)} aria-pressed={late === minutes} onClick={() => engine.runLate(minutes)}>
                {t("visit.late.minutes", { minutes })}
              </Button>
            ))}
          </div>
        </div>
      </details>
    </div>
  );
}
