// The call: the clinician's picture, one's own small, the buttons at the bottom, and the truth about the connection.
import { useEffect, useRef, useState } from "preact/hooks";
import { CallLevel, DeviceChangedBanner, InterruptedBanner, PauseBanner, SpeakingMuted } from "../../shared/components/banners";
import { BlockedHelp } from "../../shared/components/BlockedHelp";
import { DataUse } from "../../shared/components/DataUse";
import { DevicePickers } from "../../shared/components/DevicePickers";
import { PhoneNumber } from "../../shared/components/Page";
import { Lock } from "../../shared/components/Lock";
import { Button, Video } from "../../shared/components/parts";
import { hasPanel, isStill, OutagePanel } from "../../shared/components/OutagePanel";
import { isRefused, reasonOf, Refused } from "../../shared/components/Refused";
import { Stage } from "../../shared/components/Stage";
import { playAll } from "../../shared/comeback";
import { useOutage } from "../../shared/components/useOutage";
import { holdersOf } from "../../shared/e2ee/standing";
import type { Conversation } from "../../shared/conversation";
import { t } from "../../shared/messages";
import type { Peer } from "../../shared/people";
import type { Seat, VisitView } from "../../protocol";
import { isGuest } from "../state";
import type { Talk } from "../talk";
import { Ask } from "./Ask";
import { Controls } from "./Controls";
import type { StepProps } from "./props";

/** The name of whoever has a seat, as far as this page may know it: to guests the patient has none. */
function nameIn(visit: VisitView, seat: Seat): string {
  if (seat === "clinician") return visit.clinician_name;
  return visit.guests.find((guest) => guest.seat === seat)?.name ?? t(`common.seat.${seat}`);
}

/** The call's page once there is a call and the code for it. */
export function Call({ engine }: StepProps) {
  const { talk, state: { visit } } = engine;
  return visit && talk ? <InCall engine={engine} talk={talk} visit={visit} /> : <></>;
}

function InCall({ engine, talk, visit }: StepProps & { talk: Talk; visit: VisitView }) {
  const [blocked, setBlocked] = useState(false);
  const [settings, setSettings] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const { equipment } = engine;
  const { conversation } = talk;
  const { peers, socket, leaving } = engine.state;
  const pausedBy = conversation.paused;
  const outage = useOutage({ conversation, line: socket !== "away", peers, other: "clinician", present: visit.clinician_present });
  const before = useRef(pausedBy);
  useEffect(() => {
    const changed = before.current !== pausedBy;
    before.current = pausedBy;
    // The button that was pressed is gone, and the one that undoes it has come.
    if (!changed || document.activeElement !== document.body) return;
    root.current?.querySelector<HTMLElement>(pausedBy ? "[data-banner=paused] button" : ".v-more")?.focus();
  }, [pausedBy]);
  useEffect(() => {
    if (equipment.microphoneProblem) setSettings(true); // unheard without knowing it is the worst of all
  }, [equipment.microphoneProblem]);
  const paused = pausedBy !== null;
  const refused = isRefused(conversation.protection);
  const nameOf = (seat: Seat): string => nameIn(visit, seat);
  const unlock = (): void => {
    setBlocked(false);
    void playAll().catch(() => setBlocked(true));
  };
  return (
    <div class="v-call" ref={root} data-paused={paused || undefined}>
      <h1 class="ds-sr-only" tabIndex={-1}>{t("visit.call.title", { name: visit.clinician_name })}</h1>
      <div class="v-stage">
        <Stage
          remote={conversation.remote}
          peers={peers}
          nameOf={nameOf}
          holders={holdersOf(conversation.protection)}
          sink={equipment.speaker}
          onBlocked={setBlocked}
          covered={conversation.appetite === "none"}
          paused={paused || refused}
          still={!refused && isStill(outage)}
          dim={refused || hasPanel(outage)}
        />
        <div class="v-stage__notes">
          <Lock protection={conversation.protection} own={conversation.seat} nameOf={nameOf} onCompare={(seat, code, same) => conversation.compare(seat, code, same)} />
          <Refused
            protection={conversation.protection}
            own={conversation.seat}
            nameOf={nameOf}
            identity={t("visit.refused.identity")}
            buttons={reasonOf(conversation.protection) === "identity" && <Button onClick={() => void engine.identity.login()}>{t("visit.refused.login")}</Button>}
            phone={<p>{t("visit.refused.phone")} <PhoneNumber phone={visit.department.phone} /></p>}
            onGoOn={() => conversation.goOn()}
            onEnd={() => engine.ask(true)}
          />
          {!refused && <OutagePanel outage={outage} name={visit.clinician_name} phone={<ByPhone visit={visit} />} onRetry={() => engine.retry()} />}
          <PauseBanner conversation={conversation} nameOf={nameOf} />
          <InterruptedBanner equipment={equipment} />
          <DeviceChangedBanner equipment={equipment} />
          <SpeakingMuted conversation={conversation} onUnmute={() => void talk.toggleMicrophone()} />
          <div class="v-stage__said" role="status">
            {!paused && !refused && !hasPanel(outage) && (Object.keys(peers) as Seat[]).map((seat) => <Said key={seat} name={nameOf(seat)} {...peers[seat]} />)}
            {conversation.appetite === "none" && <p class="v-banner">{t("common.data.sound_only")}</p>}
            {!refused && !hasPanel(outage) && <OwnConnection conversation={conversation} />}
          </div>
        </div>
        {blocked && (
          <Button class="v-unmute" onClick={unlock}>
            {t("visit.call.sound")}
          </Button>
        )}
        <div class="v-self">
          <Video stream={paused ? null : equipment.picture} role="self" mirrored={equipment.mirrored} label={t("visit.camera.self")} />
          {(paused || !equipment.picture) && <p>{t(paused ? "common.pause.cover" : "visit.camera.off")}</p>}
          <CallLevel conversation={conversation} />
        </div>
      </div>
      {settings && !leaving && (
        <section class="v-devices" aria-label={t("visit.call.settings")}>
          <BlockedHelp camera={equipment.cameraProblem} microphone={equipment.microphoneProblem} />
          <DevicePickers equipment={equipment} />
          <DataUse conversation={conversation} />
        </section>
      )}
      {leaving ? (
        <Ask
          question={t("visit.call.ask")}
          why={t(isGuest(visit) ? "visit.call.ask.why.guest" : "visit.call.ask.why")}
          stay={t("visit.call.ask.stay")}
          leave={t("visit.call.end")}
          onStay={() => engine.ask(false)}
          onLeave={() => talk.hangUp()}
        />
      ) : (
        <Controls engine={engine} settings={settings} onSettings={() => setSettings(!settings)} onTrouble={() => setSettings(true)} />
      )}
    </div>
  );
}

/** Whom to phone when the video may not come back. */
function ByPhone({ visit }: { visit: VisitView }) {
  return (
    <>
      <p>{t("visit.outage.phone")} <PhoneNumber phone={visit.department.phone} /></p>
      <p>{t("visit.outage.phone.same", { name: visit.clinician_name })}</p>
    </>
  );
}

/** What somebody else has turned off or shows. */
function Said({ name, camera = true, microphone = true, screen = false, interrupted = false }: Partial<Peer> & { name: string }) {
  if (interrupted) return <p class="ds-sr-only">{t("common.call.interrupted", { name })}</p>;
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
