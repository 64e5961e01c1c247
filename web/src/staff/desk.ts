// What is behind the clinician's views: who is logged in, the socket, the state, and what the clinician does. Says when anything changed.
import type { Booking, ConsultationView, FromClinician, Me, ToClinician } from "../protocol";
import { Again } from "../shared/again";
import { Connection, socketUrl } from "../shared/connection";
import { dayOf, setTimeZone } from "../shared/messages";
import { onWaking } from "../shared/waking";
import { announceArrival, showBadge, unlockAtFirstPress } from "./attention";
import { Drafts } from "./drafts";
import { inCallWith, waitingToday } from "./lists";
import { Logins } from "./logins";
import { NO_LIST, type Notice } from "./notice";
import type { Wait } from "../shared/turn";
import { asApiError, Office } from "./office";
import { reduce } from "./reduce";
import { rememberedLister, rememberLister, rememberOut, rememberPlace, takeOut, takePlace } from "./remembered";
import { firstLister, is, listers } from "./roles";
import { initial, type Action, type StaffState } from "./state";
import { Talk } from "./talk";

type Why = "first" | "again" | "out" | "failed";
/** `failed`: the service did not answer with who we are; `code` says why. */
export type Place =
  | { at: "opening" }
  | { at: "login"; why: Why; code: string }
  | { at: "failed"; code: string }
  | { at: "desk"; me: Me };

/** «Ring» that nobody answered in this time has failed. */
const CALL_ANSWER_MS = 15_000;
/** A place among those who wait for a line is kept by asking this often (docs/protocol.md, `call`). */
const LINE_MS = 5_000;
/** A day's list that has not come over the socket in this time is fetched. */
const BOARD_MS = 4_000;
const DAWN_MS = 30_000;

export class Desk {
  place: Place = { at: "opening" };
  state: StaffState = initial(dayOf(new Date()), "");
  /** Many come at once: until when this page waits before it asks again. */
  wait: Wait | null = null;
  readonly drafts = new Drafts();
  readonly office: Office;
  readonly talk = new Talk({ send: (message) => this.send(message), wake: () => this.connection?.wake() }, () => this.tell(), new Logins({
    level: (consultation) => this.state.held[consultation]?.view.login_level ?? null,
    listen: (listener) => this.listen(listener),
  }));
  /** Calls that were left and not asked for again: one that moved in the same moment is left under its new number too. */
  private readonly hungUp = new Set<string>();
  private giveUpCall: ReturnType<typeof setTimeout> | undefined;
  private askForLine: ReturnType<typeof setTimeout> | undefined;
  /** For whom a line is no longer waited for, though one may be on its way. */
  private givenUp: string | null = null;
  private readonly again = new Again<FromClinician>({ say: (message) => void this.connection?.sendSurely(message) });
  private ask: ReturnType<typeof setTimeout> | undefined;
  private connection: Connection<FromClinician, ToClinician> | null = null;
  private readonly listeners = new Set<() => void>();

  constructor(readonly trust: string) {
    this.office = new Office({ trust, onChanged: (view) => this.update(view), onLapsed: () => this.lapse(), onWait: (wait) => this.waits(wait) });
    onWaking((elsewhere) => this.wake(elsewhere));
    for (const sign of ["focus", "pointerdown", "keydown"]) addEventListener(sign, () => this.dispatch({ type: "looked" }));
    addEventListener("focus", () => this.tryAgain());
    unlockAtFirstPress(() => this.tell());
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
      const me = await this.office.me();
      setTimeZone(me.time_zone);
      this.settle(me);
      this.become({ at: "desk", me });
      if (is(me, "clinician")) void this.talk.readiness.look();
      if (this.state.whose) this.connect();
    } catch (problem) {
      const { code, status } = asApiError(problem);
      if (status === 401) this.toLogin(loginError ? "failed" : takeOut(this.trust) ? "out" : this.drafts.any ? "again" : "first", loginError ?? "");
      else this.become({ at: "failed", code });
    }
  }

  /** The list to begin with, or the one where the login ran out. */
  private settle(me: Me): void {
    const back = takePlace(this.trust);
    takeOut(this.trust);
    const today = dayOf(new Date());
    const known = listers(me).some(({ id }) => id === back?.clinician);
    const whose = back && known ? back.clinician : firstLister(me, rememberedLister(this.trust));
    this.state = { ...initial(today, whose), shown: back?.day ?? today };
    if (back?.hash && !location.hash) history.replaceState(null, "", back.hash);
  }

  /** Connect again after another window took over, or the connection was closed for good. */
  connect(): void {
    this.connection?.close();
    this.hungUp.clear();
    this.dispatch({ type: "line", status: "connecting", reason: null });
    this.connection = new Connection<FromClinician, ToClinician>({
      ticket: (signal) => this.office.ticket(signal),
      url: socketUrl(location),
      urgent: () => this.state.seated !== null || this.state.calling !== null,
      onMessage: (message) => this.receive(message),
      onStatus: (status, reason) => {
        if (reason === "closed") return;
        if (reason === "unauthenticated") this.lapse();
        else this.dispatch({ type: "line", status, reason: reason ?? null });
        if (status === "open") this.again.note({ type: "hello" });
        if (status === "open" && this.state.queued) this.waitForLine(0);
        if (status === "open" && this.elsewhere(dayOf(new Date()), this.ownId)) this.watch();
      },
    });
  }

  async logOut(): Promise<void> {
    let next = "";
    try {
      next = (await this.office.logOut())?.location ?? "";
    } catch (problem) {
      if (asApiError(problem).status !== 401) return this.fail("logout", problem);
    }
    this.toLogin("out");
    if (!next) return;
    rememberOut(this.trust);
    location.assign(next);
  }

  show(day: string): void {
    this.dispatch({ type: "show", day });
    this.look();
  }

  /** Show another clinician's list. */
  turnTo(clinician: string): void {
    this.dispatch({ type: "watch", clinician });
    if (!this.own) rememberLister(this.trust, clinician);
    this.look();
  }

  /** Whether the list shown is one's own. */
  get own(): boolean {
    return this.state.whose === this.ownId;
  }

  /** Whether something is not what is looked at. */
  private elsewhere(day: string, clinician: string): boolean {
    return day !== this.state.shown || clinician !== this.state.whose;
  }

  private get ownId(): string {
    return this.place.at === "desk" ? this.place.me.id : "";
  }

  private watch(): boolean {
    const { shown: day, whose: clinician } = this.state;
    return this.send(this.own ? { type: "watch", day } : { type: "watch", day, clinician });
  }

  private look(): void {
    const { shown, whose } = this.state;
    const heard = this.watch();
    clearTimeout(this.ask);
    // A socket may seem open long after the network is gone; REST knows sooner.
    this.ask = setTimeout(() => void this.fetchDay(shown, whose), heard ? BOARD_MS : 0);
  }

  private async fetchDay(day: string, clinician: string): Promise<void> {
    if (this.elsewhere(day, clinician) || this.state.known.includes(day)) return;
    try {
      this.dispatch({ type: "listed", clinician, list: await this.office.day(day, this.own ? undefined : clinician) });
    } catch (problem) {
      this.fail(NO_LIST, problem);
    }
  }

  /** Book, and show the day it is on. Raises ApiError. */
  async book(booking: Booking, key: string): Promise<void> {
    const view = await this.office.book(booking, key);
    const day = dayOf(view.starts);
    if (view.clinician !== this.state.whose) this.turnTo(view.clinician);
    if (day !== this.state.shown) this.show(day);
    this.update(view);
  }

  /** A colleague takes over. Raises ApiError. */
  async handOver({ consultation, version, patient_name: name }: ConsultationView, staff: string, colleague: string): Promise<void> {
    await this.office.handOver(consultation, staff);
    this.receive({ type: "handed_over", consultation, version: version + 1 });
    this.notify({ id: `handed:${consultation}`, code: "handed_over", tone: "info", consultation: null, again: false, name, colleague });
  }

  /** Say that what was asked for was done. */
  done(code: string, { consultation, patient_name: name }: ConsultationView): void {
    this.notify({ id: `done:${consultation}`, code, tone: "info", consultation, again: false, name });
  }

  /** «Jeg er forsinket»; 0 takes it back. Returns whether it could be said. */
  delay(minutes: number): boolean {
    const said = this.send({ type: "delay", minutes });
    if (!said) this.receive({ type: "error", code: "offline", message: "", retry: true, about: "delay" });
    return said;
  }

  /** «Slipp inn». */
  admit(consultation: string, guest: string): void {
    const said = this.send({ type: "admit", consultation, guest });
    if (!said) this.receive({ type: "error", code: "offline", message: "", retry: true, about: "admit" });
  }

  /** «Ring», or back into a call that goes on without this page. */
  call(consultation: string): void {
    if (this.state.line === "stopped") return this.connect(); // its hello is answered with the call that goes on
    this.talk.prepare();
    this.hungUp.delete(consultation);
    this.givenUp = null;
    this.dispatch({ type: "press_call", consultation });
    if (!this.connection?.send({ type: "call", consultation })) return this.refuseCall(consultation, "offline");
    clearTimeout(this.giveUpCall);
    this.giveUpCall = setTimeout(() => this.refuseCall(consultation, "unavailable"), CALL_ANSWER_MS);
  }

  /** Wait for a free line no longer; the place lapses by itself. */
  giveUpLine(): void {
    this.givenUp = this.state.queued?.consultation ?? null;
    this.dispatch({ type: "give_up" });
  }

  private send(message: FromClinician): boolean {
    this.again.note(message);
    return this.connection?.send(message) === true;
  }

  private sendSurely(message: FromClinician): void {
    this.again.note(message);
    this.connection?.sendSurely(message);
  }

  private waitForLine(milliseconds: number): void {
    clearTimeout(this.giveUpCall);
    clearTimeout(this.askForLine);
    this.askForLine = setTimeout(() => {
      const { queued } = this.state;
      if (!queued) return;
      this.connection?.send({ type: "call", consultation: queued.consultation });
      this.waitForLine(LINE_MS); // should the answer be lost
    }, milliseconds);
  }

  /** «Avbryt oppringning». The patient may be answering just now, so the functions decide. */
  withdraw({ consultation, call }: Pick<ConsultationView, "consultation" | "call">): void {
    this.sendSurely({ type: "withdraw_call", consultation, call });
  }

  /** «Avslutt samtale»: this page leaves at once, whatever the network does. */
  hangUp({ consultation, call }: { consultation: string; call: number }): void {
    if (this.state.line === "stopped") this.connect();
    this.hungUp.add(consultation);
    this.sendSurely({ type: "hang_up", consultation, call });
    this.dispatch({ type: "left", consultation, call });
  }

  /** «Prøv video igjen»: everything that may help, from within the press. */
  retry(): void {
    this.connection?.wake();
    this.talk.retry();
  }

  dismiss(id: string): void {
    this.dispatch({ type: "dismiss", id });
  }

  private receive(message: ToClinician): void {
    if (message.type === "error" && this.again.refused(message)) return;
    const { calling, queued } = this.state;
    const wanted = calling ?? queued?.consultation;
    if (message.type === "error" && message.about === "call" && message.code === "busy" && wanted) {
      return this.receive({ type: "queued", consultation: wanted, place: queued?.place ?? 0 });
    }
    if (message.type === "join" && message.consultation === this.givenUp) return this.withdraw(message);
    if (message.type === "join" && this.hungUp.has(message.consultation)) return this.hangUp(message);
    this.dispatch({ type: "received", message });
    // `hello` is answered with one's own list of today, and may be handled after a `watch`: say again what is looked at.
    if (message.type === "board" && this.elsewhere(message.day, message.clinician)) this.watch();
    // A call that goes on is one's own.
    if (message.type === "join" && !this.own) this.turnTo(this.ownId);
    if (message.type === "join" && this.state.seated?.join === message) this.talk.join(message);
    if (message.type === "queued" && this.state.queued) this.waitForLine(LINE_MS);
    if (message.type === "answer") this.talk.answer(message);
    if (message.type === "peer_handshake" || message.type === "peer_media" || message.type === "peer_left") this.talk.hear(message);
    if (message.type === "error" && message.code === "unauthenticated") this.lapse();
  }

  private waits(wait: Wait | null): void {
    if (this.wait === wait) return;
    this.wait = wait;
    this.tell();
  }

  private update(view: ConsultationView): void {
    this.dispatch({ type: "updated", day: dayOf(view.starts), view });
  }

  private refuseCall(consultation: string, code: string): void {
    if (this.state.calling !== consultation) return;
    this.receive({ type: "error", code, message: "", retry: true, about: "call" });
  }

  private fail(what: string, problem: unknown): void {
    const { code, status } = asApiError(problem);
    if (status !== 401) this.notify({ id: what, code, tone: "danger", consultation: null, again: false });
  }

  private notify(notice: Notice): void {
    this.dispatch({ type: "notice", notice });
  }

  /** The login is over. A call goes on without it; all else waits for the next one. */
  private lapse(): void {
    if (this.state.seated) this.dispatch({ type: "line", status: "stopped", reason: "unauthenticated" });
    else this.toLogin("again");
  }

  private toLogin(why: Why, code = ""): void {
    this.connection?.close();
    this.connection = null;
    this.talk.leave();
    if (why === "out") this.drafts.clear();
    if (why !== "out") rememberPlace(this.trust, { hash: location.hash, day: this.state.shown, clinician: this.state.whose });
    this.state = initial(dayOf(new Date()), "");
    showBadge(0);
    this.become({ at: "login", why, code });
  }

  /** Logged in in another tab meanwhile: what was half typed here goes on. */
  private tryAgain(): void {
    if (this.place.at === "login" && this.drafts.any) void this.open(null);
  }

  /** Where one logs in. */
  get loginAddress(): string {
    return `/api/staff/${encodeURIComponent(this.trust)}/login`;
  }

  private dispatch(action: Action): void {
    const before = this.state;
    this.state = reduce(before, action);
    if (this.state === before) return;
    if (this.state.held !== before.held) for (const { view } of Object.values(this.state.held)) this.talk.logins.note(view.consultation, view.login_level);
    const came = this.state.arrivals.some((consultation) => !before.arrivals.includes(consultation));
    if (came && this.own && !this.state.seated) announceArrival(); // never into a conversation
    showBadge(this.own ? waitingToday(this.state).length : 0);
    this.talk.follow(this.state, inCallWith(this.state)?.paused_by ?? null);
    if (!this.state.seated && this.state.stopped === "unauthenticated") this.toLogin("again");
    else this.tell();
  }

  private dawn(): void {
    const today = dayOf(new Date());
    if (this.place.at !== "desk" || today === this.state.today) return;
    const followed = this.state.shown === this.state.today;
    this.dispatch({ type: "dawn", today });
    if (followed) this.show(today);
  }

  private wake(elsewhere: boolean): void {
    this.connection?.wake();
    this.talk.wake(elsewhere);
  }

  private become(place: Place): void {
    this.place = place;
    this.tell();
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}
