// Entries of the trail as a table: when, what, who as what, how surely known, and of which consultation.
import type { AuditEntry, Me } from "../../protocol";
import { Button } from "../../shared/components/parts";
import { t } from "../../shared/messages";
import { actor, happened, levelOf, stateAfter } from "../happenings";
import { When } from "../When";

export interface EntryTableProps {
  entries: readonly AuditEntry[];
  me: Pick<Me, "id">;
  /** A reference was pressed. */
  onReference: (reference: string) => void;
}

export function EntryTable({ entries, me, onReference }: EntryTableProps) {
  return (
    <div class="s-trail" role="group" aria-label={t("office.audit.entries")} tabIndex={0}>
      <table class="ds-table" data-size="sm">
        <thead>
          <tr>
            {(["at", "what", "who"] as const).map((column) => <th key={column} scope="col">{t(`staff.trail.${column}`)}</th>)}
            <th scope="col">{t("office.audit.role")}</th>
            {(["level", "state"] as const).map((column) => <th key={column} scope="col">{t(`staff.trail.${column}`)}</th>)}
            <th scope="col">{t("staff.support.reference")}</th>
          </tr>
        </thead>
        <tbody>
          {entries.map((entry, index) => (
            <tr key={`${entry.consultation} ${entry.number}`}>
              <When at={entry.at} before={entries[index - 1]?.at} />
              <td>{happened(entry)}</td>
              <td>{actor(entry, me)}</td>
              <td>{t(`office.role.${entry.role}`)}</td>
              <td>{levelOf(entry.role, entry.level)}</td>
              <td>{stateAfter(entry.state)}</td>
              <td>{entry.reference === "" ? t("office.audit.of_trust") : <Button variant="tertiary" data-size="sm" class="s-reference" onClick={() => onReference(entry.reference)}>{entry.reference}</Button>}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
