// The network test: a data channel to a real media worker, the way the call will take (docs/architecture.md, "The network test").
import { withoutCandidates } from "./offers";
import { configuration } from "./path";
import { selectedPair } from "./figures";
import { better, holds, jitter, median, summarize, transport, verdict, type Figures, type StepResult } from "./verdict";
import type { NetworkReport, ProbeAnswer, ProbeOffer, ProbeQueued, ProbeReady, ProbeStart } from "../protocol";

export interface ProbeOptions {
  send: (message: ProbeStart | ProbeOffer) => void;
  /** 0–1, as the test goes on. */
  onProgress: (share: number) => void;
  /** Others are tested first: 1 for who is next. */
  onQueued?: (place: number) => void;
  relayOnly?: boolean;
}

/** The test could not be held at all; `code` is an error code of the protocol. Not the same as a blocked network. */
export class ProbeFailed extends Error {
  constructor(readonly code: string) {
    super(code);
  }
}

const HEADER = 12; // bytes: u32 sequence, u32 clock, u16 step, u16 zero
const FRAME = 1100; // bytes: with SCTP, DTLS and UDP around it still below 1,200
const READY_MS = 12_000; // longer than a socket may keep us waiting for its pong: that tells a lost network from lost functions
const QUEUE_MS = 300_000; // without news of one's place for so long nobody counts on it any more
const KEEP_MS = 20_000; // a place is kept by saying the offer again, within a minute (docs/architecture.md)
const CONNECT_MS = 15_000; // TURN over TLS is tried last
const ECHOES = 20;
const ECHO_EVERY_MS = 50; // a trip longer than that does not hold up the next
const ECHO_MS = 1_500; // for the last one
const REPORT_MS = 1_500; // longer than any round trip worth reporting
const MAX_BUFFERED = 64 * 1024;

const NO_ECHO_RTT_MS = 5_000; // what is reported when not one echo came back

/** No way leads to the worker. */
const BLOCKED: NetworkReport = { verdict: "blocked", transport: "none", rtt_ms: 0, jitter_ms: 0, loss: 1, up_kbps: 0, down_kbps: 0 };

const pause = (milliseconds: number): Promise<void> => new Promise((done) => setTimeout(done, milliseconds));

/** A padding frame. */
export function frame(sequence: number, clock: number, step: number): ArrayBuffer {
  const buffer = new ArrayBuffer(FRAME);
  const view = new DataView(buffer);
  view.setUint32(0, sequence);
  view.setUint32(4, clock >>> 0);
  view.setUint16(8, step);
  return buffer;
}

/** The header of a padding frame, or null when it is too short to have one. */
export function header(buffer: ArrayBuffer): { sequence: number; step: number } | null {
  if (buffer.byteLength < HEADER) return null;
  const view = new DataView(buffer);
  return { sequence: view.getUint32(0), step: view.getUint16(8) };
}

/** What arrived of one downstream step. */
export class Arrivals {
  private first = 0;
  private last = 0;
  private lowest = Infinity;
  private highest = -1;
  private packets = 0;
  private bytes = 0;

  add(sequence: number, bytes: number, now: number): void {
    if (this.packets === 0) this.first = now;
    this.last = now;
    this.lowest = Math.min(this.lowest, sequence);
    this.highest = Math.max(this.highest, sequence);
    this.packets += 1;
    this.bytes += bytes;
  }

  get none(): boolean {
    return this.packets === 0;
  }

  /** Against what was asked for: `rateKbps` for `milliseconds`. */
  result(rateKbps: number, milliseconds: number): StepResult {
    const expected = this.packets === 0 ? 0 : this.highest - this.lowest + 1;
    const loss = this.packets === 0 ? 1 : Math.max(0, 1 - this.packets / expected);
    return { rateKbps, kbps: rate(this.bytes, this.last - this.first, milliseconds), loss, frames: expected };
  }
}

/** Kilobits a second; a handful of packets in a burst must not look like a fast line, hence at least the time asked for. */
export function rate(bytes: number, took: number, asked: number): number {
  return (bytes * 8) / Math.max(took, asked * 0.9);
}

/** One run of the test. Feed it the socket's messages; `run` settles with a report, or ProbeFailed. */
export class Probe {
  private ready: ((message: ProbeReady) => void) | null = null;
  private answered: ((message: ProbeAnswer) => void) | null = null;
  /** Waits longer for what was asked. */
  private prolong: (milliseconds: number) => void = () => undefined;
  private offer: ProbeOffer | null = null;
  private keeping: ReturnType<typeof setInterval> | undefined;
  private fail: (reason: ProbeFailed) => void = () => undefined;
  private peer: RTCPeerConnection | null = null;
  private readonly arrivals = new Map<number, Arrivals>();
  private onText: (message: Record<string, unknown>) => void = () => undefined;

  constructor(private readonly options: ProbeOptions) {}

  /** Take a message from the functions; others are ignored. */
  receive(message: { type: string; about?: string; code?: string }): void {
    if (message.type === "probe_queued") this.queued(message as ProbeQueued);
    else if (message.type === "probe_ready") this.ready?.(message as ProbeReady);
    else if (message.type === "probe_answer") this.answered?.(message as ProbeAnswer);
    else if (message.type === "error" && message.about?.startsWith("probe_")) this.fail(new ProbeFailed(message.code ?? "unavailable"));
  }

  /** Stop; `run` rejects. */
  cancel(): void {
    this.fail(new ProbeFailed("cancelled"));
  }

  async run(): Promise<NetworkReport> {
    const failed = new Promise<never>((_, reject) => (this.fail = reject));
    failed.catch(() => undefined);
    try {
      return await Promise.race([this.measure(), failed]);
    } finally {
      clearInterval(this.keeping);
      this.peer?.close();
    }
  }

  private async measure(): Promise<NetworkReport> {
    const ready = await this.ask<ProbeReady>((resolve) => {
      this.ready = resolve;
      this.options.send({ type: "probe_start" });
    });
    this.options.onProgress(0.05);
    const channel = await this.connect(ready);
    if (!channel || !this.peer) return this.unopened();
    this.options.onProgress(0.15);
    channel.binaryType = "arraybuffer";
    channel.onmessage = ({ data }) => this.take(data as string | ArrayBuffer);
    const trips = await this.echoes(channel);
    this.options.onProgress(0.25);
    const { up, down } = await this.load(channel, ready);
    const pair = selectedPair(await this.peer.getStats());
    const [upward, downward] = [summarize(up), summarize(down)];
    const figures: Figures = {
      transport: transport(pair?.local ?? { candidateType: "host" }), // the channel is open: there is a way
      rtt_ms: trips.length === 0 ? NO_ECHO_RTT_MS : Math.round(median(trips)),
      jitter_ms: Math.round(jitter(trips)),
      loss: Math.round(Math.max(upward.loss, downward.loss) * 1000) / 1000,
      up_kbps: upward.kbps,
      down_kbps: downward.kbps,
    };
    this.options.onProgress(1);
    return { verdict: verdict(figures), ...figures };
  }

  /** No channel came: either no way leads to the worker, or one so bad that the handshakes were lost on it. */
  private async unopened(): Promise<NetworkReport> {
    const pair = this.peer && this.peer.iceConnectionState !== "failed" ? selectedPair(await this.peer.getStats()) : null;
    if (!pair) return BLOCKED;
    return { verdict: "poor", transport: transport(pair.local), rtt_ms: NO_ECHO_RTT_MS, jitter_ms: 0, loss: 1, up_kbps: 0, down_kbps: 0 };
  }

  private queued({ probe, place }: ProbeQueued): void {
    const { offer } = this;
    if (!offer || probe !== offer.probe) return;
    this.prolong(QUEUE_MS);
    this.keeping ??= setInterval(() => {
      try {
        this.options.send(offer);
      } catch {
        // no socket just now: there is time to say it on the next one
      }
    }, KEEP_MS);
    this.options.onQueued?.(place);
  }

  /** Something the functions must answer in time. */
  private ask<Reply>(begin: (resolve: (reply: Reply) => void) => void): Promise<Reply> {
    return new Promise((resolve, reject) => {
      let timer: ReturnType<typeof setTimeout> | undefined;
      this.prolong = (milliseconds) => {
        clearTimeout(timer);
        timer = setTimeout(() => reject(new ProbeFailed("unavailable")), milliseconds);
      };
      this.prolong(READY_MS);
      begin((reply) => {
        clearTimeout(timer);
        this.prolong = () => undefined;
        resolve(reply);
      });
    });
  }

  /** An open channel to the worker, or null when no way leads there. */
  private async connect(ready: ProbeReady): Promise<RTCDataChannel | null> {
    const peer = new RTCPeerConnection(configuration(ready.ice_servers, ready.relay_only || this.options.relayOnly === true));
    this.peer = peer;
    const channel = peer.createDataChannel("probe", { ordered: false, maxRetransmits: 0 });
    const offer = await peer.createOffer();
    await peer.setLocalDescription(offer);
    const said: ProbeOffer = (this.offer = { type: "probe_offer", probe: ready.probe, sdp: withoutCandidates(offer.sdp ?? "") });
    const answer = await this.ask<ProbeAnswer>((resolve) => {
      this.answered = (message) => message.probe === ready.probe && resolve(message);
      this.options.send(said);
    });
    clearInterval(this.keeping);
    await peer.setRemoteDescription({ type: "answer", sdp: answer.sdp });
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(null), CONNECT_MS);
      const settle = (outcome: RTCDataChannel | null): void => {
        clearTimeout(timer);
        resolve(outcome);
      };
      if (channel.readyState === "open") settle(channel);
      channel.onopen = () => settle(channel);
      peer.onconnectionstatechange = () => {
        if (peer.connectionState === "failed") settle(null);
      };
    });
  }

  private take(data: string | ArrayBuffer): void {
    if (typeof data === "string") {
      try {
        this.onText(JSON.parse(data) as Record<string, unknown>);
      } catch {
        // a frame that is not ours
      }
      return;
    }
    const head = header(data);
    if (!head) return;
    let arrivals = this.arrivals.get(head.step);
    if (!arrivals) this.arrivals.set(head.step, (arrivals = new Arrivals()));
    arrivals.add(head.sequence, data.byteLength, performance.now());
  }

  /** Send a text frame and wait for the reply that fits; null when none came, for frames may be lost. */
  private exchange(channel: RTCDataChannel, request: Record<string, unknown>, fits: string, milliseconds: number): Promise<Record<string, unknown> | null> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(null), milliseconds);
      this.onText = (message) => {
        if (message["op"] !== request["op"] || message[fits] !== request[fits]) return;
        clearTimeout(timer);
        resolve(message);
      };
      if (channel.readyState === "open") channel.send(JSON.stringify(request));
    });
  }

  /** Round trips, one begun every 50 ms, in the order in which they began. Those that were lost are left out. */
  private async echoes(channel: RTCDataChannel): Promise<number[]> {
    const begun = new Map<number, number>();
    const trips = new Map<number, number>();
    const enough = new Promise<void>((resolve) => {
      this.onText = (message) => {
        const [count, now] = [Number(message["t"]), performance.now()];
        const since = begun.get(count);
        if (message["op"] !== "echo" || since === undefined || trips.has(count)) return;
        trips.set(count, now - since);
        if (trips.size === ECHOES) resolve();
      };
    });
    for (let count = 0; count < ECHOES && channel.readyState === "open"; count++) {
      begun.set(count, performance.now());
      channel.send(JSON.stringify({ op: "echo", t: count }));
      await pause(ECHO_EVERY_MS);
    }
    await Promise.race([enough, pause(ECHO_MS)]);
    return [...trips].sort(([one], [other]) => one - other).map(([, trip]) => trip);
  }

  /**
   * Each rate both ways at once, as in a call, until neither way holds. What did not hold is tried once more before it counts,
   * for a moment's hiccup, of the device as of the network, is not what the line can carry.
   */
  private async load(channel: RTCDataChannel, { rates_kbps, milliseconds }: ProbeReady): Promise<{ up: StepResult[]; down: StepResult[] }> {
    const up: StepResult[] = [];
    const down: StepResult[] = [];
    for (const [index, rateKbps] of rates_kbps.entries()) {
      const ways = { up: up.every(holds), down: down.every(holds) };
      if (!ways.up && !ways.down) break;
      const first = await this.step(channel, index, rateKbps, milliseconds, ways);
      const weak = { up: first.up !== null && !holds(first.up), down: first.down !== null && !holds(first.down) };
      const again = weak.up || weak.down ? await this.step(channel, rates_kbps.length + index, rateKbps, milliseconds, weak) : null;
      if (first.up) up.push(better(first.up, again?.up ?? null));
      if (first.down) down.push(better(first.down, again?.down ?? null));
      this.options.onProgress(0.25 + (0.7 * (index + 1)) / rates_kbps.length);
    }
    return { up, down };
  }

  /** One rate, the ways that are wanted; `step` is a number that no other step has. */
  private async step(
    channel: RTCDataChannel,
    step: number,
    rateKbps: number,
    milliseconds: number,
    ways: { up: boolean; down: boolean },
  ): Promise<{ up: StepResult | null; down: StepResult | null }> {
    if (ways.down) this.askDown(channel, step, rateKbps, milliseconds);
    await (ways.up ? this.push(channel, step, rateKbps, milliseconds) : pause(milliseconds));
    await pause(300); // the last frames are still on their way
    return {
      down: ways.down ? (this.arrivals.get(step) ?? new Arrivals()).result(rateKbps, milliseconds) : null,
      up: ways.up ? await this.upResult(channel, step, rateKbps, milliseconds) : null,
    };
  }

  /** Ask for a downstream step; once more if nothing of it came, for the question may have been lost. */
  private askDown(channel: RTCDataChannel, step: number, kbps: number, ms: number): void {
    const request = JSON.stringify({ op: "down", step, kbps, ms });
    channel.send(request);
    setTimeout(() => {
      if (!this.arrivals.has(step) && channel.readyState === "open") channel.send(request);
    }, 600);
  }

  /** Send padding at a steady rate. */
  private push(channel: RTCDataChannel, step: number, rateKbps: number, milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const begun = performance.now();
      let sent = 0;
      const timer = setInterval(() => {
        const passed = performance.now() - begun;
        const due = Math.floor((rateKbps * Math.min(passed, milliseconds)) / 8 / FRAME);
        while (sent < due && channel.readyState === "open" && channel.bufferedAmount < MAX_BUFFERED) {
          channel.send(frame(sent++, passed, step));
        }
        // What is still in our own buffer gets half a second to go out.
        if (passed >= milliseconds && (channel.bufferedAmount === 0 || passed >= milliseconds + 500)) {
          clearInterval(timer);
          resolve();
        }
      }, 10);
    });
  }

  private async upResult(channel: RTCDataChannel, step: number, rateKbps: number, milliseconds: number): Promise<StepResult> {
    for (let attempt = 0; attempt < 3; attempt++) {
      const report = await this.exchange(channel, { op: "report", step }, "step", REPORT_MS);
      if (!report) continue;
      const [packets, expected, bytes, ms] = ["packets", "expected", "bytes", "ms"].map((name) => Number(report[name]) || 0) as [number, number, number, number];
      return { rateKbps, kbps: rate(bytes, ms, milliseconds), loss: expected === 0 ? 1 : Math.max(0, 1 - packets / expected), frames: expected };
    }
    return { rateKbps, kbps: 0, loss: 1, frames: 0 };
  }
}
