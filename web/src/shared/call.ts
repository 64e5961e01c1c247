// One participant's media in one call: offers, answers, restarts, tracks. No DOM; the page gives tracks and shows streams.
import { Offers } from "./offers";
import type { CallOptions, Sending } from "./calloptions";
import { configuration, FIRST_MS, MOVE_MS, Path, PATIENCE_MS, RESTART_MS, type CallState } from "./path";
import type { Remote } from "./people";
import type { Outgoing } from "./slots";
import { realAfter, type After } from "./time";
import { Wire } from "./wire";
import type { Answer, Appetite, Join, Media } from "../protocol";

/** After a silence of so long the path is taken for lost; before that only the functions are asked. */
const LOST_MS = 2_500;

/** Media between this page and the worker for one call; `close()` ends it and leaves the tracks to their owner. */
export class CallMedia {
  private readonly path: Path;
  private wire: Wire;
  private readonly offers: Offers;
  private said = "";
  private bytesBefore = 0; // over earlier connections of this call
  private bytes = 0;
  private screen: MediaStreamTrack | null = null;
  private appetite: Appetite;
  private paused: boolean;
  private barred: boolean;
  private silenced: boolean;
  /** A newer connection is, or will be, in the place of this one. */
  private outlived = false;
  /** Few look at this one any more: it sends as little as it can. */
  private lean = false;
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
    this.barred = options.barred === true;
    this.silenced = options.beside === true;
    this.appetite = options.appetite ?? "all";
    this.after = options.after ?? realAfter;
    const { send, seconds = () => Date.now() / 1000 } = options;
    this.offers = new Offers({ send, seconds, after: this.after });
    this.path = new Path({ after: this.after, onState: options.onState, onTrouble: () => this.trouble() });
    this.wire = this.build();
    this.show();
  }

  get state(): CallState {
    return this.path.state;
  }

  get call(): number {
    return this.join.call;
  }

  /** Who is to be shown where, as far as there are slots. */
  get remote(): Remote {
    return this.wire.slots.remote(this.join.seat, this.join.seats);
  }

  /** What has arrived so far, slot by slot. */
  arrived(): Promise<number[]> {
    return this.wire.slots.arrived();
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
    this.wire.peer.setConfiguration({ ...this.configuration(), ...this.wire.configuration });
    this.show();
    this.announce();
    if (this.wire.sizes < this.wantedSizes) {
      this.path.become("connecting");
      await this.afresh();
    } else if (this.state === "troubled" || this.wire.life.silent) await this.restart();
    else if (this.offers.pending) this.offers.say();
    else await this.grow();
  }

  /** Take the worker's answer; anything but the answer to the latest offer is dropped. */
  async answer(message: Answer): Promise<void> {
    if (this.state === "closed" || message.call !== this.join.call || !this.offers.settle(message.n)) return;
    try {
      await this.wire.peer.setRemoteDescription({ type: "answer", sdp: message.sdp });
    } catch {
      this.path.become("troubled");
      this.path.expectWithin(PATIENCE_MS);
      return;
    }
    this.wire.answered = true;
    if (this.state === "connecting") this.path.expectWithin(this.options.beside ? MOVE_MS : FIRST_MS);
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
    await this.still();
  }

  /** Send and show what there is, or nothing any more. */
  async allow(allowed: boolean): Promise<void> {
    if (this.barred !== allowed) return;
    this.barred = !allowed;
    await this.still();
  }

  /** A new connection, because what the frames of this one were led through is gone. */
  async renew(): Promise<void> {
    if (this.state === "closed" || this.outlived) return;
    this.path.become("connecting");
    await this.afresh();
  }

  /** Wish for more or fewer pictures, and send as much oneself. */
  async want(appetite: Appetite): Promise<void> {
    if (this.appetite === "none") this.wire.channel.resume();
    this.appetite = appetite;
    if (this.state === "closed") return;
    this.wire.life.calm();
    this.wire.channel.want(appetite);
    await this.sendOut();
  }

  /** Be silent, or speak again, without letting go of the microphone. */
  mute(muted: boolean): void {
    if (this.tracks.audio) this.tracks.audio.enabled = !muted;
    this.sendMedia();
  }

  /** The network or the screen came back: do not wait for the browser to find out that the path is gone. `elsewhere`: the way out is another one. */
  async wake(elsewhere = false): Promise<void> {
    if (this.outlived || !this.wire.answered) return;
    if (this.state === "troubled" || this.wire.life.silent) await this.restart();
    else if (elsewhere && this.state === "connected" && !this.offers.pending) await this.makeOffer(true);
  }

  /** Another connection takes the place of this one: this one goes on while it can, and nothing mends it any more. */
  outlive(): void {
    this.outlived = true;
    this.offers.close();
    this.path.outlive();
  }

  /** Let this one be heard, or not, because another one is. */
  quiet(quiet: boolean): void {
    this.silenced = quiet;
    this.wire.slots.quiet(quiet);
  }

  /** Tell the worker that all that came here comes over another connection now. */
  settled(): void {
    this.wire.channel.settled();
  }

  /** Send as little as can be. */
  async slim(): Promise<void> {
    this.lean = true;
    if (this.state !== "closed") await this.limit();
  }

  /** «Prøv video igjen»: ask the functions for the truth, and do not wait for patience to be at an end. */
  retry(): void {
    if (this.state === "closed") return;
    if (this.state === "connected") this.sayTrouble();
    else this.trouble();
  }

  close(): void {
    if (this.state === "closed") return;
    this.offers.close();
    this.wire.close();
    this.path.close();
  }

  private configuration(): RTCConfiguration {
    return configuration(this.join.ice_servers, this.join.relay_only || this.options.relayOnly === true);
  }

  private build(): Wire {
    const make = this.options.peer ?? ((of: RTCConfiguration) => new RTCPeerConnection(of));
    const passages = this.options.passages?.() ?? null;
    const wire: Wire = new Wire({
      peer: make({ ...this.configuration(), ...passages?.configuration }),
      own: this.join.seat,
      passages,
      outgoing: this.outgoing,
      sizes: this.wantedSizes,
      hushed: this.stopped,
      silenced: this.silenced,
      after: this.after,
      heard: () => this.wire === wire && this.show(),
      appetite: () => this.appetite,
      onQuality: (seats) => this.options.onQuality?.(seats),
      onBytes: (bytes) => this.options.onBytes?.((this.bytes = this.bytesBefore + bytes)),
      onEnd: () => this.outlived && this.path.become("troubled"),
      onSilence: (milliseconds) => this.silence(milliseconds),
      onSound: () => this.path.sound(),
      onPicture: () => this.options.onPicture?.(),
    });
    this.path.follow(wire.peer);
    return wire;
  }

  /** Who sits down later needs slots of their own; only an answered offer fixes where those before them are. */
  private async grow(): Promise<void> {
    if (this.state === "closed" || this.outlived || !this.wire.answered || this.offers.pending) return;
    const more = this.wire.slots.extend(this.join.seat, this.join.seats);
    if (more) this.show();
    if (more || this.stale) await this.makeOffer(false);
  }

  private show(): void {
    if (this.state !== "closed") this.options.onRemote(this.remote);
  }

  private get stopped(): boolean {
    return this.paused || this.barred;
  }

  private async still(): Promise<void> {
    if (this.state === "closed") return;
    this.wire.life.calm();
    this.wire.slots.hush(this.stopped);
    if (!this.stopped) this.wire.channel.resume();
    await this.sendOut();
  }

  private async sendOut(): Promise<void> {
    if (this.state === "closed") return;
    const { anew, done } = this.wire.slots.send(this.outgoing);
    this.stale ||= anew;
    this.sendMedia();
    await done;
    await this.limit();
    await this.grow();
  }

  private get outgoing(): Outgoing {
    const films = this.camera !== null || (this.tracks.coming === true && this.appetite !== "none");
    const there = { films, shares: this.screen !== null };
    return this.stopped ? { audio: null, video: null, screen: null, ...there } : { audio: this.tracks.audio, video: this.camera, screen: this.screen, ...there };
  }

  /** Sound alone: then one's own camera costs nobody anything either. */
  private get camera(): MediaStreamTrack | null {
    return this.appetite === "none" ? null : this.tracks.video;
  }

  private limit(): Promise<void> {
    return this.wire.limit(this.lean ? "low" : this.appetite);
  }

  /** The worker may have died: the functions know, or find out, and have the call moved. If it is the network, they do not hear of it. */
  private silence(milliseconds: number): void {
    if (this.outlived) return;
    if (milliseconds >= LOST_MS && this.state === "connected") this.path.silence();
    else this.sayTrouble();
  }

  private trouble(): void {
    if (this.sayTrouble()) void this.restart();
    else this.path.expectWithin(RESTART_MS); // without a socket no offer is answered; `rejoin` comes with the next one
  }

  private sayTrouble(): boolean {
    this.options.onDoubt?.();
    const { consultation, call } = this.join;
    return this.options.send({ type: "trouble", consultation, call });
  }

  /** First two ICE restarts on the same connection, then a new connection altogether. */
  private async restart(): Promise<void> {
    if (this.path.restart().afresh) await this.afresh();
    else await this.makeOffer(true);
  }

  /** A new connection in the place of the old one. */
  private async afresh(): Promise<void> {
    this.wire.close();
    this.bytesBefore = this.bytes;
    this.wire = this.build();
    this.show();
    await this.makeOffer(false);
  }

  /** One size for one other, several as soon as more than one may receive them; a connection keeps how many it began with. */
  private get wantedSizes(): 1 | 3 {
    return this.options.simulcast === true || this.join.seats.length > 2 ? 3 : 1;
  }

  private async makeOffer(iceRestart: boolean): Promise<void> {
    const { wire } = this;
    this.stale = false;
    await this.offers.make(wire.peer, this.join, iceRestart, () => this.wire === wire);
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
