// What a page remembers of one consultation's calls as long as it lives: whoever runs the functions also says when a call ends and begins again.
import type { Seat } from "../../protocol";
import { realAfter, type After } from "../time";
import { Past } from "./past";

export class Memory {
  /** A call of it was sealed. */
  wasSealed = false;
  /** The codes that the person here has compared. */
  readonly compared = new Map<Seat, string>();
  /** With whom the person here read another code: no call of it is safe on this page any more. */
  differs: Seat | null = null;
  /** The trust wanted encryption: a later word of it is the functions' alone. */
  required = false;
  private readonly pasts = new Map<Seat, Past>();

  constructor(private readonly after: After = realAfter) {}

  past(seat: Seat): Past {
    const past = this.pasts.get(seat) ?? new Past(this.after);
    this.pasts.set(seat, past);
    return past;
  }
}
