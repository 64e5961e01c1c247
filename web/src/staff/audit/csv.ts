// The trail as a table for other programs: RFC 4180, and no cell that a spreadsheet would take for a formula. No DOM.
import type { AuditEntry } from "../../protocol";

const COLUMNS = ["at", "consultation", "reference", "number", "what", "role", "staff", "name", "level", "state", "hash"] as const satisfies readonly (keyof AuditEntry)[];
/** Tells spreadsheets that the letters are UTF-8. */
const MARK = "\ufeff";

/** One cell, always quoted. What begins like a formula gets an apostrophe before it (OWASP, CSV injection): names are typed by people. */
export function cell(value: string | number): string {
  const text = String(value);
  const safe = /^[\s\u0000]*[=+\-@|%\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/.test(text) ? `'${text}` : text;
  return `"${safe.replace(/"/g, '""')}"`;
}

/** A head and a line for each entry; the names of the columns are the API's. */
export function csv(entries: readonly AuditEntry[]): string {
  const rows = [COLUMNS.map(cell), ...entries.map((entry) => COLUMNS.map((column) => cell(entry[column])))];
  return MARK + rows.map((row) => row.join(",")).join("\r\n") + "\r\n";
}
