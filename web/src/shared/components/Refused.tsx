// Why neither picture nor sound passes, for the sake of secrecy: what to do about it, and whom to phone.
import type { ComponentChildren } from "preact";
import type { Seat } from "../../protocol";
import type { Protection, Refusal } from "../e2ee/types";
import { t } from "../messages";
import { Sign } from "./Lock";
import { Button } from "./parts";

export interface RefusedProps {
  protection: Protection | null;
  /** One's own seat. */
  own: Seat | null;
  nameOf: (seat: Seat) => string;
  /** What to do where it is not known whose key it is: it is another thing on either side. */
  identity: string;
  /** What can be pressed where it is not, or cannot be judged. */
  buttons?: ComponentChildren;
  /** Whom to phone. */
  phone: ComponentChildren;
  onGoOn: () => void;
  onEnd: () => void;
}

/** What a new beginning may heal. */
const RELOADED: ReadonlySet<Refusal> = new Set<Refusal>(["untransformed", "unreachable", "unagreed"]);

/** Whether a call has been stopped, so that the rest said of it would mislead. */
export function isRefused(protection: Protection | null): boolean {
  return reasonOf(protection) !== null;
}

export function reasonOf(protection: Protection | null): Refusal | null {
  return protection?.state === "refused" ? protection.reason : null;
}

export function Refused({ protection, own, nameOf, identity, buttons, phone, onGoOn, onEnd }: RefusedProps) {
  const refused = protection?.state === "refused" ? protection : null;
  const ofLogin = refused?.reason === "identity" || refused?.reason === "unreachable";
  const lost = refused?.reason === "downgrade" && refused.seat === own; // this browser itself
  const reload = refused !== null && (lost || RELOADED.has(refused.reason));
  const name = refused?.seat ? nameOf(refused.seat) : t("common.refused.somebody");
  return (
    <div class={refused ? "v-outage" : ""} data-refused={refused?.reason}>
      <div class={refused ? "v-stack" : ""} role="status">
        {refused && (
          <>
            <p class="ds-heading" data-size="2xs"><Sign face="refused" /> {lost ? t("common.refused.lost.title") : t(`common.refused.${refused.reason}.title`, { name })}</p>
            <p>{lost ? t("common.refused.lost") : t(`common.refused.${refused.reason}`, { name })}</p>
            {refused.reason === "identity" && <p>{identity}</p>}
            {refused.reason === "unagreed" && refused.mayGoOn && <p>{t("common.refused.unagreed.open")}</p>}
            {(refused.reason === "unable" || refused.reason === "peer_unable") && <p>{t("common.lock.browsers")}</p>}
            {phone}
          </>
        )}
      </div>
      {(reload || refused?.mayGoOn || (ofLogin && buttons)) && (
        <div class="v-row">
          {reload && <Button onClick={() => location.reload()}>{t("common.refused.reload")}</Button>}
          {refused?.mayGoOn && (
            <>
              <Button variant={reload ? "secondary" : "primary"} onClick={onGoOn}>{t("common.refused.go_on")}</Button>
              <Button variant="secondary" color="danger" onClick={onEnd}>{t("common.refused.end")}</Button>
            </>
          )}
          {ofLogin && buttons}
        </div>
      )}
    </div>
  );
}
