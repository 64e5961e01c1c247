// The call's controls: own camera and microphone, pause, screen, who is in it, settings, and the end.
import type { ComponentChildren } from "preact";
import { Button, type ButtonProps } from "../shared/components/parts";
import { CallLevel } from "../shared/components/banners";
import { canShare } from "../shared/conversation";
import { t } from "../shared/messages";
import type { CallViewProps } from "./CallView";
import { Icon } from "./Icon";

export function Controls({ desk, seated, view, onOpen }: CallViewProps) {
  const { conversation, equipment } = desk.talk;
  const { consultation, call } = seated.join;
  const ringing = view?.state === "calling";
  const cameraOn = equipment.camera !== null;
  const microphoneOn = equipment.microphone !== null && !conversation.muted;
  const paused = conversation.paused !== null;
  return (
    <div class="s-call__controls" role="group" aria-label={t("staff.call.controls")}>
      <Control icon={microphoneOn ? "microphone" : "microphone_off"} off={!microphoneOn} text={t(microphoneOn ? "staff.call.microphone_off" : "staff.call.microphone_on")} onClick={() => void desk.talk.setMicrophone(!microphoneOn)}>
        <CallLevel conversation={conversation} />
      </Control>
      <Control icon={cameraOn ? "camera" : "camera_off"} off={!cameraOn} text={t(cameraOn ? "staff.call.camera_off" : "staff.call.camera_on")} onClick={() => void desk.talk.setCamera(!cameraOn)} />
      <Control icon={paused ? "resume" : "pause"} off={paused} text={t(paused ? "common.pause.resume" : "staff.call.pause")} disabled={ringing || (paused && !conversation.pausedByMe)} onClick={() => conversation.pause(!paused)} />
      {canShare() && (
        <Control icon={conversation.screen ? "screen_off" : "screen"} text={t(conversation.screen ? "staff.call.share_stop" : "staff.call.share")} disabled={ringing} onClick={() => void (conversation.screen ? conversation.stopSharing() : conversation.share())} />
      )}
      {view && <Control icon="people" text={t("staff.people.title")} onClick={() => onOpen({ dialog: "people", view })} />}
      <Control icon="devices" text={t("staff.call.devices")} onClick={() => onOpen({ dialog: "settings" })} />
      {ringing && view ? (
        <Control icon="hang_up" variant="primary" color="danger" text={t("staff.action.withdraw")} onClick={() => desk.withdraw(view)} />
      ) : (
        <Control icon="hang_up" variant="primary" color="danger" text={t("staff.call.hang_up")} onClick={() => (view ? onOpen({ dialog: "hang_up", view }) : desk.hangUp({ consultation, call }))} />
      )}
    </div>
  );
}

interface ControlProps extends Omit<ButtonProps, "icon"> {
  icon: Parameters<typeof Icon>[0]["name"];
  text: string;
  /** Whether it shows that something is off, which one had better see. */
  off?: boolean;
  children?: ComponentChildren;
}

function Control({ icon, text, off, children, variant = "secondary", color = "neutral", ...rest }: ControlProps) {
  return <Button {...rest} variant={variant} color={color} data-off={off || undefined}><Icon name={icon} /><span>{text}</span>{children}</Button>;
}
