// What the network test's figures mean. Pure: figures in, verdict out.
import type { NetworkReport, Transport, Verdict } from "../protocol";

export type Figures = Omit<NetworkReport, "verdict">;

/** One direction at one rate: what was asked for and what arrived. Rates in kilobits a second, loss as a share (0–1). */
export interface StepResult {
  rateKbps: number;
  kbps: number;
  loss: number;
}

// Where the lines go: our reading of what Daily, Twilio and OpenTok publish for a talking head in 360p to 720p.
const GOOD = { kbps: 1000, loss: 0.02, rttMs: 200 };
const IMPROVABLE = { kbps: 300, loss: 0.08, rttMs: 500 };
/** A step holds when this share of its rate arrives and no more than this is lost. */
const HOLDS = { share: 0.7, loss: IMPROVABLE.loss };

function within(limit: typeof GOOD, { up_kbps, down_kbps, loss, rtt_ms }: Figures): boolean {
  return Math.min(up_kbps, down_kbps) >= limit.kbps && loss <= limit.loss && rtt_ms <= limit.rttMs;
}

/** Which of the four sentences it is. TCP and TLS relays never count as good: a lost packet there stops everything behind it. */
export function verdict(figures: Figures): Verdict {
  if (figures.transport === "none") return "blocked";
  const datagrams = figures.transport === "direct" || figures.transport === "relay_udp";
  if (datagrams && within(GOOD, figures)) return "good";
  return within(IMPROVABLE, figures) ? "improvable" : "poor";
}

/** Whether the line carried a step, so that a higher one is worth trying. */
export function holds({ rateKbps, kbps, loss }: StepResult): boolean {
  return kbps >= rateKbps * HOLDS.share && loss <= HOLDS.loss;
}

/** What a line carries, and what it loses at a rate it can carry: loss from pushing too much is not the line's loss. */
export function summarize(steps: readonly StepResult[]): { kbps: number; loss: number } {
  const held = steps.filter(holds).at(-1);
  return {
    kbps: Math.round(Math.max(0, ...steps.map(({ kbps }) => kbps))),
    loss: held?.loss ?? steps[0]?.loss ?? 1,
  };
}

/** The middle value, 0 of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** How much the round trip varies from one to the next, on average. */
export function jitter(values: readonly number[]): number {
  const changes = values.slice(1).map((value, index) => Math.abs(value - (values[index] ?? value)));
  return changes.length === 0 ? 0 : changes.reduce((sum, change) => sum + change, 0) / changes.length;
}

/** The way to the worker, from the statistics of the local candidate in use (W3C webrtc-stats). */
export function transport(local: Record<string, unknown> | null): Transport {
  if (!local) return "none";
  if (local["candidateType"] !== "relay") return "direct";
  const protocol = local["relayProtocol"];
  return protocol === "tls" ? "relay_tls" : protocol === "tcp" ? "relay_tcp" : "relay_udp";
}
