// «Jeg er klar»: what was checked, good advice, and the word to the clinician.
import { useEffect, useState } from "preact/hooks";
import { Button, Heading, Notice } from "../../shared/components/parts";
import { isAble } from "../../shared/components/TooOld";
import { helpAddress } from "../../shared/helplink";
import { clock, date, t } from "../../shared/messages";
import type { DeviceReport } from "../../protocol";
import { isGuest } from "../state";
import { Appointment } from "./Appointment";
import type { StepProps } from "./props";
import { Sms } from "./Sms";

/** Earlier than this before the time, one is more likely to be trying things out than to be waiting. */
const EARLY_MS = 3 * 3600 * 1000;
const DEVICES: (keyof DeviceReport)[] = ["camera", "speaker", "microphone"];
const ADVICE = ["power", "light", "quiet", "private", "headphones", "data"] as const;

export function Ready({ engine }: StepProps) {
  const [busy, setBusy] = useState(false);
  const { visit, devices, network, soundOnly, problem, socket } = engine.state;
  useEffect(() => {
    if (socket === "open") setBusy(false); // the word may have been lost with the last socket
  }, [socket]);
  if (!visit) return <></>;
  const early = Date.parse(visit.starts) - Date.now() > EARLY_MS;
  const works = network !== null && (network.verdict === "good" || network.verdict === "improvable");
  const result = (device: keyof DeviceReport): string =>
    device === "camera" && soundOnly ? t("visit.ready.result.sound") : t(`visit.ready.result.${devices[device]}`);
  const ready = (): void => {
    setBusy(true);
    engine.checkIn();
  };
  return (
    <>
      <Heading>{t("visit.ready.title")}</Heading>
      <Appointment engine={engine} />
      {early && (
        <Notice tone="info" live={false}>
          <p>{t("visit.ready.early", { date: date(visit.starts), clock: clock(visit.starts) })}</p>
        </Notice>
      )}
      <Button wide variant={early ? "secondary" : "primary"} busy={busy && problem === null} onClick={ready}>
        {t("visit.ready.button", { name: visit.clinician_name })}
      </Button>
      <section class="v-card v-stack" aria-labelledby="checks">
        <h2 id="checks" class="ds-heading" data-size="2xs">{t("visit.ready.checks")}</h2>
        <dl class="v-checks">
          {DEVICES.map((device) => (
            <div key={device} data-answer={devices[device]}>
              <dt>{t(`visit.step.${device}`)}</dt>
              <dd>{result(device)}</dd>
            </div>
          ))}
          <div data-answer={network === null ? "untested" : works ? "yes" : "no"}>
            <dt>{t("visit.step.network")}</dt>
            <dd>{network ? t(`visit.network.${network.verdict}`) : t("visit.ready.result.untested")}</dd>
          </div>
        </dl>
        <Button variant="secondary" onClick={() => engine.go("access")}>
          {t("visit.ready.again")}
        </Button>
      </section>
      <section class="v-card v-stack" aria-labelledby="advice">
        <h2 id="advice" class="ds-heading" data-size="2xs">{t("visit.ready.advice")}</h2>
        <ul>
          {ADVICE.map((of) => (
            <li key={of}>{t(`visit.ready.advice.${of}`)}</li>
          ))}
        </ul>
        <p>
          <a class="ds-link" href={helpAddress("advice", { consultation: visit.consultation })} target="_blank" rel="noopener">{t("visit.ready.advice.more")}</a>
        </p>
      </section>
      {isAble() && <p class="v-muted">{t("visit.ready.encrypted", { name: visit.clinician_name })}</p>}
      {!isGuest(visit) && <Sms engine={engine} />}
    </>
  );
}
