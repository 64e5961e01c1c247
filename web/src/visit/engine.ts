// Runs a visit: the link, the socket, the devices, the network test, the call. Pages read its state and call its methods.
import { ApiError, get, post } from "../shared/api";
import { Connection, socketUrl } from "../shared/connection";
import { realAfter } from "../shared/time";
import { onWaking } from "../shared/waking";
import { unlockSound } from "../shared/sound";
import { Equipment } from "../shared/equipment";
import { knowsError, prefer, setTimeZone } from "../shared/messages";
import type { Answer3, DeviceReport, Feedback, FromPatient, Ticket, ToPatient, VisitView } from "../protocol";
import { Again } from "../shared/again";
import { able } from "../shared/e2ee/transforms";
import { Awake } from "../shared/awake";
import { inTurn, type Wait } from "../shared/turn";
import { Back } from "./back";
import { Identity } from "./identity";
import { NetworkTest } from "./nettest";
import { patiently, untilFetched } from "./patience";
import { after, before, restore, type Kept, type PreparationStep } from "./preparation";
import { initial, isGuest, reduce, step, type Happening, type VisitState } from "./state";
import type { Talk } from "./talk";

type Later = typeof import("./later");

/** Without a socket for this long the network test says that the network blocks us. */
const NO_SOCKET_MS = 15_000;

export class Engine {
  state: VisitState = initial();
  readonly equipment = new Equipment();
  readonly awake = new Awake(() => this.tell());
  /** The pages of the waiting room and the call; null until they have been fetched. */
  later: Later | null = null;
  talk: Talk | null = null;
  /** Many come at once: until when this page waits before it asks again. */
  wait: Wait | null = null;
  private connection: Connection<FromPatient, ToPatient> | null = null;
  private fetching: Promise<Talk> | null = null;
  readonly identity = new Identity({
    visit: () => this.state.visit,
    able,
    request: (asked) => this.request(asked),
    opened: (visit) => {
      this.happened({ type: "opened", visit });
      if (needsSocket(this.state)) this.connect(visit.consultation);
    },
    leave: (location) => this.goAway(location),
  });
  private readonly test = new NetworkTest({
    connected: () => this.socketWithin(NO_SOCKET_MS),
    wake: () => this.connection?.wake(),
    open: () => this.state.socket === "open",
    send: (message) => this.send(message),
  });
  private readonly back = new Back({
    step: () => step(this.state),
    go: (to) => this.happened({ type: "went", to }),
    ask: () => this.happened({ type: "leaving", asked: true }),
  });
  private readonly again = new Again<FromPatient>({
    say: (message) => void this.connection?.sendSurely(message),
    onWait: (wait) => this.waits(wait),
  });
  private asked: Promise<VisitView> | null = null;
  private readonly listeners = new Set<() => void>();

  constructor() {
    this.equipment.listen(() => this.tell());
    onWaking((elsewhere) => {
      this.connection?.wake();
      this.talk?.wake(elsewhere);
      this.keepAwake();
    });
    addEventListener("pagehide", () => this.equipment.release());
    // A page taken back from the browser's memory has lost its socket and its devices.
    addEventListener("pageshow", (event) => event.persisted && location.reload());
    addEventListener("hashchange", () => location.reload());
  }

  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Ask for what the address names, so that the answer is on its way while the texts are. */
  fetchAhead(): void {
    this.asked = visitAt(location);
    this.asked?.catch(() => undefined); // `open` tells of it
  }

  /** Open what the address names: a link's secret under /i, a visit under /v. */
  async open(): Promise<void> {
    this.happened({ type: "overcome" });
    const failure = new URLSearchParams(location.search).get("error");
    const asked = this.asked ?? visitAt(location);
    if (!asked) return this.happened({ type: "refused", code: "link_unknown" });
    this.asked = asked;
    try {
      const visit = await this.inTurn(() => {
        const first = this.asked ?? visitAt(location) ?? asked;
        this.asked = null; // asked again, it is asked anew
        return first;
      });
      // The secret leaves the address bar and the history as soon as it has been used.
      history.replaceState(history.state, "", `/v#${visit.consultation}`);
      setTimeZone(visit.time_zone);
      const [unbound] = await Promise.all([
        this.identity.settle(visit),
        prefer(visit.language).catch(() => undefined), // texts that do not arrive are no reason to stop
      ]);
      this.state = initial(restore(sessionStorage.getItem(this.keptUnder(visit))), unbound);
      this.happened({ type: "opened", visit });
      if (failure) this.happened({ type: "failed", code: knowsError(failure) ? failure : "login_failed" });
      if (needsSocket(this.state)) this.connect(visit.consultation);
      void this.fetched(); // before it is needed: the network may be worse then
    } catch (problem) {
      this.trouble(problem, "refused");
    }
  }

  /** «Logg inn en gang til»; whoever cannot is let on: the clinician's page will say what is missing. */
  async loginAgain(): Promise<void> {
    if (await this.identity.loginAgain()) return;
    this.happened({ type: "let_on" });
    if (needsSocket(this.state) && this.state.visit) this.connect(this.state.visit.consultation);
  }

  /** «Gi tilgang til kamera og mikrofon», or «Bare lyd», or once more; goes on by itself when all that was wanted is there. */
  async access(soundOnly = this.state.soundOnly): Promise<void> {
    void unlockSound();
    this.happened({ type: "with_sound", only: soundOnly });
    if (soundOnly) {
      this.equipment.turnOff("camera");
      await this.equipment.turnOn("microphone");
    } else {
      await this.equipment.obtain();
    }
    const { camera, microphone } = this.equipment;
    if (microphone && (camera || soundOnly) && this.state.preparation === "access") this.next();
  }

  /** Go on with sound only because there is no camera to be had, or without a microphone. */
  accessWithout(): void {
    if (!this.equipment.camera) this.happened({ type: "with_sound", only: true });
    if (!this.equipment.microphone) this.answer("microphone", "no");
    this.next();
  }

  go(to: PreparationStep): void {
    this.happened({ type: "went", to });
  }

  next(): void {
    this.go(after(this.state.preparation, this.state.soundOnly));
  }

  previous(): void {
    const to = before(this.state.preparation, this.state.soundOnly);
    if (to) this.go(to);
  }

  answer(device: keyof DeviceReport, answer: Answer3): void {
    this.happened({ type: "answered", device, answer });
    this.sendTested();
  }

  /** Run the network test; its result is in the state. Raises NotTested. */
  async testNetwork(onProgress: (share: number) => void, onQueued: (place: number) => void): Promise<void> {
    this.happened({ type: "tested", network: await this.test.run(onProgress, onQueued) });
    this.sendTested();
  }

  /** «Jeg er forsinket»; 0 takes it back. */
  runLate(minutes: number): void {
    this.happened({ type: "overcome" });
    this.happened({ type: "late", minutes });
    this.sendSurely({ type: "running_late", minutes });
  }

  /** The news that the appointment was moved has been read. */
  seen(): void {
    this.happened({ type: "seen" });
  }

  /** Whether there is video again, for who has no socket that would tell. */
  async lookAgain(): Promise<void> {
    if (this.connection && this.state.socket !== "stopped") return;
    const visit = await get<VisitView>(`/visits/${this.id}`).catch(() => null); // asked again in a while
    if (visit) this.happened({ type: "opened", visit });
  }

  /** «Jeg er klar». The camera's light goes out while one waits. */
  checkIn(): void {
    const { devices, network } = this.state;
    this.happened({ type: "overcome" });
    void unlockSound();
    this.sendSurely({ type: "check_in", devices, network });
    this.equipment.release();
  }

  /** Whether to leave the waiting room or the call: open the question, or close it. */
  ask(leaving: boolean): void {
    this.happened({ type: "leaving", asked: leaving });
  }

  leave(): void {
    this.ask(false);
    this.sendSurely({ type: "leave" });
  }

  /** A guest comes back to the call that was left. */
  comeBack(): void {
    this.happened({ type: "returned" });
  }

  /** «Prøv video igjen»: everything that may help, from within the press. */
  retry(): void {
    this.connection?.wake();
    this.talk?.retry();
  }

  /** Tell what went wrong although the clinician phones. */
  tellProblem(): void {
    this.happened({ type: "telling" });
  }

  async sendFeedback(feedback: Feedback): Promise<void> {
    const told = await this.request(() => patiently(() => post(`/visits/${this.id}/feedback`, feedback)).then(() => true));
    if (told) this.happened({ type: "thanked" });
  }

  skipFeedback(): void {
    this.happened({ type: "thanked" });
  }

  /** Leave for another site for good: nothing of the visit stays in this tab. */
  private goAway(to: string): void {
    this.equipment.release();
    sessionStorage.removeItem(this.keptUnder(this.state.visit));
    location.assign(to);
  }

  /** Ask the functions for something; what goes wrong is shown, and null returned. */
  private async request<T>(asked: () => Promise<T>): Promise<T | null> {
    this.happened({ type: "overcome" });
    try {
      return await this.inTurn(asked);
    } catch (problem) {
      this.trouble(problem, "failed");
      return null;
    }
  }

  private inTurn<T>(asked: () => Promise<T>): Promise<T> {
    return inTurn(asked, { onWait: (wait) => this.waits(wait) });
  }

  private waits(wait: Wait | null): void {
    if (this.wait === wait) return;
    this.wait = wait;
    this.tell();
  }

  private send(message: FromPatient): boolean {
    this.again.note(message);
    return this.connection?.send(message) === true;
  }

  private sendSurely(message: FromPatient): void {
    this.again.note(message);
    this.connection?.sendSurely(message);
  }

  private get id(): string {
    return encodeURIComponent(this.state.visit?.consultation ?? "");
  }

  private keptUnder(visit: VisitView | null): string {
    return `venterom.visit.${visit?.consultation ?? ""}`;
  }

  private connect(consultation: string): void {
    if (this.connection && this.state.socket !== "stopped") return;
    const id = encodeURIComponent(consultation);
    this.connection = new Connection<FromPatient, ToPatient>({
      ticket: (signal) => post<Ticket>(`/visits/${id}/ticket`, undefined, {}, signal),
      url: socketUrl(location),
      urgent: () => ["ringing", "call"].includes(step(this.state)),
      onMessage: (message) => this.received(message),
      onStatus: (status, reason) => {
        if (status === "open") this.again.note({ type: "hello" });
        if (status === "open") this.talk?.reconnected();
        this.happened({ type: "socket", status, reason });
        if (status === "stopped" && reason !== "seat_taken" && reason !== "closed") this.happened({ type: "failed", code: reason ?? "internal" });
      },
    });
  }

  private received(message: ToPatient): void {
    this.test.receive(message);
    if (message.type === "error" && this.again.refused(message)) return;
    if (this.talk?.isOver(message)) return;
    this.happened({ type: "message", message });
    if (message.type === "join" && this.state.join !== message) return; // of an older placement
    // In the order they came, also while the code is on its way.
    if (this.talk) this.talk.receive(message);
    else void this.fetched().then((talk) => talk.receive(message));
  }

  /** Fetch the pages and the code of the call, until they are here. */
  private fetched(): Promise<Talk> {
    this.fetching ??= this.fetch();
    return this.fetching;
  }

  private async fetch(): Promise<Talk> {
    // Some browsers keep a failure, and a new version has other files: where the code is needed now, the whole page is fetched anew.
    const later = await untilFetched(() => import("./later"), () => ["waiting", "ringing", "call"].includes(step(this.state)));
    const talk = new later.Talk({
      equipment: this.equipment,
      socket: { send: (message) => this.send(message), wake: () => this.connection?.wake() },
      sendSurely: (message) => this.sendSurely(message),
      visit: () => this.state.visit,
      step: () => step(this.state),
      soundOnly: () => this.state.soundOnly,
      prove: (consultation, to, transcript) => this.identity.prove(consultation, to, transcript),
      onEnd: (consultation, call) => this.happened({ type: "message", message: { type: "call_ended", consultation, call, reason: "hang_up" } }),
      tell: () => this.tell(),
    });
    [this.later, this.talk] = [later, talk];
    this.tell();
    return talk;
  }

  /** The clinician's list shows early what works and what does not. */
  private sendTested(): void {
    const { visit, devices, network } = this.state;
    if (!isGuest(visit)) this.sendSurely({ type: "tested", devices, network });
  }

  private keepAwake(): void {
    void this.awake.want(["waiting", "ringing", "call"].includes(step(this.state)));
  }

  private async socketWithin(milliseconds: number): Promise<boolean> {
    if (this.state.socket === "open") return true;
    return new Promise((resolve) => {
      const settle = (open: boolean): void => {
        cancel();
        stop();
        resolve(open);
      };
      const cancel = realAfter(milliseconds, () => settle(false));
      const stop = this.listen(() => this.state.socket === "open" && settle(true));
    });
  }

  private trouble(problem: unknown, type: "refused" | "failed"): void {
    if (!(problem instanceof ApiError)) return this.happened({ type: "failed", code: "internal" });
    this.happened({ type: problem.retry ? "failed" : type, code: problem.code, seconds: problem.seconds });
  }

  private happened(happening: Happening): void {
    const was = step(this.state);
    this.state = reduce(this.state, happening);
    const { visit, preparation, devices, network, soundOnly } = this.state;
    if (visit) sessionStorage.setItem(this.keptUnder(visit), JSON.stringify({ preparation, devices, network, soundOnly } satisfies Kept));
    const now = step(this.state);
    if (now !== was) {
      this.back.follow(now);
      this.talk?.follow();
      this.keepAwake();
      if (was === "network") this.test.cancel();
      if (["elsewhere", "gone", "suspended"].includes(now)) this.equipment.release();
      if (["gone", "phone", "feedback", "thanks"].includes(now)) void this.identity.forget(visit?.consultation ?? namedIn(location));
      if (was === "suspended" && visit && needsSocket(this.state)) this.connect(visit.consultation);
    }
    this.tell();
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}

/** Whether a step's page is told of what happens meanwhile. */
function needsSocket(state: VisitState): boolean {
  const at = step(state);
  if (at === "suspended") return state.visit?.logged_in === true;
  return !["login", "gone", "phone", "feedback", "thanks"].includes(at);
}

/** The visit that an address names; null when it names none. */
function visitAt({ pathname, hash }: Location): Promise<VisitView> | null {
  const named = namedIn({ hash });
  if (named === "") return null;
  return pathname.startsWith("/i") ? post<VisitView>("/enter", { secret: named }) : get<VisitView>(`/visits/${encodeURIComponent(named)}`);
}

/** The secret or the visit. */
function namedIn({ hash }: Pick<Location, "hash">): string {
  return decodeURIComponent(hash.slice(1));
}
