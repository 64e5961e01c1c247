// One peer connection of a call with all that hangs on it: its slots, its channel, its signs of life. Another one may take its place.
import { CallChannel, type ChannelOptions } from "./callchannel";
import { Life, type LifeOptions } from "./life";
import { Slots, type Outgoing } from "./slots";
import type { After } from "./time";
import type { Appetite } from "../protocol";

export interface WireOptions extends Pick<ChannelOptions, "appetite" | "onQuality" | "onBytes" | "onEnd">, Pick<LifeOptions, "onSilence" | "onSound" | "onPicture"> {
  peer: RTCPeerConnection;
  outgoing: Outgoing;
  /** In how many sizes the camera can be sent; it stays so. */
  sizes: 1 | 3;
  paused: boolean;
  /** Not heard, because another one is. */
  silenced: boolean;
  after: After;
  /** Something arrives from somebody for the first time. */
  heard: () => void;
}

export class Wire {
  readonly peer: RTCPeerConnection;
  readonly slots: Slots;
  readonly channel: CallChannel;
  readonly life: Life;
  readonly sizes: 1 | 3;
  /** It has been answered once: its first slots stand. */
  answered = false;
  private limiting: Promise<void> = Promise.resolve();

  constructor(options: WireOptions) {
    const { peer, outgoing, sizes, heard } = options;
    this.peer = peer;
    this.sizes = sizes;
    this.slots = new Slots(peer, outgoing, sizes > 1, heard);
    this.slots.hush(options.paused);
    this.slots.quiet(options.silenced);
    const watched = { ...options, stats: () => peer.getStats() };
    this.channel = new CallChannel(this.slots.channel, watched);
    this.life = new Life(watched);
  }

  /** Keep what is sent within bounds, one change at a time: two of a sender's parameters at once cancel each other. */
  limit(appetite: Appetite): Promise<void> {
    this.limiting = this.limiting.then(() => this.slots.limit(appetite));
    return this.limiting;
  }

  close(): void {
    this.channel.close();
    this.life.close();
    this.peer.close();
  }
}
