// One thing that a press starts: whether it is under way, and what it ended with, so that both can be shown where the press was.
import { useState } from "preact/hooks";
import { asApiError } from "./office";

export interface Act {
  busy: boolean;
  /** The code of the error it ended with. */
  error: string | null;
  /** Do it, unless it is being done already. */
  run: (what: () => Promise<void>) => void;
}

export function useAct(): Act {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const run = (what: () => Promise<void>): void => {
    if (busy) return;
    setBusy(true);
    setError(null);
    what()
      .catch((problem: unknown) => setError(asApiError(problem).code))
      .finally(() => setBusy(false));
  };
  return { busy, error, run };
}
