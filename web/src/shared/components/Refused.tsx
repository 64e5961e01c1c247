// Why neither picture nor sound passes, for the sake of secrecy: what to do about it, and whom to phone.
import type { ComponentChildren } from "preact";
import type { Seat } from "../../protocol";
import type { Protection } from "../e2ee/types";
import { t } from "../messages";
import { Sign } from "./Lock";
import { Button } from "./parts";

export interface RefusedProps {
  protection: Protection | null;
  nameOf: (seat: Seat) => string;
  /** What to do where it is not known whose key it is: it is another thing on either side. */
  identity: string;
  /** What can be pressed then. */
  buttons?: ComponentChildren;
  /** Whom to phone. */
  phone: ComponentChildren;
  onGoOn: () => void;
  onEnd: () => void;
}

/** Whether a call has been stopped, so that the rest said of it would mislead. */
export function isRefused(protection: Protection | null): boolean {
  return protection?.state === "refused";
}

export function Refused({ protection, nameOf, identity, buttons, phone, onGoOn, onEnd }: RefusedProps) {
  const refused = protection?.state === "refused" ? protection : null;
  const name = refused?.seat ? nameOf(refused.seat) : t("common.refused.somebody");
  return (
    <div class={refused ? "v-outage" : ""} data-refused={refused?.reason}>
      <div class={refused ? "v-stack" : ""} role="status">
        {refused && (
          <>
            <p class="ds-heading" data-size="2xs"><Sign face="refused" /> {t(`common.refused.${refused.reason}.title`, { name })}</p>
            <p>{t(`common.refused.${refused.reason}`, { name })}</p>
            {refused.reason === "identity" && <p>{identity}</p>}
            {(refused.reason === "unable" || refused.reason === "peer_unable") && <p>{t("common.lock.browsers")}</p>}
            {phone}
          </>
        )}
      </div>
      {refused?.reason === "downgrade" && (
        <div class="v-row">
          <Button onClick={onGoOn}>{t("common.refused.go_on")}</Button>
          <Button variant="secondary" color="danger" onClick={onEnd}>{t("common.refused.end")}</Button>
        </div>
      )}
      {refused?.reason === "identity" && buttons && <div class="v-row">{buttons}</div>}
      {refused?.reason === "untransformed" && <div class="v-row"><Button onClick={() => location.reload()}>{t("common.refused.reload")}</Button></div>}
    </div>
  );
}
