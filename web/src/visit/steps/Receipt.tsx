// What is kept of what happened: the patient's own receipt, to read and to print.
import { useState } from "preact/hooks";
import type { Receipt as Kept, ReceiptEntry } from "../../protocol";
import { Button, Notice } from "../../shared/components/parts";
import { clock, date, listed, t, type Key } from "../../shared/messages";
import { happened, who } from "../receipt";
import type { StepProps } from "./props";

export function Receipt({ engine }: StepProps) {
  const [receipt, setReceipt] = useState<Kept | null>(null);
  const [busy, setBusy] = useState(false);
  const show = async (): Promise<void> => {
    setBusy(true);
    setReceipt(await engine.identity.receipt());
    setBusy(false);
  };
  return (
    <section class="v-stack v-receipt" aria-labelledby="receipt">
      <h2 id="receipt" class="ds-heading" data-size="2xs">{t("visit.receipt.title")}</h2>
      {!receipt && (
        <>
          <p>{t("visit.receipt.why")}</p>
          <Button variant="secondary" busy={busy} onClick={() => void show()}>{t("visit.receipt.show")}</Button>
        </>
      )}
      {receipt && (
        <>
          <p>
            {t("visit.receipt.of", { department: receipt.department.name, trust: receipt.trust_name, date: date(receipt.starts), clock: clock(receipt.starts) })}{" "}
            {t("visit.receipt.reference", { reference: receipt.reference })}
          </p>
          {!receipt.intact && <Notice tone="warning"><p>{t("visit.receipt.broken")}</p></Notice>}
          {receipt.entries.length === 0 ? <p>{t("visit.receipt.empty")}</p> : <Entries entries={receipt.entries} />}
          {receipt.intact && <p class="v-muted">{t("visit.receipt.intact")}</p>}
          <Button class="v-quiet" variant="tertiary" onClick={() => print()}>{t("visit.receipt.print")}</Button>
        </>
      )}
    </section>
  );
}

function Entries({ entries }: { entries: readonly ReceiptEntry[] }) {
  const level = (entry: ReceiptEntry): string => (entry.level === "none" ? "" : t(`visit.receipt.level.${entry.level}` satisfies Key));
  return (
    <ol class="v-happened">
      {entries.map((entry, index) => (
        <li key={index}>
          <span class="v-muted">{t("visit.receipt.when", { date: date(entry.at), clock: clock(entry.at) })}</span>
          <strong>{happened(entry.what)}</strong>
          <span>{listed([who(entry), level(entry)])}</span>
        </li>
      ))}
    </ol>
  );
}
