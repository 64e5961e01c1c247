// The call as the visit's page runs it: accepted, joined with the devices there are, paused, hung up.
import { Conversation, type TalkSocket, type Witness } from "../shared/conversation";
import { unlockSound } from "../shared/sound";
import { comeBack } from "../shared/comeback";
import type { Equipment } from "../shared/equipment";
import type { FromPatient, Join, ToPatient, VisitView } from "../protocol";
import type { Step } from "./state";

export interface TalkOptions {
  equipment: Equipment;
  socket: TalkSocket;
  /** Now or as soon as there is a socket again. */
  sendSurely: (message: FromPatient) => void;
  visit: () => VisitView | null;
  step: () => Step;
  /** Whether the camera is left alone until its button is pressed. */
  soundOnly: () => boolean;
  /** What is shown of the login. */
  prove: NonNullable<Witness["prove"]>;
  /** The call was ended here; the functions will say so too, but one's own wish does not wait for the network. */
  onEnd: (consultation: string, call: number) => void;
  tell: () => void;
}

export class Talk {
  readonly conversation: Conversation;
  /** «Aksepter samtale» was pressed and the line is not there yet. */
  accepting = false;
  /** Number of the call that was ended here, 0 once another is accepted; what the functions still say of it, wherever it may have moved since, is out of date. */
  private hungUp = 0;
  private stopWatching: (() => void) | null = null;

  constructor(private readonly options: TalkOptions) {
    this.conversation = new Conversation(options.equipment, options.socket, options.tell);
    this.conversation.witness = { prove: options.prove };
    options.equipment.listen(() => {
      this.conversation.useDevices();
      options.tell();
    });
  }

  /** «Aksepter samtale». */
  async accept(): Promise<void> {
    const visit = this.options.visit();
    if (!visit || this.accepting) return;
    this.accepting = true;
    this.hungUp = 0;
    this.options.tell();
    this.options.sendSurely({ type: "accept", consultation: visit.consultation, call: visit.call });
    void unlockSound();
    await this.haveDevices();
  }

  async toggleCamera(): Promise<void> {
    const { equipment } = this.options;
    if (equipment.camera) equipment.turnOff("camera");
    else await equipment.turnOn("camera");
  }

  async toggleMicrophone(): Promise<void> {
    const { equipment } = this.options;
    const missing = !equipment.microphone;
    this.conversation.mute(!missing && !this.conversation.muted);
    if (missing) await equipment.turnOn("microphone");
  }

  /** «Prøv video igjen». */
  retry(): void {
    this.conversation.retry();
    void comeBack(this.options.equipment);
  }

  /** The screen or the network is back, or another one. */
  wake(elsewhere: boolean): void {
    void this.conversation.wake(elsewhere);
    if (this.options.step() === "call" && document.visibilityState === "visible") void comeBack(this.options.equipment);
  }

  hangUp(): void {
    const visit = this.options.visit();
    if (!visit) return;
    const { consultation, call } = visit;
    this.hungUp = call;
    this.options.sendSurely({ type: "hang_up", consultation, call });
    this.end();
    this.options.onEnd(consultation, call);
  }

  /** Whether this is news of a call that was ended here: the socket died with the hang-up, or the news is from before it. */
  isOver(message: ToPatient): boolean {
    const talking = message.type === "join" ? message : message.type === "visit" && message.visit.state === "in_call" ? message.visit : null;
    if (!talking || this.hungUp === 0 || talking.call < this.hungUp) return false;
    this.options.sendSurely({ type: "hang_up", consultation: talking.consultation, call: talking.call });
    return true;
  }

  /** Take what concerns the line, after the page's state has taken it. */
  receive(message: ToPatient): void {
    const visit = this.options.visit();
    if (visit) this.conversation.setPaused(visit.paused_by); // before a line is taken, so that nothing is sent on it
    if (message.type === "join") void this.join(message);
    else if (message.type === "answer") void this.conversation.answer(message);
    else if (message.type === "peer_handshake" || message.type === "peer_media" || message.type === "peer_left") this.conversation.hear(message);
    if (message.type === "error" && message.about === "accept") this.accepting = false;
    this.follow();
  }

  /** The socket is new: if accepting did not get through with the old one, it can be pressed again. */
  reconnected(): void {
    this.accepting = false;
  }

  /** Let go of what the present step does not need. */
  follow(): void {
    const step = this.options.step();
    if (step !== "call" && step !== "ringing") this.accepting = false;
    if (step !== "call") return this.end();
    this.stopWatching ??= this.options.equipment.watch(() => void this.options.equipment.mend());
  }

  private async join(join: Join): Promise<void> {
    this.accepting = false;
    const again = this.conversation.holds(join);
    await this.conversation.join(join);
    if (again) return;
    await this.haveDevices();
    this.conversation.announce();
  }

  private end(): void {
    this.stopWatching?.();
    this.stopWatching = null;
    if (!this.conversation.state) return;
    this.conversation.leave();
    this.options.equipment.release();
  }

  private async haveDevices(): Promise<void> {
    const { equipment } = this.options;
    if (!this.options.soundOnly()) await equipment.obtain();
    else if (!equipment.microphone) await equipment.turnOn("microphone");
    if (!["ringing", "call"].includes(this.options.step())) equipment.release(); // the call ended while the question stood open
  }
}
