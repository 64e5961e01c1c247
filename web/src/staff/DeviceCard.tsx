// Before the first call: lets the clinician allow camera and microphone, and says what does not work. Never in the way of calling.
import { useState } from "preact/hooks";
import type { DeviceProblem } from "../shared/devices";
import { Button, Notice } from "../shared/components/parts";
import { t } from "../shared/messages";
import type { Desk } from "./desk";

export function DeviceCard({ desk }: { desk: Desk }) {
  const [asking, setAsking] = useState(false);
  const { ask, camera, microphone } = desk.readiness;
  const allow = async (): Promise<void> => {
    setAsking(true);
    await desk.allowDevices();
    setAsking(false);
  };
  if (ask) {
    return (
      <section class="v-card s-devices">
        <div>
          <h2 class="ds-heading" data-size="2xs">{t("staff.devices.title")}</h2>
          <p>{t("staff.devices.help")}</p>
        </div>
        <div class="v-row">
          <Button variant="secondary" busy={asking} onClick={() => void allow()}>{t("staff.devices.allow")}</Button>
          <Button variant="tertiary" color="neutral" onClick={() => desk.postponeDevices()}>{t("staff.devices.later")}</Button>
        </div>
      </section>
    );
  }
  if (!camera && !microphone) return null;
  return (
    <Notice tone="warning">
      <DeviceProblems camera={camera} microphone={microphone} />
      <div class="v-row">
        <Button variant="secondary" busy={asking} onClick={() => void allow()}>{t("common.retry")}</Button>
        <Button variant="tertiary" color="neutral" onClick={() => desk.postponeDevices()}>{t("staff.devices.later")}</Button>
      </div>
    </Notice>
  );
}

/** What is wrong with which device, and that one can call all the same. */
export function DeviceProblems({ camera, microphone }: { camera: DeviceProblem | null; microphone: DeviceProblem | null }) {
  const which = camera && microphone ? "both" : camera ? "camera" : "microphone";
  const same = camera === microphone;
  return (
    <>
      {same && camera && <p>{t(`staff.devices.${camera}`, { which: "both" })}</p>}
      {!same && camera && <p>{t(`staff.devices.${camera}`, { which: "camera" })}</p>}
      {!same && microphone && <p>{t(`staff.devices.${microphone}`, { which: "microphone" })}</p>}
      <p>{t("staff.devices.still", { without: which })}</p>
    </>
  );
}
