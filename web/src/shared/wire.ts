// One peer connection of a call with all that hangs on it: its slots, its channel, its signs of life. Another one may take its place.
import { CallChannel, type ChannelOptions } from "./callchannel";
import { Life, type LifeOptions } from "./life";
import { Slots, type Outgoing } from "./slots";
import type { After } from "./time";
import type { Passages } from "./e2ee/passages";
import type { Appetite, Seat } from "../protocol";

export interface WireOptions extends Pick<ChannelOptions, "appetite" | "onQuality" | "onBytes" | "onEnd">, Pick<LifeOptions, "onSilence" | "onSound" | "onPicture"> {
  peer: RTCPeerConnection;
  own: Seat;
  outgoing: Outgoing;
  /** In how many sizes the camera can be sent; it stays so. */
  sizes: 1 | 3;
  /** Nothing of it is shown or played. */
  hushed: boolean;
  /** Not heard, because another one is. */
  silenced: boolean;
  after: After;
  /** Something arrives from somebody for the first time. */
  heard: () => void;
  /** What its frames are led through; null where they go as they are. */
  passages: Passages | null;
}

export class Wire {
  readonly peer: RTCPeerConnection;
  readonly slots: Slots;
  readonly channel: CallChannel;
  readonly life: Life;
  readonly sizes: 1 | 3;
  /** It has been answered once: its first slots stand. */
  answered = false;
  private readonly passages: Passages | null;
  private limiting: Promise<void> = Promise.resolve();

  constructor(options: WireOptions) {
    const { peer, own, outgoing, sizes, heard, passages } = options;
    this.peer = peer;
    this.sizes = sizes;
    this.passages = passages;
    this.slots = new Slots(peer, own, outgoing, sizes > 1, heard, passages);
    this.slots.hush(options.hushed);
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

  /** What its connection was made with besides the way through the network. */
  get configuration(): RTCConfiguration {
    return this.passages?.configuration ?? {};
  }

  close(): void {
    this.channel.close();
    this.life.close();
    this.passages?.close();
    this.peer.close();
  }
}
