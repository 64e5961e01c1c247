// The network test: how long it still takes, one of the four sentences, one thing to try at a time, and the figures for support.
import { useEffect, useState } from "preact/hooks";
import { Button, Heading, Notice, Progress, type Tone } from "../../shared/components/parts";
import { errorText, t } from "../../shared/messages";
import { NotTested } from "../nettest";
import { tips } from "../tips";
import type { NetworkReport, Verdict } from "../../protocol";
import type { StepProps } from "./props";

const TONES: Record<Verdict, Tone> = { good: "success", improvable: "info", poor: "warning", blocked: "danger" };
/** How long a test takes, in seconds, and how finely that is told. */
const WHOLE = 15;
const STEP = 5;

export function Network({ engine }: StepProps) {
  const [share, setShare] = useState<number | null>(null);
  const [place, setPlace] = useState<number | null>(null); // among those who test, while others come first
  const [failed, setFailed] = useState<string | null>(null);
  const [tip, setTip] = useState(0);
  const { network, visit } = engine.state;

  const run = async (): Promise<void> => {
    setFailed(null);
    setShare(0);
    try {
      await engine.testNetwork((now) => {
        setPlace(null);
        setShare(now);
      }, setPlace);
    } catch (problem) {
      const code = problem instanceof NotTested ? problem.code : "internal";
      if (code === "cancelled") return;
      setFailed(code);
    }
    setPlace(null);
    setShare(null);
  };
  const again = async (): Promise<void> => {
    await run();
    setTip(tip + 1); // what was tried has not helped, should it still be needed
  };
  useEffect(() => void run(), []);

  if (share !== null) {
    const left = Math.max(1, Math.ceil((WHOLE * (1 - share)) / STEP)) * STEP;
    return (
      <>
        <Heading>{t("visit.network.title")}</Heading>
        <p>{t("visit.network.why")}</p>
        {place === null && <Progress value={share} label={t("visit.network.running")} />}
        <p role="status" class={place === null ? "" : "v-waiting v-turn"}>
          {place !== null && <span class="v-spin" aria-hidden="true" />}
          <span>{place === null ? t("visit.network.left", { seconds: left }) : t("visit.network.queued", { place })}</span>
        </p>
        <Button variant="tertiary" onClick={() => engine.next()}>
          {t("visit.network.skip")}
        </Button>
      </>
    );
  }
  const tried = network ? tips(network) : [];
  const now = tried[tip % Math.max(1, tried.length)];
  return (
    <>
      <Heading>{t("visit.network.title")}</Heading>
      {failed && (
        <Notice tone="warning">
          <p>{t("visit.network.failed")}</p>
          <p>{errorText(failed)}</p>
        </Notice>
      )}
      {!failed && network && (
        <Notice tone={TONES[network.verdict]} title={t(`visit.network.${network.verdict}`)}>
          <p>{t(`visit.network.${network.verdict}.do`)}</p>
        </Notice>
      )}
      {!failed && now && (
        <section class="v-card v-stack" aria-labelledby="tip">
          <h2 id="tip" class="ds-heading" data-size="2xs">{t(tip === 0 ? "visit.network.tip.first" : "visit.network.tip.then")}</h2>
          <p role="status">{t(`visit.network.tip.${now}`)}</p>
          <div class="v-answers">
            <Button variant="secondary" onClick={() => void again()}>{t("visit.network.again")}</Button>
            <Button variant="tertiary" onClick={() => setTip(tip + 1)}>{t("visit.network.tip.other")}</Button>
          </div>
          {visit && network?.verdict !== "improvable" && <p>{t("visit.network.anyway", { name: visit.clinician_name })}</p>}
        </section>
      )}
      <div class="v-answers">
        <Button onClick={() => engine.next()}>{t("visit.next")}</Button>
        {(failed || !now) && <Button variant="secondary" onClick={() => void run()}>{t("visit.network.again")}</Button>}
      </div>
      {!failed && network && <Figures of={network} />}
    </>
  );
}

/** What support asks for. */
function Figures({ of }: { of: NetworkReport }) {
  const percent = Math.round(of.loss * 1000) / 10;
  const figures = [
    [t("visit.network.way"), t(`visit.network.way.${of.transport}`)],
    [t("visit.network.rtt"), t("visit.network.ms", { ms: of.rtt_ms })],
    [t("visit.network.jitter"), t("visit.network.ms", { ms: of.jitter_ms })],
    [t("visit.network.loss"), t("visit.network.percent", { percent })],
    [t("visit.network.up"), t("visit.network.kbps", { kbps: of.up_kbps })],
    [t("visit.network.down"), t("visit.network.kbps", { kbps: of.down_kbps })],
  ];
  return (
    <details class="v-details">
      <summary>{t("visit.network.details")}</summary>
      <dl class="v-checks">
        {figures.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
