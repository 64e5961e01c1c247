// What the clinician asks of the REST API, and hears back. Everything here raises ApiError.
import type { Booking, ConsultationView, DayList, HandOver, Me, Move, NewGuest, Redirect, SentMessages, SmsWish, Support, Ticket, Trail } from "../protocol";
import { ApiError, get, post, put } from "../shared/api";
import { inTurn, type Wait } from "../shared/turn";

/** Who has pressed a button waits for half a minute or so, and is then told. */
const TRIES = 5;

export interface OfficeOptions {
  trust: string;
  /** A consultation as it is after it was changed. */
  onChanged: (view: ConsultationView) => void;
  /** The login is over. */
  onLapsed: () => void;
  /** Many ask at once: it is waited until then before it is asked again; null once there is an answer. */
  onWait: (wait: Wait | null) => void;
}

export class Office {
  constructor(private readonly options: OfficeOptions) {}

  /** Who is logged in; nobody is, is for the asker to handle. */
  me(): Promise<Me> {
    return this.inTurn(() => get<Me>(this.path("me")));
  }

  ticket(signal: AbortSignal): Promise<Ticket> {
    return post<Ticket>(this.path("ticket"), undefined, {}, signal);
  }

  /** Where to go next, for the issuer's own login to end too; nowhere where it has no such address. */
  logOut(): Promise<Redirect | undefined> {
    return post<Redirect | undefined>(this.path("logout"));
  }

  /** `clinician`: whose day, unless it is one's own. */
  day(day: string, clinician?: string): Promise<DayList> {
    return this.read(`consultations?${new URLSearchParams({ day, ...(clinician ? { clinician } : {}) }).toString()}`);
  }

  /** `key` is the form's, so that a repeated press books once. */
  book(booking: Booking, key: string): Promise<ConsultationView> {
    return this.asking(() => post<ConsultationView>(this.path("consultations"), booking, { "Idempotency-Key": key }));
  }

  move(consultation: string, move: Move): Promise<ConsultationView> {
    return this.change(consultation, "move", move);
  }

  cancel(consultation: string): Promise<ConsultationView> {
    return this.change(consultation, "cancel");
  }

  /** Send the invitation again, now. */
  invite(consultation: string): Promise<ConsultationView> {
    return this.change(consultation, "invite");
  }

  /** They talk by phone instead, which ends it here. */
  phone(consultation: string): Promise<ConsultationView> {
    return this.change(consultation, "phone");
  }

  async handOver(consultation: string, staff: string): Promise<void> {
    const to: HandOver = { staff };
    await this.asking(() => post(this.path(`consultations/${consultation}/hand_over`), to));
  }

  /** `key` is the form's, so that a repeated press invites once. */
  addGuest(consultation: string, guest: NewGuest, key: string): Promise<ConsultationView> {
    return this.change(consultation, "guests", guest, { "Idempotency-Key": key });
  }

  inviteGuest(consultation: string, guest: string): Promise<ConsultationView> {
    return this.change(consultation, `guests/${guest}/invite`);
  }

  removeGuest(consultation: string, guest: string): Promise<ConsultationView> {
    return this.change(consultation, `guests/${guest}/remove`);
  }

  /** Everything that happened to a consultation. */
  trail(consultation: string): Promise<Trail> {
    return this.read(`consultations/${consultation}/trail`);
  }

  /** What stands behind the reference that somebody reads out. */
  support(reference: string): Promise<Support> {
    return this.read(`references/${encodeURIComponent(reference)}`);
  }

  /** What was sent about a consultation, and what became of it. */
  messages(consultation: string): Promise<SentMessages> {
    return this.read(`consultations/${consultation}/messages`);
  }

  /** Whether the patient's number wants SMS from any department of the trust. */
  wishSms(consultation: string, wanted: boolean): Promise<ConsultationView> {
    const wish: SmsWish = { wanted };
    return this.change(consultation, "sms", wish);
  }

  /** What else is asked for by its path within the trust. */
  read<T>(path: string): Promise<T> {
    return this.asking(() => get<T>(this.path(path)));
  }

  ask<T>(path: string, body: unknown): Promise<T> {
    return this.asking(() => post<T>(this.path(path), body));
  }

  write<T>(path: string, body: unknown): Promise<T> {
    return this.asking(() => put<T>(this.path(path), body));
  }

  private async change(consultation: string, what: string, body?: unknown, headers: Record<string, string> = {}): Promise<ConsultationView> {
    const view = await this.asking(() => post<ConsultationView>(this.path(`consultations/${consultation}/${what}`), body, headers));
    this.options.onChanged(view);
    return view;
  }

  private inTurn<T>(ask: () => Promise<T>): Promise<T> {
    return inTurn(ask, { onWait: this.options.onWait, tries: TRIES });
  }

  private async asking<T>(ask: () => Promise<T>): Promise<T> {
    try {
      return await this.inTurn(ask);
    } catch (problem) {
      if (asApiError(problem).status === 401) this.options.onLapsed();
      throw problem;
    }
  }

  private path(rest: string): string {
    return `/staff/${encodeURIComponent(this.options.trust)}/${rest}`;
  }
}

export function asApiError(problem: unknown): ApiError {
  return problem instanceof ApiError ? problem : new ApiError("internal", "", true, 0);
}
