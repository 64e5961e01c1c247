// The first question: can you see yourself?
import { useEffect } from "preact/hooks";
import { Button, Video } from "../../shared/components/parts";
import { t } from "../../shared/messages";
import { Trouble } from "./Access";
import { Picker } from "./Picker";
import { Question } from "./Question";
import type { StepProps } from "./props";

export function Camera({ engine }: StepProps) {
  const { equipment } = engine;
  useEffect(() => {
    // After a reload in this step the devices must be had again.
    if (!equipment.camera && !equipment.cameraProblem) void equipment.obtain();
  }, []);
  return (
    <Question
      engine={engine}
      device="camera"
      title={t("visit.camera.title")}
      help={t("visit.camera.help")}
      skip={t("visit.camera.skip")}
      broken={equipment.cameraProblem !== null}
      tools={
        <>
          <Picker
            kind="camera"
            label={t("visit.camera.choose")}
            used={equipment.camera?.getSettings().deviceId ?? null}
            onChoose={(id) => void equipment.choose("camera", id)}
          />
          <Button variant="secondary" onClick={() => void equipment.flip()}>
            {t("visit.camera.flip")}
          </Button>
        </>
      }
    >
      <Trouble camera={equipment.cameraProblem} />
      <div class="v-mirror">
        <Video stream={equipment.picture} role="self" mirrored={equipment.mirrored} label={t("visit.camera.self")} />
        {!equipment.picture && <p>{t("visit.camera.off")}</p>}
      </div>
    </Question>
  );
}
