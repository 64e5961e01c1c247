// All the agreements of one page: one with each other seat, and this page's own secret, which is renewed whenever somebody comes or goes.
import type { Seat } from "../../protocol";
import { realAfter, type After } from "../time";
import { Agreement, type Secret } from "./agreement";
import { random, type Bytes } from "./bytes";
import type { Memory } from "./memory";
import type { Identity, KeySink, Pair, Parcel, Proof, Say } from "./types";

/** So long after a renewal the new secret is used, even if somebody does not have it yet: who has left can listen no longer. */
const RENEWAL_MS = 2_000;

export interface GroupOptions {
  own: Seat;
  consultation: string;
  /** Whether this browser can seal frames; if not, the others are told so. */
  able: boolean;
  say: Say;
  sink: KeySink;
  /** Something that `pairs` or `ready` tell has changed. */
  onChange: () => void;
  /** What outlives the group, so that nobody wins tries by ending and beginning it. */
  memory: Memory;
  after?: After;
  /** What is shown to somebody to prove who is here. */
  prove?: (to: Seat, transcript: Bytes) => Promise<Proof | null>;
  judge?: (seat: Seat, transcript: Bytes, proof: Proof | null) => Promise<Identity>;
  /** Whether keys are given to and taken of this seat only once `judge` knows who it is. */
  expectsIdentity?: (seat: Seat) => boolean;
}

export class Group {
  private readonly agreements = new Map<Seat, Agreement>();
  /** Who may have our secrets. */
  private readonly trusted = new Set<Agreement>();
  private newest: Secret | null = null;
  /** Who may have the newest one: who came after it was first used may not. */
  private readonly given = new Set<Agreement>();
  /** The epoch that is sealed with; 0 before the first. */
  private used = 0;
  private overdue = false;
  private cancelRenewal: (() => void) | null = null;
  private outbox: Partial<Record<Seat, Parcel>> = {};
  private working = 0;
  private waiting: (() => void)[] = [];
  private closed = false;

  constructor(private readonly options: GroupOptions) {}

  /** These others are in the call, whether or not they are here at present; each is greeted once. Who is missing from it has left. */
  seats(others: readonly Seat[]): void {
    for (const seat of this.agreements.keys()) if (!others.includes(seat)) this.left(seat);
    for (const seat of others) if (!this.agreements.has(seat)) this.agreement(seat)?.look();
  }

  /** Something else than a parcel was heard of them: they are here, and are worth saying things again to. */
  here(seat: Seat): void {
    this.agreement(seat)?.here();
  }

  left(seat: Seat): void {
    const agreement = this.agreements.get(seat);
    if (!agreement) return;
    this.agreements.delete(seat);
    agreement.close();
    this.options.onChange();
  }

  receive(seat: Seat, parcel: Parcel): void {
    this.agreement(seat)?.receive(parcel);
  }

  /** A new socket: what may have been lost is said again. */
  again(): void {
    for (const agreement of this.agreements.values()) agreement.again();
  }

  /** The worker was started anew, without its counters, ours and theirs: no secret that it had is used again, to seal or to open. */
  renew(): void {
    for (const agreement of this.agreements.values()) agreement.lose();
    this.used = 0;
    if (this.newest) this.renewal();
  }

  close(): void {
    this.closed = true;
    this.cancelRenewal?.();
    for (const agreement of this.agreements.values()) agreement.close();
    this.agreements.clear();
  }

  /** Whether sending makes sense and is allowed: somebody secured has a secret of ours. */
  get ready(): boolean {
    return this.used > 0 && [...this.trusted].some(({ has }) => has > 0);
  }

  pairs(): Pair[] {
    return [...this.agreements.values()].map((agreement) => agreement.pair());
  }

  /** Settles once everything said to this page so far has been dealt with. */
  async idle(): Promise<void> {
    while (this.working > 0) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  private agreement(seat: Seat): Agreement | null {
    const known = this.agreements.get(seat);
    if (known || this.closed || seat === this.options.own) return known ?? null;
    const { own, consultation, able, sink, memory, after, prove, judge, expectsIdentity } = this.options;
    const agreement = new Agreement({
      own,
      other: seat,
      consultation,
      able,
      past: memory.past(seat),
      secret: () => (this.given.has(agreement) ? this.newest : null),
      post: (parcel) => void (this.outbox[seat] = parcel),
      onTrust: (trusted) => (trusted ? this.trust(agreement) : this.distrust(agreement, seat)),
      onLost: () => this.renewal(),
      take: ({ epoch, secret }) => sink.take(seat, epoch, secret),
      onChange: () => {
        this.consider();
        this.options.onChange();
      },
      working: (step) => void this.wait(step),
      ...(after ? { after } : {}),
      prove,
      judge,
      expectsIdentity,
    });
    this.agreements.set(seat, agreement);
    return agreement;
  }

  private trust(agreement: Agreement): void {
    this.trusted.add(agreement);
    // They get no secret that anything was sealed with before they came.
    if (!this.newest || this.newest.epoch === this.used) this.renewal();
    else this.given.add(agreement);
  }

  private distrust(agreement: Agreement, seat: Seat): void {
    this.trusted.delete(agreement);
    this.options.sink.forget(seat);
    if (this.given.delete(agreement) && !this.closed) this.renewal();
  }

  private renewal(): void {
    this.newest = { epoch: (this.newest?.epoch ?? 0) + 1, secret: random(32) };
    this.given.clear();
    for (const agreement of this.trusted) {
      this.given.add(agreement);
      agreement.look();
    }
    // Another one meanwhile puts nothing off: who left before it waits for the first one's end.
    this.cancelRenewal ??= (this.options.after ?? realAfter)(RENEWAL_MS, () => {
      this.overdue = true;
      this.consider();
    });
    this.consider();
  }

  /** Whether it is time to seal with the newest secret: all have it, or as many as can be waited for. */
  private consider(): void {
    if (!this.newest || this.newest.epoch === this.used) return;
    const { epoch } = this.newest;
    const all = [...this.trusted];
    const holders = all.filter(({ has }) => has >= epoch).length;
    const served = this.used > 0 && all.some(({ has }) => has > 0 && has >= this.used);
    // Before the first one nothing is sealed, so it need not be hurried on those who lack it; later, who lacks it gets it by repetition.
    const time = this.used > 0 ? holders === all.length || this.overdue || (holders > 0 && !served) : holders > 0;
    if (!time) return;
    this.used = epoch;
    this.overdue = false;
    this.cancelRenewal?.();
    this.cancelRenewal = null;
    this.options.sink.send(this.options.own, epoch, this.newest.secret);
    this.options.onChange();
  }

  /** What several pieces of work have to say goes out at once, when nothing is worked on. */
  private async wait(step: Promise<void>): Promise<void> {
    this.working++;
    try {
      await step;
    } finally {
      if (--this.working === 0) this.flush();
    }
  }

  private flush(): void {
    const parcels = this.outbox;
    this.outbox = {};
    if (!this.closed && Object.keys(parcels).length > 0) this.options.say(parcels);
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}
