// The call as a page holds it: the line, who is seen, how the connections do, what is shared and saved. Both sides' pages keep one.
import { CallMedia, forced, type CallOptions, type CallState } from "./call";
import { problemOf, type DeviceProblem } from "./devices";
import type { Equipment } from "./equipment";
import type { Remote } from "./people";
import { remember, remembered } from "./saving";
import type { Answer, Appetite, Join, Seat, SeatQuality } from "../protocol";

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
  private media: CallMedia | null = null;
  private of = ""; // consultation and call, so that a repeated join is told from a new one

  constructor(
    private readonly equipment: Equipment,
    private readonly send: CallOptions["send"],
    private readonly tell: () => void,
  ) {
    this.appetite = remembered(localStorage, navigator);
  }

  /** Whether this is the line held already. */
  holds({ consultation, call }: { consultation: string; call: number }): boolean {
    return this.media !== null && this.of === `${consultation}.${call}`;
  }

  /** Take a line: offer, with the devices there are. The line held already is only told again. */
  async join(join: Join): Promise<void> {
    if (this.holds(join)) return this.media?.rejoin(join);
    this.leave();
    this.of = `${join.consultation}.${join.call}`;
    this.seat = join.seat;
    this.media = new CallMedia(
      {
        join,
        send: this.send,
        onRemote: (remote) => this.change({ remote }),
        onState: (state) => this.change({ state, ...(state === "connected" ? {} : { quality: [], ownTrouble: 0 }) }),
        onQuality: (quality) => this.change({ quality, ownTrouble: this.troubleIn(quality) }),
        onBytes: (bytes) => this.change({ bytes }),
        appetite: this.appetite,
        relayOnly: forced("relay", localStorage),
        simulcast: forced("simulcast", localStorage),
      },
      { audio: this.equipment.microphone, video: this.equipment.camera },
    );
    this.change({ state: this.media.state });
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
    const { camera, microphone } = this.equipment;
    if (microphone) microphone.enabled = !this.muted;
    void this.media?.replace({ audio: microphone, video: camera });
  }

  mute(muted: boolean): void {
    this.muted = muted;
    this.media?.mute(muted);
    this.tell();
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

  async wake(): Promise<void> {
    await this.media?.wake();
  }

  /** The end of the line; the devices stay with their owner. */
  leave(): void {
    const { media } = this;
    this.media = null;
    this.screen?.stop();
    media?.close();
    Object.assign(this, { state: null, remote: null, muted: false, screen: null, screenProblem: null, bytes: 0, quality: [], ownTrouble: 0 });
  }

  private troubleIn(quality: readonly SeatQuality[]): number {
    const own = quality.find(({ seat }) => seat === this.seat);
    return own && own.grade !== "good" ? this.ownTrouble + 1 : 0;
  }

  private change(what: Partial<Pick<Conversation, "state" | "remote" | "screen" | "screenProblem" | "appetite" | "bytes" | "quality" | "ownTrouble">>): void {
    Object.assign(this, what);
    this.tell();
  }
}

/** Whether a screen can be shown from here: not from phones. */
export function canShare(): boolean {
  return typeof navigator.mediaDevices?.getDisplayMedia === "function";
}
