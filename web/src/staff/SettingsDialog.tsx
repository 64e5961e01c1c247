// «Innstillinger» in a call: other devices, the phone's other camera, less data.
import { useEffect, useState } from "preact/hooks";
import { DataUse } from "../shared/components/DataUse";
import { DevicePickers } from "../shared/components/DevicePickers";
import { Button } from "../shared/components/parts";
import { choices } from "../shared/devices";
import { t } from "../shared/messages";
import type { Desk } from "./desk";
import { Dialog } from "./Dialog";
import { Icon } from "./Icon";

export function SettingsDialog({ desk, onClose }: { desk: Desk; onClose: () => void }) {
  const { equipment, conversation } = desk.talk;
  const [cameras, setCameras] = useState(0);
  useEffect(() => void choices("camera").then((found) => setCameras(found.length)), [equipment.camera]);
  return (
    <Dialog title={t("staff.call.devices")} onClose={onClose}>
      <div class="s-choices">
        <DevicePickers equipment={equipment} />
        {cameras > 1 && <Button variant="secondary" color="neutral" disabled={!equipment.camera} onClick={() => void equipment.flip()}><Icon name="flip" /> {t("staff.call.flip")}</Button>}
        <DataUse conversation={conversation} />
      </div>
    </Dialog>
  );
}
