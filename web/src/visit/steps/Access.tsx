// «Gi tilgang til kamera og mikrofon»: asks, lets one come with sound only, and shows the way to unblock what is blocked.
import { useEffect, useState } from "preact/hooks";
import { BlockedHelp } from "../../shared/components/BlockedHelp";
import { Button, Heading, Waiting } from "../../shared/components/parts";
import { t } from "../../shared/messages";
import { Appointment } from "./Appointment";
import type { StepProps } from "./props";

type Wanted = "both" | "sound";

export function Access({ engine }: StepProps) {
  const [asking, setAsking] = useState<Wanted | null>(null);
  const { equipment, state } = engine;
  const { camera, microphone, cameraProblem, microphoneProblem } = equipment;
  const trouble = cameraProblem !== null || microphoneProblem !== null;
  const request = async (wanted: Wanted): Promise<void> => {
    setAsking(wanted);
    await engine.access(wanted === "sound");
    setAsking(null);
  };
  useEffect(() => (trouble ? equipment.watch(() => void engine.access()) : undefined), [trouble]);
  const button = trouble ? t("visit.access.retry") : t("visit.access.button");
  return (
    <>
      <Heading>{t("visit.access.title")}</Heading>
      <Appointment engine={engine} />
      {!trouble && <p>{t("visit.access.why")}</p>}
      <BlockedHelp camera={cameraProblem} microphone={microphoneProblem} />
      <div class="v-answers">
        <Button busy={asking === "both"} onClick={() => void request(trouble && state.soundOnly ? "sound" : "both")}>{button}</Button>
        {!trouble && (
          <Button variant="secondary" busy={asking === "sound"} onClick={() => void request("sound")}>
            {t("visit.access.sound")}
          </Button>
        )}
      </div>
      {asking && <Waiting>{t("visit.access.asking")}</Waiting>}
      {trouble && !asking && (
        <section class="v-card v-stack" aria-label={t("visit.access.skip")}>
          <p>{t(microphone ? "visit.access.skip.sound" : camera ? "visit.access.skip.picture" : "visit.access.skip.neither")}</p>
          <Button variant="secondary" onClick={() => engine.accessWithout()}>
            {t(microphone ? "visit.access.sound.continue" : "visit.access.skip")}
          </Button>
        </section>
      )}
    </>
  );
}
