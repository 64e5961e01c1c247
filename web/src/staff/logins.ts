// Whose login the patient's key in a call is of, as the clinician's page finds out: only once it knows which login was asked for.
import type { LoginLevel, Seat } from "../protocol";
import type { Witness } from "../shared/conversation";
import { Judge } from "../shared/e2ee/judge";
import type { Identity, Proof } from "../shared/e2ee/types";

export interface LoginsOptions {
  /** The login that was asked for; null while the list has not told. */
  level: (consultation: string) => LoginLevel | null;
  /** Be told when the list may have. Returns how to stop. */
  listen: (listener: () => void) => () => void;
  judge?: Pick<Judge, "judge">;
}

/** Those that the portal vouches for. */
function isVouched(level: LoginLevel): boolean {
  return level === "substantial" || level === "high";
}

const ORDER: readonly LoginLevel[] = ["none", "code", "substantial", "high"];

export class Logins implements Witness {
  private readonly by: Pick<Judge, "judge">;
  /** The strictest that was ever told: a consultation's login is not changed, so who tells less later wants to be let in without. */
  private readonly strictest = new Map<string, LoginLevel>();
  /** Whose patient has shown a proof, whatever was told. */
  private readonly shown = new Set<string>();
  private readonly found = new Map<string, Identity>();

  constructor(private readonly options: LoginsOptions) {
    this.by = options.judge ?? new Judge();
  }

  /** What was found last of the patient of a consultation. */
  of(consultation: string): Identity | null {
    return this.found.get(consultation) ?? null;
  }

  readonly judge = async (consultation: string, seat: Seat, transcript: Uint8Array, proof: Proof | null): Promise<Identity> => {
    if (seat !== "patient") return { known: false, why: "unasked" };
    if (proof) this.shown.add(consultation);
    else if (!this.shown.has(consultation) && !isVouched(await this.known(consultation))) return { known: false, why: "unasked" };
    const identity = await this.by.judge(consultation, seat, transcript, proof);
    this.found.set(consultation, identity);
    return identity;
  };

  /** While it is not known what was asked for, nothing is let out: `judge` waits for it. */
  readonly expectsIdentity = (consultation: string, seat: Seat): boolean => seat === "patient" && (this.shown.has(consultation) || isVouched(this.level(consultation) ?? "high"));

  /** What is told of the login that is asked for. */
  note(consultation: string, level: LoginLevel): void {
    const before = this.strictest.get(consultation);
    if (!before || ORDER.indexOf(level) > ORDER.indexOf(before)) this.strictest.set(consultation, level);
  }

  private level(consultation: string): LoginLevel | null {
    const told = this.options.level(consultation);
    if (told) this.note(consultation, told);
    return this.strictest.get(consultation) ?? null;
  }

  private known(consultation: string): Promise<LoginLevel> {
    return new Promise((resolve) => {
      const look = (): boolean => {
        const level = this.level(consultation);
        if (level !== null) resolve(level);
        return level !== null;
      };
      if (look()) return;
      const stop = this.options.listen(() => look() && stop());
    });
  }
}
