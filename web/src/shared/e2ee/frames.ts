// Seals and opens the frames of pictures and sound, in the spirit of SFrame (RFC 9605): AES-256-GCM under counters that are never used twice.
import type { Seat } from "../../protocol";
import { aesKey, concat, hkdf, type Bytes } from "./bytes";
import type { Kind } from "./types";

/** The order of `Seat` in the protocol: a seat's place in it is what frames name it by. */
export const SEATS: readonly Seat[] = ["patient", "clinician", "guest1", "guest2", "guest3", "guest4"];
const KINDS: readonly Kind[] = ["audio", "camera", "screen"];

const TAG = 16;
/** Behind the tag: whose key it is, and the counter. */
const KID = 2;
const COUNTER = 4;
/** By how many bytes a frame grows. */
export const GROWTH = TAG + KID + COUNTER;
const EPOCHS = 8_192;
const COUNTERS = 2 ** 32;
/** How far behind the newest frame one may come; all layers of a camera count together, so this is about ten seconds of it. */
export const WINDOW = 1_024;

/** How many bytes stay readable for packetizers and depacketizers, which look at them: said by the data alone, so that both sides see the same. */
export function clearBytes(kind: Kind, data: Uint8Array): number {
  // VP8 (RFC 6386 section 9.1): the lowest bit is 0 in a key frame, whose header goes on with start code and size.
  const most = kind === "audio" ? 1 : ((data[0] ?? 0) & 1) === 0 ? 10 : 3;
  return Math.min(most, data.length);
}

/** Whose key a frame says it is sealed with; ``epoch`` modulo 8192. Null for what is no sealed frame. Not to be believed before it opened. */
export function label(frame: Uint8Array): { seat: Seat; epoch: number } | null {
  if (frame.length < GROWTH) return null;
  const at = frame.length - KID - COUNTER;
  const kid = (frame[at]! << 8) | frame[at + 1]!;
  const seat = SEATS[kid >> 13];
  return seat ? { seat, epoch: kid % EPOCHS } : null;
}

interface Material {
  key: CryptoKey;
  salt: Bytes;
}

async function derive(secret: Bytes, kind: Kind, seat: Seat, epoch: number, use: "encrypt" | "decrypt"): Promise<Material> {
  const bytes = await hkdf(secret, new Uint8Array(), `venterom frame 1 ${kind} ${seat} ${epoch}`, 44);
  return { key: await aesKey(bytes.slice(0, 32), use), salt: bytes.slice(32) };
}

async function each(secret: Bytes, seat: Seat, epoch: number, use: "encrypt" | "decrypt"): Promise<Record<Kind, Material>> {
  const [audio, camera, screen] = await Promise.all(KINDS.map((kind) => derive(secret, kind, seat, epoch, use)));
  return { audio: audio!, camera: camera!, screen: screen! };
}

/** RFC 9605 section 4.4.3. */
function nonce(salt: Bytes, counter: number): Bytes {
  const bytes = salt.slice();
  const view = new DataView(bytes.buffer);
  view.setUint32(8, (view.getUint32(8) ^ counter) >>> 0);
  return bytes;
}

/** Seals with one secret of one seat. There must be only one for a secret, ever: it holds the counters. */
export class Sealing {
  private readonly next: Record<Kind, number> = { audio: 0, camera: 0, screen: 0 };

  private constructor(private readonly keys: Record<Kind, Material>, private readonly kid: number) {}

  static async from(secret: Bytes, seat: Seat, epoch: number): Promise<Sealing> {
    return new Sealing(await each(secret, seat, epoch, "encrypt"), (SEATS.indexOf(seat) << 13) | epoch % EPOCHS);
  }

  /** The sealed frame; throws once a kind has used up its counters, which takes a year of video. */
  async seal(kind: Kind, data: Uint8Array): Promise<Bytes> {
    const counter = this.next[kind];
    if (counter >= COUNTERS) throw new RangeError("no counters left");
    this.next[kind]++; // before anything is waited for: calls run side by side
    const trailer = new Uint8Array(KID + COUNTER);
    const view = new DataView(trailer.buffer);
    view.setUint16(0, this.kid);
    view.setUint32(KID, counter);
    const { key, salt } = this.keys[kind];
    const clear = data.slice(0, clearBytes(kind, data));
    const algorithm = { name: "AES-GCM", iv: nonce(salt, counter), additionalData: concat(clear, trailer) };
    const sealed = await crypto.subtle.encrypt(algorithm, key, data.slice(clear.length));
    return concat(clear, new Uint8Array(sealed), trailer);
  }

  /** For tests of the end of the counters. */
  skip(kind: Kind, counter: number): void {
    if (counter < this.next[kind]) throw new RangeError("counters only grow");
    this.next[kind] = counter;
  }
}

/** Which counters have been seen, of the latest `WINDOW`. */
class Seen {
  private highest = -1;
  private readonly places = new Uint8Array(WINDOW);

  has(counter: number): boolean {
    return counter <= this.highest - WINDOW || (counter <= this.highest && this.places[counter % WINDOW] === 1);
  }

  add(counter: number): void {
    if (counter - this.highest >= WINDOW) this.places.fill(0);
    else for (let skipped = this.highest + 1; skipped < counter; skipped++) this.places[skipped % WINDOW] = 0;
    this.places[counter % WINDOW] = 1;
    this.highest = Math.max(this.highest, counter);
  }
}

/** Opens what was sealed with one secret of one seat. There must be only one for a secret: it knows what came before. */
export class Opening {
  private readonly seen: Record<Kind, Seen> = { audio: new Seen(), camera: new Seen(), screen: new Seen() };

  private constructor(private readonly keys: Record<Kind, Material>, private readonly seat: Seat, private readonly epoch: number) {}

  static async from(secret: Bytes, seat: Seat, epoch: number): Promise<Opening> {
    return new Opening(await each(secret, seat, epoch, "decrypt"), seat, epoch);
  }

  /** The frame as it was before it was sealed; null for any other bytes, and for what was opened before or comes too late. Never throws. */
  async open(kind: Kind, frame: Uint8Array): Promise<Bytes | null> {
    const whose = label(frame);
    if (whose?.seat !== this.seat || whose.epoch !== this.epoch % EPOCHS) return null;
    const body = frame.subarray(0, frame.length - KID - COUNTER);
    const trailer = frame.subarray(body.length);
    const counter = new DataView(trailer.buffer, trailer.byteOffset).getUint32(KID);
    const seen = this.seen[kind];
    if (seen.has(counter)) return null;
    const { key, salt } = this.keys[kind];
    const clear = body.subarray(0, clearBytes(kind, body.subarray(0, body.length - TAG)));
    const algorithm = { name: "AES-GCM", iv: nonce(salt, counter), additionalData: concat(clear, trailer) };
    try {
      const opened = await crypto.subtle.decrypt(algorithm, key, body.slice(clear.length));
      if (seen.has(counter)) return null; // the same one was opened meanwhile
      seen.add(counter);
      return concat(clear, new Uint8Array(opened));
    } catch {
      return null;
    }
  }
}
