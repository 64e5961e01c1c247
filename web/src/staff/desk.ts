// What is behind the clinician's views: REST, socket, the call's media, own devices. Says when anything changed.
import type { Booking, ConsultationView, DayList, FromClinician, Me, Ticket, ToClinician, Trail } from "../protocol";
import { ApiError, get, post } from "../shared/api";
import { Connection, socketUrl } from "../shared/connection";
import { permission, type DeviceProblem } from "../shared/devices";
import { Conversation } from "../shared/conversation";
import { Equipment } from "../shared/equipment";
import { dayOf, setTimeZone } from "../shared/messages";
import { unlockSound } from "../shared/sound";
import { chime, chimeWanted } from "./chime";
import { initial, NO_LIST, reduce, type Action, type StaffState } from "./state";

/** `failed`: the service did not answer with who we are; `code` says why. */
export type Place =
  | { at: "opening" }
  | { at: "login"; why: "first" | "again" | "out" | "failed"; code: string }
  | { at: "failed"; code: string }
  | { at: "desk"; me: Me };

/** What is known of the clinician's camera and microphone before a call. */
export interface Readiness {
  /** Whether to ask the clinician to allow them now. */
  ask: boolean;
  camera: DeviceProblem | null;
  microphone: DeviceProblem | null;
}

/** «Ring» that nobody answered in this time has failed. */
const CALL_ANSWER_MS = 15_000;
/** A day's list that has not come over the socket in this time is fetched. */
const BOARD_MS = 4_000;
const DAWN_MS = 30_000;

export class Desk {
  place: Place = { at: "opening" };
  state: StaffState = initial(dayOf(new Date()));
  readiness: Readiness = { ask: false, camera: null, microphone: null };
  /** Whether this page has been in a call: the list then takes the focus back. */
  returned = false;
  private lettingGo = false;
  private trying = false; // devices are asked for outside of a call
  private giveUpCall: ReturnType<typeof setTimeout> | undefined;
  private ask: ReturnType<typeof setTimeout> | undefined;
  readonly equipment = new Equipment();
  readonly conversation = new Conversation(this.equipment, (message) => void this.connection?.send(message), () => this.tell());
  private connection: Connection<FromClinician, ToClinician> | null = null;
  private readonly listeners = new Set<() => void>();

  constructor(private readonly trust: string) {
    this.equipment.listen(() => this.equipmentChanged());
    this.equipment.watch(() => void this.mend());
    for (const sign of ["online", "offline"]) addEventListener(sign, () => this.wake());
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.wake());
    for (const sign of ["focus", "pointerdown", "keydown"]) addEventListener(sign, () => this.dispatch({ type: "looked" }));
    setInterval(() => this.dawn(), DAWN_MS);
  }

  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Find out who is logged in, and go to work. `loginError` is what the way back from the issuer said. */
  async open(loginError: string | null): Promise<void> {
    this.become({ at: "opening" });
    try {
      const me = await get<Me>(this.path("me"));
      setTimeZone(me.time_zone);
      this.state = initial(dayOf(new Date()));
      this.become({ at: "desk", me });
      void this.lookAtPermissions();
      this.connect();
    } catch (problem) {
      const { code, status } = asApiError(problem);
      if (status === 401) this.toLogin(loginError ? "failed" : "first", loginError ?? "");
      else this.become({ at: "failed", code });
    }
  }

  /** Connect again after another window took over, or the connection was closed for good. */
  connect(): void {
    this.connection?.close();
    this.dispatch({ type: "line", status: "connecting", reason: null });
    this.connection = new Connection<FromClinician, ToClinician>({
      ticket: async () => (await post<Ticket>(this.path("ticket"))).ticket,
      url: socketUrl(location),
      onMessage: (message) => this.receive(message),
      onStatus: (status, reason) => {
        if (reason === "closed") return;
        if (reason === "unauthenticated") this.toLogin("again");
        else this.dispatch({ type: "line", status, reason: reason ?? null });
      },
    });
  }

  async logOut(): Promise<void> {
    try {
      await post(this.path("logout"));
    } catch (problem) {
      if (asApiError(problem).status !== 401) return this.fail("logout", null, problem);
    }
    this.toLogin("out");
  }

  show(day: string): void {
    this.dispatch({ type: "show", day });
    const heard = this.connection?.send({ type: "watch", day }) === true;
    clearTimeout(this.ask);
    // A socket may seem open long after the network is gone; REST knows sooner.
    this.ask = setTimeout(() => void this.fetchDay(day), heard ? BOARD_MS : 0);
  }

  private async fetchDay(day: string): Promise<void> {
    if (this.state.shown !== day || this.state.known.includes(day)) return;
    try {
      this.dispatch({ type: "listed", list: await get<DayList>(`${this.path("consultations")}?day=${day}`) });
    } catch (problem) {
      this.fail(NO_LIST, null, problem);
    }
  }

  /** Book. Raises ApiError; `key` is the form's, so that a repeated press books once. */
  async book(booking: Booking, key: string): Promise<ConsultationView> {
    const view = await post<ConsultationView>(this.path("consultations"), booking, { "Idempotency-Key": key });
    this.update(view);
    if (dayOf(view.starts) !== this.state.shown) this.show(dayOf(view.starts));
    return view;
  }

  async cancel(consultation: string): Promise<void> {
    try {
      this.update(await post<ConsultationView>(this.path(`consultations/${consultation}/cancel`)));
    } catch (problem) {
      this.fail("cancel", consultation, problem);
    }
  }

  async invite(consultation: string): Promise<void> {
    try {
      this.update(await post<ConsultationView>(this.path(`consultations/${consultation}/invite`)));
      this.dispatch({ type: "notice", notice: { id: `invite:${consultation}`, code: "invited", tone: "info", consultation, again: false } });
    } catch (problem) {
      this.fail("invite", consultation, problem);
    }
  }

  /** Everything that happened to a consultation. Raises ApiError. */
  trail(consultation: string): Promise<Trail> {
    return get<Trail>(this.path(`consultations/${consultation}/trail`));
  }

  /** «Ring», or back into a call that goes on without this page. */
  call(consultation: string): void {
    if (this.state.line === "stopped") return this.connect(); // its hello is answered with the call that goes on
    void unlockSound();
    void this.equipment.obtain();
    this.dispatch({ type: "press_call", consultation });
    if (!this.connection?.send({ type: "call", consultation })) return this.refuseCall(consultation, "offline");
    clearTimeout(this.giveUpCall);
    this.giveUpCall = setTimeout(() => this.refuseCall(consultation, "unavailable"), CALL_ANSWER_MS);
  }

  /** «Avbryt oppringning». The patient may be answering just now, so the functions decide. */
  withdraw({ consultation, call }: ConsultationView): void {
    this.connection?.sendSurely({ type: "withdraw_call", consultation, call });
  }

  /** «Avslutt samtale»: this page leaves at once, whatever the network does. */
  hangUp({ consultation, call }: { consultation: string; call: number }): void {
    if (this.state.line === "stopped") this.connect();
    this.connection?.sendSurely({ type: "hang_up", consultation, call });
    this.dispatch({ type: "left", consultation, call });
  }

  async setCamera(on: boolean): Promise<void> {
    if (on) await this.equipment.turnOn("camera");
    else this.equipment.turnOff("camera");
  }

  async setMicrophone(on: boolean): Promise<void> {
    this.conversation.mute(!on);
    if (on && !this.equipment.microphone) await this.equipment.turnOn("microphone");
  }

  /** Ask for camera and microphone before the first call, and let go of them again. */
  async allowDevices(): Promise<void> {
    this.trying = true;
    await this.equipment.obtain();
    const { cameraProblem, microphoneProblem } = this.equipment;
    this.readiness = { ask: false, camera: cameraProblem, microphone: microphoneProblem };
    this.trying = false;
    this.letGo();
    this.tell();
  }

  postponeDevices(): void {
    this.readiness = { ask: false, camera: null, microphone: null };
    this.tell();
  }

  dismiss(id: string): void {
    this.dispatch({ type: "dismiss", id });
  }

  private async lookAtPermissions(): Promise<void> {
    const states = await Promise.all([permission("camera"), permission("microphone")]);
    this.readiness = { ...this.readiness, ask: states.some((state) => state !== "granted") };
    this.tell();
  }

  private receive(message: ToClinician): void {
    this.dispatch({ type: "received", message });
    // `hello` is answered with today's list, and may be handled after a `watch`: say again what is looked at.
    if (message.type === "board" && message.day !== this.state.shown) this.connection?.send({ type: "watch", day: this.state.shown });
    if (message.type === "join" && this.state.seated?.join === message) this.join();
    if (message.type === "answer") void this.conversation.answer(message);
    if (message.type === "error" && message.code === "unauthenticated") this.toLogin("again");
  }

  private join(): void {
    const join = this.state.seated?.join;
    if (!join) return;
    const again = this.conversation.holds(join);
    void this.conversation.join(join);
    if (again) return;
    this.returned = true;
    const { camera, microphone } = this.equipment;
    if (!camera || !microphone) void this.equipment.obtain(); // a reload: nobody pressed «Ring» on this page
  }

  /** Nothing is filmed or heard but in a call, also when a device was slow to come and the call is over. */
  private letGo(): void {
    if (this.lettingGo || this.trying || this.state.seated || this.state.calling) return;
    this.lettingGo = true; // each device given back is told of by itself
    if (this.equipment.camera || this.equipment.microphone) this.equipment.release();
    this.lettingGo = false;
  }

  private equipmentChanged(): void {
    this.letGo();
    this.conversation.useDevices();
    this.tell();
  }

  /** A device was plugged in or allowed: take it if it is missed. */
  private async mend(): Promise<void> {
    if (this.state.seated) {
      if (this.equipment.cameraProblem) await this.equipment.turnOn("camera");
      if (this.equipment.microphoneProblem) await this.equipment.turnOn("microphone");
    } else if (this.readiness.camera || this.readiness.microphone) {
      this.readiness = { ask: false, camera: null, microphone: null };
      await this.lookAtPermissions();
    }
  }

  private update(view: ConsultationView): void {
    this.dispatch({ type: "updated", day: dayOf(view.starts), view });
  }

  private refuseCall(consultation: string, code: string): void {
    if (this.state.calling !== consultation) return;
    this.receive({ type: "error", code, message: "", retry: true, about: "call" });
  }

  private fail(what: string, consultation: string | null, problem: unknown): void {
    const { code, status } = asApiError(problem);
    if (status === 401) return this.toLogin("again");
    this.dispatch({ type: "notice", notice: { id: consultation ? `${what}:${consultation}` : what, code, tone: "danger", consultation, again: false } });
  }

  private toLogin(why: "first" | "again" | "out" | "failed", code = ""): void {
    this.connection?.close();
    this.connection = null;
    this.conversation.leave();
    this.equipment.release();
    this.state = initial(dayOf(new Date()));
    this.become({ at: "login", why, code });
  }

  private dispatch(action: Action): void {
    const before = this.state;
    this.state = reduce(before, action);
    if (this.state === before) return;
    const came = this.state.arrivals.some((consultation) => !before.arrivals.includes(consultation));
    if (came && !this.state.seated && chimeWanted()) chime(); // never into a conversation
    if (!this.state.seated && this.conversation.state) this.conversation.leave();
    this.letGo();
    this.tell();
  }

  private dawn(): void {
    const today = dayOf(new Date());
    if (this.place.at !== "desk" || today === this.state.today) return;
    const followed = this.state.shown === this.state.today;
    this.dispatch({ type: "dawn", today });
    if (followed) this.show(today);
  }

  private wake(): void {
    this.connection?.wake();
    void this.conversation.wake();
  }

  private become(place: Place): void {
    this.place = place;
    this.tell();
  }

  private path(rest: string): string {
    return `/staff/${encodeURIComponent(this.trust)}/${rest}`;
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}

function asApiError(problem: unknown): ApiError {
  return problem instanceof ApiError ? problem : new ApiError("internal", "", true, 0);
}
