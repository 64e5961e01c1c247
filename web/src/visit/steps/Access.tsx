// «Gi tilgang til kamera og mikrofon»: asks, and shows the way to unblock it in this browser on this device.
import { useEffect, useState } from "preact/hooks";
import { Button, Heading, Notice, Waiting } from "../../shared/components/parts";
import type { DeviceKind, DeviceProblem } from "../../shared/devices";
import { clock, date, t } from "../../shared/messages";
import { help, system } from "../browser";
import type { StepProps } from "./props";

export function Access({ engine }: StepProps) {
  const [asking, setAsking] = useState(false);
  const { equipment, state } = engine;
  const { cameraProblem, microphoneProblem } = equipment;
  const trouble = cameraProblem !== null || microphoneProblem !== null;
  const request = async (): Promise<void> => {
    setAsking(true);
    await engine.access();
    setAsking(false);
  };
  useEffect(() => (trouble ? equipment.watch(() => void engine.access()) : undefined), [trouble]);
  return (
    <>
      <Heading>{t("visit.access.title")}</Heading>
      {state.visit && (
        <p class="v-lead">
          {t("visit.appointment", { name: state.visit.clinician_name, date: date(state.visit.starts), clock: clock(state.visit.starts) })}
        </p>
      )}
      {!trouble && <p>{t("visit.access.why")}</p>}
      <Trouble camera={cameraProblem} microphone={microphoneProblem} />
      {trouble && <p>{t("visit.access.mended")}</p>}
      <Button busy={asking} onClick={() => void request()}>
        {trouble ? t("visit.access.retry") : t("visit.access.button")}
      </Button>
      {asking && <Waiting>{t("visit.access.asking")}</Waiting>}
      {trouble && (
        <div class="v-stack">
          <p class="v-muted">{t("visit.access.skip.why")}</p>
          <Button variant="secondary" onClick={() => engine.next()}>
            {t("visit.access.skip")}
          </Button>
        </div>
      )}
    </>
  );
}

/** What is wrong, and the way out of it in this browser on this device. */
export function Trouble({ camera = null, microphone = null }: Partial<Record<DeviceKind, DeviceProblem | null>>) {
  const problems = [camera, microphone];
  if (!camera && !microphone) return null;
  const { userAgent, maxTouchPoints } = navigator;
  return (
    <Notice tone="warning">
      {camera && <p><strong>{t(`visit.access.camera.${camera}`)}</strong></p>}
      {microphone && <p><strong>{t(`visit.access.microphone.${microphone}`)}</strong></p>}
      {problems.includes("denied") && <p>{t(`visit.help.${help(userAgent, maxTouchPoints)}`)}</p>}
      {problems.includes("system") && <p>{t(`visit.help.system.${system(userAgent, maxTouchPoints)}`)}</p>}
    </Notice>
  );
}
