// Looks at the call twice a second for as long as its page is shown, and says how it stands with it.
import { useEffect, useRef, useState } from "preact/hooks";
import type { Conversation } from "../conversation";
import { arrives, follow, listen, unseen, type Outage, type Silence } from "../outage";
import type { Peers } from "../people";
import type { Seat } from "../../protocol";

export const LOOK_MS = 500;

export interface Watched {
  conversation: Conversation;
  /** Whether the socket to the functions is there, for all that is known. */
  line: boolean;
  peers: Peers;
  /** Whom one is here to talk to. */
  other: Seat;
  /** Whether their page is in touch with the functions. */
  present: boolean;
  /** Whether nobody is expected yet. */
  ringing?: boolean;
}

export function useOutage(watched: Watched): Outage {
  const now = useRef(watched);
  now.current = watched;
  const [outage, set] = useState<Outage>(unseen);
  useEffect(() => {
    let seen = unseen();
    let silence: Silence = { mark: "", silent: 0 };
    const look = (): void => {
      const { conversation, line, peers, other, present, ringing = false } = now.current;
      const at = performance.now();
      const passed = seen.at === null ? 0 : at - seen.at;
      const mark = conversation.remote?.people.find(({ seat }) => seat === other)?.mark() ?? null;
      const quiet = ringing || conversation.paused !== null || conversation.state !== "connected" || conversation.protection?.state === "agreeing" || conversation.protection?.state === "refused";
      silence = quiet ? { mark: silence.mark, silent: 0 } : listen(silence, mark ?? "", passed);
      const signs = { peer: peers[other], present, silent: mark === null ? null : silence.silent, pictures: conversation.appetite !== "none" };
      seen = follow(seen, {
        path: conversation.state,
        line,
        online: navigator.onLine,
        arrives: quiet || arrives(signs),
        call: conversation.call,
      }, at);
      set((shown) => (shown.phase === seen.phase && shown.side === seen.side ? shown : seen));
    };
    look();
    const timer = setInterval(look, LOOK_MS);
    return () => clearInterval(timer);
  }, []);
  return outage;
}
