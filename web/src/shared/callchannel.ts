// What page and worker tell each other during a call, on its data channel: pictures wished for and watched, quality, data used.
import type { After } from "./time";
import { bytesUsed, Watch } from "./figures";
import type { Appetite, OnCallFromPage, SeatQuality } from "../protocol";

/** How often the worker is told what only the browser knows. */
export const WATCH_MS = 4_000;

export interface ChannelOptions {
  after: After;
  stats: () => Promise<RTCStatsReport>;
  /** The pictures wished for when the channel opens. */
  appetite: () => Appetite;
  onQuality: (seats: SeatQuality[]) => void;
  /** The worker has closed it. */
  onEnd: () => void;
  /** Bytes over this connection so far, both ways. */
  onBytes: (bytes: number) => void;
}

/** One connection's channel; `close()` stops the watching, the channel itself goes with its connection. */
export class CallChannel {
  private readonly watch = new Watch();
  private cancel: () => void = () => undefined;
  private closed = false;

  constructor(
    private readonly channel: RTCDataChannel,
    private readonly options: ChannelOptions,
  ) {
    channel.onopen = () => {
      this.want(options.appetite());
      this.lookAgain();
    };
    channel.onclose = () => !this.closed && options.onEnd();
    channel.onmessage = ({ data }) => {
      const message = parsed(data);
      if (!this.closed && message?.["type"] === "quality" && Array.isArray(message["seats"])) options.onQuality(message["seats"] as SeatQuality[]);
    };
  }

  /** Pictures that were wished away come again. */
  resume(): void {
    this.watch.resume();
  }

  want(pictures: Appetite): void {
    this.say({ type: "want", pictures });
  }

  /** All that came here comes over another connection now. */
  settled(): void {
    this.say({ type: "settled" });
  }

  close(): void {
    this.closed = true;
    this.cancel();
  }

  private say(message: OnCallFromPage): void {
    if (this.channel.readyState === "open") this.channel.send(JSON.stringify(message));
  }

  private lookAgain(): void {
    this.cancel = this.options.after(WATCH_MS, () => void this.look());
  }

  private async look(): Promise<void> {
    const report = await this.options.stats();
    if (this.closed) return;
    this.options.onBytes(bytesUsed(report));
    this.say(this.watch.look(report));
    this.lookAgain();
  }
}

/** What came over the channel, if it is a JSON object. */
function parsed(data: unknown): Record<string, unknown> | null {
  try {
    const message: unknown = JSON.parse(String(data));
    return typeof message === "object" && message !== null ? (message as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
