// The network test with its progress, one of the four sentences, and what to do.
import { useEffect, useState } from "preact/hooks";
import { Button, Heading, Notice, Progress, type Tone } from "../../shared/components/parts";
import { errorText, t } from "../../shared/messages";
import { ProbeFailed } from "../../shared/probe";
import type { Verdict } from "../../protocol";
import type { StepProps } from "./props";

const TONES: Record<Verdict, Tone> = { good: "success", improvable: "info", poor: "warning", blocked: "danger" };

export function Network({ engine }: StepProps) {
  const [share, setShare] = useState<number | null>(null);
  const [failed, setFailed] = useState<string | null>(null);
  const { network } = engine.state;

  const run = async (): Promise<void> => {
    setFailed(null);
    setShare(0);
    try {
      await engine.testNetwork(setShare);
    } catch (problem) {
      const code = problem instanceof ProbeFailed ? problem.code : "internal";
      if (code === "cancelled") return;
      setFailed(code);
    }
    setShare(null);
  };
  useEffect(() => void run(), []);

  const running = share !== null;
  return (
    <>
      <Heading>{t("visit.network.title")}</Heading>
      {running && (
        <>
          <p>{t("visit.network.why")}</p>
          <Progress value={share} label={t("visit.network.running")} />
          <p role="status">{t("visit.network.running")}</p>
          <Button variant="tertiary" onClick={() => engine.next()}>
            {t("visit.network.skip")}
          </Button>
        </>
      )}
      {!running && failed && (
        <Notice tone="warning">
          <p>{t("visit.network.failed")}</p>
          <p>{errorText(failed)}</p>
        </Notice>
      )}
      {!running && !failed && network && (
        <Notice tone={TONES[network.verdict]} title={t(`visit.network.${network.verdict}`)}>
          <p>{t(`visit.network.${network.verdict}.do`)}</p>
          {network.verdict !== "good" && <p>{t("visit.network.anyway")}</p>}
        </Notice>
      )}
      {!running && (
        <div class="v-answers">
          <Button onClick={() => engine.next()}>{t("visit.next")}</Button>
          <Button variant="secondary" onClick={() => void run()}>
            {t("visit.network.again")}
          </Button>
        </div>
      )}
    </>
  );
}
