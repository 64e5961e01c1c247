// The third question: does the meter turn green when you speak?
import { useEffect, useRef, useState } from "preact/hooks";
import { BlockedHelp } from "../../shared/components/BlockedHelp";
import { DevicePickers } from "../../shared/components/DevicePickers";
import { SPEECH, meter, unlockSound } from "../../shared/sound";
import { t } from "../../shared/messages";
import { Question } from "./Question";
import type { StepProps } from "./props";

export function Microphone({ engine }: StepProps) {
  const { equipment } = engine;
  const { microphone, microphoneProblem } = equipment;
  const turnOn = (): void => void equipment.turnOn("microphone");
  useEffect(() => {
    if (!microphone && !microphoneProblem) turnOn();
  }, []);
  useEffect(() => (microphoneProblem ? equipment.watch(turnOn) : undefined), [microphoneProblem]);
  return (
    <Question
      engine={engine}
      device="microphone"
      title={t("visit.microphone.title")}
      help={[t("visit.microphone.help.mute"), t("visit.microphone.help.close"), t("visit.microphone.help.other"), t("visit.microphone.help.busy")]}
      skip={t("visit.microphone.skip")}
      broken={microphoneProblem !== null}
      tools={<DevicePickers equipment={equipment} kinds={["microphone"]} />}
    >
      {microphoneProblem ? <BlockedHelp microphone={microphoneProblem} /> : <p id="say">{t("visit.microphone.say")}</p>}
      {microphone ? <Meter track={microphone} /> : !microphoneProblem && <p>{t("visit.microphone.off")}</p>}
    </Question>
  );
}

/** The bar is moved past Preact: sixty times a second is no business of the page's state. */
function Meter({ track }: { track: MediaStreamTrack }) {
  const bar = useRef<HTMLMeterElement>(null);
  const [heard, setHeard] = useState(false);
  useEffect(() => {
    void unlockSound();
    return meter(track, (level) => {
      if (bar.current) bar.current.value = level;
      bar.current?.classList.toggle("is-speech", level >= SPEECH);
      if (level >= SPEECH) setHeard(true);
    });
  }, [track]);
  return (
    <>
      <meter ref={bar} class="v-meter" min={0} max={1} aria-label={t("visit.microphone.meter")} aria-describedby="say" />
      <p role="status" class="v-heard">{heard ? t("visit.microphone.heard") : ""}</p>
    </>
  );
}
