// Who one is and what is kept of one: logging in by the portal or by a code, logging out, the receipt, the wish about SMS.
import type { CodeGiven, CodeSent, Receipt, Redirect, SmsWish, VisitView } from "../protocol";
import { get, post } from "../shared/api";

export interface IdentityOptions {
  consultation: () => string;
  /** Ask the functions; what goes wrong is shown by the page, and null returned. */
  request: <T>(asked: () => Promise<T>) => Promise<T | null>;
  /** The visit as it is after one has logged in or changed it. */
  opened: (visit: VisitView) => void;
  /** To another site, after logging out. */
  leave: (location: string) => void;
}

export class Identity {
  constructor(private readonly options: IdentityOptions) {}

  /** To the ID portal. */
  async login(): Promise<void> {
    const portal = await this.options.request(() => post<Redirect>(this.path("login")));
    if (portal) location.assign(portal.location);
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
    if (next) this.options.leave(next.location);
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

  private path(of: string): string {
    return `/visits/${encodeURIComponent(this.options.consultation())}/${of}`;
  }
}
