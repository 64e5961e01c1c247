// One try at a socket: a ticket, then the socket; given up when it takes too long. No DOM.
import type { Ticket } from "../protocol";
import type { After } from "./time";

/** The parts of WebSocket that are used. */
export interface Socket {
  onopen: ((event: never) => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: never) => void) | null;
  send(data: string): void;
  close(): void;
}

/** A try that has not opened by then is given up. */
export const OPEN_MS = 10_000;

export interface AttemptOptions {
  /** Fetches a ticket, good for one socket; a hung request must end with the signal, or the next one waits behind it in the browser's pool. */
  ticket: (signal: AbortSignal) => Promise<Ticket>;
  /** Opens a socket with a ticket. */
  open: (ticket: string) => Socket;
  after: After;
  /** A ticket has come: the network is there, whatever becomes of the socket. */
  onGranted: () => void;
  onOpen: (socket: Socket, ticket: Ticket) => void;
  /** Refused, broken off or too slow; `problem` is why there was no ticket, else null. */
  onFail: (problem: unknown) => void;
}

export class Attempt {
  private readonly request = new AbortController();
  private socket: Socket | null = null;
  private over = false;
  private readonly cancel: () => void;

  constructor(private readonly options: AttemptOptions) {
    this.cancel = options.after(OPEN_MS, () => this.fail(null));
    void this.go();
  }

  /** Nothing comes of it any more. */
  drop(): void {
    const { socket } = this;
    this.settle();
    this.request.abort();
    socket?.close();
  }

  private async go(): Promise<void> {
    const { ticket, open, onGranted, onOpen } = this.options;
    let granted: Ticket;
    try {
      granted = await ticket(this.request.signal);
    } catch (problem) {
      return this.fail(problem);
    }
    if (this.over) return;
    onGranted();
    const socket = (this.socket = open(granted.ticket));
    socket.onopen = () => {
      this.settle();
      onOpen(socket, granted);
    };
    socket.onclose = () => this.fail(null);
  }

  private fail(problem: unknown): void {
    if (this.over) return;
    this.drop();
    this.options.onFail(problem);
  }

  /** Whatever still happens is not ours. */
  private settle(): void {
    this.over = true;
    this.cancel();
    if (this.socket) this.socket.onopen = this.socket.onclose = null;
    this.socket = null;
  }
}
