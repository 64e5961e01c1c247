// «Vent litt»: many come at once, it goes on by itself, and nothing is lost by waiting.
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { t } from "../messages";
import type { Wait } from "../turn";
import { PhoneNumber } from "./PhoneNumber";
import { Button, Notice, Progress } from "./parts";

const LOOK_MS = 1_000;

export interface BusyProps {
  /** The wait that goes on; null when it has lasted too long. */
  wait: Wait | null;
  /** What is kept meanwhile. */
  kept?: string;
  /** Whom to phone; without it the letter or message says. */
  phone?: string | undefined;
  onRetry?: () => void;
}

export function Busy({ wait, kept, phone, onRetry }: BusyProps) {
  return (
    <Notice tone="info" title={t("common.busy.title")}>
      <p>{t(wait ? "common.busy" : "common.busy.long")}</p>
      {kept && <p>{kept}</p>}
      {wait ? <Countdown wait={wait} /> : <Help phone={phone} />}
      {!wait && onRetry && <Button variant="secondary" onClick={onRetry}>{t("common.retry")}</Button>}
    </Notice>
  );
}

/** A quiet bar: it is not read aloud as it moves. */
function Countdown({ wait: { from, until } }: { wait: Wait }) {
  const [now, set] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => set(Date.now()), LOOK_MS);
    return () => clearInterval(timer);
  }, []);
  return <Progress value={Math.min(1, Math.max(0, (now - from) / (until - from)))} label={t("common.busy.progress")} />;
}

function Help({ phone }: { phone: string | undefined }): ComponentChildren {
  return phone ? <p>{t("common.busy.phone")} <PhoneNumber phone={phone} /></p> : <p>{t("common.busy.letter")}</p>;
}
