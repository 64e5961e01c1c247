// A call that fails, in words: a discreet one for a hiccup, a calm panel when it lasts, the phone when it may not heal, and that it is back.
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../messages";
import type { Outage, Side } from "../outage";
import { Button } from "./parts";

/** A press on «Prøv video igjen» is seen to work for so long. */
const TRYING_MS = 5_000;

export interface OutagePanelProps {
  outage: Outage;
  /** The other person's name. */
  name: string;
  /** The way out by phone: said once it may not heal. */
  phone: ComponentChildren;
  /** What else can be pressed then. */
  buttons?: ComponentChildren;
  onRetry: () => void;
}

/** Whether the picture behind is the last one there was. */
export function isStill({ phase }: Outage): boolean {
  return ["hiccup", "mending", "phone"].includes(phase);
}

/** Whether the panel is open. */
export function hasPanel({ phase }: Outage): boolean {
  return phase === "mending" || phase === "phone";
}

export function OutagePanel({ outage, name, phone, buttons, onRetry }: OutagePanelProps) {
  const { phase, side } = outage;
  const open = hasPanel(outage);
  const panel = useRef<HTMLDivElement>(null);
  const focused = panel.current?.contains(document.activeElement) ?? false;
  useEffect(() => {
    if (!open && focused) document.querySelector<HTMLElement>("main h1")?.focus(); // the button has gone with the panel
  }, [open]);
  return (
    <div class={open ? "v-outage" : ""} data-phase={phase} data-side={open ? side : undefined} ref={panel}>
      <div class={open ? "v-stack" : ""} role="status">
        {(phase === "first" || phase === "hiccup") && <Turning>{t(phase === "first" ? "common.outage.first" : "common.outage.hiccup")}</Turning>}
        {phase === "back" && <p class="v-banner">{t("common.outage.back")}</p>}
        {open && (
          <>
            <p class="ds-heading" data-size="2xs"><span class="v-spin" aria-hidden="true" /> {title(side, name, outage.been)}</p>
            {phase === "phone" ? phone : <p>{t(`common.outage.${side}`)} {t("common.outage.mending")}</p>}
          </>
        )}
      </div>
      {phase === "phone" && <div class="v-row">{buttons}<Retry onRetry={onRetry} /></div>}
    </div>
  );
}

function title(side: Side, name: string, been: boolean): string {
  return side === "unknown" && !been ? t("common.outage.never.title") : t(`common.outage.${side}.title`, { name });
}

function Turning({ children }: { children: ComponentChildren }) {
  return (
    <p class="v-banner">
      <span class="v-spin" aria-hidden="true" /> {children}
    </p>
  );
}

function Retry({ onRetry }: { onRetry: () => void }) {
  const [trying, setTrying] = useState(false);
  useEffect(() => {
    if (!trying) return undefined;
    const timer = setTimeout(() => setTrying(false), TRYING_MS);
    return () => clearTimeout(timer);
  }, [trying]);
  const press = (): void => {
    setTrying(true);
    onRetry();
  };
  return <Button variant="secondary" busy={trying} onClick={press}>{t(trying ? "common.outage.retrying" : "common.outage.retry")}</Button>;
}
