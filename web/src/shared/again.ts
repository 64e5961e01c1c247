// Says over the socket again what was refused only because many come at once, and `hello` whatever may pass by itself.
import { realAfter, type After } from "./time";
import { delay, TRIES, type Wait } from "./turn";

/** What a page says on its own account and may be said twice; offers and questions for a line have their own patience. */
const WORTH_IT: ReadonlySet<string> = new Set([
  "hello", "check_in", "leave", "running_late", "accept", "media", "pause", "hang_up", "watch", "delay", "admit", "withdraw_call",
]);
/** Of these, what follows `hello` without anybody's press. */
const BY_ITSELF: ReadonlySet<string> = new Set(["hello", "media", "watch"]);

export interface AgainOptions<Sent> {
  say: (message: Sent) => void;
  /** Told of each wait because many come at once, and with null when it is over. */
  onWait?: (wait: Wait | null) => void;
  after?: After;
  random?: () => number;
  now?: () => number;
}

export class Again<Sent extends { type: string }> {
  /** In the order in which it was said. */
  private readonly said = new Map<string, { message: Sent; tries: number; waits: boolean }>();

  constructor(private readonly options: AgainOptions<Sent>) {}

  /** This goes out now. */
  note(message: Sent): void {
    if (!WORTH_IT.has(message.type)) return;
    this.said.delete(message.type);
    this.said.set(message.type, { message, tries: 0, waits: false });
  }

  /**
   * Whether what was refused will be said again by itself. Something newer of its kind takes its place.
   *
   * Without `hello` a page has no seat, and a socket that answers looks alive: it is said until it is taken, but not in silence
   * for ever. What was refused unread may have been `hello`, whose answer is all that counts; and what a person asked for.
   */
  refused({ code, retry, about }: { code: string; retry: boolean; about: string }): boolean {
    const type = about || "hello";
    const greets = type === "hello";
    const entry = this.said.get(type);
    if (!entry || !(code === "busy" || (retry && greets)) || (entry.tries >= TRIES && !greets)) return false;
    if (!entry.waits) this.sayLater(type, entry, code === "busy");
    return entry.tries <= TRIES && (about !== "" || this.onlyByItself());
  }

  private sayLater(type: string, entry: { message: Sent; tries: number; waits: boolean }, busy: boolean): void {
    const { after = realAfter, random = Math.random, now = Date.now, say, onWait = () => undefined } = this.options;
    const milliseconds = delay(entry.tries++, 0, random);
    entry.waits = true;
    if (busy) onWait({ from: now(), until: now() + milliseconds });
    after(milliseconds, () => {
      entry.waits = false;
      if (busy) onWait(null);
      if (this.said.get(type) === entry) say(entry.message);
    });
  }

  /** Nothing was said since `hello` that somebody asked for. */
  private onlyByItself(): boolean {
    const types = [...this.said.keys()];
    return types.slice(types.indexOf("hello")).every((type) => BY_ITSELF.has(type));
  }
}
