// The third question: does the meter turn green when you speak?
import { useEffect, useRef, useState } from "preact/hooks";
import { SPEECH, meter, unlockSound } from "../../shared/sound";
import { t } from "../../shared/messages";
import { Trouble } from "./Access";
import { Picker } from "./Picker";
import { Question } from "./Question";
import type { StepProps } from "./props";

export function Microphone({ engine }: StepProps) {
  const { equipment } = engine;
  const { microphone, microphoneProblem } = equipment;
  useEffect(() => {
    if (!microphone && !microphoneProblem) void equipment.obtain();
  }, []);
  return (
    <Question
      engine={engine}
      device="microphone"
      title={t("visit.microphone.title")}
      help={t("visit.microphone.help")}
      skip={t("visit.microphone.skip")}
      broken={microphoneProblem !== null}
      tools={
        <Picker
          kind="microphone"
          label={t("visit.microphone.choose")}
          used={microphone?.getSettings().deviceId ?? null}
          onChoose={(id) => void equipment.choose("microphone", id)}
        />
      }
    >
      {microphoneProblem ? <Trouble microphone={microphoneProblem} /> : <p>{t("visit.microphone.say")}</p>}
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
      <meter ref={bar} class="v-meter" min={0} max={1} aria-label={t("visit.microphone.meter")} />
      <p role="status" class="v-heard">{heard ? t("visit.microphone.heard") : ""}</p>
    </>
  );
}
