// «Kontakt kundeservice»: whom to phone, the reference to give, and what those who answer can and cannot see.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { t } from "../messages";
import { readable } from "../phone";
import { code } from "../trace";
import { Button } from "./parts";
import { PhoneNumber } from "./PhoneNumber";

export interface SupportProps {
  department: { name: string; phone: string } | undefined;
  /** What support looks the visit up by. */
  reference: string | undefined;
  /** Stands instead of the help for patients. */
  children?: ComponentChildren;
}

export function Support({ department, reference, children }: SupportProps) {
  const general = department ? t("common.support.department", { department: department.name, phone: readable(department.phone) }) : t("common.support.general");
  return (
    <details class="v-support">
      <summary>{t("common.support")}</summary>
      <div class="v-stack">
        <p>{children ?? general}</p>
        {department && <p><PhoneNumber phone={department.phone} /></p>}
        {reference && <Reference reference={reference} />}
      </div>
    </details>
  );
}

/** The reference, large enough to be read aloud on the phone, with a button that copies it. */
function Reference({ reference }: { reference: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(reference);
      setCopied(true);
    } catch {
      setCopied(false); // refused: it can still be read and marked
    }
  };
  return (
    <div class="v-stack">
      <p>{t("common.support.reference")}</p>
      <div class="v-row">
        <strong class="v-reference" dir="ltr">{reference}</strong>
        <Button variant="secondary" onClick={() => void copy()}>{t("common.copy")}</Button>
        <span role="status">{copied ? t("common.copied") : ""}</span>
      </div>
      <p class="v-muted">{t("common.support.sees")}</p>
      <p class="v-muted">{t("common.support.code", { code })}</p>
    </div>
  );
}
