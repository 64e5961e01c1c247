// The path that a call's media take: through which servers, whether it is up, and how much patience it gets before it is restarted.
import type { After } from "./time";
import type { IceServer } from "../protocol";

/** `troubled`: it was up and nothing arrives now; it is being restarted. */
export type CallState = "connecting" | "connected" | "troubled" | "closed";

/** A path that is only `disconnected` gets this long to mend itself before it is restarted. */
export const PATIENCE_MS = 2_000;
/** A restart must bring the path up in this time, or the next one follows. */
export const RESTART_MS = 8_000;
/** The first connection gets longer: it may have to fall back to TURN over TLS. */
export const FIRST_MS = 15_000;
/** One that is to take another's place: the way is known, and there is another worker to ask for. */
export const MOVE_MS = 8_000;

/** RTCConfiguration for what the functions said. */
export function configuration(servers: readonly IceServer[], relayOnly: boolean): RTCConfiguration {
  return {
    iceServers: servers.map(({ urls, username, credential }) => (username ? { urls, username, credential } : { urls })),
    iceTransportPolicy: relayOnly ? "relay" : "all",
    bundlePolicy: "max-bundle",
    rtcpMuxPolicy: "require",
  };
}

export interface PathOptions {
  after: After;
  onState: (state: CallState) => void;
  /** Nothing arrives, and patience is at an end. */
  onTrouble: () => void;
}

/** Follows one connection after another. */
export class Path {
  state: CallState = "connecting";
  private peer: RTCPeerConnection | null = null;
  private restarts = 0;
  private outlived = false;
  private cancel: () => void = () => undefined;

  constructor(private readonly options: PathOptions) {}

  /** Follow this connection, in place of the one before. */
  follow(peer: RTCPeerConnection): void {
    this.leave();
    this.peer = peer;
    peer.onconnectionstatechange = peer.oniceconnectionstatechange = () => this.look(peer);
  }

  /** If the path is not up by then, that is trouble. */
  expectWithin(milliseconds: number): void {
    this.cancel();
    this.cancel = this.options.after(milliseconds, () => this.trouble());
  }

  /** What is followed is mended no more: a newer one has come. */
  outlive(): void {
    this.outlived = true;
    this.cancel();
  }

  /** Nothing has arrived for a while, whatever the browser still thinks of the path. */
  silence(): void {
    if (this.state === "connected") this.trouble();
  }

  /** Something arrives again. */
  sound(): void {
    if (this.peer && this.state === "troubled") this.look(this.peer);
  }

  /** One more try must succeed in time; after two in vain it is to be made `afresh`, with a new connection. */
  restart(): { afresh: boolean } {
    this.expectWithin(RESTART_MS);
    return { afresh: this.restarts++ >= 2 };
  }

  become(state: CallState): void {
    if (this.state === state || this.state === "closed") return;
    this.state = state;
    this.options.onState(state);
  }

  close(): void {
    this.cancel();
    this.leave();
    this.become("closed");
  }

  private leave(): void {
    if (this.peer) this.peer.onconnectionstatechange = this.peer.oniceconnectionstatechange = null;
  }

  /** What it looks like now, and what that asks for. */
  private look({ connectionState, iceConnectionState }: RTCPeerConnection): void {
    if (connectionState === "failed" || iceConnectionState === "failed") {
      this.trouble();
    } else if (iceConnectionState === "disconnected") {
      if (this.state !== "connected") return;
      this.become("troubled");
      if (!this.outlived) this.expectWithin(PATIENCE_MS);
    } else if (connectionState === "connected") {
      this.cancel();
      this.restarts = 0;
      this.become("connected");
    }
  }

  private trouble(): void {
    if (this.state === "closed") return;
    this.become("troubled");
    if (!this.outlived) this.options.onTrouble();
  }
}
