// Pages that agree on keys over a network held in the hand: it loses, doubles and reorders what they say, and anybody may read and change it.
import type { Parcel, Seat } from "../../src/protocol";
import { Group, type GroupOptions } from "../../src/shared/e2ee/group";
import { toBase64Url } from "../../src/shared/e2ee/bytes";
import { Memory } from "../../src/shared/e2ee/memory";
import { Clock } from "../fakes";

export interface Letter {
  from: Seat;
  to: Seat;
  parcel: Parcel;
  /** Which load of their page said so. */
  page: number;
}

/** One load of somebody's page, and all the secrets that ever reached the part of it that seals and opens. */
export class Page {
  readonly group: Group;
  /** Latest last; `use` orders everything that happens in the net. */
  readonly sent: { secret: string; epoch: number; use: number }[] = [];
  /** By seat: what can be opened at present. */
  readonly holds = new Map<Seat, Map<number, string>>();
  readonly everHeld = new Set<string>();
  /** What an older worker could open with, and of that what a newer one was given again. */
  readonly lost = new Set<string>();
  readonly again: string[] = [];
  /** When it was closed, and whether the others were told. */
  closed = Infinity;
  told = false;

  constructor(readonly net: Net, readonly seat: Seat, readonly born: number, options: Partial<GroupOptions>) {
    this.group = new Group({
      own: seat,
      consultation: "c1",
      able: true,
      say: (parcels) => net.say(seat, parcels),
      memory: new Memory(net.clock.after),
      after: net.clock.after,
      onChange: () => undefined,
      sink: {
        send: (_seat, epoch, secret) => void this.sent.push({ secret: toBase64Url(secret), epoch, use: ++net.time }),
        take: (other, epoch, secret) => {
          const held = this.holds.get(other) ?? new Map<number, string>();
          this.holds.set(other, held.set(epoch, toBase64Url(secret)));
          this.everHeld.add(toBase64Url(secret));
          if (this.lost.has(toBase64Url(secret))) this.again.push(`${other} ${epoch}`);
        },
        forget: (other) => void this.holds.delete(other),
      },
      ...options,
    });
  }

  /** The worker hangs, and another one takes its place. */
  restart(): void {
    for (const held of this.holds.values()) for (const secret of held.values()) this.lost.add(secret);
    this.holds.clear();
    this.group.renew();
  }

  /** Whether what this page seals now can be opened there. */
  isHeardBy(other: Page): boolean {
    const sending = this.sent.at(-1);
    return sending !== undefined && other.holds.get(this.seat)?.get(sending.epoch) === sending.secret;
  }

  pairWith(seat: Seat) {
    return this.group.pairs().find((pair) => pair.seat === seat);
  }
}

export class Net {
  readonly clock = new Clock();
  time = 0;
  readonly pages = new Map<Seat, Page>();
  readonly gone: Page[] = [];
  /** On the way, and all that was ever said. */
  readonly flying: Letter[] = [];
  readonly log: Letter[] = [];
  /** What came to anybody's page. */
  readonly arrived = new Set<Letter>();
  /** Who sits in the middle: what they pass on instead. */
  middle: (letter: Letter) => Letter | null = (letter) => letter;

  constructor(private readonly seats: readonly Seat[], private readonly options: (seat: Seat) => Partial<GroupOptions> = () => ({})) {}

  say(from: Seat, parcels: Partial<Record<Seat, Parcel>>): void {
    for (const [to, parcel] of Object.entries(parcels) as [Seat, Parcel][]) {
      const letter = { from, to, parcel, page: this.pages.get(from)?.born ?? 0 };
      this.log.push(letter);
      this.flying.push(letter);
    }
  }

  /** A page is opened; one that was open at this seat is gone, and nobody tells the others. */
  open(seat: Seat): Page {
    this.shut(seat);
    const page = new Page(this, seat, ++this.time, this.options(seat));
    this.pages.set(seat, page);
    page.group.seats(this.seats.filter((other) => other !== seat));
    return page;
  }

  /** They go, and the others are told. */
  leave(seat: Seat): void {
    const page = this.pages.get(seat);
    if (page) page.told = true;
    this.shut(seat);
    for (const { group } of this.pages.values()) group.left(seat);
  }

  private shut(seat: Seat): void {
    const page = this.pages.get(seat);
    if (!page) return;
    page.group.close();
    page.closed = ++this.time;
    this.gone.push(page);
    this.pages.delete(seat);
  }

  deliver(letter: Letter): void {
    if (this.pages.has(letter.to)) this.arrived.add(letter);
    const passed = this.middle(letter);
    if (passed) this.pages.get(passed.to)?.group.receive(passed.from, structuredClone(passed.parcel));
  }

  async idle(): Promise<void> {
    for (const { group } of this.pages.values()) await group.idle();
  }

  /** Everybody hears that everybody is there. */
  introduce(): void {
    for (const page of this.pages.values()) for (const seat of this.pages.keys()) if (seat !== page.seat) page.group.here(seat);
  }

  /** Let what is said arrive, at once and in order, until nobody has anything to say. Throws if they never stop. */
  async talk(): Promise<void> {
    for (let letters = 0; letters < 2_000; letters++) {
      await this.idle();
      const letter = this.flying.shift();
      if (!letter) return;
      this.deliver(letter);
    }
    throw new Error("they never stop talking");
  }

  /** A network without faults for so long. */
  async run(milliseconds: number): Promise<void> {
    for (let left = milliseconds; left >= 0; left -= 500) {
      await this.talk();
      await this.clock.pass(500);
    }
    await this.talk();
  }

  everyTwo(): [Page, Page][] {
    const pages = [...this.pages.values()];
    return pages.flatMap((page, index) => pages.slice(index + 1).map((other): [Page, Page] => [page, other]));
  }

  /** What is not as it should be once the network has been without faults for a while. */
  faults(): string[] {
    return this.everyTwo().flatMap(([a, b]) => {
      const [ab, ba] = [a.pairWith(b.seat), b.pairWith(a.seat)];
      const name = `${a.seat}-${b.seat}`;
      return [
        ...(ab?.state === "secured" && ba?.state === "secured" ? [] : [`${name}: ${ab?.state} ${ab?.reason} ${ba?.state} ${ba?.reason}`]),
        ...(ab && ab.code === ba?.code && /^\d{6}$/.test(ab.code) ? [] : [`${name}: codes ${ab?.code} ${ba?.code}`]),
        ...(a.isHeardBy(b) && b.isHeardBy(a) ? [] : [`${name}: not heard`]),
        ...(a.group.ready && b.group.ready ? [] : [`${name}: not ready`]),
      ];
    });
  }
}
