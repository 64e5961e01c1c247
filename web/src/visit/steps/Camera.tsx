// The first question: can you see yourself?
import { useEffect } from "preact/hooks";
import { BlockedHelp } from "../../shared/components/BlockedHelp";
import { DevicePickers } from "../../shared/components/DevicePickers";
import { Button, Video } from "../../shared/components/parts";
import { t } from "../../shared/messages";
import { Question } from "./Question";
import type { StepProps } from "./props";

export function Camera({ engine }: StepProps) {
  const { equipment } = engine;
  const { camera, cameraProblem } = equipment;
  useEffect(() => {
    // After a reload in this step the devices must be had again.
    if (!camera && !cameraProblem) void equipment.obtain();
  }, []);
  useEffect(() => (cameraProblem ? equipment.watch(() => void equipment.turnOn("camera")) : undefined), [cameraProblem]);
  return (
    <Question
      engine={engine}
      device="camera"
      title={t("visit.camera.title")}
      help={[t("visit.camera.help.cover"), t("visit.camera.help.other"), t("visit.camera.help.busy")]}
      skip={t("visit.camera.skip")}
      broken={cameraProblem !== null}
      tools={<DevicePickers equipment={equipment} kinds={["camera"]} />}
    >
      <BlockedHelp camera={cameraProblem} />
      <div class="v-mirror">
        <Video stream={equipment.picture} role="self" mirrored={equipment.mirrored} label={t("visit.camera.self")} />
        {!equipment.picture && <p>{t("visit.camera.off")}</p>}
      </div>
      {camera && (
        <Button variant="tertiary" onClick={() => void equipment.flip()}>
          {t("visit.camera.flip")}
        </Button>
      )}
    </Question>
  );
}
