// How one is reached while waiting: the ring tone, a notification from the browser, a screen that stays on.
import { useEffect, useState } from "preact/hooks";
import { Button, Notice } from "../../shared/components/parts";
import { ring, soundReady, unlockSound } from "../../shared/sound";
import { t } from "../../shared/messages";
import { allowNotifying, notifying } from "../../shared/notify";
import type { StepProps } from "./props";

/** The ring tone is tried for one beat. */
const BEAT_MS = 2_500;

export function Reach({ engine }: StepProps) {
  const [silent, setSilent] = useState(!soundReady());
  const [trying, setTrying] = useState(false);
  const [allowed, setAllowed] = useState(notifying);
  useEffect(() => {
    if (!trying) return undefined;
    const quiet = ring();
    const timer = setTimeout(() => setTrying(false), BEAT_MS);
    return () => {
      clearTimeout(timer);
      quiet();
    };
  }, [trying]);
  const sound = async (): Promise<void> => {
    const ready = await unlockSound();
    setSilent(!ready);
    setTrying(ready);
  };
  return (
    <>
      {silent && (
        <Notice tone="warning">
          <p>{t("visit.waiting.sound.why")}</p>
          <Button variant="secondary" onClick={() => void sound()}>{t("visit.waiting.sound")}</Button>
        </Notice>
      )}
      {engine.awake.held === false && (
        <Notice tone="info">
          <p>{t("visit.waiting.screen")}</p>
        </Notice>
      )}
      <div class="v-row">
        {!silent && (
          <Button variant="secondary" aria-pressed={trying} onClick={() => void sound()}>{t("visit.waiting.sound.try")}</Button>
        )}
        {allowed === "off" && (
          <Button variant="secondary" onClick={() => void allowNotifying().then(setAllowed)}>{t("visit.waiting.notify")}</Button>
        )}
        <p role="status" class="v-muted">
          {allowed === "on" ? t("visit.waiting.notify.on") : allowed === "blocked" ? t("visit.waiting.notify.blocked") : ""}
        </p>
      </div>
    </>
  );
}
