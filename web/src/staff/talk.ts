// The media of the clinician's call: devices, the line, the screen kept on. Nothing is filmed or heard outside of a call.
import type { Answer, Join, PeerHandshake, PeerLeft, PeerMedia, Seat } from "../protocol";
import { Awake } from "../shared/awake";
import { comeBack } from "../shared/comeback";
import { Conversation, type TalkSocket } from "../shared/conversation";
import { Equipment } from "../shared/equipment";
import { unlockSound } from "../shared/sound";
import type { Logins } from "./logins";
import { Readiness } from "./readiness";
import type { StaffState } from "./state";

export class Talk {
  readonly equipment = new Equipment();
  readonly readiness: Readiness;
  readonly conversation: Conversation;
  /** Whether this page has been in a call: the list then takes the focus back. */
  returned = false;
  private readonly awake = new Awake(() => undefined);
  private lettingGo = false;
  private inCall = false;
  /** In a call, or one has been asked for. */
  private wanted = false;

  constructor(
    socket: TalkSocket,
    private readonly tell: () => void,
    /** Who the patients are by their logins. */
    readonly logins: Logins,
  ) {
    this.readiness = new Readiness(this.equipment, () => this.settle());
    this.conversation = new Conversation(this.equipment, socket, tell);
    this.conversation.witness = logins;
    this.equipment.listen(() => {
      this.conversation.useDevices();
      this.settle();
    });
    this.equipment.watch(() => void this.mend());
  }

  /** Follow what the page knows of its call. */
  follow({ seated, calling, queued }: StaffState, pausedBy: Seat | null): void {
    this.inCall = seated !== null;
    this.wanted = this.inCall || calling !== null || queued !== null;
    if (this.inCall) this.conversation.setPaused(pausedBy);
    else if (this.conversation.state) this.conversation.leave();
    void this.awake.want(this.inCall);
    this.letGo();
  }

  /** A call is asked for, by a press: devices may be had and sound made from now on. */
  prepare(): void {
    void unlockSound();
    void this.equipment.obtain();
  }

  /** Take the line, or say again on the one that is held. */
  join(join: Join): void {
    const again = this.conversation.holds(join);
    void this.conversation.join(join);
    if (again) return;
    this.returned = true;
    const { camera, microphone } = this.equipment;
    if (!camera || !microphone) void this.equipment.obtain(); // a reload: nobody pressed «Ring» on this page
  }

  hear(message: PeerHandshake | PeerMedia | PeerLeft): void {
    this.conversation.hear(message);
  }

  answer(answer: Answer): void {
    void this.conversation.answer(answer);
  }

  async setCamera(on: boolean): Promise<void> {
    if (on) await this.equipment.turnOn("camera");
    else this.equipment.turnOff("camera");
  }

  async setMicrophone(on: boolean): Promise<void> {
    this.conversation.mute(!on);
    if (on && !this.equipment.microphone) await this.equipment.turnOn("microphone");
  }

  /** The screen or the network is back, or another one. */
  wake(elsewhere: boolean): void {
    void this.conversation.wake(elsewhere);
    void this.awake.want(this.inCall);
    if (this.inCall && document.visibilityState === "visible") void comeBack(this.equipment);
  }

  /** «Prøv video igjen». */
  retry(): void {
    this.conversation.retry();
    void comeBack(this.equipment);
  }

  /** The end of it all, as for one who logs out. */
  leave(): void {
    this.inCall = this.wanted = false;
    this.conversation.leave();
    this.equipment.release();
    void this.awake.want(false);
  }

  private settle(): void {
    this.letGo();
    this.tell();
  }

  /** Give the devices back, also one that was slow to come when the call is over. */
  private letGo(): void {
    if (this.lettingGo || this.readiness.trying || this.wanted) return;
    this.lettingGo = true; // each device given back is told of by itself
    if (this.equipment.camera || this.equipment.microphone) this.equipment.release();
    this.lettingGo = false;
  }

  /** A device was plugged in or allowed: take it if it is missed. */
  private async mend(): Promise<void> {
    if (!this.inCall) return this.readiness.mend();
    await this.equipment.mend();
  }
}
