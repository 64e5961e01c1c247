// What is half typed and must outlive a login that ran out. Kept in this window's memory only, where closing it forgets everything.
import { useState } from "preact/hooks";

export class Drafts {
  private readonly kept = new Map<string, unknown>();

  get any(): boolean {
    return this.kept.size > 0;
  }

  has(name: string): boolean {
    return this.kept.has(name);
  }

  get<T>(name: string): T | undefined {
    return this.kept.get(name) as T | undefined;
  }

  keep(name: string, draft: unknown): void {
    this.kept.set(name, draft);
  }

  drop(name: string): void {
    this.kept.delete(name);
  }

  clear(): void {
    this.kept.clear();
  }
}

/** As `useState`, but what is typed is kept as the draft `name`; `null` is no draft. */
export function useDraft<T>(drafts: Drafts, name: string): [T | null, (draft: T | null) => void] {
  const [draft, setDraft] = useState<T | null>(() => drafts.get<T>(name) ?? null);
  const set = (next: T | null): void => {
    if (next === null) drafts.drop(name);
    else drafts.keep(name, next);
    setDraft(next);
  };
  return [draft, set];
}
