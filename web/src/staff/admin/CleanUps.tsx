// What each nightly clean-up took away by the trust's rules, for administrator and auditor.
import type { Purge, Purges } from "../../protocol";
import { ErrorNotice, Waiting } from "../../shared/components/parts";
import { t } from "../../shared/messages";
import type { OfficeProps } from "../Later";
import { useLoad } from "../load";
import { moment } from "../words";

const COLUMNS = ["contacts", "feedback", "consultations", "trails"] as const;

export function CleanUps({ desk }: Pick<OfficeProps, "desk">) {
  const { found, error, load } = useLoad(() => desk.office.read<Purges>("purges"));
  if (error) return <ErrorNotice code={error} onRetry={() => void load()} />;
  if (!found) return <Waiting>{t("office.loading")}</Waiting>;
  return <PurgeTable purges={found.purges} />;
}

function PurgeTable({ purges }: { purges: readonly Purge[] }) {
  if (purges.length === 0) return <p class="v-muted">{t("office.purges.none")}</p>;
  return (
    <>
      <p class="v-muted">{t("office.purges.help")}</p>
      <div class="s-trail" role="group" aria-label={t("office.purges.title")} tabIndex={0}>
        <table class="ds-table" data-size="sm">
          <thead>
            <tr>
              <th scope="col">{t("staff.trail.at")}</th>
              {COLUMNS.map((column) => <th key={column} scope="col" class="s-number-column">{t(`office.purges.${column}`)}</th>)}
            </tr>
          </thead>
          <tbody>
            {purges.map((purge) => (
              <tr key={purge.at}>
                <td>{moment(purge.at)}</td>
                {COLUMNS.map((column) => <td key={column} class="s-number-column s-figures">{purge[column]}</td>)}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
