// Seals what goes out and opens what comes in, frame by frame, for all connections of a page at once: counters and replays are one matter for all.
import type { Seat } from "../../protocol";
import { label, Opening, Sealing } from "./frames";
import type { Count, FromSealer, Passage, ToSealer } from "./passage";
import { Whole } from "./whole";
import type { Mode } from "./types";

/** A frame as browsers pass it: `data` is replaced by what goes on (W3C webrtc-encoded-transform). */
export interface Frame {
  data: ArrayBuffer;
}

/** Ways to ask for a picture that needs none before it; the older way has none. */
export interface Asking {
  generateKeyFrame?: () => Promise<unknown>;
  sendKeyFrameRequest?: () => Promise<unknown>;
}

type Turn = (data: Uint8Array<ArrayBuffer>) => Promise<Uint8Array<ArrayBuffer> | null>;
type Keys = Extract<ToSealer, { type: "send" | "take" | "forget" }>;

/** So many epochs of somebody can be opened: frames of the last ones may still be under way. */
const KEPT = 3;
/** Frames name an epoch modulo this. */
const EPOCHS = 8_192;

export class Sealer {
  private mode: Mode = "closed";
  private sealing: { epoch: number; of: Sealing } | null = null;
  private readonly openings = new Map<Seat, { epoch: number; of: Opening }[]>();
  private readonly heard = new Set<Seat>();
  private readonly counts = new Map<number, Count>();
  /** Keys are made one after another, in the order they came; frames wait for those that came before them. */
  private keys: Promise<unknown> | null = null;

  constructor(private readonly tell: (message: FromSealer) => void) {}

  receive(message: ToSealer): void {
    switch (message.type) {
      case "mode":
        this.mode = message.mode;
        return;
      case "pass":
        return void this.pass(message.passage, message.readable, message.writable);
      case "count":
        return this.tell({ type: "counts", counts: message.ids.map((id) => ({ ...this.count(id) })) });
      case "past":
        for (const id of message.ids) this.counts.delete(id);
        return;
      default: {
        const made = (this.keys ?? Promise.resolve()).then(() => this.hold(message)).catch(() => undefined);
        this.keys = made;
        void made.then(() => this.keys === made && (this.keys = null));
      }
    }
  }

  /** Lead frames through until their connection is closed. */
  async pass(passage: Passage, readable: ReadableStream<Frame>, writable: WritableStream<Frame>, asking: Asking = {}): Promise<void> {
    const turn = this.turn(passage, asking);
    const transform = async (frame: Frame, to: TransformStreamDefaultController<Frame>): Promise<void> => {
      const data = await turn(new Uint8Array(frame.data)).catch(() => null);
      if (!data) return;
      frame.data = data.buffer;
      to.enqueue(frame);
    };
    await readable
      .pipeThrough(new TransformStream({ transform }))
      .pipeTo(writable)
      .catch(() => undefined); // as a closed connection ends it
  }

  /** What is done with each frame of a passage, one after the other: what goes on, or null. */
  turn(passage: Passage, asking: Asking = {}): Turn {
    return passage.way === "out" ? this.sender(passage, asking) : this.receiver(passage, asking);
  }

  private sender({ id, kind }: Passage, { generateKeyFrame }: Asking): Turn {
    const whole = new Whole(kind, generateKeyFrame);
    return async (data) => {
      const count = this.count(id);
      count.seen++;
      if (this.keys) await this.keys;
      const { mode } = this;
      const goes = mode === "open" ? data : mode === "sealed" ? ((await this.sealing?.of.seal(kind, data)) ?? null) : null;
      if (!goes || this.mode !== mode) return whole.lacks(); // what was sealed before a stop stays in
      count.gone++;
      count.bytes += goes.byteLength;
      return whole.goesOn(goes);
    };
  }

  private receiver({ kind, seat }: Passage, { sendKeyFrameRequest }: Asking): Turn {
    const whole = new Whole(kind, sendKeyFrameRequest);
    return async (data) => {
      if (this.keys) await this.keys;
      const opening = this.mode === "closed" ? undefined : this.opening(seat, data);
      const opened = (await opening?.of.open(kind, data)) ?? null;
      const { mode } = this; // as it is by now
      if (opening && opened) this.hear(opening.seat);
      const comes = mode === "closed" ? null : (opened ?? (mode === "open" ? data : null));
      if (comes) return whole.goesOn(comes);
      // What there is a key for and does not open is one that came before: browsers fill the line up with those.
      return opening && mode !== "closed" ? null : whole.lacks();
    };
  }

  /** What may open this frame, where only this seat's may come. */
  private opening(only: Seat | null, data: Uint8Array): { seat: Seat; of: Opening } | undefined {
    const named = label(data);
    if (!named || (only !== null && named.seat !== only)) return undefined;
    const { seat } = named;
    const found = this.openings.get(seat)?.find(({ epoch }) => epoch % EPOCHS === named.epoch);
    return found && { seat, of: found.of };
  }

  private hear(seat: Seat): void {
    if (this.heard.has(seat)) return;
    this.heard.add(seat);
    this.tell({ type: "heard", seat });
  }

  private async hold(keys: Keys): Promise<void> {
    const { seat } = keys;
    if (keys.type === "forget") {
      this.openings.delete(seat);
      this.heard.delete(seat);
      return;
    }
    const { epoch, secret } = keys;
    if (keys.type === "send") {
      // One that is said again goes on counting.
      if (this.sealing?.epoch !== epoch) this.sealing = { epoch, of: await Sealing.from(secret, seat, epoch) };
      return;
    }
    const held = this.openings.get(seat) ?? [];
    if (held.some((one) => one.epoch === epoch)) return;
    this.openings.set(seat, [...held, { epoch, of: await Opening.from(secret, seat, epoch) }].slice(-KEPT));
  }

  private count(id: number): Count {
    const count = this.counts.get(id) ?? { seen: 0, gone: 0, bytes: 0 };
    this.counts.set(id, count);
    return count;
  }
}
