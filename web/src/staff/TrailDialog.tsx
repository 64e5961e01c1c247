// «Historikk»: everything that happened to one consultation and who did it, and the reference support looks it up by.
import type { ConsultationView, Me, TrailEntry } from "../protocol";
import { ErrorNotice, Notice, Waiting } from "../shared/components/parts";
import { t } from "../shared/messages";
import type { Desk } from "./desk";
import { Dialog } from "./Dialog";
import { doer, happened, levelOf, stateAfter } from "./happenings";
import { Icon } from "./Icon";
import { useLoad } from "./load";
import { When } from "./When";
import { moment, patientName } from "./words";

export function TrailDialog({ desk, me, view, onClose }: { desk: Desk; me: Me; view: ConsultationView; onClose: () => void }) {
  const { found: trail, error, load } = useLoad(() => desk.office.trail(view.consultation));
  return (
    <Dialog title={t("staff.trail.title")} onClose={onClose} wide>
      <p><strong>{t("staff.trail.of", { name: patientName(view), when: moment(view.starts) })}</strong></p>
      <p>{t("staff.trail.reference")} <strong class="v-reference">{view.reference}</strong></p>
      <p class="v-muted">{t(`staff.row.level.${view.login_level}`)}{view.person_bound && `, ${t("staff.row.bound")}`}</p>
      {error && <ErrorNotice code={error} onRetry={() => void load()} />}
      {!error && !trail && <Waiting>{t("staff.trail.loading")}</Waiting>}
      {trail && <Whole intact={trail.intact} />}
      {trail && <Happenings entries={trail.entries} me={me} />}
    </Dialog>
  );
}

/** Whether the chain of the history holds: each entry seals the one before it. */
export function Whole({ intact }: { intact: boolean }) {
  if (!intact) return <Notice tone="danger" title={t("staff.trail.broken")}><p>{t("staff.trail.broken.help")}</p></Notice>;
  return <p class="s-whole"><span class="s-check" data-light="good"><Icon name="good" /> {t("staff.trail.intact")}</span> <span class="v-muted">{t("staff.trail.intact.help")}</span></p>;
}

/** What happened, as a table. */
export function Happenings({ entries, me }: { entries: readonly TrailEntry[]; me: Pick<Me, "id" | "colleagues"> }) {
  return (
    <div class="s-trail" role="group" aria-label={t("staff.trail.title")} tabIndex={0}>
      <table class="ds-table" data-size="sm">
        <thead>
          <tr>
            {(["at", "what", "who", "level", "state"] as const).map((column) => <th key={column} scope="col">{t(`staff.trail.${column}`)}</th>)}
          </tr>
        </thead>
        <tbody>
          {entries.map((entry, index) => (
            <tr key={entry.number}>
              <When at={entry.at} before={entries[index - 1]?.at} />
              <td>{happened(entry)}</td>
              <td>{doer(entry, me)}</td>
              <td>{levelOf(entry.who, entry.level)}</td>
              <td>{stateAfter(entry.state)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
