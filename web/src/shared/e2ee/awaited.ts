// Of whom something is awaited, and who has let the time for it pass.
import type { Seat } from "../../protocol";
import type { After } from "../time";

export class Awaited {
  /** Who is still awaited, and should have come by now. */
  readonly late = new Set<Seat>();
  private readonly waiting = new Map<Seat, () => void>();

  constructor(
    private readonly milliseconds: number,
    private readonly after: After,
    private readonly onLate: () => void,
  ) {}

  /** From now on, unless it is already. */
  expect(seat: Seat): void {
    if (this.waiting.has(seat) || this.late.has(seat)) return;
    const pass = (): void => {
      this.waiting.delete(seat);
      this.late.add(seat);
      this.onLate();
    };
    this.waiting.set(seat, this.after(this.milliseconds, pass));
  }

  /** Of these and nobody else. */
  expectOnly(seats: readonly Seat[]): void {
    for (const seat of [...this.waiting.keys(), ...this.late]) if (!seats.includes(seat)) this.settle(seat);
    for (const seat of seats) this.expect(seat);
  }

  /** Nothing is awaited of them any more. */
  settle(seat: Seat): void {
    this.waiting.get(seat)?.();
    this.waiting.delete(seat);
    this.late.delete(seat);
  }

  close(): void {
    for (const cancel of this.waiting.values()) cancel();
    this.waiting.clear();
  }
}
