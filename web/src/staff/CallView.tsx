// The call as the clinician sees it: the patient's picture, what is going on, the controls at the bottom.
import { useEffect, useRef, useState } from "preact/hooks";
import type { ConsultationView, Seat } from "../protocol";
import { DataUse } from "../shared/components/DataUse";
import { Button, Notice, Video } from "../shared/components/parts";
import { playAll, Stage } from "../shared/components/Stage";
import { canShare } from "../shared/conversation";
import { canChooseSpeaker, choices, type Choice } from "../shared/devices";
import { t } from "../shared/messages";
import { phoneLink, readable } from "../shared/phone";
import { Connections } from "./Connections";
import type { Desk } from "./desk";
import { DeviceProblems } from "./DeviceCard";
import { Dialog } from "./Dialog";
import { Icon } from "./Icon";
import { Notices } from "./Notices";
import type { Seated } from "./state";

export interface CallViewProps {
  desk: Desk;
  seated: Seated;
  /** The consultation as the list has it; null for the moment when the call is heard of before the list. */
  view: ConsultationView | null;
}

export function CallView({ desk, seated, view }: CallViewProps) {
  const name = view?.patient_name ?? t("staff.notice.somebody");
  const ringing = view?.state === "calling";
  const heading = useRef<HTMLHeadingElement>(null);
  const [blocked, setBlocked] = useState(false);
  useEffect(() => heading.current?.focus(), []);
  useEffect(() => {
    document.title = `${ringing ? t("staff.call.ringing", { name: t("staff.notice.somebody") }) : t("staff.state.in_call")} – ${t("common.name")}`;
  }, [ringing]);
  const { conversation, equipment } = desk;
  const nameOf = (seat: Seat): string => (seat === "patient" ? name : t(`common.seat.${seat}`));
  return (
    <main class="s-call" data-view="call" data-call-state={view?.state} data-link={conversation.state ?? undefined}>
      <header class="s-call__head">
        <h1 class="ds-heading" data-size="2xs" tabIndex={-1} ref={heading}>{name}</h1>
        {view?.phone && (
          <a class="ds-link s-call__phone" href={phoneLink(view.phone)}><Icon name="phone" /> {t("staff.call.phone", { phone: readable(view.phone) })}</a>
        )}
        <Connections quality={conversation.quality} own={seated.join.seat} nameOf={nameOf} />
      </header>
      <div class="s-call__stage">
        <Stage remote={conversation.remote} peers={seated.peers} nameOf={nameOf} sink={equipment.speaker} onBlocked={() => setBlocked(true)} covered={ringing || conversation.appetite === "none"} />
        <Overlay desk={desk} seated={seated} view={view} nameOf={nameOf} />
        <OwnPicture desk={desk} />
      </div>
      <div class="s-call__notices">
        {blocked && <Notice tone="info"><p>{t("staff.call.blocked")}</p><Button color="accent" onClick={() => void playAll().then(() => setBlocked(false))}>{t("staff.call.play")}</Button></Notice>}
        <OwnProblems desk={desk} />
        {conversation.screenProblem && <Notice tone="warning"><p>{t("staff.call.share_failed")}</p></Notice>}
        <Notices desk={desk} only={seated.join.consultation} />
      </div>
      <Controls desk={desk} seated={seated} view={view} ringing={ringing} />
    </main>
  );
}

/** What one must know instead of, or on top of, the picture; read aloud when it changes. */
function Overlay({ desk, seated, view, nameOf }: CallViewProps & { nameOf: (seat: Seat) => string }) {
  const { state } = desk;
  const { state: link, screen, appetite } = desk.conversation;
  const name = nameOf("patient");
  const ringing = view?.state === "calling";
  const lines: string[] = [];
  if (link === "troubled") lines.push(t("staff.call.troubled"));
  else if (link === "connecting" && !ringing) lines.push(t("staff.call.connecting"));
  if (state.line !== "open") lines.push(t("staff.call.line_away"));
  if (!ringing && view && !view.patient_present) lines.push(t("staff.call.peer_gone", { name }));
  else if (!ringing) {
    for (const seat of Object.keys(seated.peers) as Seat[]) {
      const peer = seated.peers[seat];
      if (peer?.screen) lines.push(t("common.call.shares", { name: nameOf(seat) }));
      if (peer?.camera === false) lines.push(t("staff.call.peer_camera", { name: nameOf(seat) }));
      if (peer?.microphone === false) lines.push(t("staff.call.peer_microphone", { name: nameOf(seat) }));
    }
  }
  if (screen) lines.push(t("staff.call.sharing"));
  if (appetite === "none") lines.push(t("common.data.sound_only"));
  return (
    <div class="s-call__said" role="status">
      {ringing && (
        <div class="s-call__ringing">
          <p class="v-lead v-waiting"><span class="v-spin" aria-hidden="true" /> {t("staff.call.ringing", { name })}</p>
          <p>{t("staff.call.ringing.help")}</p>
        </div>
      )}
      {lines.map((line) => <p key={line} class="s-call__line">{line}</p>)}
    </div>
  );
}

function OwnPicture({ desk }: { desk: Desk }) {
  const { picture, mirrored, camera } = desk.equipment;
  return (
    <div class="s-call__self">
      <Video role="self" stream={picture} mirrored={mirrored} label={t("staff.call.self")} />
      {!camera && <p>{t("staff.call.own_camera")}</p>}
    </div>
  );
}

/** A device that could not be had; one that was turned off is no problem. */
function OwnProblems({ desk }: { desk: Desk }) {
  const { cameraProblem, microphoneProblem } = desk.equipment;
  const [putAway, setPutAway] = useState("");
  const problem = `${cameraProblem ?? ""}.${microphoneProblem ?? ""}`;
  if (problem === "." || problem === putAway) return null;
  return (
    <Notice tone="warning">
      <DeviceProblems camera={cameraProblem} microphone={microphoneProblem} />
      <div class="v-row">
        <Button data-size="sm" variant="secondary" onClick={() => void desk.equipment.obtain()}>{t("common.retry")}</Button>
        <Button data-size="sm" variant="tertiary" color="neutral" onClick={() => setPutAway(problem)}>{t("staff.action.dismiss")}</Button>
      </div>
    </Notice>
  );
}

function Controls({ desk, seated, view, ringing }: CallViewProps & { ringing: boolean }) {
  const { conversation, equipment } = desk;
  const [cameras, setCameras] = useState(0);
  const [choosing, setChoosing] = useState(false);
  const { consultation, call } = seated.join;
  useEffect(() => void choices("camera").then((found) => setCameras(found.length)), [equipment.camera]);
  const cameraOn = equipment.camera !== null;
  const microphoneOn = equipment.microphone !== null && !conversation.muted;
  return (
    <div class="s-call__controls" role="group" aria-label={t("staff.call.controls")}>
      {cameras > 1 && <Button variant="secondary" color="neutral" disabled={!cameraOn} onClick={() => void equipment.flip()}><Icon name="flip" /><span>{t("staff.call.flip")}</span></Button>}
      <Button variant="secondary" color="neutral" onClick={() => void desk.setCamera(!cameraOn)}>
        <Icon name={cameraOn ? "camera" : "camera_off"} /><span>{t(cameraOn ? "staff.call.camera_off" : "staff.call.camera_on")}</span>
      </Button>
      <Button variant="secondary" color="neutral" onClick={() => void desk.setMicrophone(!microphoneOn)}>
        <Icon name={microphoneOn ? "microphone" : "microphone_off"} /><span>{t(microphoneOn ? "staff.call.microphone_off" : "staff.call.microphone_on")}</span>
      </Button>
      {canShare() && (
        <Button variant="secondary" color="neutral" disabled={ringing} onClick={() => void (conversation.screen ? conversation.stopSharing() : conversation.share())}>
          <Icon name={conversation.screen ? "screen_off" : "screen"} /><span>{t(conversation.screen ? "staff.call.share_stop" : "staff.call.share")}</span>
        </Button>
      )}
      <Button variant="secondary" color="neutral" onClick={() => setChoosing(true)}><Icon name="devices" /><span>{t("staff.call.devices")}</span></Button>
      {ringing && view ? (
        <Button color="danger" onClick={() => desk.withdraw(view)}><Icon name="hang_up" /><span>{t("staff.action.withdraw")}</span></Button>
      ) : (
        <Button color="danger" onClick={() => desk.hangUp({ consultation, call })}><Icon name="hang_up" /><span>{t("staff.call.hang_up")}</span></Button>
      )}
      {choosing && <DeviceDialog desk={desk} onClose={() => setChoosing(false)} />}
    </div>
  );
}

function DeviceDialog({ desk, onClose }: { desk: Desk; onClose: () => void }) {
  const { equipment } = desk;
  return (
    <Dialog title={t("staff.call.devices")} onClose={onClose}>
      <div class="s-choices">
        <Chooser kind="camera" label={t("staff.call.camera")} now={equipment.camera?.getSettings().deviceId ?? ""} onChoose={(id) => void equipment.choose("camera", id)} />
        <Chooser kind="microphone" label={t("staff.call.microphone")} now={equipment.microphone?.getSettings().deviceId ?? ""} onChoose={(id) => void equipment.choose("microphone", id)} />
        {canChooseSpeaker() && <Chooser kind="speaker" label={t("staff.call.speaker")} now={equipment.speaker ?? "default"} onChoose={(id) => equipment.chooseSpeaker(id)} />}
        <DataUse conversation={desk.conversation} />
      </div>
    </Dialog>
  );
}

function Chooser({ kind, label, now, onChoose }: { kind: "camera" | "microphone" | "speaker"; label: string; now: string; onChoose: (id: string) => void }) {
  const [found, setFound] = useState<Choice[]>([]);
  useEffect(() => void choices(kind).then(setFound), [now]);
  return (
    <div class="ds-field">
      <label class="ds-label" for={`choose-${kind}`}>{label}</label>
      <select class="ds-input" id={`choose-${kind}`} value={now} disabled={found.length === 0} onChange={({ currentTarget }) => onChoose(currentTarget.value)}>
        {!found.some(({ id }) => id === now) && <option value={now}>{t("staff.call.none")}</option>}
        {found.map(({ id, label: called }, index) => <option key={id} value={id}>{called || t("staff.call.unnamed", { number: index + 1 })}</option>)}
      </select>
    </div>
  );
}
