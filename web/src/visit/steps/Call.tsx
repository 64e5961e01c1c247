// The call: the clinician's picture, one's own small, four buttons at the bottom, and the truth about the connection.
import { useState } from "preact/hooks";
import { DataUse } from "../../shared/components/DataUse";
import { Button, Video } from "../../shared/components/parts";
import { playAll, Stage } from "../../shared/components/Stage";
import type { Conversation } from "../../shared/conversation";
import { canChooseSpeaker } from "../../shared/devices";
import { t } from "../../shared/messages";
import type { Peer } from "../../shared/people";
import { readable } from "../../shared/phone";
import type { Seat } from "../../protocol";
import { Icon } from "../Icon";
import { Trouble } from "./Access";
import { Picker } from "./Picker";
import type { StepProps } from "./props";

export function Call({ engine }: StepProps) {
  const [blocked, setBlocked] = useState(false);
  const [settings, setSettings] = useState(false);
  const { conversation, equipment } = engine;
  const { visit, peers, socket } = engine.state;
  const { state: media } = conversation;
  if (!visit) return <></>;
  const name = visit.clinician_name;
  const phone = readable(visit.department.phone);
  const silent = conversation.muted || !equipment.microphone;
  const nameOf = (seat: Seat): string => (seat === "clinician" ? name : t(`common.seat.${seat}`));
  const unlock = (): void => {
    setBlocked(false);
    void playAll().catch(() => setBlocked(true));
  };
  return (
    <div class="v-call">
      <h1 class="ds-sr-only" tabIndex={-1}>{t("visit.call.title", { name })}</h1>
      <div class="v-stage">
        <Stage remote={conversation.remote} peers={peers} nameOf={nameOf} sink={equipment.speaker} onBlocked={() => setBlocked(true)} covered={conversation.appetite === "none"} />
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
          {(Object.keys(peers) as Seat[]).map((seat) => <Said key={seat} name={nameOf(seat)} {...peers[seat]} />)}
          {conversation.appetite === "none" && <p class="v-banner">{t("common.data.sound_only")}</p>}
          <OwnConnection conversation={conversation} />
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
          <DataUse conversation={conversation} />
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

/** What somebody else has turned off or shows. */
function Said({ name, camera = true, microphone = true, screen = false }: Partial<Peer> & { name: string }) {
  return (
    <>
      {screen && <p class="ds-sr-only">{t("common.call.shares", { name })}</p>}
      {!camera && <p class="v-banner">{t("visit.call.peer.camera", { name })}</p>}
      {!microphone && <p class="v-banner">{t("visit.call.peer.microphone", { name })}</p>}
    </>
  );
}

/** One's own connection, once it has been less than good for more than a moment; it comes and goes calmly. */
function OwnConnection({ conversation }: { conversation: Conversation }) {
  const { quality, ownTrouble, seat } = conversation;
  const own = quality.find((one) => one.seat === seat);
  if (!own || ownTrouble < 2) return null;
  return <p class="v-banner" data-grade={own.grade}>{t(`common.quality.${own.cause}`)}</p>;
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
