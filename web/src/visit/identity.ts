// Who one is and what is kept of one: logging in by the portal or by a code, logging out, the receipt, the wish about SMS.
import type { CodeGiven, CodeSent, LoginProof, PatientLogin, Receipt, Redirect, Seat, SmsWish, VisitView } from "../protocol";
import { get, post } from "../shared/api";
import { Binding } from "../shared/e2ee/binding";
import type { Proof } from "../shared/e2ee/types";
import { isGuest } from "./state";

export interface IdentityOptions {
  visit: () => VisitView | null;
  /** Whether this browser can encrypt: else no key is of use. */
  able: () => boolean;
  /** Ask the functions; what goes wrong is shown by the page, and null returned. */
  request: <T>(asked: () => Promise<T>) => Promise<T | null>;
  /** The visit as it is after one has logged in or changed it. */
  opened: (visit: VisitView) => void;
  /** To another site, after logging out. */
  leave: (location: string) => void;
}

/** Whether the clinician's page asks for a login that is this browser's own: from the patient, where the portal is asked. */
export function isBound(visit: VisitView): boolean {
  return !isGuest(visit) && (visit.login_level === "substantial" || visit.login_level === "high");
}

export class Identity {
  private readonly binding = new Binding(async (consultation) => (await post<LoginProof>(pathOf(consultation, "proof"))).token);

  constructor(private readonly options: IdentityOptions) {}

  /** To the ID portal, with the name of this browser's key; whether the browser is on its way. */
  async login(): Promise<boolean> {
    const visit = this.options.visit();
    const nonce = visit && isBound(visit) ? await this.binding.nonce(visit.consultation) : "";
    const portal = await this.options.request(() => post<Redirect>(this.path("login"), { nonce } satisfies PatientLogin));
    if (portal) location.assign(portal.location);
    return portal !== null;
  }

  /** As `login`, for who is logged in, but not with this browser's key. Asked for once: whoever comes back without one is let on. */
  loginAgain(): Promise<boolean> {
    sessionStorage.setItem(markOf(this.consultation), "1");
    return this.login();
  }

  /** Take what a login left for this browser; whether one more login is due. */
  async settle(visit: VisitView): Promise<boolean> {
    const { consultation } = visit;
    if (!isBound(visit)) return false;
    if (!visit.logged_in) await this.binding.lapse(consultation);
    const standing = visit.logged_in ? await this.binding.settle(consultation) : "unable";
    if (standing === "held") sessionStorage.removeItem(markOf(consultation));
    return standing === "missing" && this.options.able() && sessionStorage.getItem(markOf(consultation)) === null;
  }

  /** What the one at `to` is shown of the login. */
  prove(consultation: string, to: Seat, transcript: Uint8Array): Promise<Proof | null> {
    return this.binding.prove(consultation, to, transcript);
  }

  /** The visit is over: nothing of its login is kept. */
  async forget(consultation = this.consultation): Promise<void> {
    sessionStorage.removeItem(markOf(consultation));
    await this.binding.forget(consultation);
  }

  /** Ask for a one-time code; returns the digits that the phone's number ends with, or null when none was sent. */
  async sendCode(): Promise<string | null> {
    const sent = await this.options.request(() => post<CodeSent>(this.path("code")));
    return sent?.ends ?? null;
  }

  /** Whether the code that was typed is the right one: then the visit goes on. */
  async checkCode(code: string): Promise<boolean> {
    return this.change(() => post<VisitView>(this.path("code/check"), { code } satisfies CodeGiven));
  }

  /** «Logg ut», here and at the portal. */
  async logOut(): Promise<void> {
    const next = await this.options.request(() => post<Redirect>(this.path("logout")));
    if (!next) return;
    await this.forget();
    this.options.leave(next.location);
  }

  /** Whether the trust may send SMS to this number. */
  async wishSms(wanted: boolean): Promise<void> {
    await this.change(() => post<VisitView>(this.path("sms"), { wanted } satisfies SmsWish));
  }

  /** What is kept of what happened; null when it could not be had. */
  async receipt(): Promise<Receipt | null> {
    return this.options.request(() => get<Receipt>(this.path("receipt")));
  }

  private async change(asked: () => Promise<VisitView>): Promise<boolean> {
    const visit = await this.options.request(asked);
    if (visit) this.options.opened(visit);
    return visit !== null;
  }

  private get consultation(): string {
    return this.options.visit()?.consultation ?? "";
  }

  private path(of: string): string {
    return pathOf(this.consultation, of);
  }
}

function pathOf(consultation: string, of: string): string {
  return `/visits/${encodeURIComponent(consultation)}/${of}`;
}

/** Where this tab remembers that it has asked for another login. */
function markOf(consultation: string): string {
  return `venterom.again.${consultation}`;
}
