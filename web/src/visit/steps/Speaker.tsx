// The second question: can you hear the ring tone?
import { useEffect, useRef, useState } from "preact/hooks";
import { Button, Waiting } from "../../shared/components/parts";
import { canChooseSpeaker } from "../../shared/devices";
import { ringStream, unlockSound } from "../../shared/sound";
import { t } from "../../shared/messages";
import { Picker } from "./Picker";
import { Question } from "./Question";
import type { StepProps } from "./props";

export function Speaker({ engine }: StepProps) {
  const element = useRef<HTMLAudioElement>(null);
  const [playing, setPlaying] = useState(false);
  const stop = useRef<() => void>(() => undefined);
  const { speaker } = engine.equipment;

  const play = async (): Promise<void> => {
    if (!(await unlockSound()) || !element.current) return setPlaying(false);
    stop.current();
    const ring = ringStream();
    stop.current = ring.stop;
    element.current.srcObject = ring.stream;
    await element.current.play().then(() => setPlaying(true), () => setPlaying(false));
  };
  useEffect(() => {
    void play();
    return () => stop.current();
  }, []);
  useEffect(() => {
    const audio = element.current;
    if (audio && speaker && "setSinkId" in audio) void audio.setSinkId(speaker).catch(() => undefined);
  }, [speaker]);

  return (
    <Question
      engine={engine}
      device="speaker"
      title={t("visit.speaker.title")}
      help={t("visit.speaker.help")}
      skip={t("visit.speaker.skip")}
      tools={
        canChooseSpeaker() && (
          <Picker kind="speaker" label={t("visit.speaker.choose")} used={speaker} onChoose={(id) => engine.equipment.chooseSpeaker(id)} />
        )
      }
    >
      <audio ref={element} />
      {playing ? (
        <Waiting>{t("visit.speaker.playing")}</Waiting>
      ) : (
        <Button variant="secondary" onClick={() => void play()}>
          {t("visit.speaker.play")}
        </Button>
      )}
    </Question>
  );
}
