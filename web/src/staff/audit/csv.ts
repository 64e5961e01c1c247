// The trail as a table for other programs; the names of the columns are the API's. No DOM.
import type { AuditEntry } from "../../protocol";
import { csv as table } from "../csv";

const COLUMNS = ["at", "consultation", "reference", "number", "what", "role", "staff", "name", "level", "state", "hash"] as const satisfies readonly (keyof AuditEntry)[];

/** A head and a line for each entry. */
export function csv(entries: readonly AuditEntry[]): string {
  return table([[...COLUMNS], ...entries.map((entry) => COLUMNS.map((column) => entry[column]))], ",");
}
