// Whether the call is encrypted end to end, in a symbol and words; pressed, it says what that means and shows the codes to compare.
import { useEffect, useRef, useState } from "preact/hooks";
import type { Seat } from "../../protocol";
import { faceOf, isPending, SLOW_MS, type Face } from "../e2ee/face";
import { holdersOf } from "../e2ee/standing";
import type { Person, Protection } from "../e2ee/types";
import { t } from "../messages";
import { LockDialog } from "./LockDialog";
import "../lock.css";

export interface LockProps {
  protection: Protection | null;
  /** One's own seat. */
  own: Seat | null;
  nameOf: (seat: Seat) => string;
  /** What a login says of who somebody is, in words; the clinician alone is told. */
  identityOf?: (person: Person) => string;
  /** What was said of the code that was shown. */
  onCompare: (seat: Seat, code: string, same: boolean) => void;
}

export function Lock(props: LockProps) {
  const { protection, nameOf } = props;
  const [open, setOpen] = useState(false);
  const slow = useSlow(isPending(protection));
  const face = faceOf(protection, slow);
  const said = useRef<Face>("none");
  const holders = holdersOf(protection);
  const news = useNewcomers(holders);
  if (face !== "none") said.current = face; // agreeing again with somebody who comes is no news
  const shown = protection !== null && face !== "none" && face !== "refused"; // what is refused has a panel of its own
  return (
    <div class="v-lock" data-face={face}>
      {shown && (
        <button type="button" class="v-lock__button" aria-haspopup="dialog" onClick={() => setOpen(true)}>
          <Sign face={face} />
          <span>{t(`common.lock.${face}`)}{holders.length > 1 && ` · ${t("common.lock.count", { count: holders.length + 1 })}`}</span>
        </button>
      )}
      <span class="ds-sr-only" role="status">{said.current === "none" || said.current === "refused" ? "" : t(`common.lock.${said.current}`)}</span>
      <span class="ds-sr-only" role="status">{news.map((seat) => t("common.lock.newcomer", { name: nameOf(seat) })).join(" ")}</span>
      {shown && open && <LockDialog {...props} protection={protection} onClose={() => setOpen(false)} />}
    </div>
  );
}

/** The guests who were given keys last, as long as they have them; while nobody has, as when keys are agreed on anew, nobody is news. */
function useNewcomers(holders: readonly Seat[]): readonly Seat[] {
  const [news, setNews] = useState<readonly Seat[]>([]);
  const known = useRef<readonly Seat[]>([]);
  useEffect(() => {
    if (holders.length === 0) return;
    const come = holders.filter((seat) => seat.startsWith("guest") && !known.current.includes(seat));
    known.current = holders;
    if (come.length > 0) setNews(come);
  }, [holders.join()]);
  return news.filter((seat) => holders.includes(seat));
}

/** Whether something has been so for longer than is worth no word. */
function useSlow(so: boolean): boolean {
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    if (!so) return setSlow(false);
    const timer = setTimeout(() => setSlow(true), SLOW_MS);
    return () => clearTimeout(timer);
  }, [so]);
  return so && slow;
}

const PATHS: Readonly<Record<Exclude<Face, "none" | "agreeing">, string>> = {
  sealed: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
  renewed: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3M12 13.5v2.5M12 18v.2",
  confirmed: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3M9.5 15.5l2 2 3-3.5",
  open: "M12 4l9.5 16h-19zM12 10v4.5M12 17.2v.3",
  refused: "M12 4l9.5 16h-19zM12 10v4.5M12 17.2v.3",
};

/** A lock for nothing but what is sealed; while it is not known yet, a ring that turns. */
export function Sign({ face }: { face: Face }) {
  if (face === "none") return null;
  if (face === "agreeing") return <span class="v-spin" aria-hidden="true" />;
  return (
    <svg viewBox="0 0 24 24" width="1.4em" height="1.4em" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
      <path d={PATHS[face]} />
    </svg>
  );
}
