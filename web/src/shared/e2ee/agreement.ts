// One pair of people agrees on keys: whatever is lost, doubled, late or out of order, both say how they stand until both have all they need.
//
// An attempt is a fresh key and a random name for it, and that name is also a question: only who is there now can say a parcel `about` it.
// So a parcel about our present attempt is *live*, and nothing else counts. Who was live and is followed by another attempt may be gone or
// may be the late one: we cannot tell, and begin anew, which asks again.
import type { Parcel, Seat } from "../../protocol";
import { realAfter, type After } from "../time";
import { fromBase64Url, random, toBase64Url, type Bytes } from "./bytes";
import { commitment, ephemeral, isNumber, openPart, pairKeys, sealPart, type Ephemeral, type PairKeys } from "./pairkeys";
import type { Past } from "./past";
import type { Identity, Pair, PairState, Proof, Refusal } from "./types";

/** After saying something that changed nothing, it is said again after so many milliseconds; then more calmly, */
const RESTS_MS: readonly number[] = [2_000, 2_000, 2_000, 2_000, 2_000, 4_000, 8_000, 8_000, 8_000, 8_000, 8_000, 16_000, 30_000];
/** and ever more so only to who is not heard of: who is, waits for no rest longer than this one, the first of 8 s. */
const HEARD = 6;
/** Parcels that do not fit together, after which somebody must be changing them. */
const STRIKES = 3;
const UNASKED: Identity = { known: false, why: "unasked" };

export interface Secret {
  epoch: number;
  secret: Bytes;
}

export interface AgreementOptions {
  own: Seat;
  other: Seat;
  consultation: string;
  able: boolean;
  /** Outlives the agreement, so that who left and came back is not disturbed by old parcels. */
  past: Past;
  /** Our present secret, where they may have it. */
  secret: () => Secret | null;
  post: (parcel: Parcel) => void;
  /** Whether they may have our secret has changed. */
  onTrust: (trusted: boolean) => void;
  /** They can open nothing more that is sealed with our present secret, and ask for another one. */
  onLost: () => void;
  /** A secret of theirs. */
  take: (secret: Secret) => void;
  onChange: () => void;
  /** Each piece of work, so that others can wait for it. */
  working: (step: Promise<void>) => void;
  after?: After;
  prove?: ((to: Seat, transcript: Bytes) => Promise<Proof | null>) | undefined;
  judge?: ((seat: Seat, transcript: Bytes, proof: Proof | null) => Promise<Identity>) | undefined;
  expectsIdentity?: ((seat: Seat) => boolean) | undefined;
}

/** Why nobody is trusted: the other one is told, and it is over with a new beginning. */
type OfLogin = Extract<Refusal, "identity" | "unreachable">;
const isOfLogin = (reason: unknown): reason is OfLogin => reason === "identity" || reason === "unreachable";

/** What is said under the pair's key. */
interface Part {
  /** 0 and empty while the other may not have it. */
  epoch: number;
  secret: string;
  /** The highest of the other's epochs that is held, or was. */
  has: number;
  /** Up to this one of them all is lost, and none is taken again: which frames came before is not known any more. */
  lost?: number;
  /** Nothing is missing here: no answer is needed. */
  done: boolean;
  refused?: OfLogin;
  proof?: Proof;
}

interface Other {
  attempt: string;
  /** It has answered our present attempt. */
  live: boolean;
  able: boolean;
  commitment: string;
  public: string;
}

interface Own extends Ephemeral {
  attempt: string;
  commitment: string;
  n: number;
}

/** What there is once both keys are known. */
interface Keyed extends PairKeys {
  /** What we show them; undefined while it is being made, and nothing is sealed before. */
  proof: Proof | null | undefined;
  /** The latest that they said, and who that makes them; null before. */
  heard: Part | null;
  identity: Identity | null;
  taken: Secret | null;
  /** Up to this one their secrets were with a worker that is no more; 0 for none. */
  lost: number;
}

export class Agreement {
  private own: Own | null = null;
  private other: Other | null = null;
  private keyed: Keyed | null = null;
  private reason: Refusal | null = null;
  private strikes = 0;
  private trusted = false;
  private present = false;
  private doubted = false;
  private said = "";
  private shown = "";
  private owed = false;
  private rests = 0;
  private resting = false;
  private cancelRest = (): void => undefined;
  private work: Promise<void> = Promise.resolve();
  private closed = false;

  constructor(private readonly options: AgreementOptions) {}

  /** Say what there is to say, if it has not been said. */
  look(): void {
    this.step(() => undefined);
  }

  /** They are there: what they may have missed is worth saying again. */
  here(): void {
    this.notice();
    this.look();
  }

  /** What was said may be lost. */
  again(): void {
    this.step(() => {
      if (!this.finished()) this.said = "";
    });
  }

  receive(parcel: Parcel): void {
    this.notice();
    this.step(() => this.hear(parcel));
  }

  close(): void {
    this.closed = true;
    this.cancelRest();
    this.trust(false);
  }

  /** The highest epoch of ours that they say they hold. */
  get has(): number {
    return this.trusted ? (this.keyed?.heard?.has ?? 0) : 0;
  }

  /** The worker that opens is another one, which does not know what was opened before: it gets later secrets only. */
  lose(): void {
    const { keyed } = this;
    if (!keyed?.taken) return;
    keyed.lost = keyed.taken.epoch;
    keyed.taken = null;
    this.look();
  }

  pair(): Pair {
    const { other: seat } = this.options;
    const state = this.state();
    const identity = this.keyed?.identity ?? UNASKED;
    return { seat, state, identity, code: state === "secured" ? this.keyed!.code : "", reason: this.reason, doubted: this.doubted, holds: this.trusted };
  }

  private state(): PairState {
    if (this.reason) return "refused";
    if (this.other && !(this.other.able && this.options.able)) return "unable";
    return this.trusted && this.keyed?.taken ? "secured" : "waiting";
  }

  /** One thing after another: each is done with before the next begins. */
  private step(action: () => Promise<void> | void): void {
    const run = async (): Promise<void> => {
      if (!this.closed && !this.own) await this.begin();
      if (!this.closed) await action();
      if (!this.closed) this.weigh();
      if (!this.closed) await this.speak();
      if (!this.closed) this.show();
    };
    this.work = this.work.then(run, run);
    this.options.working(this.work);
  }

  private async begin(): Promise<void> {
    const { own, other, consultation, able } = this.options;
    this.keyed = null;
    this.doubted = false;
    this.trust(false);
    if (this.other) this.other = { ...this.other, live: false, commitment: "", public: "" };
    if (isOfLogin(this.reason)) this.reason = null;
    if (!this.spend()) return;
    const attempt = toBase64Url(random(16));
    const key = await ephemeral();
    this.own = { ...key, attempt, n: 0, commitment: able ? await commitment(consultation, own, other, attempt, key.public) : "" };
  }

  /** Whether there may be one beginning more. */
  private spend(): boolean {
    return this.options.past.spend() || this.refuse("tampered");
  }

  private refuse(reason: Refusal): false {
    this.reason = reason;
    this.trust(false);
    return false;
  }

  private async strike(): Promise<void> {
    if (++this.strikes < STRIKES) return this.begin();
    this.keyed = null;
    this.refuse("tampered");
  }

  private trust(trusted: boolean): void {
    if (this.trusted === trusted) return;
    this.trusted = trusted;
    this.options.onTrust(trusted);
  }

  private async hear(parcel: Parcel): Promise<void> {
    if (this.reason === "tampered" || !isNumber(parcel.n)) return;
    const { numbers } = this.options.past;
    const before = numbers.get(parcel.attempt);
    if (parcel.attempt === this.own!.attempt || (before !== undefined && parcel.n <= before)) return;
    numbers.set(parcel.attempt, parcel.n);
    if (before === undefined && !this.spend()) return;
    if (this.other?.attempt !== parcel.attempt) {
      const known = this.other;
      const greeting = parcel.about === "" && before === undefined;
      if (known?.live && parcel.about !== this.own!.attempt && !greeting) {
        this.owed = this.doubted = true; // it may be an old one; if not, it will know our attempt from the answer
        return;
      }
      this.other = { attempt: parcel.attempt, live: false, able: parcel.able, commitment: "", public: "" };
      if (known?.live) await this.begin();
    }
    await this.follow(this.other!, parcel);
  }

  /** A newer parcel of the attempt that we know. */
  private async follow(other: Other, parcel: Parcel): Promise<void> {
    const { able } = this.options;
    this.owed = parcel.attempt !== ""; // who has no attempts wants no answers: they cannot, and have said it all
    if (other.able !== parcel.able) return this.strike();
    if (parcel.about !== this.own!.attempt) return;
    other.live = true;
    this.doubted = false;
    if (!able) this.owed = false; // they know, and there is nothing else
    if (!able || !parcel.able) return;
    if (fromBase64Url(parcel.commitment)?.length !== 32) return this.strike();
    if (other.commitment && other.commitment !== parcel.commitment) return this.strike();
    other.commitment = parcel.commitment;
    if (other.public ? parcel.public !== other.public : parcel.public && !(await this.key(other, parcel.public))) return this.strike();
    if (parcel.sealed && !(await this.open(parcel))) return this.strike();
  }

  /** Their key; false if it is not what they had committed to, or none at all. */
  private async key(other: Other, key: string): Promise<boolean> {
    const { own: from, other: to, consultation, prove } = this.options;
    const own = this.own!;
    if ((await commitment(consultation, to, from, other.attempt, key)) !== other.commitment) return false;
    other.public = key;
    try {
      const keys = await pairKeys(consultation, { ...own, seat: from }, own.secret, { ...other, seat: to });
      this.keyed = { ...keys, proof: prove ? undefined : null, heard: null, identity: this.expects() ? null : UNASKED, taken: null, lost: 0 };
    } catch {
      return false;
    }
    const keyed = this.keyed;
    // Not waited for: it may take long, and other things may happen meanwhile.
    if (prove)
      void prove(to, keyed.transcript)
        .catch(() => null)
        .then((proof) => this.step(() => void (keyed.proof = proof)));
    return true;
  }

  private async open({ n, sealed }: Parcel): Promise<boolean> {
    const keyed = this.keyed;
    const part = keyed && read(await openPart(keyed.open, n, sealed));
    if (!part) return false;
    const first = keyed.heard === null;
    keyed.heard = part;
    if (part.refused) this.reason = part.refused;
    if (part.done) this.owed = false;
    if (first) this.judge(keyed, part.proof ?? null);
    return true;
  }

  private judge(keyed: Keyed, proof: Proof | null): void {
    const { judge, other } = this.options;
    if (!this.expects() && !(judge && proof)) return;
    keyed.identity = null; // what is shown is judged before anything is given, also where none was expected
    const judged = judge ? judge(other, keyed.transcript, proof) : Promise.reject(new Error("nobody to judge"));
    // Not waited for either: keys of the portal are fetched.
    void judged
      .catch((): Identity => ({ known: false, why: "wrong" }))
      .then((identity) =>
        this.step(() => {
          keyed.identity = identity;
        }),
      );
  }

  private expects(): boolean {
    return this.options.expectsIdentity?.(this.options.other) ?? false;
  }

  /** What may be given and taken, as things stand now. */
  private weigh(): void {
    const { keyed } = this;
    if (!keyed) return;
    if (this.expects() && keyed.identity?.known === false) this.reason ??= keyed.identity.why === "unreachable" ? "unreachable" : "identity";
    this.trust(this.reason === null && keyed.identity !== null);
    const { heard } = keyed;
    if (!this.trusted || !heard) return;
    if (heard.lost && heard.lost === this.options.secret()?.epoch) this.options.onLost();
    if (heard.epoch <= (keyed.taken?.epoch ?? keyed.lost)) return;
    keyed.taken = { epoch: heard.epoch, secret: fromBase64Url(heard.secret)! };
    this.options.take(keyed.taken);
  }

  /** They have all that we have to say, as far as they have told us. */
  private finished(): boolean {
    if (this.reason) return true;
    if (this.doubted) return false;
    if (this.other?.able === false) return true;
    if (!this.options.able) return this.other?.live ?? false;
    const { keyed } = this;
    if (!keyed?.heard || keyed.identity === null || (keyed.lost > 0 && !keyed.taken)) return false;
    return keyed.heard.has === (this.options.secret()?.epoch ?? 0);
  }

  private revealed(): boolean {
    return this.other?.live === true && this.other.commitment !== "";
  }

  /** What is new is said at once; what may have been lost is said again by and by. */
  private async speak(): Promise<void> {
    if (this.reason === "tampered") return this.cancelRest();
    const { keyed } = this;
    // Not whom we speak about, but how many there have been: who makes us waver between two cannot make us say so each time.
    const words = [this.own!.attempt, this.options.past.numbers.size, this.revealed(), keyed?.proof !== undefined, this.options.secret()?.epoch, keyed?.taken?.epoch, keyed?.lost, this.reason];
    const state = JSON.stringify(words);
    const fresh = state !== this.said;
    const due = !this.resting && (this.owed || (this.present && !this.finished()));
    if (!fresh && !due) return;
    this.said = state;
    this.owed = false;
    this.rests = fresh ? 0 : Math.min(this.rests + 1, RESTS_MS.length - 1);
    this.rest(RESTS_MS[this.rests]!);
    const parcel = await this.parcel();
    if (!this.closed) this.options.post(parcel);
  }

  /** They are heard of. */
  private notice(): void {
    this.present = true;
    const long = RESTS_MS[this.rests]! > RESTS_MS[HEARD]!;
    this.rests = Math.min(this.rests, HEARD);
    if (long && this.resting) this.rest(RESTS_MS[HEARD]!);
  }

  private rest(milliseconds: number): void {
    this.cancelRest();
    this.resting = true;
    const cancel = (this.options.after ?? realAfter)(milliseconds, () => {
      this.resting = false;
      this.look();
    });
    this.cancelRest = () => {
      this.resting = false;
      cancel();
    };
  }

  private async parcel(): Promise<Parcel> {
    const own = this.own!;
    const { keyed } = this;
    const n = ++own.n;
    const sealed = keyed && keyed.proof !== undefined ? await sealPart(keyed.seal, n, this.part(keyed, keyed.proof)) : "";
    const { able } = this.options;
    return {
      attempt: own.attempt,
      about: this.other?.attempt ?? "",
      n,
      able,
      commitment: own.commitment,
      public: able && this.revealed() ? own.public : "",
      sealed,
    };
  }

  private part(keyed: Keyed, proof: Proof | null): Part {
    const secret = this.options.secret();
    return {
      epoch: secret?.epoch ?? 0,
      secret: secret ? toBase64Url(secret.secret) : "",
      has: keyed.taken?.epoch ?? keyed.lost,
      ...(keyed.lost > 0 ? { lost: keyed.lost } : {}),
      done: this.finished(),
      ...(isOfLogin(this.reason) ? { refused: this.reason } : {}),
      ...(proof ? { proof } : {}),
    };
  }

  private show(): void {
    const shown = JSON.stringify([this.pair(), this.has]);
    if (shown === this.shown) return;
    this.shown = shown;
    this.options.onChange();
  }
}

/** What was said under the pair's key; null for what is no such thing. */
function read(value: unknown): Part | null {
  if (typeof value !== "object" || value === null) return null;
  const { epoch, secret, has, lost, done, refused, proof } = value as Record<string, unknown>;
  if (!Number.isSafeInteger(epoch) || !Number.isSafeInteger(has) || typeof secret !== "string" || typeof done !== "boolean") return null;
  if ((epoch as number) < 0 || (epoch as number) > 0 !== (fromBase64Url(secret)?.length === 32)) return null;
  const part: Part = { epoch: epoch as number, has: has as number, secret, done };
  if (typeof lost === "number") part.lost = lost;
  if (isOfLogin(refused)) part.refused = refused;
  if (typeof proof === "object" && proof !== null) {
    const { key, signature, token } = proof as Record<string, unknown>;
    if (typeof key === "string" && typeof signature === "string" && typeof token === "string") part.proof = { key, signature, token };
  }
  return part;
}
