// What is said across a call, on both sides' pages alike: paused, taken away by the system, plugged in or out, speaking unheard.
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { comeBack } from "../comeback";
import type { Conversation } from "../conversation";
import type { Equipment } from "../equipment";
import { t } from "../messages";
import type { Seat } from "../../protocol";
import { Button } from "./parts";

/** Read aloud when it comes; the button does what helps. */
function Banner({ kind, text, children }: { kind: string; text: string; children?: ComponentChildren }) {
  return (
    <div class="v-banner v-banner--act" data-banner={kind} data-color-scheme="dark">
      <p role="status">{text}</p>
      {children && <div class="v-row">{children}</div>}
    </div>
  );
}

/** Why there is neither picture nor sound, and the way on for whoever paused. */
export function PauseBanner({ conversation, nameOf }: { conversation: Conversation; nameOf: (seat: Seat) => string }) {
  const { paused, pausedByMe } = conversation;
  if (paused === null) return null;
  if (!pausedByMe) return <Banner kind="paused" text={t("common.pause.by_other", { name: nameOf(paused) })} />;
  return (
    <Banner kind="paused" text={t("common.pause.by_me")}>
      <Button onClick={() => conversation.pause(false)}>{t("common.pause.resume")}</Button>
    </Banner>
  );
}

/** The system took camera or microphone away, as for a phone call: one tap takes them back. */
export function InterruptedBanner({ equipment }: { equipment: Equipment }) {
  if (!equipment.interrupted) return null;
  return (
    <Banner kind="interrupted" text={t("common.interrupted.why")}>
      <Button onClick={() => void comeBack(equipment)}>{t("common.interrupted.resume")}</Button>
    </Banner>
  );
}

/** A device went away and another took over, or a new one is offered. */
export function DeviceChangedBanner({ equipment }: { equipment: Equipment }) {
  const { changed } = equipment;
  if (!changed) return null;
  const { kind, label, why } = changed;
  const plugged = why === "plugged";
  return (
    <Banner kind={why} text={plugged ? t("common.plugged.in", { label }) : t(`common.unplugged.${kind}`, { label })}>
      {plugged && <Button onClick={() => void equipment.useChanged()}>{t("common.plugged.use", { label })}</Button>}
      <Button variant="secondary" onClick={() => equipment.dismissChanged()}>{t(plugged ? "common.plugged.dismiss" : "common.dismiss")}</Button>
    </Banner>
  );
}

/** «You seem to be muted»: said while one speaks unheard. */
export function SpeakingMuted({ conversation, onUnmute }: { conversation: Conversation; onUnmute: () => void }) {
  if (!conversation.speakingMuted) return null;
  return (
    <Banner kind="speaking_muted" text={t("common.speaking_muted")}>
      <Button onClick={onUnmute}>{t("common.speaking_muted.unmute")}</Button>
    </Banner>
  );
}

/** How loud one is, small; for the eye alone, and moved past Preact. */
export function CallLevel({ conversation }: { conversation: Conversation }) {
  const bar = useRef<HTMLMeterElement>(null);
  useEffect(() => conversation.onLevel((level) => {
    if (bar.current) bar.current.value = conversation.muted ? 0 : level;
  }), [conversation]);
  return <meter ref={bar} class="v-level" min={0} max={1} aria-hidden="true" />;
}
