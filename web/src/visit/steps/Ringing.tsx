// It rings: sound, a title that blinks, a buzz, a notification, and «Aksepter samtale».
import { useEffect } from "preact/hooks";
import { Button, Heading } from "../../shared/components/parts";
import { ring, soundReady } from "../../shared/sound";
import { t } from "../../shared/messages";
import { Icon } from "../Icon";
import { notify } from "../../shared/notify";
import { isGuest } from "../state";
import { AskLeaving } from "./Ask";
import type { StepProps } from "./props";

export function Ringing({ engine }: StepProps) {
  const { visit, leaving } = engine.state;
  const name = visit?.clinician_name ?? "";
  const accepting = engine.talk?.accepting === true;
  useEffect(() => {
    if (accepting) return undefined;
    const quiet = soundReady() ? ring() : () => undefined;
    const title = document.title;
    let shown = false;
    const timer = setInterval(() => {
      shown = !shown;
      document.title = shown ? t("visit.ringing.alert") : title;
      navigator.vibrate?.(400);
    }, 1_000);
    const close = notify(t("visit.ringing.alert"), t("visit.ringing.notification"));
    return () => {
      quiet();
      close();
      clearInterval(timer);
      document.title = title;
      navigator.vibrate?.(0);
    };
  }, [accepting]);
  return (
    <div class="v-ringing">
      <span class="v-bell"><Icon name="camera" /></span>
      <div role="alert">
        <Heading>{t(isGuest(visit) ? "visit.ringing.title.guest" : "visit.ringing.title", { name })}</Heading>
      </div>
      <Button busy={accepting} onClick={() => void engine.talk?.accept()}>
        {t("visit.ringing.accept")}
      </Button>
      {leaving ? (
        <AskLeaving engine={engine} name={name} />
      ) : (
        <Button variant="tertiary" onClick={() => engine.ask(true)}>{t("visit.waiting.leave")}</Button>
      )}
    </div>
  );
}
