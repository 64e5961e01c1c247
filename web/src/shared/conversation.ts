// The call as a page holds it: the line, who is seen, how the connections do, what is shared and saved. Both sides' pages keep one.
import type { CallOptions, Sending } from "./calloptions";
import { problemOf, type DeviceProblem } from "./devices";
import type { Equipment } from "./equipment";
import { forced } from "./forced";
import { Line } from "./move";
import type { CallState } from "./path";
import type { Remote } from "./people";
import { remember, remembered } from "./saving";
import { Stopwatch } from "./stopwatch";
import { listenTo, Speech } from "./voice";
import { Memory } from "./e2ee/memory";
import { Protector } from "./e2ee/protection";
import type { Identity, Proof, Protection } from "./e2ee/types";
import type { Answer, Appetite, Handshake, Join, Pause, PeerHandshake, PeerLeft, PeerMedia, Seat, SeatQuality, Timed } from "../protocol";

/** What a conversation needs of the page's socket. */
export interface TalkSocket {
  /** Returns whether there was a socket. */
  send: (message: Parameters<CallOptions["send"]>[0] | Handshake | Pause | Timed) => boolean;
  /** Nothing arrives of the call: look whether the socket is alive. */
  wake: () => void;
}

/** Binds the keys of a consultation's call to logins (see GroupOptions); without it nobody is asked who they are. */
export interface Witness {
  prove?: (consultation: string, to: Seat, transcript: Uint8Array<ArrayBuffer>) => Promise<Proof | null>;
  judge?: (consultation: string, of: Seat, transcript: Uint8Array<ArrayBuffer>, proof: Proof | null) => Promise<Identity>;
  expectsIdentity?: (consultation: string, of: Seat) => boolean;
}

export class Conversation {
  /** The path of the call's media; null without a call. */
  state: CallState | null = null;
  remote: Remote | null = null;
  muted = false;
  /** The screen that is shared from this page. */
  screen: MediaStreamTrack | null = null;
  /** Why a screen could not be shared; changing one's mind is no problem. */
  screenProblem: DeviceProblem | null = null;
  /** One's own seat in the call. */
  seat: Seat | null = null;
  appetite: Appetite;
  /** Bytes this call has used. */
  bytes = 0;
  /** Each connection as the worker last told; empty while nobody knows. */
  quality: readonly SeatQuality[] = [];
  /** How many times in a row one's own has been told to be less than good. */
  ownTrouble = 0;
  /** Who paused the call, so that nothing is sent, shown or played; told from the visit's state before a line is taken. */
  paused: Seat | null = null;
  /** What protects what is said and shown; null without a call. */
  protection: Protection | null = null;
  /** Speaks, or just spoke, although muted. */
  speakingMuted = false;
  /** How it is shown, and looked at, who somebody is; to be set before a call. */
  witness: Witness = {};
  /** What was wished for here with `pause` and is not confirmed yet. */
  private wished: boolean | null = null;
  private voice: { of: MediaStreamTrack; stop: () => void } | null = null;
  private readonly levels = new Set<(level: number) => void>();
  private media: Line | null = null;
  private watch: Stopwatch | null = null;
  private protector: Protector | null = null;
  /** By consultation, and never forgotten: leaving and joining again must not make a page trust more than it did. */
  private readonly memories = new Map<string, Memory>();
  private present: Pick<Join, "consultation" | "call"> = { consultation: "", call: 0 };

  constructor(
    private readonly equipment: Equipment,
    private readonly socket: TalkSocket,
    private readonly tell: () => void,
    private readonly measure = listenTo,
    private readonly now = () => performance.now(),
  ) {
    this.appetite = remembered(localStorage, navigator);
  }

  /** Whether this is the call that is held already, also when it moves and so has another number. */
  holds({ consultation }: { consultation: string }): boolean {
    return this.media !== null && this.present.consultation === consultation;
  }

  /** Take a line: offer, with the devices there are. Of the call held already it is only told again, or moved. */
  async join(join: Join): Promise<void> {
    if (this.holds(join)) {
      if (join.call < this.present.call) return;
      this.present = join;
      this.protector?.join(join.encryption, join.seats);
      if (this.wished !== null) this.sayPause(this.wished); // it may have been lost with its socket, or said of an older number
      return this.media?.join(join);
    }
    this.end();
    this.present = join;
    this.seat = join.seat;
    const protector = (this.protector = this.protect(join));
    const watch = (this.watch = new Stopwatch(join.seat, (timed) => this.time(timed), this.now));
    this.media = new Line(
      {
        join,
        send: (message) => this.socket.send(message),
        onDoubt: () => this.socket.wake(),
        onRemote: (remote) => this.change({ remote }),
        onPicture: () => watch.picture(),
        onState: (state) => this.follow({ state, ...(state === "connected" ? {} : { quality: [], ownTrouble: 0 }) }),
        onQuality: (quality) => this.change({ quality, ownTrouble: this.troubleIn(quality) }),
        onBytes: (bytes) => this.change({ bytes }),
        appetite: this.appetite,
        paused: this.paused !== null,
        passages: () => protector.passages(),
        barred: protector.mode === "closed",
        relayOnly: forced("relay", localStorage),
        simulcast: forced("simulcast", localStorage),
      },
      this.sending,
    );
    this.listen();
    this.change({ state: this.media.state, protection: protector.state });
    protector.join(join.encryption, join.seats);
    await this.media.start();
  }

  async answer(answer: Answer): Promise<void> {
    if (this.holds(answer)) await this.media?.answer(answer);
  }

  /** Say what is sent, once the devices have been asked for. */
  announce(): void {
    this.media?.announce();
  }

  /** Send what the equipment now has. */
  useDevices(): void {
    const { microphone } = this.equipment;
    if (microphone) microphone.enabled = !this.muted;
    void this.media?.replace(this.sending);
    this.listen();
  }

  /** Whether it was this page's person who paused, and may go on. */
  get pausedByMe(): boolean {
    return this.paused !== null && this.paused === this.seat;
  }

  /** Picture and sound off both ways at once, or on again; everybody is told. Only who paused can go on; two may pause, the first is named. */
  pause(on: boolean): void {
    if (!this.media || !this.seat || (!on && !this.pausedByMe)) return;
    this.wished = on;
    this.sayPause(on);
    this.becomePaused(on ? (this.paused ?? this.seat) : null);
  }

  /** What the functions say of pausing; what was said before they heard of one's own wish is passed over. */
  setPaused(by: Seat | null): void {
    const own = by !== null && by === this.seat;
    if (this.wished === false && own) return;
    if (this.wished === true && by === null) by = this.seat; // not heard of, or somebody else's pause ended before
    else if (own || this.wished === false) this.wished = null;
    if (by !== this.paused) this.becomePaused(by);
  }

  /** Be told how loud the microphone is, 0–1, ten times a second during a call, muted or not; nothing of it leaves the device. Returns how to stop. */
  onLevel(listener: (level: number) => void): () => void {
    this.levels.add(listener);
    return () => this.levels.delete(listener);
  }

  mute(muted: boolean): void {
    this.muted = muted;
    this.media?.mute(muted);
    this.change({ speakingMuted: false });
  }

  /** Ask which screen or window to show, and show it. */
  async share(): Promise<void> {
    const { media } = this;
    let screenProblem: DeviceProblem | null = null;
    const stream = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { max: 10 } }, audio: false }).catch((error: unknown) => {
      screenProblem = problemOf(error);
      return null;
    });
    this.change({ screenProblem: screenProblem === "denied" ? null : screenProblem });
    const screen = stream?.getVideoTracks()[0];
    if (!screen) return;
    if (!media || media !== this.media) return screen.stop(); // the call ended while the question stood open
    this.screen?.stop();
    screen.addEventListener("ended", () => void (this.screen === screen && this.stopSharing())); // by the browser's own button
    this.change({ screen });
    await media.share(screen);
  }

  async stopSharing(): Promise<void> {
    this.screen?.stop();
    this.change({ screen: null });
    await this.media?.share(null);
  }

  /** More or less data, now and in later calls on this device. */
  async want(appetite: Appetite): Promise<void> {
    remember(localStorage, appetite);
    this.change({ appetite });
    await this.media?.want(appetite);
  }

  /** The screen or the network came back. `elsewhere`: the way out is another one, as after leaving a Wi-Fi. */
  async wake(elsewhere = false): Promise<void> {
    this.watch?.wake();
    await this.media?.wake(elsewhere);
  }

  /** Try again now, whatever it looks like: by a person's wish. */
  retry(): void {
    this.media?.retry();
  }

  /** The person here compared the code with somebody's: the same, or another one, which ends the call for this page. */
  compare(seat: Seat, code: string, same: boolean): void {
    this.protector?.compare(seat, code, same);
  }

  /** The person here goes on although somebody has come whose browser cannot encrypt. */
  goOn(): void {
    this.protector?.goOn();
  }

  /** What the others say to agree on keys, that they are here, or have left. */
  hear(message: PeerHandshake | PeerMedia | PeerLeft): void {
    if (this.holds(message)) this.protector?.hear(message);
  }

  /** The number of the call that is held; 0 without one. */
  get call(): number {
    return this.media ? this.present.call : 0;
  }

  /** The end of the line; the devices stay with their owner. */
  leave(): void {
    this.end();
    this.paused = this.wished = null;
  }

  private end(): void {
    const { media, protector } = this;
    this.media = this.watch = this.protector = null;
    this.screen?.stop();
    media?.close();
    protector?.close();
    this.voice?.stop();
    Object.assign(this, { state: null, remote: null, protection: null, muted: false, screen: null, screenProblem: null, bytes: 0, quality: [], ownTrouble: 0, voice: null, speakingMuted: false });
  }

  private get sending(): Sending {
    const { camera, microphone, cameraMayCome, interrupted } = this.equipment;
    return { audio: microphone, video: camera, coming: cameraMayCome, interrupted };
  }

  private protect({ consultation, seat: own, encryption: rule }: Join): Protector {
    const { prove, judge, expectsIdentity } = this.witness;
    const memory = this.memories.get(consultation) ?? new Memory();
    this.memories.set(consultation, memory);
    const protector: Protector = new Protector({
      consultation,
      own,
      rule,
      memory,
      say: (parcels) => void this.socket.send({ type: "handshake", consultation, call: this.present.call, parcels }),
      onChange: () => this.protector === protector && this.obey(protector),
      onStop: () => this.protector === protector && this.media?.close(),
      onRenew: () => this.protector === protector && void this.media?.renew(),
      ...(prove ? { prove: (to, transcript) => prove(consultation, to, transcript) } : {}),
      ...(judge ? { judge: (of, transcript, proof) => judge(consultation, of, transcript, proof) } : {}),
      ...(expectsIdentity ? { expectsIdentity: (of) => expectsIdentity(consultation, of) } : {}),
    });
    return protector;
  }

  private obey({ state, mode }: Protector): void {
    void this.media?.allow(mode !== "closed");
    this.change({ protection: state });
  }

  private sayPause(paused: boolean): void {
    const { consultation, call } = this.present;
    this.socket.send({ type: "pause", consultation, call, paused });
  }

  private becomePaused(paused: Seat | null): void {
    const { media } = this;
    this.change({ paused, speakingMuted: false });
    void media?.pause(paused !== null);
  }

  /** The functions count it, and nothing waits for that. */
  private time(timed: Pick<Timed, "what" | "milliseconds">): void {
    const { consultation, call } = this.present;
    this.socket.send({ type: "timed", consultation, call, ...timed });
  }

  private follow(what: Partial<Pick<Conversation, "quality" | "ownTrouble">> & { state: CallState }): void {
    this.watch?.state(what.state);
    this.change(what);
  }

  /** Measure the present microphone for as long as the line is held. */
  private listen(): void {
    const { microphone } = this.equipment;
    const of = this.media ? microphone : null;
    if (this.voice?.of === of || (!this.voice && !of)) return;
    this.voice?.stop();
    this.voice = null;
    if (!of) return;
    const speech = new Speech();
    const stop = this.measure(of, (level) => {
      for (const listener of this.levels) listener(level);
      const speaking = speech.hears(level) && this.muted && this.paused === null;
      if (speaking !== this.speakingMuted) this.change({ speakingMuted: speaking });
    });
    this.voice = { of, stop };
  }

  private troubleIn(quality: readonly SeatQuality[]): number {
    const own = quality.find(({ seat }) => seat === this.seat);
    return own && own.grade !== "good" ? this.ownTrouble + 1 : 0;
  }

  private change(what: Partial<Pick<Conversation, "state" | "remote" | "screen" | "screenProblem" | "appetite" | "bytes" | "quality" | "ownTrouble" | "paused" | "protection" | "speakingMuted">>): void {
    Object.assign(this, what);
    this.tell();
  }
}

/** Whether a screen can be shown from here: not from phones. */
export function canShare(): boolean {
  return typeof navigator.mediaDevices?.getDisplayMedia === "function";
}
