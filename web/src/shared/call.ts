// One participant's media in one call: offers, answers, restarts, tracks. No DOM; the page gives tracks and shows streams.
import { CallChannel } from "./callchannel";
import { realAfter, type After } from "./time";
import { Offers } from "./offers";
import { configuration, FIRST_MS, Path, PATIENCE_MS, type CallState } from "./path";
import type { Remote } from "./people";
import { Slots, type Outgoing, type Tracks } from "./slots";
import type { Answer, Appetite, Join, Media, Offer, SeatQuality, Trouble } from "../protocol";

/** One's devices: what they give now, whether a camera may still come, and whether the system took one away. */
export interface Sending extends Tracks {
  coming?: boolean;
  interrupted?: boolean;
}

export interface CallOptions {
  join: Join;
  send: (message: Offer | Media | Trouble) => void;
  /** Who is shown where; said again when somebody comes, with the same streams as long as the connection is the same. */
  onRemote: (remote: Remote) => void;
  onState: (state: CallState) => void;
  /** What the worker says of the connections: everybody's to the clinician, to others their own. */
  onQuality?: (seats: SeatQuality[]) => void;
  /** Bytes this call has used so far, both ways; every few seconds. */
  onBytes?: (bytes: number) => void;
  /** The pictures wished for; `all` when nothing is said. */
  appetite?: Appetite;
  /** Begins paused: nothing goes out before `pause(false)`. */
  paused?: boolean;
  after?: After;
  peer?: (configuration: RTCConfiguration) => RTCPeerConnection;
  /** Forces the way through TURN, beyond what `join` says. */
  relayOnly?: boolean;
  /** Sends the camera in three sizes also when one person alone receives it. */
  simulcast?: boolean;
  /** Seconds since 1970; offers are numbered from it so that a reloaded page's are larger than those before it. */
  seconds?: () => number;
}

/** Whether this browser was told (by a test, or by support on the phone) to go through TURN only, or to send several sizes. */
export function forced(what: "relay" | "simulcast", storage: Pick<Storage, "getItem">): boolean {
  try {
    return storage.getItem(`venterom.${what}`) === "1";
  } catch {
    return false;
  }
}

/** Media between this page and the worker for one call; `close()` ends it and leaves the tracks to their owner. */
export class CallMedia {
  private readonly path: Path;
  private peer!: RTCPeerConnection;
  private slots!: Slots;
  private channel!: CallChannel;
  private readonly offers: Offers;
  /** This connection has been answered once: its first slots stand. */
  private answered = false;
  /** In how many sizes this connection can send the camera. */
  private sizes: 1 | 3 = 1;
  private said = "";
  private limiting: Promise<void> = Promise.resolve();
  private bytesBefore = 0; // over earlier connections of this call
  private bytes = 0;
  private screen: MediaStreamTrack | null = null;
  private appetite: Appetite;
  private paused: boolean;
  /** The slots have changed since the last offer. */
  private stale = false;
  private join: Join;
  private readonly after: After;

  constructor(
    private readonly options: CallOptions,
    private tracks: Sending,
  ) {
    this.join = options.join;
    this.paused = options.paused === true;
    this.appetite = options.appetite ?? "all";
    this.after = options.after ?? realAfter;
    const { send, seconds = () => Date.now() / 1000 } = options;
    this.offers = new Offers({ send, seconds, after: this.after });
    this.path = new Path({ after: this.after, onState: options.onState, onTrouble: () => this.trouble() });
    this.build();
  }

  get state(): CallState {
    return this.path.state;
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

  /** The functions say `join` again, after a lost socket or with more seats: say again what they may have missed. */
  async rejoin(join: Join): Promise<void> {
    this.join = join;
    if (this.state === "closed") return;
    this.peer.setConfiguration(this.configuration());
    this.show();
    this.announce();
    if (this.sizes < this.wantedSizes) {
      this.path.become("connecting");
      await this.afresh();
    } else if (this.state === "troubled") await this.restart();
    else if (this.offers.pending) this.offers.say();
    else await this.grow();
  }

  /** Take the worker's answer; anything but the answer to the latest offer is dropped. */
  async answer(message: Answer): Promise<void> {
    if (this.state === "closed" || message.call !== this.join.call || !this.offers.settle(message.n)) return;
    try {
      await this.peer.setRemoteDescription({ type: "answer", sdp: message.sdp });
    } catch {
      this.path.become("troubled");
      this.path.expectWithin(PATIENCE_MS);
      return;
    }
    this.answered = true;
    if (this.state === "connecting") this.path.expectWithin(FIRST_MS);
    await this.limit();
    await this.grow();
  }

  /** Send another camera, another microphone, or nothing; the other side is told. */
  async replace(change: Partial<Sending>): Promise<void> {
    this.tracks = { ...this.tracks, ...change };
    await this.sendOut();
  }

  /** Show everybody a screen, or no longer. */
  async share(screen: MediaStreamTrack | null): Promise<void> {
    this.screen = screen;
    if (screen) screen.contentHint = "detail";
    await this.sendOut();
  }

  /** Send and show nothing for a while, or all of it again. */
  async pause(paused: boolean): Promise<void> {
    this.paused = paused;
    if (this.state === "closed") return;
    this.slots.hush(paused);
    if (!paused) this.channel.resume();
    await this.sendOut();
  }

  /** Wish for more or fewer pictures, and send as much oneself. */
  async want(appetite: Appetite): Promise<void> {
    if (this.appetite === "none") this.channel.resume();
    this.appetite = appetite;
    if (this.state === "closed") return;
    this.channel.want(appetite);
    await this.sendOut();
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

  /** «Prøv video igjen»: ask the functions for the truth, and do not wait for patience to be at an end. */
  retry(): void {
    if (this.state === "closed") return;
    if (this.state !== "connected") return this.trouble();
    const { consultation, call } = this.join;
    this.options.send({ type: "trouble", consultation, call });
  }

  close(): void {
    if (this.state === "closed") return;
    this.offers.close();
    this.drop();
    this.path.close();
  }

  private configuration(): RTCConfiguration {
    return configuration(this.join.ice_servers, this.join.relay_only || this.options.relayOnly === true);
  }

  private build(): void {
    const make = this.options.peer ?? ((of: RTCConfiguration) => new RTCPeerConnection(of));
    const peer = make(this.configuration());
    this.peer = peer;
    this.answered = false;
    this.sizes = this.wantedSizes;
    const slots = new Slots(peer, this.outgoing, this.sizes > 1, () => this.slots === slots && this.show());
    slots.hush(this.paused);
    this.slots = slots;
    this.channel = new CallChannel(slots.channel, {
      after: this.after,
      stats: () => peer.getStats(),
      appetite: () => this.appetite,
      onQuality: (seats) => this.options.onQuality?.(seats),
      onBytes: (bytes) => this.options.onBytes?.((this.bytes = this.bytesBefore + bytes)),
    });
    this.path.follow(peer);
    this.show();
  }

  private drop(): void {
    this.channel.close();
    this.peer.close();
  }

  /** Who sits down later needs slots of their own; only an answered offer fixes where those before them are. */
  private async grow(): Promise<void> {
    if (this.state === "closed" || !this.answered || this.offers.pending) return;
    const more = this.slots.extend(this.join.seat, this.join.seats);
    if (more) this.show();
    if (more || this.stale) await this.makeOffer(false);
  }

  private show(): void {
    if (this.state !== "closed") this.options.onRemote(this.slots.remote(this.join.seat, this.join.seats));
  }

  private async sendOut(): Promise<void> {
    if (this.state === "closed") return;
    const { anew, done } = this.slots.send(this.outgoing);
    this.stale ||= anew;
    this.sendMedia();
    await done;
    await this.limit();
    await this.grow();
  }

  private get outgoing(): Outgoing {
    const films = this.camera !== null || (this.tracks.coming === true && this.appetite !== "none");
    const there = { films, shares: this.screen !== null };
    return this.paused ? { audio: null, video: null, screen: null, ...there } : { audio: this.tracks.audio, video: this.camera, screen: this.screen, ...there };
  }

  /** Sound alone: then one's own camera costs nobody anything either. */
  private get camera(): MediaStreamTrack | null {
    return this.appetite === "none" ? null : this.tracks.video;
  }

  /** One at a time: two changes of a sender's parameters at once cancel each other. */
  private limit(): Promise<void> {
    const { slots } = this;
    this.limiting = this.limiting.then(() => slots.limit(this.appetite));
    return this.limiting;
  }

  private trouble(): void {
    const { consultation, call } = this.join;
    this.options.send({ type: "trouble", consultation, call });
    void this.restart();
  }

  /** First two ICE restarts on the same connection, then a new connection altogether. */
  private async restart(): Promise<void> {
    if (this.path.restart().afresh) await this.afresh();
    else await this.makeOffer(true);
  }

  /** A new connection in the place of the old one. */
  private async afresh(): Promise<void> {
    this.drop();
    this.bytesBefore = this.bytes;
    this.build();
    await this.makeOffer(false);
  }

  /** One size for one other, several as soon as more than one may receive them; a connection keeps how many it began with. */
  private get wantedSizes(): 1 | 3 {
    return this.options.simulcast === true || this.join.seats.length > 2 ? 3 : 1;
  }

  private async makeOffer(iceRestart: boolean): Promise<void> {
    const peer = this.peer;
    this.stale = false;
    await this.offers.make(peer, this.join, iceRestart, () => this.peer === peer);
  }

  private sendMedia(): void {
    const { consultation, call } = this.join;
    const { audio } = this.tracks;
    const microphone = audio !== null && audio.enabled && !audio.muted; // muted: by the system
    const message: Media = { type: "media", consultation, call, camera: this.camera !== null && !this.camera.muted, microphone, screen: this.screen !== null, interrupted: this.tracks.interrupted === true };
    const saying = JSON.stringify(message);
    if (saying === this.said) return;
    this.said = saying;
    this.options.send(message);
  }
}
