// One participant's media in one call: offers, answers, restarts, tracks. No DOM; the page gives tracks and shows streams.
import { realAfter, type After } from "./connection";
import type { Answer, IceServer, Join, Media, Offer, Trouble } from "../protocol";

/** `troubled`: it was up and nothing arrives now; it is being restarted. */
export type CallState = "connecting" | "connected" | "troubled" | "closed";

export interface CallOptions {
  join: Join;
  send: (message: Offer | Media | Trouble) => void;
  /** What the other side sends: one sound and one picture track, muted until something arrives. */
  onRemote: (stream: MediaStream) => void;
  onState: (state: CallState) => void;
  after?: After;
  peer?: (configuration: RTCConfiguration) => RTCPeerConnection;
  /** Forces the way through TURN, beyond what `join` says. */
  relayOnly?: boolean;
  /** Seconds since 1970; offers are numbered from it so that a reloaded page's are larger than those before it. */
  seconds?: () => number;
}

/** What one side sends: null is a device that is off or not there. */
export interface Tracks {
  audio: MediaStreamTrack | null;
  video: MediaStreamTrack | null;
}

/** An unanswered offer is sent again after this time: any message may be lost with its socket. */
export const RESEND_MS = 5_000;
/** A path that is only `disconnected` gets this long to mend itself before it is restarted. */
export const PATIENCE_MS = 2_000;
/** A restart must bring the path up in this time, or the next one follows. */
export const RESTART_MS = 8_000;
/** The first connection gets longer: it may have to fall back to TURN over TLS. */
export const FIRST_MS = 15_000;
/** Beyond this a talking head gets no better. */
export const MAX_BITRATE = 1_500_000;
/** Offers are numbered within this range by the protocol. */
const MAX_COUNT = 1_000_000;

/** Whether this browser was told (by a test, or by support on the phone) to go through TURN only. */
export function relayForced(storage: Pick<Storage, "getItem">): boolean {
  try {
    return storage.getItem("venterom.relay") === "1";
  } catch {
    return false;
  }
}

/** RTCConfiguration for what the functions said. */
export function configuration(servers: readonly IceServer[], relayOnly: boolean): RTCConfiguration {
  return {
    iceServers: servers.map(({ urls, username, credential }) => (username ? { urls, username, credential } : { urls })),
    iceTransportPolicy: relayOnly ? "relay" : "all",
    bundlePolicy: "max-bundle",
    rtcpMuxPolicy: "require",
  };
}

/** A session description without candidates: the worker learns them by the browser's checks (docs/decisions). */
export function withoutCandidates(sdp: string): string {
  return sdp.replace(/^a=(candidate:.*|end-of-candidates)\r?\n/gm, "");
}

/** The number of the next offer: larger than the last one, and than those of this page before a reload. */
export function nextNumber(last: number, seconds: number): number {
  return Math.max(last + 1, Math.floor(seconds) % MAX_COUNT);
}

function preferCodecs(transceiver: RTCRtpTransceiver, kind: "audio" | "video", wanted: RegExp): void {
  // Firefox before 128 cannot choose; its descriptions are short enough as they are.
  if (typeof transceiver.setCodecPreferences !== "function") return;
  const codecs = RTCRtpReceiver.getCapabilities(kind)?.codecs.filter(({ mimeType }) => wanted.test(mimeType)) ?? [];
  if (codecs.length > 0) transceiver.setCodecPreferences(codecs);
}

/** Figures for the page and for tests, summed from getStats: frames decoded, bytes, round trip in ms. */
export interface CallFigures {
  framesDecoded: number;
  bytesReceived: number;
  bytesSent: number;
  packetsLost: number;
  rttMs: number | null;
  relayed: boolean;
}

/** Reads the figures out of a statistics report (W3C webrtc-stats). */
export function figures(report: RTCStatsReport): CallFigures {
  const found: CallFigures = { framesDecoded: 0, bytesReceived: 0, bytesSent: 0, packetsLost: 0, rttMs: null, relayed: false };
  report.forEach((entry: Record<string, unknown>) => {
    const figure = (name: string): number => (typeof entry[name] === "number" ? entry[name] : 0);
    if (entry["type"] === "inbound-rtp") {
      found.framesDecoded += figure("framesDecoded");
      found.bytesReceived += figure("bytesReceived");
      found.packetsLost += figure("packetsLost");
    } else if (entry["type"] === "outbound-rtp") {
      found.bytesSent += figure("bytesSent");
    }
  });
  const pair = selectedPair(report);
  if (pair) {
    if (typeof pair.pair["currentRoundTripTime"] === "number") found.rttMs = Math.round(pair.pair["currentRoundTripTime"] * 1000);
    found.relayed = pair.local["candidateType"] === "relay";
  }
  return found;
}

/** The candidate pair in use and its local candidate; Chrome names it in the transport, Firefox marks it `selected`. */
export function selectedPair(report: RTCStatsReport): { pair: Record<string, unknown>; local: Record<string, unknown> } | null {
  let pair: Record<string, unknown> | undefined;
  report.forEach((entry: Record<string, unknown>) => {
    if (entry["type"] === "transport" && typeof entry["selectedCandidatePairId"] === "string") {
      pair = report.get(entry["selectedCandidatePairId"]) as Record<string, unknown> | undefined;
    }
  });
  report.forEach((entry: Record<string, unknown>) => {
    if (!pair && entry["type"] === "candidate-pair" && entry["state"] === "succeeded" && (entry["selected"] === true || entry["nominated"] === true)) {
      pair = entry;
    }
  });
  if (!pair) return null;
  const local = report.get(String(pair["localCandidateId"])) as Record<string, unknown> | undefined;
  return local ? { pair, local } : null;
}

/** Media between this page and the worker for one call; `close()` ends it and leaves the tracks to their owner. */
export class CallMedia {
  state: CallState = "connecting";
  private peer!: RTCPeerConnection;
  private audio!: RTCRtpTransceiver;
  private video!: RTCRtpTransceiver;
  private offer: Offer | null = null;
  private n = 0;
  private restarts = 0;
  private said = "";
  private cancelResend: () => void = () => undefined;
  private cancelPatience: () => void = () => undefined;
  private join: Join;
  private readonly after: After;

  constructor(
    private readonly options: CallOptions,
    private tracks: Tracks,
  ) {
    this.join = options.join;
    this.after = options.after ?? realAfter;
    this.build();
  }

  /** Offer, the first time. */
  async start(): Promise<void> {
    await this.makeOffer(false);
    if (this.tracks.audio || this.tracks.video) this.announce();
  }

  /** Tell the other side what is sent; once the devices have been asked for, so that nothing untrue is said first. */
  announce(): void {
    this.said = "";
    this.sendMedia();
  }

  /** The functions say `join` again after a lost socket: say again what they may have missed. */
  async rejoin(join: Join): Promise<void> {
    this.join = join;
    if (this.state === "closed") return;
    this.peer.setConfiguration(this.configuration());
    this.announce();
    if (this.state === "troubled") await this.restart();
    else if (this.offer) this.sendOffer();
  }

  /** Take the worker's answer; anything but the answer to the latest offer is dropped. */
  async answer(message: Answer): Promise<void> {
    if (this.state === "closed" || message.call !== this.join.call || message.n !== this.offer?.n) return;
    this.offer = null;
    this.cancelResend();
    try {
      await this.peer.setRemoteDescription({ type: "answer", sdp: message.sdp });
    } catch {
      this.become("troubled");
      this.expectWithin(PATIENCE_MS);
      return;
    }
    if (this.state === "connecting") this.expectWithin(FIRST_MS);
    await this.limit(this.video.sender);
  }

  /** Send another camera, another microphone, or nothing; the other side is told. */
  async replace(change: Partial<Tracks>): Promise<void> {
    this.tracks = { ...this.tracks, ...change };
    if (this.state === "closed") return;
    await Promise.all([
      this.audio.sender.replaceTrack(this.tracks.audio),
      this.video.sender.replaceTrack(this.tracks.video),
    ]);
    this.sendMedia();
  }

  /** Be silent, or speak again, without letting go of the microphone. */
  mute(muted: boolean): void {
    if (this.tracks.audio) this.tracks.audio.enabled = !muted;
    this.sendMedia();
  }

  /** The network or the screen came back: do not wait for the browser to find out that the path is gone. */
  async wake(): Promise<void> {
    if (this.state === "troubled") await this.restart();
  }

  async stats(): Promise<CallFigures> {
    return figures(await this.peer.getStats());
  }

  close(): void {
    if (this.state === "closed") return;
    this.cancelResend();
    this.cancelPatience();
    this.peer.onconnectionstatechange = null;
    this.peer.oniceconnectionstatechange = null;
    this.peer.close();
    this.become("closed");
  }

  private configuration(): RTCConfiguration {
    return configuration(this.join.ice_servers, this.join.relay_only || this.options.relayOnly === true);
  }

  private build(): void {
    const make = this.options.peer ?? ((of: RTCConfiguration) => new RTCPeerConnection(of));
    const peer = make(this.configuration());
    this.peer = peer;
    this.audio = peer.addTransceiver(this.tracks.audio ?? "audio", { direction: "sendrecv" });
    this.video = peer.addTransceiver(this.tracks.video ?? "video", { direction: "sendrecv" });
    preferCodecs(this.audio, "audio", /^audio\/opus$/i);
    preferCodecs(this.video, "video", /^video\/(vp8|rtx)$/i);
    peer.onconnectionstatechange = peer.oniceconnectionstatechange = () => this.look();
    this.options.onRemote(new MediaStream([this.audio.receiver.track, this.video.receiver.track]));
  }

  /** What the path looks like now, and what that asks for. */
  private look(): void {
    if (this.state === "closed") return;
    const { connectionState, iceConnectionState } = this.peer;
    if (connectionState === "failed" || iceConnectionState === "failed") {
      this.trouble();
    } else if (iceConnectionState === "disconnected") {
      if (this.state === "connected") {
        this.become("troubled");
        this.expectWithin(PATIENCE_MS);
      }
    } else if (connectionState === "connected") {
      this.cancelPatience();
      this.restarts = 0;
      this.become("connected");
    }
  }

  /** If the path is not up by then, that is trouble. */
  private expectWithin(milliseconds: number): void {
    this.cancelPatience();
    this.cancelPatience = this.after(milliseconds, () => this.trouble());
  }

  private trouble(): void {
    if (this.state === "closed") return;
    this.become("troubled");
    const { consultation, call } = this.join;
    this.options.send({ type: "trouble", consultation, call });
    void this.restart();
  }

  /** First two ICE restarts on the same connection, then a new connection altogether. */
  private async restart(): Promise<void> {
    this.expectWithin(RESTART_MS);
    const afresh = this.restarts++ >= 2;
    if (afresh) {
      this.peer.onconnectionstatechange = this.peer.oniceconnectionstatechange = null;
      this.peer.close();
      this.build();
    }
    await this.makeOffer(!afresh);
  }

  private async makeOffer(iceRestart: boolean): Promise<void> {
    const peer = this.peer;
    const description = await peer.createOffer({ iceRestart });
    if (this.peer !== peer || peer.signalingState === "closed") return;
    await peer.setLocalDescription(description);
    const { consultation, call } = this.join;
    this.n = nextNumber(this.n, this.options.seconds?.() ?? Date.now() / 1000);
    this.offer = { type: "offer", consultation, call, n: this.n, sdp: withoutCandidates(description.sdp ?? "") };
    this.sendOffer();
  }

  private sendOffer(): void {
    if (!this.offer) return;
    this.options.send(this.offer);
    this.cancelResend();
    this.cancelResend = this.after(RESEND_MS, () => this.sendOffer());
  }

  private sendMedia(): void {
    const { consultation, call } = this.join;
    const { audio, video } = this.tracks;
    const message: Media = { type: "media", consultation, call, camera: video !== null, microphone: audio !== null && audio.enabled };
    const saying = JSON.stringify(message);
    if (saying === this.said) return;
    this.said = saying;
    this.options.send(message);
  }

  private async limit(sender: RTCRtpSender): Promise<void> {
    const parameters = sender.getParameters();
    if (parameters.encodings.length === 0) return; // older Firefox keeps none before sending
    for (const encoding of parameters.encodings) encoding.maxBitrate = MAX_BITRATE;
    await sender.setParameters(parameters).catch(() => undefined);
  }

  private become(state: CallState): void {
    if (this.state === state) return;
    this.state = state;
    this.options.onState(state);
  }
}
