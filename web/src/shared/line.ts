// An open socket: alive by pings, lost when nothing answers. No DOM.
import type { Socket } from "./attempt";
import type { After } from "./time";

/** Without an answer to a ping in this time the socket counts as lost, */
export const PONG_MS = 10_000;
/** and in this, when something else says that the network may be gone. */
export const DOUBT_MS = 3_000;

export interface LineOptions {
  after: After;
  /** Between two signs of life. */
  pingMs: number;
  onMessage: (message: { type: string }) => void;
  onLost: () => void;
}

export class Line {
  private cancel: () => void = () => undefined;
  /** How long an answer may take that is waited for now. */
  private patience = Infinity;

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
    if (this.patience <= patience) return;
    this.send({ type: "ping" });
    this.expect(patience);
  }

  close(): void {
    this.cancel();
    const { socket } = this;
    socket.onmessage = socket.onclose = null;
    socket.close();
  }

  private expect(patience: number): void {
    this.cancel();
    this.patience = patience;
    this.cancel = this.options.after(patience, () => this.lost());
  }

  private lost(): void {
    this.close();
    this.options.onLost();
  }

  private received(data: unknown): void {
    const message = parsed(data);
    if (!message) return; // not ours
    this.cancel(); // anything that arrives proves the line
    this.patience = Infinity;
    this.cancel = this.options.after(this.options.pingMs, () => this.ping());
    this.options.onMessage(message);
  }
}

function parsed(data: unknown): { type: string } | null {
  try {
    const message: unknown = JSON.parse(String(data));
    return typeof message === "object" && message !== null && typeof (message as { type?: unknown }).type === "string" ? (message as { type: string }) : null;
  } catch {
    return null;
  }
}
