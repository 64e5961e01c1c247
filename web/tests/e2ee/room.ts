// Several pages' protectors whose words reach each other, over functions that anybody may sit in.
import type { Encryption, Handshake, Parcel, PeerMedia, Seat } from "../../src/protocol";
import { Memory } from "../../src/shared/e2ee/memory";
import type { FromSealer, ToSealer } from "../../src/shared/e2ee/passage";
import { Protector } from "../../src/shared/e2ee/protection";
import type { SealerWorker, Way } from "../../src/shared/e2ee/transforms";
import type { Mode, Protection } from "../../src/shared/e2ee/types";
import { Clock } from "../fakes";

export class FakeWorker implements SealerWorker {
  readonly got: ToSealer[] = [];
  counts = { seen: 0, gone: 0, bytes: 0 };
  onmessage: ((event: { data: FromSealer }) => void) | null = null;
  onerror: ((event: unknown) => void) | null = null;

  postMessage(message: ToSealer): void {
    this.got.push(message);
    if (message.type === "count") this.onmessage?.({ data: { type: "counts", counts: message.ids.map(() => this.counts) } });
  }

  terminate(): void {}

  /** All that it was told may pass, latest last. */
  get modes(): Mode[] {
    return this.got.flatMap((message) => (message.type === "mode" ? [message.mode] : []));
  }
}

export const SEATS: Seat[] = ["patient", "clinician", "guest1"];

export interface RoomPage {
  seat: Seat;
  protector: Protector;
  worker: FakeWorker;
  stops: number;
  /** Every state that it was in, and "go on" where its person said so. */
  history: (Protection | "go on")[];
}

export const media = (seat: Seat): PeerMedia => ({ type: "peer_media", consultation: "c", call: 1, seat, camera: true, microphone: true, screen: false, interrupted: false });

export class Room {
  readonly clock = new Clock();
  readonly pages: Partial<Record<Seat, RoomPage>> = {};
  /** Who sits in the functions: what they pass on instead. */
  middle: (from: Seat, to: Seat, parcel: Parcel) => Parcel | null = (_from, _to, parcel) => parcel;

  constructor(private readonly seats: Seat[] = SEATS) {}

  /** A page is opened; the one that was open at this seat is gone, and nobody is told. With a `memory` it is the same page, which joins again. */
  enter(seat: Seat, way: Way | null = "streams", rule: Encryption = "preferred", memory = new Memory(this.clock.after)): RoomPage {
    this.pages[seat]?.protector.close();
    const worker = new FakeWorker();
    const say = (parcels: Handshake["parcels"]): void => {
      for (const [to, parcel] of Object.entries(parcels) as [Seat, Parcel][]) {
        const passed = this.middle(seat, to, parcel);
        if (passed) this.clock.after(10, () => this.pages[to]?.protector.hear({ type: "peer_handshake", consultation: "c", call: 1, seat, parcel: passed }));
      }
    };
    const page: RoomPage = {
      seat,
      worker,
      stops: 0,
      history: [],
      protector: new Protector({
        consultation: "c",
        own: seat,
        rule,
        memory,
        way,
        say,
        worker: () => worker,
        after: this.clock.after,
        onChange: () => void page.history.push(page.protector.state),
        onStop: () => page.stops++,
        onRenew: () => undefined,
      }),
    };
    page.history.push(page.protector.state);
    this.pages[seat] = page;
    page.protector.join(rule, this.seats);
    return page;
  }

  get all(): RoomPage[] {
    return Object.values(this.pages);
  }

  /** The person at a page goes on without encryption. */
  goOn(page: RoomPage): void {
    page.history.push("go on");
    page.protector.goOn();
  }

  /** Everybody hears of everybody's camera. */
  introduce(): void {
    for (const { protector } of this.all) for (const { seat } of this.all) protector.hear(media(seat));
  }

  /** Keys are made by the browser, in its own time: the clock in the hand must not run ahead of it. */
  async pass(milliseconds: number): Promise<void> {
    for (let left = milliseconds; left > 0; left -= 100) {
      for (const { protector } of this.all) await protector.idle();
      await this.clock.pass(Math.min(left, 100));
    }
    for (const { protector } of this.all) await protector.idle();
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await this.pass(100);
  }
}
