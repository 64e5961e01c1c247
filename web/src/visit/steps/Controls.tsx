// The buttons of a call: four at the bottom as everywhere, above them the pause and the settings.
import { t } from "../../shared/messages";
import { Icon } from "../Icon";
import type { StepProps } from "./props";

export interface ControlsProps extends StepProps {
  settings: boolean;
  onSettings: () => void;
  /** A device that was to be turned on could not be had. */
  onTrouble: () => void;
}

export function Controls({ engine, settings, onSettings, onTrouble }: ControlsProps) {
  const { equipment, talk } = engine;
  if (!talk) return <></>;
  const { conversation } = talk;
  const { picture } = equipment;
  const silent = conversation.muted || !equipment.microphone;
  return (
    <div class="v-controls" role="group" aria-label={t("visit.call.controls")}>
      <div class="v-controls__more">
        {conversation.paused === null && <More icon="privacy" label={t("visit.call.pause")} onClick={() => conversation.pause(true)} />}
        <More icon="settings" label={t("visit.call.settings")} expanded={settings} onClick={onSettings} />
      </div>
      <div class="v-controls__main">
        <Control icon="flip" label={t("visit.camera.flip")} disabled={!picture} onClick={() => void equipment.flip()} />
        <Control icon={picture ? "camera" : "camera_off"} label={t(picture ? "visit.call.camera.off" : "visit.call.camera.on")} onClick={() => void talk.toggleCamera().then(() => equipment.cameraProblem && onTrouble())} />
        <Control icon={silent ? "microphone_off" : "microphone"} label={t(silent ? "visit.call.microphone.on" : "visit.call.microphone.off")} onClick={() => void talk.toggleMicrophone().then(() => equipment.microphoneProblem && onTrouble())} />
        <Control icon="end" danger label={t("visit.call.end")} onClick={() => engine.ask(true)} />
      </div>
    </div>
  );
}

interface ControlProps {
  icon: Parameters<typeof Icon>[0]["name"];
  label: string;
  danger?: boolean;
  disabled?: boolean;
  onClick: () => void;
}

function Control({ icon, label, danger = false, disabled = false, onClick }: ControlProps) {
  return (
    <button type="button" class={`v-control${danger ? " v-control--danger" : ""}`} disabled={disabled} onClick={onClick}>
      <Icon name={icon} />
      <span>{label}</span>
    </button>
  );
}

function More({ icon, label, expanded, onClick }: Omit<ControlProps, "danger" | "disabled"> & { expanded?: boolean }) {
  return (
    <button type="button" class="v-more" aria-expanded={expanded} onClick={onClick}>
      <Icon name={icon} />
      <span>{label}</span>
    </button>
  );
}
