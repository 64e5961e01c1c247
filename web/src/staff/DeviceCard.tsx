// Before the first call: lets the clinician allow camera and microphone, and says what does not work. Never in the way of calling.
import { useState } from "preact/hooks";
import { BlockedHelp } from "../shared/components/BlockedHelp";
import { Button } from "../shared/components/parts";
import type { DeviceProblem } from "../shared/devices";
import { t } from "../shared/messages";
import type { Readiness } from "./readiness";

export function DeviceCard({ readiness }: { readiness: Readiness }) {
  const [asking, setAsking] = useState(false);
  const { ask, camera, microphone } = readiness;
  const allow = async (): Promise<void> => {
    setAsking(true);
    await readiness.allow();
    setAsking(false);
  };
  if (!ask && !camera && !microphone) return null;
  return (
    <section class="v-card s-devices">
      {ask ? (
        <div>
          <h2 class="ds-heading" data-size="2xs">{t("staff.devices.title")}</h2>
          <p>{t("staff.devices.help")}</p>
        </div>
      ) : <DeviceProblems camera={camera} microphone={microphone} />}
      <div class="v-row">
        <Button variant="secondary" busy={asking} onClick={() => void allow()}>{t(ask ? "staff.devices.allow" : "common.retry")}</Button>
        <Button variant="tertiary" color="neutral" onClick={() => readiness.postpone()}>{t("staff.devices.later")}</Button>
      </div>
    </section>
  );
}

/** What is wrong with which device, the way out of it, and that one can call all the same. */
export function DeviceProblems({ camera, microphone }: { camera: DeviceProblem | null; microphone: DeviceProblem | null }) {
  return (
    <div class="v-stack">
      <BlockedHelp camera={camera} microphone={microphone} />
      <p>{t("staff.devices.still", { without: camera && microphone ? "both" : camera ? "camera" : "microphone" })}</p>
    </div>
  );
}
