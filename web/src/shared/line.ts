// An open socket: alive by pings, lost when nothing answers. No DOM.
import type { Socket } from "./attempt";
import type { After } from "./time";

/** Without an answer to a ping in this time the socket counts as lost, */
export const PONG_MS = 10_000;
/** and in this, when something else says that the network may be gone; */
export const DOUBT_MS = 3_000;
/** but never sooner than so many times what the last answer took: a service under load must not lose who waits for it. */
const SLOWER = 3;

export interface LineOptions {
  after: After;
  /** Between two signs of life. */
  pingMs: number;
  now: () => number;
  /** Milliseconds that the last answer took, on this socket or the one before, or at least took if it never came. */
  trip: () => number;
  onTrip: (milliseconds: number) => void;
  onMessage: (message: { type: string }) => void;
  onLost: () => void;
}

export class Line {
  private cancel: () => void = () => undefined;
  /** How long an answer may take that is waited for now. */
  private patience = Infinity;
  private asked = 0;

  /** Says `hello` at once. */
  constructor(
    private readonly socket: Socket,
    private readonly options: LineOptions,
  ) {
    socket.onmessage = ({ data }) => this.received(data);
    socket.onclose = () => this.lost();
    this.hello();
  }

  /** Take the seat, and ask for all that counts. */
  hello(): void {
    this.send({ type: "hello" });
    this.expect(PONG_MS);
  }

  send(message: { type: string }): void {
    this.socket.send(JSON.stringify(message));
  }

  /** Ask for a sign of life; who asks again before it has come does not put the end off. */
  ping(patience = PONG_MS): void {
    if (this.patience <= this.patient(patience)) return;
    this.send({ type: "ping" });
    this.expect(patience);
  }

  close(): void {
    this.cancel();
    const { socket } = this;
    socket.onmessage = socket.onclose = null;
    socket.close();
  }

  private patient(patience: number): number {
    return Math.max(patience, SLOWER * this.options.trip());
  }

  private expect(usual: number): void {
    const patience = this.patient(usual);
    this.cancel();
    this.patience = patience;
    this.asked = this.options.now();
    this.cancel = this.options.after(patience, () => {
      this.options.onTrip(patience);
      this.lost();
    });
  }

  private lost(): void {
    this.close();
    this.options.onLost();
  }

  private received(data: unknown): void {
    const message = parsed(data);
    if (!message) return;
    // The gateway's own word: a function died with what it was told. The next socket begins with what counts.
    if (typeof message.type !== "string") return typeof message.message === "string" ? this.lost() : undefined;
    this.cancel(); // anything that arrives proves the line
    if (this.patience < Infinity) this.options.onTrip(this.options.now() - this.asked);
    this.patience = Infinity;
    this.cancel = this.options.after(this.options.pingMs, () => this.ping());
    this.options.onMessage(message as { type: string });
  }
}

function parsed(data: unknown): { type?: unknown; message?: unknown } | null {
  try {
    const message: unknown = JSON.parse(String(data));
    return typeof message === "object" ? message : null;
  } catch {
    return null;
  }
}
