// Tables for other programs: RFC 4180, and no cell that a spreadsheet would take for a formula. No DOM.

/** Tells spreadsheets that the letters are UTF-8. */
const MARK = "\ufeff";

/** One cell, always quoted. What begins like a formula gets an apostrophe before it (OWASP, CSV injection): names are typed by people. */
export function cell(value: string | number): string {
  const text = String(value);
  const safe = /^[\s\u0000]*[=+\-@|%\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/.test(text) ? `'${text}` : text;
  return `"${safe.replace(/"/g, '""')}"`;
}

/** Rows as one text; `separator` is what the reader's spreadsheet takes for one. */
export function csv(rows: readonly (readonly (string | number)[])[], separator: "," | ";"): string {
  return MARK + rows.map((row) => row.map(cell).join(separator)).join("\r\n") + "\r\n";
}
