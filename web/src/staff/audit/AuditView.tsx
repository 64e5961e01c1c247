// «Innsyn»: searching the trust's trail, taking it along as a table, and checking that nobody has changed it.
import "../office.css";
import { t } from "../../shared/messages";
import { CleanUps } from "../admin/CleanUps";
import type { OfficeProps } from "../Later";
import { DaysView } from "./DaysView";
import { SearchView } from "./SearchView";

export function AuditView({ desk, me }: OfficeProps) {
  return (
    <div class="s-office s-office--wide">
      <p class="s-intro">{t("office.audit.intro")}</p>
      <SearchView desk={desk} me={me} />
      <DaysView desk={desk} />
      <section class="v-card s-office" aria-labelledby="purges-title">
        <h2 class="ds-heading" data-size="xs" id="purges-title">{t("office.purges.title")}</h2>
        <CleanUps desk={desk} />
      </section>
    </div>
  );
}
