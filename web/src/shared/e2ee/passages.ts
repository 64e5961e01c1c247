// The frames of one connection on their way through the worker: each sender's and receiver's passage, and whether all that left took it.
import type { Seat } from "../../protocol";
import { Leak, sentBy } from "./leak";
import type { Count, Passage } from "./passage";
import { configured, lead, type SealerWorker, type Way } from "./transforms";
import type { Kind } from "./types";

export interface PassagesOptions {
  way: Way;
  worker: SealerWorker;
  /** A number that no other passage of this page has. */
  next: () => number;
  /** What the worker has counted. */
  count: (ids: number[]) => Promise<Count[] | null>;
  onClose: (closed: Passages) => void;
}

export class Passages {
  private readonly senders: { id: number; sender: RTCRtpSender; leak: Leak }[] = [];
  private readonly ids: number[] = [];
  private closed = false;

  constructor(private readonly options: PassagesOptions) {}

  /** What the connection must be made with. */
  get configuration(): RTCConfiguration {
    return configured(this.options.way);
  }

  /** In the task in which the sender was made. */
  send(sender: RTCRtpSender, kind: Kind): void {
    const id = this.lead(sender, { way: "out", kind, seat: null });
    this.senders.push({ id, sender, leak: new Leak(kind) });
  }

  /** In the task in which the receiver was made. `seat`: whose frames may come, null for anybody's. */
  receive(receiver: RTCRtpReceiver, kind: Kind, seat: Seat | null): void {
    this.lead(receiver, { way: "in", kind, seat });
  }

  /** Whether anything left by another way. */
  async leaks(): Promise<boolean> {
    const busy = this.senders.filter(({ sender }) => sender.track !== null);
    const sent = await Promise.all(busy.map(async ({ sender }) => sentBy(await sender.getStats()))).catch(() => null);
    const counts = sent && (await this.options.count(busy.map(({ id }) => id)));
    if (this.closed || !sent || !counts) return false;
    return busy.map(({ leak }, at) => leak.look(sent[at]!, counts[at]!)).includes(true);
  }

  /** Whether it is worth while to look again soon. */
  get suspected(): boolean {
    return this.senders.some(({ leak }) => leak.suspected);
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.options.worker.postMessage({ type: "past", ids: this.ids });
    this.options.onClose(this);
  }

  private lead(end: RTCRtpSender | RTCRtpReceiver, passage: Omit<Passage, "id">): number {
    const { way, worker, next } = this.options;
    const id = next();
    this.ids.push(id);
    lead(end, way, worker, { id, ...passage });
    return id;
  }
}
