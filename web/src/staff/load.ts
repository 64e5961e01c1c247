// Something that a view has to fetch before there is anything to show: it, or the error it ended with, and trying again.
import { useEffect, useState } from "preact/hooks";
import { asApiError } from "./office";

export interface Loaded<T> {
  found: T | null;
  /** The code of the error it ended with. */
  error: string | null;
  load: () => Promise<void>;
}

/** Fetched at once, and again whenever one of `on` changes. */
export function useLoad<T>(fetch: () => Promise<T>, on: readonly unknown[] = []): Loaded<T> {
  const [found, setFound] = useState<T | null>(null);
  const [error, setError] = useState<string | null>(null);
  const load = async (): Promise<void> => {
    setError(null);
    try {
      setFound(await fetch());
    } catch (problem) {
      setError(asApiError(problem).code);
    }
  };
  useEffect(() => void load(), [...on]);
  return { found, error, load };
}
