// The second question: can you hear the ring tone?
import { useEffect, useRef, useState } from "preact/hooks";
import { DevicePickers } from "../../shared/components/DevicePickers";
import { Button, Waiting } from "../../shared/components/parts";
import { ringStream, unlockSound } from "../../shared/sound";
import { t } from "../../shared/messages";
import { Question } from "./Question";
import type { StepProps } from "./props";

export function Speaker({ engine }: StepProps) {
  const element = useRef<HTMLAudioElement>(null);
  const [playing, setPlaying] = useState(false);
  const stop = useRef<() => void>(() => undefined);
  const { speaker } = engine.equipment;
  const phone = navigator.maxTouchPoints > 0;

  const play = async (): Promise<void> => {
    if (!(await unlockSound()) || !element.current) return setPlaying(false);
    stop.current();
    const ring = ringStream();
    stop.current = ring.stop;
    element.current.srcObject = ring.stream;
    await element.current.play().then(() => setPlaying(true), () => setPlaying(false));
  };
  const quiet = (): void => {
    stop.current();
    stop.current = () => undefined;
    setPlaying(false);
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
      help={[t(phone ? "visit.speaker.help.volume.phone" : "visit.speaker.help.volume"), ...(phone ? [t("visit.speaker.help.silent")] : []), t("visit.speaker.help.bluetooth")]}
      skip={t("visit.speaker.skip")}
      tools={<DevicePickers equipment={engine.equipment} kinds={["speaker"]} />}
    >
      <audio ref={element} />
      {playing && <Waiting>{t("visit.speaker.playing")}</Waiting>}
      <Button variant="secondary" onClick={() => (playing ? quiet() : void play())}>
        {t(playing ? "visit.speaker.stop" : "visit.speaker.play")}
      </Button>
    </Question>
  );
}
