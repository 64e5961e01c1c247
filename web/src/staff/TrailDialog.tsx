// «Historikk»: everything that happened to one consultation and who did it, and the reference support looks it up by.
import { useEffect, useState } from "preact/hooks";
import type { ConsultationView, Me, State, Trail, TrailEntry } from "../protocol";
import { ErrorNotice, Waiting } from "../shared/components/parts";
import { clock, date, dayOf, t } from "../shared/messages";
import type { Desk } from "./desk";
import { Dialog } from "./Dialog";
import { doer, happened } from "./happenings";
import { asApiError } from "./office";
import { moment } from "./words";

export function TrailDialog({ desk, me, view, onClose }: { desk: Desk; me: Me; view: ConsultationView; onClose: () => void }) {
  const [trail, setTrail] = useState<Trail | null>(null);
  const [error, setError] = useState<string | null>(null);
  const load = async (): Promise<void> => {
    setError(null);
    try {
      setTrail(await desk.office.trail(view.consultation));
    } catch (problem) {
      setError(asApiError(problem).code);
    }
  };
  useEffect(() => void load(), []);
  return (
    <Dialog title={t("staff.trail.title")} onClose={onClose} wide>
      <p><strong>{t("staff.trail.of", { name: view.patient_name, when: moment(view.starts) })}</strong></p>
      <p>{t("staff.trail.reference")} <strong class="v-reference">{view.reference}</strong></p>
      <p class="v-muted">{t(`staff.row.level.${view.login_level}`)}{view.person_bound && `, ${t("staff.row.bound")}`}</p>
      {error && <ErrorNotice code={error} onRetry={() => void load()} />}
      {!error && !trail && <Waiting>{t("staff.trail.loading")}</Waiting>}
      {trail && <Happenings entries={trail.entries} me={me} />}
    </Dialog>
  );
}

/** What happened, as a table. */
export function Happenings({ entries, me }: { entries: readonly TrailEntry[]; me: Me }) {
  return (
    <div class="s-trail" role="region" aria-label={t("staff.trail.title")} tabIndex={0}>
      <table class="ds-table" data-size="sm">
        <thead>
          <tr>
            {(["at", "what", "who", "state"] as const).map((column) => <th key={column} scope="col">{t(`staff.trail.${column}`)}</th>)}
          </tr>
        </thead>
        <tbody>
          {entries.map((entry, index) => {
            const before = entries[index - 1];
            const newDay = !before || dayOf(before.at) !== dayOf(entry.at);
            return (
              <tr key={entry.number}>
                <td class="s-figures">{newDay && <span class="s-trail__day">{date(entry.at)}</span>} {clock(entry.at)}</td>
                <td>{happened(entry)}</td>
                <td>{doer(entry, me)}</td>
                <td>{entry.state ? t(`staff.state.${entry.state as State}`) : ""}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
