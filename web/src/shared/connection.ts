// The page's socket to the functions: comes back by itself, and is followed by the next one before it is too old. No DOM.
import type { Ticket } from "../protocol";
import { ApiError } from "./api";
import { Attempt, type Socket } from "./attempt";
import { DOUBT_MS, Line } from "./line";
import { firstPause, pace, spread } from "./pace";
import { realAfter, type After } from "./time";
import { traceparent } from "./trace";

/** `connecting`: for the first time. `away`: lost, and being tried again. `stopped`: will not come back by itself. */
export type Status = "connecting" | "open" | "away" | "stopped";
/** Why a connection stopped: closed by the page, the seat taken by a newer page, or the API's error code. */
export type StopReason = string;

export interface ConnectionOptions<Received extends { type: string }> {
  ticket: (signal: AbortSignal) => Promise<Ticket>;
  /** Address of the socket without the query. */
  url: string;
  onMessage: (message: Received) => void;
  /** `open` is said of each new socket: what was told to the one before must be told again. */
  onStatus: (status: Status, reason?: StopReason) => void;
  /** Whether people talk, or it rings, so that being away is worth more tries. */
  urgent?: () => boolean;
  open?: (url: string) => Socket;
  after?: After;
  now?: () => number;
  random?: () => number;
}

/** So many tries at once: browsers let six requests wait for one host (HTTP/1.1), and one is left for the page. */
export const AT_ONCE = 5;
/** A try begins no sooner than this after the one before, whoever asks for it. */
const BREATH_MS = 300;
/** However slow the last answer was, an answer is not waited for longer than three times this. */
const MOST_TRIP_MS = 10_000;
/** A socket that lasted this long ends the outage before it. */
const STEADY_MS = 10_000;
/** Nothing says yet that the first try of all will fail: where the service is slow, more of them would make it slower. */
const FIRST_MS = 4_000;
/** After a next socket that did not open, another is tried: the present one has some minutes left. */
const RENEW_MS = 15_000;

/** Where this page's socket is. */
export function socketUrl(place: { protocol: string; host: string }): string {
  return `${place.protocol === "https:" ? "wss" : "ws"}://${place.host}/ws`;
}

/** One page's socket, from construction until `close()`; it opens at once. */
export class Connection<Sent extends { type: string }, Received extends { type: string }> {
  status: Status = "connecting";
  private line: Line | null = null;
  /** The next socket, which has said `hello` and was not answered yet: what is said meanwhile is kept for it. */
  private next: { line: Line; kept: { message: Sent; surely: boolean }[] } | null = null;
  /** A next one has said `hello`: the present one may be told that its seat is taken, by ourselves. */
  private succeeded = false;
  private attempts: Attempt[] = [];
  private begun = -Infinity; // when the latest try was
  private opened = 0; // when the present socket did
  private lostAt: number;
  private trip = 0; // what the last answer took
  private tries = 0;
  private granted = 0;
  /** The service asked to be left in peace until then. */
  private notBefore = 0;
  private cancel: () => void = () => undefined; // the next try
  /** What must arrive: by type, the latest of each. */
  private readonly waiting = new Map<string, Sent>();
  /** Said, and nothing has shown yet that the socket was alive. */
  private readonly unsure = new Map<string, Sent>();
  private readonly after: After;
  private readonly now: () => number;
  private readonly random: () => number;

  constructor(private readonly options: ConnectionOptions<Received>) {
    this.after = options.after ?? realAfter;
    this.now = options.now ?? Date.now;
    this.random = options.random ?? Math.random;
    this.lostAt = this.now();
    this.begin();
  }

  /** Send if there is a socket; returns whether there was. */
  send(message: Sent): boolean {
    return this.say(message, false);
  }

  /** Send now or as soon as the socket is open again; of each type only the latest is kept. */
  sendSurely(message: Sent): void {
    this.waiting.delete(message.type);
    this.unsure.delete(message.type);
    if (!this.say(message, true)) this.waiting.set(message.type, message);
  }

  /** The network or the screen came back, or media stopped: try again now, or look for life on a socket that seems open. */
  wake(): void {
    if (this.status === "stopped") return;
    if (this.line) return this.line.ping(DOUBT_MS);
    this.tries = 0;
    if (this.now() - this.begun >= BREATH_MS && this.now() >= this.notBefore) this.begin();
  }

  /** The end of it, by the page's wish. */
  close(): void {
    this.stop("closed");
  }

  // ------------------------------------------------------------ trying

  /** Begin one more try, and plan the one after it: it does not wait for what becomes of this one. */
  private begin(): void {
    this.begun = this.now();
    this.tries++;
    // The oldest keeps its time: where everything is slow, it is the one to arrive.
    if (this.attempts.length >= AT_ONCE) this.attempts.splice(1, 1)[0]?.drop();
    const attempt: Attempt = new Attempt({
      ticket: this.options.ticket,
      open: (ticket) => this.openSocket(ticket),
      after: this.after,
      onGranted: () => this.granted++,
      onOpen: (socket, ticket) => this.arrived(socket, ticket),
      onFail: (problem) => {
        this.attempts = this.attempts.filter((other) => other !== attempt);
        this.failed(problem);
      },
    });
    this.attempts.push(attempt);
    this.planTry();
  }

  private planTry(): void {
    if (this.line) return this.tryAfter(spread(RENEW_MS, this.random));
    if (this.status === "connecting") return this.tryAfter(spread(FIRST_MS, this.random));
    const { tries, granted, urgent } = this;
    this.tryAfter(pace({ tries, granted, lasted: this.now() - this.lostAt, urgent }, this.random));
  }

  private tryAfter(milliseconds: number): void {
    this.cancel();
    const asked = this.notBefore - this.now();
    this.cancel = this.after(asked > milliseconds ? Math.round(asked * (1 + this.random() / 4)) : milliseconds, () => this.begin());
  }

  private get urgent(): boolean {
    return this.options.urgent?.() === true;
  }

  private openSocket(ticket: string): Socket {
    const address = `${this.options.url}?ticket=${encodeURIComponent(ticket)}&traceparent=${traceparent}`;
    return this.options.open ? this.options.open(address) : (new WebSocket(address) as Socket);
  }

  private failed(problem: unknown): void {
    if (problem instanceof ApiError) {
      if (!problem.retry) return this.line ? this.cancel() : this.stop(problem.code);
      this.notBefore = Math.max(this.notBefore, this.now() + problem.seconds * 1000);
      if (problem.seconds > 0) this.planTry();
    }
    if (this.line) return;
    const first = this.status === "connecting";
    this.become("away");
    if (first) this.planTry();
  }

  /** The first that opens wins. */
  private arrived(socket: Socket, ticket: Ticket): void {
    this.dropAttempts();
    const line: Line = new Line(socket, {
      after: this.after,
      now: this.now,
      pingMs: ticket.ping_seconds * 1000,
      trip: () => this.trip,
      onTrip: (milliseconds) => (this.trip = Math.min(milliseconds, MOST_TRIP_MS)),
      onMessage: (message) => this.received(line, message as Received),
      onLost: () => this.lost(line),
    });
    // Whoever opened it early keeps others from doing so in the same second.
    const renewal = ticket.socket_seconds * 1000 * (0.9 + this.random() / 10);
    this.cancel = this.after(renewal, () => this.begin());
    if (!this.line) return this.take(line);
    this.next = { line, kept: [] };
    this.succeeded = true;
  }

  private dropAttempts(): void {
    this.cancel();
    for (const attempt of this.attempts.splice(0)) attempt.drop();
  }

  // ------------------------------------------------------------ what opened

  /** From now on this is the socket. */
  private take(line: Line): void {
    const kept = this.next?.line === line ? this.next.kept : [];
    this.next = null;
    this.succeeded = false;
    this.line?.close();
    this.line = line;
    this.opened = this.now();
    this.status = "open";
    this.options.onStatus("open");
    // Whoever handles what was said last on the one before may find that socket closed: nobody then knows who said it.
    const again = [...this.unsure.values(), ...this.waiting.values()];
    this.unsure.clear();
    this.waiting.clear();
    for (const message of again) this.say(message, true);
    for (const { message, surely } of kept) this.say(message, surely);
  }

  private say(message: Sent, surely: boolean): boolean {
    if (!this.line) return false;
    if (this.next) {
      this.next.kept.push({ message, surely });
      return true;
    }
    this.line.send(message);
    if (surely) {
      this.unsure.set(message.type, message);
      this.line.ping(DOUBT_MS);
    }
    return true;
  }

  private received(line: Line, message: Received): void {
    if (this.next?.line === line) this.take(line);
    if (line !== this.line) return;
    if (message.type === "pong") return this.unsure.clear();
    if (message.type === "seat_taken" && this.succeeded) {
      if (!this.next) line.hello(); // the next one took it and died
      return;
    }
    this.options.onMessage(message);
    if (message.type === "seat_taken") this.stop("seat_taken");
  }

  private lost(line: Line): void {
    if (this.next?.line === line) {
      const { kept } = this.next;
      this.next = null;
      this.line?.hello(); // it may have taken the seat
      for (const { message, surely } of kept) this.say(message, surely);
      return this.tryAfter(spread(RENEW_MS, this.random));
    }
    if (this.next) return this.take(this.next.line);
    this.line = null;
    for (const [type, message] of this.unsure) if (!this.waiting.has(type)) this.waiting.set(type, message);
    this.unsure.clear();
    this.lostAt = this.now();
    this.become("away");
    if (this.lostAt - this.opened < STEADY_MS) return this.planTry();
    this.granted = this.tries = 0;
    this.tryAfter(firstPause(this.urgent, this.random));
  }

  private stop(reason: StopReason): void {
    if (this.status === "stopped") return;
    this.dropAttempts();
    this.next?.line.close();
    this.line?.close();
    this.line = this.next = null;
    this.status = "stopped";
    this.options.onStatus("stopped", reason);
  }

  private become(status: "away"): void {
    if (this.status === status || this.status === "stopped") return;
    this.status = status;
    this.options.onStatus(status);
  }
}
