// Said before there is a call, to whoever's browser cannot encrypt end to end: which ones can, while there is time to change.
import { findWay } from "../e2ee/transforms";
import { t } from "../messages";
import { Notice } from "./parts";

/** Whether this browser can encrypt end to end. */
export function isAble(): boolean {
  return findWay() !== null;
}

export function TooOld({ title, text }: { title: string; text: string }) {
  if (isAble()) return null;
  return (
    <Notice tone="warning" title={title}>
      <p>{text}</p>
      <p>{t("common.lock.browsers")}</p>
    </Notice>
  );
}
