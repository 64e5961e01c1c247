// Lists of cameras, microphones and speakers to choose from, kept up to date while devices are plugged in and out.
import { useEffect, useId, useState } from "preact/hooks";
import { canChooseSpeaker, choices, type Choice } from "../devices";
import type { Equipment } from "../equipment";
import { t } from "../messages";
import type { Kind } from "../plugs";

export interface DevicePickersProps {
  equipment: Equipment;
  /** Which lists; all that this browser can when nothing is said. */
  kinds?: readonly Kind[];
}

const ALL: readonly Kind[] = ["camera", "microphone", "speaker"];

export function DevicePickers({ equipment, kinds = ALL }: DevicePickersProps) {
  return (
    <div class="v-pickers">
      {kinds.filter((kind) => kind !== "speaker" || canChooseSpeaker()).map((kind) => (
        <Picker key={kind} kind={kind} equipment={equipment} />
      ))}
    </div>
  );
}

function Picker({ kind, equipment }: { kind: Kind; equipment: Equipment }) {
  const id = useId();
  const [list, setList] = useState<Choice[]>([]);
  const used = kind === "speaker" ? equipment.speaker : (equipment[kind]?.getSettings().deviceId ?? null);
  useEffect(() => {
    let gone = false;
    const read = (): void => void choices(kind).then((found) => { if (!gone) setList(found); });
    read();
    navigator.mediaDevices?.addEventListener("devicechange", read);
    return () => {
      gone = true;
      navigator.mediaDevices?.removeEventListener("devicechange", read);
    };
  }, [kind, used]);
  const known = list.some((choice) => choice.id === used);
  const choose = (chosen: string): void => {
    if (kind === "speaker") equipment.chooseSpeaker(chosen);
    else void equipment.choose(kind, chosen);
  };
  return (
    <div class="ds-field v-picker" data-kind={kind}>
      <label class="ds-label" for={id}>{t(`common.device.${kind}`)}</label>
      <select class="ds-input" id={id} value={known ? (used ?? "") : ""} disabled={list.length === 0} onChange={({ currentTarget }) => choose(currentTarget.value)}>
        {!known && <option value="">{t(list.length === 0 ? "common.device.missing" : kind === "speaker" ? "common.device.system" : "common.device.off")}</option>}
        {list.map((choice, index) => (
          <option key={choice.id} value={choice.id}>{choice.label || t("common.device.unnamed", { number: index + 1 })}</option>
        ))}
      </select>
    </div>
  );
}
