// The call: the clinician's picture, one's own small, four buttons at the bottom, and the truth about the connection.
import { useState } from "preact/hooks";
import { Button, Video } from "../../shared/components/parts";
import { canChooseSpeaker } from "../../shared/devices";
import { t } from "../../shared/messages";
import { readable } from "../../shared/phone";
import { Icon } from "../Icon";
import { Trouble } from "./Access";
import { Picker } from "./Picker";
import type { StepProps } from "./props";

export function Call({ engine }: StepProps) {
  const [blocked, setBlocked] = useState(false);
  const [settings, setSettings] = useState(false);
  const { equipment, remote, media, muted } = engine;
  const { visit, peer, socket } = engine.state;
  if (!visit) return <></>;
  const name = visit.clinician_name;
  const phone = readable(visit.department.phone);
  const silent = muted || !equipment.microphone;
  const unlock = (): void => {
    setBlocked(false);
    void document.querySelector<HTMLVideoElement>("video[data-role=remote]")?.play().catch(() => setBlocked(true));
  };
  return (
    <div class="v-call">
      <h1 class="ds-sr-only" tabIndex={-1}>{t("visit.call.title", { name })}</h1>
      <div class="v-stage">
        <Video stream={remote} role="remote" label={t("visit.call.remote", { name })} sink={equipment.speaker} onBlocked={() => setBlocked(true)} />
        <div class="v-stage__notes" role="status">
          {media === "troubled" || socket === "away" ? (
            <p class="v-banner">
              <span class="v-spin" aria-hidden="true" />
              <span>{t("visit.call.troubled")} {t("visit.call.phone", { phone })}</span>
            </p>
          ) : media !== "connected" ? (
            <p class="v-banner">
              <span class="v-spin" aria-hidden="true" />
              {t("visit.call.connecting")}
            </p>
          ) : null}
          {peer && !peer.camera && <p class="v-banner">{t("visit.call.peer.camera", { name })}</p>}
          {peer && !peer.microphone && <p class="v-banner">{t("visit.call.peer.microphone", { name })}</p>}
        </div>
        {blocked && (
          <Button class="v-unmute" onClick={unlock}>
            {t("visit.call.sound")}
          </Button>
        )}
        <div class="v-self">
          <Video stream={equipment.picture} role="self" mirrored={equipment.mirrored} label={t("visit.camera.self")} />
          {!equipment.picture && <p>{t("visit.camera.off")}</p>}
        </div>
      </div>
      {settings && (
        <div class="v-devices">
          <Trouble camera={equipment.cameraProblem} microphone={equipment.microphoneProblem} />
          <Picker kind="camera" label={t("visit.camera.choose")} used={equipment.camera?.getSettings().deviceId ?? null} onChoose={(id) => void equipment.choose("camera", id)} />
          <Picker kind="microphone" label={t("visit.microphone.choose")} used={equipment.microphone?.getSettings().deviceId ?? null} onChoose={(id) => void equipment.choose("microphone", id)} />
          {canChooseSpeaker() && (
            <Picker kind="speaker" label={t("visit.speaker.choose")} used={equipment.speaker} onChoose={(id) => equipment.chooseSpeaker(id)} />
          )}
        </div>
      )}
      <div class="v-controls" role="group" aria-label={t("visit.title")}>
        <Control icon="flip" label={t("visit.camera.flip")} disabled={!equipment.picture} onClick={() => void engine.flip()} />
        <Control icon={equipment.picture ? "camera" : "camera_off"} label={t(equipment.picture ? "visit.call.camera.off" : "visit.call.camera.on")} onClick={() => void engine.toggleCamera()} />
        <Control icon={silent ? "microphone_off" : "microphone"} label={t(silent ? "visit.call.microphone.on" : "visit.call.microphone.off")} onClick={() => void engine.toggleMicrophone()} />
        <Control icon="settings" label={t("visit.call.settings")} expanded={settings} onClick={() => setSettings(!settings)} />
        <Control icon="end" danger label={t("visit.call.end")} onClick={() => engine.hangUp()} />
      </div>
    </div>
  );
}

interface ControlProps {
  icon: Parameters<typeof Icon>[0]["name"];
  label: string;
  danger?: boolean;
  disabled?: boolean;
  expanded?: boolean;
  onClick: () => void;
}

function Control({ icon, label, danger = false, disabled = false, expanded, onClick }: ControlProps) {
  return (
    <button type="button" class={`v-control${danger ? " v-control--danger" : ""}`} disabled={disabled} aria-expanded={expanded} onClick={onClick}>
      <Icon name={icon} />
      <span>{label}</span>
    </button>
  );
}
