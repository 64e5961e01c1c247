// Runs a visit: the link, the socket, the devices, the network test, the call. Pages read its state and call its methods.
import { ApiError, get, post } from "../shared/api";
import { forced } from "../shared/call";
import { Connection, socketUrl } from "../shared/connection";
import { Conversation } from "../shared/conversation";
import { unlockSound } from "../shared/sound";
import { Equipment } from "../shared/equipment";
import { knowsError, setTimeZone } from "../shared/messages";
import { Probe, ProbeFailed } from "../shared/probe";
import type { Answer3, DeviceReport, Feedback, FromPatient, Join, NetworkReport, Redirect, Ticket, ToPatient, VisitView } from "../protocol";
import { after, initial, reduce, restore, step, type Happening, type PreparationStep, type VisitState } from "./state";

/** Without a socket for this long the network test says that the network blocks us. */
const NO_SOCKET_MS = 15_000;

export class Engine {
  state: VisitState;
  readonly equipment = new Equipment();
  readonly conversation = new Conversation(this.equipment, (message) => void this.connection?.send(message), () => this.tell());
  /** «Aksepter samtale» was pressed and the line is not there yet. */
  accepting = false;
  private connection: Connection<FromPatient, ToPatient> | null = null;
  /** Number of the call that was ended here; what the functions still say of it is out of date. */
  private hungUp = 0;
  private probe: Probe | null = null;
  private wakeLock: WakeLockSentinel | null = null;
  private readonly listeners = new Set<() => void>();

  constructor() {
    this.state = initial();
    this.equipment.listen(() => this.sendTracks());
    const wake = (): void => {
      this.connection?.wake();
      void this.conversation.wake();
      void this.keepAwake();
    };
    addEventListener("online", wake);
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && wake());
    addEventListener("pagehide", () => this.equipment.release());
    // A page taken back from the browser's memory has lost its socket and its devices.
    addEventListener("pageshow", (event) => event.persisted && location.reload());
    addEventListener("hashchange", () => location.reload());
  }

  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Open what the address names: a link's secret under /i, a visit under /v. */
  async open(): Promise<void> {
    this.happened({ type: "overcome" });
    const named = decodeURIComponent(location.hash.slice(1));
    const failure = new URLSearchParams(location.search).get("error");
    if (named === "") return this.happened({ type: "refused", code: "link_unknown" });
    try {
      const entering = location.pathname.startsWith("/i");
      const visit = entering ? await post<VisitView>("/enter", { secret: named }) : await get<VisitView>(`/visits/${encodeURIComponent(named)}`);
      // The secret leaves the address bar and the history as soon as it has been used.
      history.replaceState(null, "", `/v#${visit.consultation}`);
      setTimeZone(visit.time_zone);
      this.state = { ...initial(restore(sessionStorage.getItem(this.keptUnder(visit)))), problem: null };
      this.happened({ type: "opened", visit });
      if (failure) this.happened({ type: "failed", code: knowsError(failure) ? failure : "login_failed" });
      if (!["login", "gone", "feedback", "thanks"].includes(step(this.state))) this.connect(visit.consultation);
    } catch (problem) {
      this.trouble(problem, "refused");
    }
  }

  /** To the ID portal. */
  async login(): Promise<void> {
    this.happened({ type: "overcome" });
    try {
      const { location: portal } = await post<Redirect>(`/visits/${this.id}/login`);
      location.assign(portal);
    } catch (problem) {
      this.trouble(problem, "failed");
    }
  }

  /** «Gi tilgang til kamera og mikrofon», or once more; goes on by itself when both are there. */
  async access(): Promise<void> {
    void unlockSound();
    await this.equipment.obtain();
    if (this.equipment.camera && this.equipment.microphone && this.state.preparation === "access") this.go("camera");
  }

  go(to: PreparationStep): void {
    this.happened({ type: "went", to });
  }

  next(): void {
    this.go(after(this.state.preparation));
  }

  answer(device: keyof DeviceReport, answer: Answer3): void {
    this.happened({ type: "answered", device, answer });
  }

  /** Run the network test; resolves with its report, rejects with ProbeFailed. */
  async testNetwork(onProgress: (share: number) => void): Promise<NetworkReport> {
    this.probe?.cancel();
    if (this.state.socket !== "open" && !(await this.socketWithin(NO_SOCKET_MS))) {
      const blocked: NetworkReport = { verdict: "blocked", transport: "none", rtt_ms: 0, jitter_ms: 0, loss: 1, up_kbps: 0, down_kbps: 0 };
      this.happened({ type: "tested", network: blocked });
      return blocked;
    }
    const probe = new Probe({
      send: (message) => {
        if (!this.connection?.send(message)) throw new ProbeFailed("offline");
      },
      onProgress,
      relayOnly: forced("relay", localStorage),
    });
    this.probe = probe;
    try {
      const network = await probe.run();
      this.happened({ type: "tested", network });
      return network;
    } finally {
      if (this.probe === probe) this.probe = null;
    }
  }

  /** «Jeg er klar». The camera's light goes out while one waits. */
  checkIn(): void {
    const { devices, network } = this.state;
    this.happened({ type: "overcome" });
    void unlockSound();
    this.connection?.sendSurely({ type: "check_in", devices, network });
    this.equipment.release();
  }

  leave(): void {
    this.connection?.sendSurely({ type: "leave" });
  }

  /** «Aksepter samtale». */
  async accept(): Promise<void> {
    const { visit } = this.state;
    if (!visit || this.accepting) return;
    this.accepting = true;
    this.tell();
    this.connection?.sendSurely({ type: "accept", consultation: visit.consultation, call: visit.call });
    void unlockSound();
    await this.haveDevices();
  }

  async flip(): Promise<void> {
    await this.equipment.flip();
  }

  async toggleCamera(): Promise<void> {
    if (this.equipment.camera) this.equipment.turnOff("camera");
    else await this.equipment.turnOn("camera");
  }

  async toggleMicrophone(): Promise<void> {
    const missing = !this.equipment.microphone;
    this.conversation.mute(!missing && !this.conversation.muted);
    if (missing) await this.equipment.turnOn("microphone");
  }

  hangUp(): void {
    const { visit } = this.state;
    if (!visit) return;
    this.hungUp = visit.call;
    this.connection?.sendSurely({ type: "hang_up", consultation: visit.consultation, call: visit.call });
    this.endCall();
    // The functions will say so too; one's own wish does not wait for the network.
    this.happened({ type: "message", message: { type: "call_ended", consultation: visit.consultation, call: visit.call, reason: "hang_up" } });
  }

  async sendFeedback(feedback: Feedback): Promise<void> {
    this.happened({ type: "overcome" });
    try {
      await post(`/visits/${this.id}/feedback`, feedback);
      this.happened({ type: "thanked" });
    } catch (problem) {
      this.trouble(problem, "failed");
    }
  }

  skipFeedback(): void {
    this.happened({ type: "thanked" });
  }

  private get id(): string {
    return encodeURIComponent(this.state.visit?.consultation ?? "");
  }

  private keptUnder(visit: VisitView): string {
    return `venterom.visit.${visit.consultation}`;
  }

  private connect(consultation: string): void {
    if (this.connection) return;
    const id = encodeURIComponent(consultation);
    this.connection = new Connection<FromPatient, ToPatient>({
      ticket: async () => (await post<Ticket>(`/visits/${id}/ticket`)).ticket,
      url: socketUrl(location),
      onMessage: (message) => this.received(message),
      onStatus: (status, reason) => {
        if (status === "open") this.accepting = false; // if it did not get through, it can be pressed again
        this.happened({ type: "socket", status, reason });
        if (status === "stopped" && reason !== "seat_taken" && reason !== "closed") this.happened({ type: "failed", code: reason ?? "internal" });
      },
    });
  }

  private received(message: ToPatient): void {
    this.probe?.receive(message);
    const talking = message.type === "join" ? message : message.type === "visit" && message.visit.state === "in_call" ? message.visit : null;
    if (talking && talking.call === this.hungUp) {
      // The socket died with the hang-up, or the news is from before it.
      this.connection?.sendSurely({ type: "hang_up", consultation: talking.consultation, call: talking.call });
      return;
    }
    this.happened({ type: "message", message });
    if (message.type === "join" && this.state.join === message) void this.join(message);
    else if (message.type === "answer") void this.conversation.answer(message);
    if (message.type === "error" && message.about === "accept") this.accepting = false;
    if (step(this.state) !== "call") this.endCall();
    if (step(this.state) !== "call" && step(this.state) !== "ringing") this.accepting = false;
    void this.keepAwake();
  }

  private async join(join: Join): Promise<void> {
    this.accepting = false;
    const again = this.conversation.holds(join);
    await this.conversation.join(join);
    if (again) return;
    await this.haveDevices();
    this.conversation.announce();
  }

  private endCall(): void {
    if (!this.conversation.state) return;
    this.conversation.leave();
    this.equipment.release();
  }

  private async haveDevices(): Promise<void> {
    const { camera, microphone } = this.equipment;
    if (!camera || !microphone) await this.equipment.obtain();
    if (!["ringing", "call"].includes(step(this.state))) this.equipment.release(); // the call ended while the question stood open
  }

  private sendTracks(): void {
    this.conversation.useDevices();
    this.tell();
  }

  /** The screen stays on in the waiting room and in the call, where the browser lets us. */
  private async keepAwake(): Promise<void> {
    const wanted = ["waiting", "ringing", "call"].includes(step(this.state));
    if (!wanted) {
      await this.wakeLock?.release().catch(() => undefined);
      this.wakeLock = null;
    } else if ((!this.wakeLock || this.wakeLock.released) && document.visibilityState === "visible") {
      this.wakeLock = (await navigator.wakeLock?.request("screen").catch(() => null)) ?? null;
    }
  }

  private socketWithin(milliseconds: number): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = (open: boolean): void => {
        clearTimeout(timer);
        stop();
        resolve(open);
      };
      const timer = setTimeout(() => settle(false), milliseconds);
      const stop = this.listen(() => this.state.socket === "open" && settle(true));
    });
  }

  private trouble(problem: unknown, type: "refused" | "failed"): void {
    if (!(problem instanceof ApiError)) return this.happened({ type: "failed", code: "internal" });
    this.happened({ type: problem.retry ? "failed" : type, code: problem.code });
  }

  private happened(happening: Happening): void {
    this.state = reduce(this.state, happening);
    const { visit, preparation, devices, network } = this.state;
    if (visit) sessionStorage.setItem(this.keptUnder(visit), JSON.stringify({ preparation, devices, network }));
    this.tell();
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}

