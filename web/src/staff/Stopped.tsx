// That the trust holds no video just now, in its own words: above the list, and where somebody would call.
import type { Me } from "../protocol";
import { Notice } from "../shared/components/parts";
import { t } from "../shared/messages";
import type { Desk } from "./desk";
import { is } from "./roles";

export function Stopped({ desk, me, children }: { desk: Desk; me?: Me; children?: preact.ComponentChildren }) {
  const { suspended } = desk.state;
  if (!suspended) return null;
  return (
    <Notice tone="warning" title={t("staff.stopped.title")}>
      <blockquote class="v-words">{suspended}</blockquote>
      {children}
      {me && (
        <p class="v-row">
          <a class="ds-link" href="#phones">{t("staff.stopped.list")}</a>
          {is(me, "administrator") && <a class="ds-link" href="#suspension">{t("staff.nav.suspension")}</a>}
        </p>
      )}
    </Notice>
  );
}
