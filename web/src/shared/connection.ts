// The socket to the functions: says hello, keeps itself alive, comes back by itself. No DOM.
import { ApiError } from "./api";

/** `connecting`: for the first time. `away`: lost, and being tried again. `stopped`: will not come back by itself. */
export type Status = "connecting" | "open" | "away" | "stopped";
/** Why a connection stopped: closed by the page, the seat taken by a newer page, or the API's error code. */
export type StopReason = string;

/** The parts of WebSocket that are used. */
export interface Socket {
  onopen: ((event: never) => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: never) => void) | null;
  send(data: string): void;
  close(): void;
}

/** Time, so that tests can hold it in their hands: run once after some milliseconds; returns how to cancel. */
export type After = (milliseconds: number, action: () => void) => () => void;

export const realAfter: After = (milliseconds, action) => {
  const timer = setTimeout(action, milliseconds);
  return () => clearTimeout(timer);
};

export interface ConnectionOptions<Received extends { type: string }> {
  /** Fetches a ticket, good for one socket. */
  ticket: () => Promise<string>;
  /** Address of the socket without the query. */
  url: string;
  onMessage: (message: Received) => void;
  onStatus: (status: Status, reason?: StopReason) => void;
  open?: (url: string) => Socket;
  after?: After;
  random?: () => number;
}

/** A ping goes out this often: API Gateway closes after 10 idle minutes, phones' networks after far less. */
export const PING_MS = 25_000;
/** Without an answer in this time the socket counts as lost. */
export const PONG_MS = 10_000;
/** A socket must open in this time. */
export const OPEN_MS = 10_000;
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 15_000;

/** How long to wait before try number `attempt` (from 0): doubling, and spread so that not everybody comes at once. */
export function backOff(attempt: number, random: () => number): number {
  const ceiling = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** attempt);
  return Math.round(ceiling / 2 + (ceiling / 2) * random());
}

/** Where this page's socket is. */
export function socketUrl(place: { protocol: string; host: string }): string {
  return `${place.protocol === "https:" ? "wss" : "ws"}://${place.host}/ws`;
}

/** One page's socket, from construction until `close()`; it opens at once. */
export class Connection<Sent extends { type: string }, Received extends { type: string }> {
  status: Status = "connecting";
  private socket: Socket | null = null;
  private attempt = 0;
  private round = 0; // tells a late ticket or a late event of an older socket from the present one
  private cancelTimer: () => void = () => undefined;
  private waiting = new Map<string, Sent>();
  private readonly after: After;
  private readonly random: () => number;

  constructor(private readonly options: ConnectionOptions<Received>) {
    this.after = options.after ?? realAfter;
    this.random = options.random ?? Math.random;
    void this.connect();
  }

  /** Send if the socket is open; returns whether it was. */
  send(message: Sent): boolean {
    if (this.status !== "open" || !this.socket) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }

  /** Send now or as soon as the socket is open again; of each type only the latest is kept. */
  sendSurely(message: Sent): void {
    if (!this.send(message)) this.waiting.set(message.type, message);
  }

  /** Try again now: the network or the screen came back. Looks for life on a socket that seems open. */
  wake(): void {
    if (this.status === "away") void this.connect();
    else if (this.status === "open") this.ping();
  }

  /** The end of it, by the page's wish. */
  close(): void {
    this.stop("closed");
  }

  private async connect(): Promise<void> {
    this.cancelTimer();
    const round = ++this.round;
    let ticket: string;
    try {
      ticket = await this.options.ticket();
    } catch (problem) {
      if (round !== this.round) return;
      if (problem instanceof ApiError && !problem.retry) this.stop(problem.code);
      else this.lost();
      return;
    }
    if (round !== this.round) return;
    const address = `${this.options.url}?ticket=${encodeURIComponent(ticket)}`;
    const socket = this.options.open ? this.options.open(address) : (new WebSocket(address) as Socket);
    this.socket = socket;
    this.cancelTimer = this.after(OPEN_MS, () => this.lost());
    socket.onopen = () => {
      if (round === this.round) this.opened(socket);
    };
    socket.onmessage = (event) => {
      if (round === this.round) this.received(event.data);
    };
    socket.onclose = () => {
      if (round === this.round) this.lost();
    };
  }

  private opened(socket: Socket): void {
    socket.send(JSON.stringify({ type: "hello" }));
    this.become("open");
    for (const message of this.waiting.values()) socket.send(JSON.stringify(message));
    this.waiting.clear();
    this.rest();
  }

  private rest(): void {
    this.cancelTimer();
    this.cancelTimer = this.after(PING_MS, () => this.ping());
  }

  private ping(): void {
    this.socket?.send(JSON.stringify({ type: "ping" }));
    this.cancelTimer();
    this.cancelTimer = this.after(PONG_MS, () => this.lost());
  }

  private received(data: unknown): void {
    let message: Received;
    try {
      message = JSON.parse(String(data)) as Received;
    } catch {
      return; // not ours
    }
    if (typeof message !== "object" || message === null || typeof message.type !== "string") return;
    this.attempt = 0;
    this.rest(); // anything that arrives proves the line
    if (message.type === "pong") return;
    this.options.onMessage(message);
    if (message.type === "seat_taken") this.stop("seat_taken");
  }

  private lost(): void {
    this.drop();
    this.become("away");
    this.cancelTimer = this.after(backOff(this.attempt++, this.random), () => void this.connect());
  }

  private stop(reason: StopReason): void {
    if (this.status === "stopped") return;
    this.drop();
    this.status = "stopped";
    this.options.onStatus("stopped", reason);
  }

  private drop(): void {
    this.round++;
    this.cancelTimer();
    const socket = this.socket;
    this.socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  private become(status: "open" | "away"): void {
    if (this.status === status) return;
    this.status = status;
    this.options.onStatus(status);
  }
}
