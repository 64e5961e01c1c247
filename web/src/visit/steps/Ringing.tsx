// It rings: sound, a title that blinks, a buzz, and «Aksepter samtale».
import { useEffect } from "preact/hooks";
import { Button, Heading } from "../../shared/components/parts";
import { ring, soundReady } from "../../shared/sound";
import { t } from "../../shared/messages";
import type { StepProps } from "./props";

export function Ringing({ engine }: StepProps) {
  const { visit } = engine.state;
  const name = visit?.clinician_name ?? "";
  useEffect(() => {
    if (engine.accepting) return undefined;
    const quiet = soundReady() ? ring() : () => undefined;
    const title = document.title;
    let shown = false;
    const timer = setInterval(() => {
      shown = !shown;
      document.title = shown ? t("visit.ringing.alert") : title;
      navigator.vibrate?.(400);
    }, 1_000);
    return () => {
      quiet();
      clearInterval(timer);
      document.title = title;
      navigator.vibrate?.(0);
    };
  }, [engine.accepting]);
  return (
    <div class="v-ringing">
      <span class="v-bell" aria-hidden="true" />
      <div role="alert">
        <Heading>{t("visit.ringing.title", { name })}</Heading>
      </div>
      <Button busy={engine.accepting} onClick={() => void engine.accept()}>
        {t("visit.ringing.accept")}
      </Button>
      <Button variant="tertiary" onClick={() => engine.leave()}>
        {t("visit.waiting.leave")}
      </Button>
    </div>
  );
}
