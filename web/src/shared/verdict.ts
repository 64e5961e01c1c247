// What the network test's figures mean. Pure: figures in, verdict out.
import type { NetworkReport, Transport, Verdict } from "../protocol";

export type Figures = Omit<NetworkReport, "verdict">;

/** One direction at one rate: what was asked for and what arrived. Rates in kilobits a second, loss as a share (0–1). */
export interface StepResult {
  rateKbps: number;
  kbps: number;
  loss: number;
  /** How many were sent, for steps to be weighed by. */
  frames: number;
}

// Where the lines go; docs/network-test.md has the source of each.
export const GOOD = { kbps: 1000, loss: 0.02, rttMs: 200, jitterMs: 30 };
const IMPROVABLE = { kbps: 350, loss: 0.1, rttMs: 500, jitterMs: 50 };
/** A step holds when this share of its rate arrives and no more than this is lost. */
const HOLDS = { share: 0.85, loss: IMPROVABLE.loss };

function within(limit: typeof GOOD, { up_kbps, down_kbps, loss, rtt_ms, jitter_ms }: Figures): boolean {
  return Math.min(up_kbps, down_kbps) >= limit.kbps && loss <= limit.loss && rtt_ms <= limit.rttMs && jitter_ms <= limit.jitterMs;
}

/** Which of the four sentences it is. TCP and TLS relays never count as good: a lost packet there stops everything behind it. */
export function verdict(figures: Figures): Verdict {
  if (figures.transport === "none") return "blocked";
  const datagrams = figures.transport === "direct" || figures.transport === "relay_udp";
  if (datagrams && within(GOOD, figures)) return "good";
  return within(IMPROVABLE, figures) ? "improvable" : "poor";
}

/** Whether the line carried a step, so that a higher one is worth trying; of few frames, some more may be lost by chance. */
export function holds({ rateKbps, kbps, loss, frames }: StepResult): boolean {
  const expected = frames * HOLDS.loss;
  return kbps >= rateKbps * HOLDS.share && loss * frames <= expected + 2 * Math.sqrt(expected);
}

/** The better of two tries at the same rate. */
export function better(one: StepResult, other: StepResult | null): StepResult {
  if (!other) return one;
  if (holds(one) !== holds(other)) return holds(one) ? one : other;
  return other.kbps * (1 - other.loss) > one.kbps * (1 - one.loss) ? other : one;
}

/** What a line carries, and what it loses at rates it can carry: loss from pushing too much is not the line's loss. */
export function summarize(steps: readonly StepResult[]): { kbps: number; loss: number } {
  const held = steps.filter(holds);
  const counted = held.length > 0 ? held : steps.slice(0, 1);
  const frames = counted.reduce((sum, step) => sum + step.frames, 0);
  const lost = counted.reduce((sum, step) => sum + step.loss * step.frames, 0);
  return {
    kbps: Math.round(Math.max(0, ...steps.map(({ kbps }) => kbps))),
    loss: frames > 0 ? lost / frames : 1,
  };
}

/** The middle value, 0 of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** How much the round trip varies from one to the next: the mean, without the tenth that varies most, which a busy device may cause. */
export function jitter(values: readonly number[]): number {
  const changes = values.slice(1).map((value, index) => Math.abs(value - (values[index] ?? value)));
  const kept = changes.sort((a, b) => a - b).slice(0, Math.round(changes.length * 0.9));
  return kept.length === 0 ? 0 : kept.reduce((sum, change) => sum + change, 0) / kept.length;
}

/** The way to the worker, from the statistics of the local candidate in use (W3C webrtc-stats). */
export function transport(local: Record<string, unknown> | null): Transport {
  if (!local) return "none";
  if (local["candidateType"] !== "relay") return "direct";
  const protocol = local["relayProtocol"];
  return protocol === "tls" ? "relay_tls" : protocol === "tcp" ? "relay_tcp" : "relay_udp";
}
