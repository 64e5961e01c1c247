// Whether the trust may send SMS to this number: said as it is, changed by one press.
import { useState } from "preact/hooks";
import { Button } from "../../shared/components/parts";
import { t } from "../../shared/messages";
import type { StepProps } from "./props";

export function Sms({ engine }: StepProps) {
  const [busy, setBusy] = useState(false);
  const { visit } = engine.state;
  if (!visit) return <></>;
  const wanted = visit.sms_wanted;
  const change = async (): Promise<void> => {
    setBusy(true);
    await engine.identity.wishSms(!wanted);
    setBusy(false);
  };
  return (
    <details class="v-details">
      <summary>{t("visit.sms.title")}</summary>
      <div class="v-stack">
        <p role="status">{t(wanted ? "visit.sms.wanted" : "visit.sms.unwanted", { trust: visit.trust_name })}</p>
        <Button variant="secondary" busy={busy} onClick={() => void change()}>{t(wanted ? "visit.sms.stop" : "visit.sms.start")}</Button>
      </div>
    </details>
  );
}
