// Has a text checked while it is typed: once the typing pauses, and only the answer to the latest is listened to.
import { useEffect, useRef, useState } from "preact/hooks";
import type { CheckedText, NewText } from "../../protocol";
import { asApiError } from "../office";

/** So long nothing is typed before a text is checked. */
const PAUSE_MS = 400;

export interface Check {
  /** What was found; of an older text while `under way`. */
  found: CheckedText | null;
  underWay: boolean;
  error: string | null;
}

export function useCheck(ask: (text: NewText) => Promise<CheckedText>, text: NewText): Check {
  const [check, setCheck] = useState<Check>({ found: null, underWay: true, error: null });
  const round = useRef(0);
  const first = useRef(true);
  const { kind, way, language, text: words } = text;
  useEffect(() => {
    const mine = ++round.current;
    setCheck(({ found }) => ({ found, underWay: true, error: null }));
    const timer = setTimeout(
      () => {
        ask({ kind, way, language, text: words }).then(
          (found) => mine === round.current && setCheck({ found, underWay: false, error: null }),
          (problem: unknown) => mine === round.current && setCheck({ found: null, underWay: false, error: asApiError(problem).code }),
        );
      },
      first.current ? 0 : PAUSE_MS,
    );
    first.current = false;
    return () => clearTimeout(timer);
  }, [kind, way, language, words]);
  return check;
}
