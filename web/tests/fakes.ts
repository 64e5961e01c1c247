// A clock held in the hand and a socket without a network, for the tests.
import type { Socket } from "../src/shared/attempt";
import type { After } from "../src/shared/time";

/** Time that passes when told to. */
export class Clock {
  now = 0;
  private readonly due: { at: number; action: () => void }[] = [];

  readonly after: After = (milliseconds, action) => {
    const entry = { at: this.now + milliseconds, action };
    this.due.push(entry);
    return () => {
      const index = this.due.indexOf(entry);
      if (index >= 0) this.due.splice(index, 1);
    };
  };

  /** Let time pass, running what is due in order, and whatever promises that set off. */
  async pass(milliseconds: number): Promise<void> {
    const end = this.now + milliseconds;
    for (;;) {
      await settle();
      const next = this.due.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.now = next.at;
      this.due.splice(this.due.indexOf(next), 1);
      next.action();
    }
    this.now = end;
    await settle();
  }
}

/** Let every promise that can settle do so. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

/** The other end of a socket. */
export class FakeSocket implements Socket {
  onopen: ((event: never) => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: never) => void) | null = null;
  readonly sent: { type: string }[] = [];
  closed = false;

  constructor(readonly url: string) {}

  send(data: string): void {
    this.sent.push(JSON.parse(data) as { type: string });
  }

  close(): void {
    this.closed = true;
  }

  opens(): void {
    this.onopen?.(undefined as never);
  }

  says(message: unknown): void {
    this.onmessage?.({ data: typeof message === "string" ? message : JSON.stringify(message) });
  }

  breaks(): void {
    this.onclose?.(undefined as never);
  }
}
