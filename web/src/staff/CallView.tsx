// The call as the clinician sees it: mostly the others' pictures, what is going on above them, the controls at the bottom.
import { useEffect, useRef, useState } from "preact/hooks";
import type { ConsultationView, Seat } from "../protocol";
import { DeviceChangedBanner, InterruptedBanner, PauseBanner, SpeakingMuted } from "../shared/components/banners";
import { Lock } from "../shared/components/Lock";
import { PhoneNumber } from "../shared/components/PhoneNumber";
import { Button, Notice, Video } from "../shared/components/parts";
import { playAll } from "../shared/comeback";
import { hasPanel, isStill, OutagePanel } from "../shared/components/OutagePanel";
import { isRefused, Refused } from "../shared/components/Refused";
import { Stage } from "../shared/components/Stage";
import { useOutage } from "../shared/components/useOutage";
import { holdersOf } from "../shared/e2ee/standing";
import { t } from "../shared/messages";
import { readable } from "../shared/phone";
import { Connections } from "./Connections";
import { Controls } from "./Controls";
import type { Desk } from "./desk";
import { DeviceProblems } from "./DeviceCard";
import { Icon } from "./Icon";
import { waitingToday } from "./lists";
import { Notices } from "./Notices";
import { Said } from "./Said";
import type { Seated } from "./state";
import { guestAt, identityOf, seatName } from "./words";
import type { Opener } from "./Dialogs";

export interface CallViewProps {
  desk: Desk;
  seated: Seated;
  /** The consultation as the list has it; null for the moment when the call is heard of before the list. */
  view: ConsultationView | null;
  onOpen: Opener;
}

export function CallView(props: CallViewProps) {
  const { desk, seated, view, onOpen } = props;
  const { conversation, equipment } = desk.talk;
  const [blocked, setBlocked] = useState(false);
  const ringing = view?.state === "calling";
  const outage = useOutage({ conversation, line: desk.state.line !== "away", peers: seated.peers, other: "patient", present: view?.patient_present !== false, ringing });
  const refused = isRefused(conversation.protection);
  const login = desk.talk.logins.of(seated.join.consultation);
  const missing = login?.known === false && login.why === "missing";
  const nameOf = (seat: Seat): string => (seat === seated.join.seat ? t("staff.who.me") : seatName(view, seat));
  return (
    <main class="s-call" data-view="call" data-call-state={view?.state} data-link={conversation.state ?? undefined}>
      <Head {...props} nameOf={nameOf} ringing={ringing} />
      <div class="s-call__stage">
        <Stage remote={conversation.remote} peers={seated.peers} nameOf={nameOf} holders={holdersOf(conversation.protection)} sink={equipment.speaker} onBlocked={setBlocked} covered={ringing || conversation.appetite === "none"} paused={conversation.paused !== null || refused} still={!refused && isStill(outage)} dim={refused || hasPanel(outage)} />
        <div class="s-call__said">
          <Refused
            protection={conversation.protection}
            own={seated.join.seat}
            nameOf={nameOf}
            identity={t(missing ? "staff.refused.missing" : "staff.refused.identity", { name: nameOf("patient") })}
            buttons={view && <PhoneInstead view={view} onOpen={onOpen} />}
            phone={view?.phone && <p>{t("staff.refused.phone", { name: nameOf("patient") })} <PhoneNumber phone={view.phone} /></p>}
            onGoOn={() => conversation.goOn()}
            onEnd={() => (view ? onOpen({ dialog: "hang_up", view }) : desk.hangUp({ consultation: seated.join.consultation, call: seated.join.call }))}
          />
          {!ringing && !refused && <OutagePanel outage={outage} name={nameOf("patient")} phone={<ByPhone view={view} name={nameOf("patient")} />} buttons={view && <PhoneInstead view={view} onOpen={onOpen} />} onRetry={() => desk.retry()} />}
          <Said desk={desk} seated={seated} view={view} nameOf={nameOf} panel={!ringing && (refused || hasPanel(outage))} />
        </div>
        <OwnPicture desk={desk} />
      </div>
      <div class="s-call__notices">
        {desk.state.stopped === "unauthenticated" && (
          <Notice tone="warning">
            <p>{t("staff.call.lapsed")}</p>
            <a class="ds-link" href={desk.loginAddress} target="_blank" rel="noreferrer">{t("staff.login.new_tab")}</a>
          </Notice>
        )}
        <PauseBanner conversation={conversation} nameOf={nameOf} />
        <InterruptedBanner equipment={equipment} />
        <SpeakingMuted conversation={conversation} onUnmute={() => void desk.talk.setMicrophone(true)} />
        <DeviceChangedBanner equipment={equipment} />
        <Knocking desk={desk} view={view} peers={Object.keys(seated.peers)} />
        {blocked && <Notice tone="info"><p>{t("staff.call.blocked")}</p><Button color="accent" onClick={() => void playAll().then(() => setBlocked(false))}>{t("staff.call.play")}</Button></Notice>}
        <OwnProblems desk={desk} />
        {conversation.screenProblem && <Notice tone="warning"><p>{t("staff.call.share_failed")}</p></Notice>}
        <Notices desk={desk} only={seated.join.consultation} onOpen={onOpen} />
      </div>
      <Controls desk={desk} seated={seated} view={view} onOpen={onOpen} />
    </main>
  );
}

/** Who it is, their number, who else waits today, how the connections do. */
function Head({ desk, seated, view, onOpen, nameOf, ringing }: CallViewProps & { nameOf: (seat: Seat) => string; ringing: boolean }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const waiting = waitingToday(desk.state).length;
  useEffect(() => heading.current?.focus(), []);
  useEffect(() => {
    const what = ringing ? t("staff.call.ringing", { name: t("staff.notice.somebody") }) : t("staff.state.in_call");
    document.title = `${waiting > 0 ? `(${waiting}) ` : ""}${what} – ${t("common.name")}`;
  }, [ringing, waiting]);
  return (
    <header class="s-call__head">
      <h1 class="ds-heading" data-size="2xs" tabIndex={-1} ref={heading}>{nameOf("patient")}</h1>
      {view?.phone && (
        <Button class="s-call__phone" variant="tertiary" data-size="sm" onClick={() => onOpen({ dialog: "phone", view })}><Icon name="phone" /> {t("staff.call.phone", { phone: readable(view.phone) })}</Button>
      )}
      <div class="s-call__others" role="status">
        {waiting > 0 && <Button variant="tertiary" data-size="sm" onClick={() => onOpen({ dialog: "queue" })}>{t("staff.waiting.count", { count: waiting })}</Button>}
      </div>
      <Lock protection={desk.talk.conversation.protection} own={seated.join.seat} nameOf={nameOf} identityOf={identityOf} onCompare={(seat, code, same) => desk.talk.conversation.compare(seat, code, same)} />
      <Connections quality={desk.talk.conversation.quality} own={seated.join.seat} nameOf={nameOf} />
    </header>
  );
}

/** The patient's number, when the video may not come back. */
function ByPhone({ view, name }: { view: ConsultationView | null; name: string }) {
  return (
    <>
      {view?.phone ? <p>{t("staff.outage.phone", { name })} <PhoneNumber phone={view.phone} /></p> : <p>{t("staff.outage.phone.none", { name })}</p>}
      <p>{t("staff.outage.phone.same", { name })}</p>
    </>
  );
}

function PhoneInstead({ view, onOpen }: { view: ConsultationView; onOpen: Opener }) {
  return <Button onClick={() => onOpen({ dialog: "phone", view })}><Icon name="phone" /> {t("staff.outage.call")}</Button>;
}

/** A guest who is ready, and may be let in with one press. */
function Knocking({ desk, view, peers }: { desk: Desk; view: ConsultationView | null; peers: string[] }) {
  const waits = view?.guests.filter((guest) => guestAt(guest, true, peers.includes(guest.seat)) === "waits") ?? [];
  return (
    <>
      {view && waits.map((guest) => (
        <div key={guest.id} class="v-banner v-banner--act" data-banner="knocking">
          <p role="status">{t("staff.guest.knocks", { name: t("staff.guest.name", { name: guest.name, kind: guest.kind }) })}</p>
          <div class="v-row"><Button onClick={() => desk.admit(view.consultation, guest.id)}>{t("staff.guest.admit")}</Button></div>
        </div>
      ))}
    </>
  );
}

function OwnPicture({ desk }: { desk: Desk }) {
  const { picture, mirrored, camera } = desk.talk.equipment;
  return (
    <div class="s-call__self">
      <Video role="self" stream={picture} mirrored={mirrored} label={t("staff.call.self")} />
      {!camera && <p>{t("staff.call.own_camera")}</p>}
    </div>
  );
}

/** A device that could not be had; one that was turned off is no problem, and one that the system took has its own banner. */
function OwnProblems({ desk }: { desk: Desk }) {
  const { cameraProblem, microphoneProblem, interrupted } = desk.talk.equipment;
  const [putAway, setPutAway] = useState("");
  const problem = `${cameraProblem ?? ""}.${microphoneProblem ?? ""}`;
  if (problem === "." || problem === putAway || interrupted) return null;
  return (
    <div class="v-card s-devices">
      <DeviceProblems camera={cameraProblem} microphone={microphoneProblem} />
      <div class="v-row">
        <Button data-size="sm" variant="secondary" onClick={() => void desk.talk.equipment.obtain()}>{t("common.retry")}</Button>
        <Button data-size="sm" variant="tertiary" color="neutral" onClick={() => setPutAway(problem)}>{t("staff.action.dismiss")}</Button>
      </div>
    </div>
  );
}
