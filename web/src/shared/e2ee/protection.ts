// What protects one conversation: the worker that seals, the keys agreed on, what has been counted, and what of it may be said to be safe.
import type { Encryption, PeerHandshake, PeerLeft, PeerMedia, Seat } from "../../protocol";
import { realAfter, type After } from "../time";
import { Awaited } from "./awaited";
import { Group, type GroupOptions } from "./group";
import { Keeper } from "./keeper";
import type { Memory } from "./memory";
import { Passages } from "./passages";
import { isUnagreed, modeOf, stand } from "./standing";
import { findWay, type SealerWorker, type Way } from "./transforms";
import type { KeySink, Mode, Protection, Refusal } from "./types";

/** How often is looked whether anything left unsealed, */
export const LOOK_MS = 1_000;
/** and after what may have been so. */
export const SUSPECTED_MS = 250;
/** Somebody who is here and has said nothing of keys for so long has a page that knows nothing of them. */
export const SILENT_MS = 15_000;
/** Somebody who is here, speaks of keys and has not agreed by then is kept from it: by the network, or by somebody in the signaling. */
export const UNAGREED_MS = 30_000;

export interface ProtectorOptions extends Pick<GroupOptions, "consultation" | "own" | "say" | "prove" | "judge" | "expectsIdentity"> {
  rule: Encryption;
  /** Outlives the protector: what is known of this consultation from calls before. */
  memory: Memory;
  /** `state` or `mode` is another one. */
  onChange: () => void;
  /** All media must end at once, and for good. */
  onStop: () => void;
  /** Connections must be made anew: what they were led through is gone. */
  onRenew: () => void;
  after?: After;
  way?: Way | null;
  worker?: () => SealerWorker;
}

const start = (): SealerWorker => new Worker(new URL("./sealer.worker.ts", import.meta.url), { type: "module" }) as unknown as SealerWorker;

/** From the first connection of a conversation to its end. */
export class Protector {
  state: Protection;
  private rule: Encryption;
  private way: Way | null;
  private others: readonly Seat[] = [];
  private group: Group;
  private readonly keeper: Keeper | null;
  private readonly connections = new Set<Passages>();
  private latest = 0;
  private readonly heard = new Set<Seat>();
  private readonly mute = new Set<Seat>();
  private readonly spoken = new Set<Seat>();
  /** Whose word on keys is awaited, and whose agreement. */
  private readonly words: Awaited;
  private readonly agreements: Awaited;
  private readonly accepted = new Set<Seat>();
  private stopped: { reason: Refusal; seat: Seat | null } | null = null;
  private readonly after: After;
  private cancelLook: () => void = () => undefined;
  private closed = false;

  constructor(private readonly options: ProtectorOptions) {
    this.after = options.after ?? realAfter;
    this.words = new Awaited(SILENT_MS, this.after, () => this.weigh());
    this.agreements = new Awaited(UNAGREED_MS, this.after, () => this.weigh());
    this.rule = this.stricter(options.rule);
    const { differs } = options.memory;
    if (differs) this.stopped = { reason: "tampered", seat: differs };
    this.way = options.way === undefined ? findWay() : options.way;
    this.keeper = this.way && new Keeper({
      start: options.worker ?? start,
      after: this.after,
      onHeard: (seat) => {
        this.heard.add(seat);
        this.weigh();
      },
      onRenew: () => this.renew(),
      onGiveUp: () => this.giveUp(),
    });
    this.group = this.agree();
    this.state = this.stand();
    this.lookAgain();
  }

  /** What may pass. */
  get mode(): Mode {
    return modeOf(this.state);
  }

  /** Told again, or with more seats, or after a lost socket: what was said may be lost too. */
  join(rule: Encryption, seats: readonly Seat[]): void {
    this.rule = this.stricter(rule);
    this.others = seats.filter((seat) => seat !== this.options.own);
    this.group.seats(this.others);
    this.group.again();
    this.weigh();
  }

  /** What a new connection's frames are to be led through; null where they go as they are. */
  passages(): Passages | null {
    const worker = this.keeper?.worker;
    if (!this.way || !worker) return null;
    const made = new Passages({
      way: this.way,
      worker,
      next: () => ++this.latest,
      count: (ids) => this.keeper!.count(ids),
      onClose: (passages) => this.connections.delete(passages),
    });
    this.connections.add(made);
    return made;
  }

  /** Something of somebody else in the call. */
  hear(message: PeerHandshake | PeerMedia | PeerLeft): void {
    const { seat } = message;
    // Nobody gets keys by speaking who is not in the call. Who is faster than their `join` is greeted with it, and says it again.
    if (this.closed || !this.others.includes(seat)) return;
    if (message.type === "peer_left") {
      this.words.settle(seat);
      for (const known of [this.spoken, this.accepted, this.mute]) known.delete(seat);
      this.group.left(seat);
    } else if (message.type === "peer_media") {
      if (!this.spoken.has(seat)) this.words.expect(seat);
      const sends = message.camera || message.microphone || message.screen;
      if (sends) this.mute.delete(seat);
      else this.mute.add(seat);
      this.group.here(seat);
    } else {
      this.words.settle(seat);
      this.spoken.add(seat);
      this.group.receive(seat, message.parcel);
    }
    this.weigh();
  }

  /** The person here compared this code with the one that somebody else reads: it is the same, or another. */
  compare(seat: Seat, code: string, same: boolean): void {
    if (!same) {
      this.options.memory.differs = seat;
      return this.stop("tampered", seat);
    }
    // What was read may no longer be what holds: then nothing has been compared.
    if (!this.group.pairs().some((pair) => pair.seat === seat && pair.code === code)) return;
    this.options.memory.compared.set(seat, code);
    this.weigh();
  }

  /** The person here goes on although some cannot encrypt. */
  goOn(): void {
    const late = new Set([...this.words.late, ...this.agreements.late]);
    if (!this.way) this.accepted.add(this.options.own);
    for (const { seat, state } of this.group.pairs()) if (state === "unable" || late.has(seat)) this.accepted.add(seat);
    this.weigh();
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.cancelLook();
    this.words.close();
    this.agreements.close();
    this.group.close();
    this.keeper?.close();
  }

  /** Settles once everything said to this page so far has been dealt with. */
  idle(): Promise<void> {
    return this.group.idle();
  }

  /** What was once required stays so: whoever says `join` must not talk this page out of it. */
  private stricter(rule: Encryption): Encryption {
    const { memory } = this.options;
    memory.required ||= rule === "required";
    return memory.required ? "required" : rule;
  }

  private agree(): Group {
    const { consultation, own, say, memory, prove, judge, expectsIdentity } = this.options;
    const group = new Group({
      consultation,
      own,
      say,
      memory,
      able: this.way !== null,
      sink: this.sink,
      onChange: () => this.group === group && this.weigh(),
      after: this.after,
      ...(prove ? { prove } : {}),
      ...(judge ? { judge } : {}),
      ...(expectsIdentity ? { expectsIdentity } : {}),
    });
    group.seats(this.others);
    return group;
  }

  private get sink(): KeySink {
    return {
      send: (...key) => this.keeper?.send(...key),
      take: (...key) => this.keeper?.take(...key),
      forget: (seat) => {
        this.heard.delete(seat);
        this.keeper?.forget(seat);
      },
    };
  }

  private stop(reason: Refusal, seat: Seat | null): void {
    if (this.stopped || this.closed) return;
    this.stopped = { reason, seat };
    this.weigh();
    this.options.onStop();
  }

  private renew(): void {
    if (this.closed) return;
    this.connections.clear();
    this.heard.clear(); // what the worker before has opened
    this.group.renew();
    this.options.onRenew();
  }

  /** A browser that has what it takes and does not let us use it is one that cannot. */
  private giveUp(): void {
    if (this.closed) return;
    this.way = null;
    this.connections.clear();
    this.group.close();
    this.group = this.agree();
    this.weigh();
    this.options.onRenew();
  }

  /** See how it stands by now, and say so when it is not as before. */
  private weigh(): void {
    if (this.closed) return;
    const { ready } = this.group;
    this.agreements.expectOnly(this.group.pairs().filter((pair) => this.spoken.has(pair.seat) && isUnagreed(pair, ready)).map(({ seat }) => seat));
    const state = this.stand();
    this.options.memory.wasSealed ||= state.state === "sealed";
    if (state.state === "sealed") this.accepted.clear(); // the word to go on without is over with the need for it
    if (JSON.stringify(state) === JSON.stringify(this.state)) return;
    const { mode } = this;
    this.state = state;
    if (mode !== this.mode) this.keeper?.set(this.mode);
    this.options.onChange();
  }

  private stand(): Protection {
    const { rule, way, accepted, heard, mute, stopped } = this;
    const { wasSealed, compared } = this.options.memory;
    if (stopped) return { state: "refused", ...stopped };
    const pairs = this.group.pairs();
    return stand({ rule, own: this.options.own, able: way !== null, pairs, ready: this.group.ready, silent: this.words.late, late: this.agreements.late, accepted, wasSealed, compared, heard, mute });
  }

  private lookAgain(): void {
    const suspected = [...this.connections].some((passages) => passages.suspected);
    this.cancelLook = this.after(suspected ? SUSPECTED_MS : LOOK_MS, () => void this.look());
  }

  /** What leaves while nothing needs to be sealed may leave as it is. */
  private async look(): Promise<void> {
    const leaks = await Promise.all([...this.connections].map((passages) => passages.leaks()));
    if (this.closed) return;
    if (leaks.includes(true) && this.mode !== "open") this.stop("untransformed", null);
    this.lookAgain();
  }
}
