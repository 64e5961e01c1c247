// What a connection's statistics say: the path in use, data used, and what only the browser knows of the pictures (W3C webrtc-stats).
import type { Watching } from "../protocol";

type Entry = Record<string, unknown>;

function figure(entry: Entry, name: string): number {
  return typeof entry[name] === "number" ? entry[name] : 0;
}

/** The candidate pair in use and its local candidate; Chrome names it in the transport, Firefox marks it `selected`. */
export function selectedPair(report: RTCStatsReport): { pair: Entry; local: Entry } | null {
  let pair: Entry | undefined;
  report.forEach((entry: Entry) => {
    if (entry["type"] === "transport" && typeof entry["selectedCandidatePairId"] === "string") {
      pair = report.get(entry["selectedCandidatePairId"]) as Entry | undefined;
    }
  });
  report.forEach((entry: Entry) => {
    if (!pair && entry["type"] === "candidate-pair" && entry["state"] === "succeeded" && (entry["selected"] === true || entry["nominated"] === true)) {
      pair = entry;
    }
  });
  if (!pair) return null;
  const local = report.get(String(pair["localCandidateId"])) as Entry | undefined;
  return local ? { pair, local } : null;
}

/** Bytes both ways over this connection; by the transport where the browser counts there, else by the streams. */
export function bytesUsed(report: RTCStatsReport): number {
  let transport = 0;
  let streams = 0;
  report.forEach((entry: Entry) => {
    if (entry["type"] === "transport") transport += figure(entry, "bytesReceived") + figure(entry, "bytesSent");
    if (entry["type"] === "inbound-rtp") streams += figure(entry, "bytesReceived") + figure(entry, "headerBytesReceived");
    if (entry["type"] === "outbound-rtp") streams += figure(entry, "bytesSent") + figure(entry, "headerBytesSent");
  });
  return transport || streams;
}

/**
 * A figure that grows with whatever arrives, if only the answer to a check of the path (RFC 7675). Which of these a browser
 * keeps differs: Firefox counts bytes by pair, Chromium by transport too.
 */
export function heard(report: RTCStatsReport): number {
  let sum = 0;
  report.forEach((entry: Entry) => {
    if (entry["type"] === "transport") sum += figure(entry, "packetsReceived") + figure(entry, "bytesReceived");
    if (entry["type"] === "candidate-pair") sum += figure(entry, "bytesReceived") + figure(entry, "responsesReceived") + figure(entry, "lastPacketReceivedTimestamp");
    if (entry["type"] === "inbound-rtp") sum += figure(entry, "packetsReceived");
    if (entry["type"] === "remote-inbound-rtp") sum += figure(entry, "roundTripTimeMeasurements");
  });
  return sum;
}

/** Whether any picture has been decoded yet. */
export function sees(report: RTCStatsReport): boolean {
  let seen = false;
  report.forEach((entry: Entry) => (seen ||= entry["type"] === "inbound-rtp" && figure(entry, "framesDecoded") > 0));
  return seen;
}

/** Fewer frames decoded than this share of those that came whole, without loss, and the processor cannot keep up. */
const KEEPS_UP = 0.7;
/** In fewer frames than this, one or two that wait their turn would look like a lot. */
const ENOUGH_FRAMES = 20;

/** Compares a report with the one before: what the browser decoded, and what it suffered from. One for each connection. */
export class Watch {
  private before = new Map<string, Entry>();
  private readonly resumed = new Set<string>();

  /** Pictures that were wished away come again: browsers count the time between as a freeze. */
  resume(): void {
    for (const id of this.before.keys()) this.resumed.add(id);
  }

  look(report: RTCStatsReport): Watching {
    const now = new Map<string, Entry>();
    let [fps, frozen, overloaded] = [0, 0, false];
    report.forEach((entry: Entry) => {
      const { type, kind } = entry;
      if (kind !== "video" || (type !== "inbound-rtp" && type !== "outbound-rtp")) return;
      const was = this.before.get(String(entry["id"]));
      now.set(String(entry["id"]), entry);
      if (type === "outbound-rtp") {
        overloaded ||= entry["qualityLimitationReason"] === "cpu";
        return;
      }
      const since = (name: string): number => Math.max(0, figure(entry, name) - (was ? figure(was, name) : 0));
      const seconds = was ? since("timestamp") / 1000 : 0;
      const [decoded, received] = [since("framesDecoded"), since("framesReceived")];
      fps = Math.max(fps, seconds > 0 ? Math.round(decoded / seconds) : Math.round(figure(entry, "framesPerSecond")));
      const wished = decoded > 0 && this.resumed.delete(String(entry["id"])) ? 1 : 0;
      frozen += Math.max(0, since("freezeCount") - wished);
      // After a loss the decoder waits for the next whole picture, and that is the network's fault.
      overloaded ||= was !== undefined && received >= ENOUGH_FRAMES && decoded < KEEPS_UP * received && since("packetsLost") === 0;
    });
    this.before = now;
    return { type: "watching", fps: Math.min(fps, 240), frozen, overloaded };
  }
}
