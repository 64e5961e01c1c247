// A search in the trail: what is typed, what is wrong with it, the question it becomes, and all pages of its answer. No DOM.
import type { AuditEntry, AuditPage, AuditQuery } from "../../protocol";
import { dayAfter } from "../day";

export interface Search {
  first: string;
  last: string;
  staff: string;
  what: string;
  reference: string;
}

/** A week up to and with `today`, of everything. */
export function lately(today: string): Search {
  return { first: dayAfter(today, -6), last: today, staff: "", what: "", reference: "" };
}

/** The word of the text that helps: `office.audit.fault.{word}`; null when nothing is wrong. */
export function faultOf({ first, last }: Search): "days_missing" | "days_reversed" | null {
  if (!first || !last) return "days_missing";
  return first > last ? "days_reversed" : null;
}

/** The path of a page of the answer, within the trust. */
export function pathOf(search: Search, cursor = ""): string {
  const reference = search.reference.replace(/[\s-]/g, "").toUpperCase();
  const query: AuditQuery = { ...search, staff: search.staff.trim(), reference, cursor };
  const given = Object.entries(query as unknown as Record<string, string>).filter(([, value]) => value !== "");
  return `audit?${new URLSearchParams(given).toString()}`;
}

/** The next entries of an answer: a page may be empty and yet not the last. Raises what `fetch` does. */
export async function next(fetch: (cursor: string) => Promise<AuditPage>, cursor: string): Promise<AuditPage> {
  let page = await fetch(cursor);
  while (page.entries.length === 0 && page.cursor !== "") page = await fetch(page.cursor);
  return page;
}

/** All entries of an answer, page by page. `onProgress` is told how many there are so far; ends early, with null, once `stopped` says so. Raises what `fetch` does. */
export async function everything(fetch: (cursor: string) => Promise<AuditPage>, onProgress: (count: number) => void, stopped: () => boolean): Promise<AuditEntry[] | null> {
  const found: AuditEntry[] = [];
  let cursor = "";
  do {
    const page = await fetch(cursor);
    if (stopped()) return null;
    found.push(...page.entries);
    onProgress(found.length);
    cursor = page.cursor;
  } while (cursor !== "");
  return found;
}
