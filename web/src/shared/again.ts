// Says over the socket again what was refused only because many come at once.
import { realAfter, type After } from "./time";
import { delay, TRIES, type Wait } from "./turn";

/** What a page says on its own account and may be said twice; offers and questions for a line have their own patience. */
const WORTH_IT: ReadonlySet<string> = new Set([
  "hello", "check_in", "leave", "running_late", "accept", "media", "pause", "hang_up", "watch", "delay", "admit", "withdraw_call",
]);

export interface AgainOptions<Sent> {
  say: (message: Sent) => void;
  /** Told of each wait, and with null when it is over. */
  onWait?: (wait: Wait | null) => void;
  after?: After;
  random?: () => number;
  now?: () => number;
}

export class Again<Sent extends { type: string }> {
  private readonly said = new Map<string, { message: Sent; tries: number }>();

  constructor(private readonly options: AgainOptions<Sent>) {}

  /** This goes out now. */
  note(message: Sent): void {
    if (WORTH_IT.has(message.type)) this.said.set(message.type, { message, tries: 0 });
  }

  /** Whether what was refused will be said again by itself. Something newer of its kind takes its place. */
  refused({ code, about }: { code: string; about: string }): boolean {
    const { after = realAfter, random = Math.random, now = Date.now, say, onWait = () => undefined } = this.options;
    const entry = this.said.get(about);
    if (code !== "busy" || !entry || entry.tries >= TRIES) return false;
    const milliseconds = delay(entry.tries++, 0, random);
    onWait({ from: now(), until: now() + milliseconds });
    after(milliseconds, () => {
      onWait(null);
      if (this.said.get(about) === entry) say(entry.message);
    });
    return true;
  }
}
