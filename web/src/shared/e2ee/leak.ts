// Tells by the browser's own counts whether anything left this page that has not been through the worker.
import type { Count } from "./passage";
import type { Kind } from "./types";

/** What the browser has sent for one sender, by its statistics (W3C webrtc-stats, outbound-rtp): its layers together, without what was sent again. */
export interface Sent {
  packets: number;
  /** Of payloads: what fills the line up has none. */
  bytes: number;
  /** Encoded pictures. */
  frames: number;
}

export function sentBy(report: RTCStatsReport): Sent {
  const sent: Sent = { packets: 0, bytes: 0, frames: 0 };
  const figure = (value: unknown): number => (typeof value === "number" ? value : 0);
  report.forEach((entry: Record<string, unknown>) => {
    if (entry["type"] !== "outbound-rtp") return;
    sent.packets += figure(entry["packetsSent"]) - figure(entry["retransmittedPacketsSent"]);
    sent.bytes += figure(entry["bytesSent"]) - figure(entry["retransmittedBytesSent"]);
    sent.frames += figure(entry["framesSent"]);
  });
  return sent;
}

/** Pictures that stay unseen by the worker may so many times be late only: a busy machine makes everything wait. */
const LATE = 3;

/** One for each sender. Statistics must be asked for before the worker is: then all that left has been counted by it. */
export class Leak {
  /** Pictures encoded by the last look: they are counted before they come to the worker, and have all come by now. */
  private frames = 0;
  private late = 0;

  constructor(private readonly kind: Kind) {}

  /** Whether something may have left, so that it is worth while to look again soon. */
  get suspected(): boolean {
    return this.late > 0;
  }

  /** Whether something left. */
  look(sent: Sent, { seen, gone, bytes }: Count): boolean {
    // Sound is counted as it leaves, a payload for each frame; its packets also fill the line up while no pictures are sent.
    if (this.kind === "audio") return sent.bytes > bytes;
    // Packets of pictures are counted together with those that fill up the line, so that pictures themselves must be there too.
    const unseen = this.frames > seen || (sent.frames > 0 && sent.packets > 0 && gone === 0);
    this.late = unseen ? this.late + 1 : 0;
    this.frames = sent.frames;
    return this.late > LATE;
  }
}
