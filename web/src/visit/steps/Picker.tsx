// A list of cameras, microphones or speakers to choose from; shows nothing when there is no choice.
import { useEffect, useState } from "preact/hooks";
import { choices, type Choice, type DeviceKind } from "../../shared/devices";
import { t } from "../../shared/messages";

export interface PickerProps {
  kind: DeviceKind | "speaker";
  label: string;
  /** Id of the device in use, if known. */
  used: string | null;
  onChoose: (id: string) => void;
}

export function Picker({ kind, label, used, onChoose }: PickerProps) {
  const [list, setList] = useState<Choice[]>([]);
  useEffect(() => {
    let gone = false;
    const read = (): void => void choices(kind).then((found) => { if (!gone) setList(found); });
    read();
    navigator.mediaDevices.addEventListener("devicechange", read);
    return () => {
      gone = true;
      navigator.mediaDevices.removeEventListener("devicechange", read);
    };
  }, [kind, used]);
  if (list.length < 2) return null;
  return (
    <label class="v-picker">
      <span class="ds-label">{label}</span>
      <select class="ds-input" value={used ?? list[0]?.id} onChange={(event) => onChoose(event.currentTarget.value)}>
        {list.map(({ id, label: name }, index) => (
          <option key={id} value={id}>
            {name || t("visit.device.unnamed", { number: index + 1 })}
          </option>
        ))}
      </select>
    </label>
  );
}
