// What page and worker say to each other of the frames that pass through the worker: which, with what keys, and how many.
import type { Seat } from "../../protocol";
import type { Kind, Mode } from "./types";

/** The frames of one sender or receiver of one connection. */
export interface Passage {
  id: number;
  way: "out" | "in";
  kind: Kind;
  /** Whose frames may come in here; null where anybody's may. */
  seat: Seat | null;
}

/** How many frames have come to the worker, how many it has sent on, and how many bytes those had. */
export interface Count {
  seen: number;
  gone: number;
  bytes: number;
}

export type ToSealer =
  | { type: "mode"; mode: Mode }
  | { type: "send" | "take"; seat: Seat; epoch: number; secret: Uint8Array<ArrayBuffer> }
  | { type: "forget"; seat: Seat }
  /** Where the browser has no events of its own for it. */
  | { type: "pass"; passage: Passage; readable: ReadableStream; writable: WritableStream }
  | { type: "count"; ids: number[] }
  /** Of a connection that is closed. */
  | { type: "past"; ids: number[] };

export type FromSealer =
  /** It runs. */
  | { type: "ready" }
  /** Answers `count`, in the order of its ids. */
  | { type: "counts"; counts: Count[] }
  /** The first frame of this seat has been opened since its keys came. */
  | { type: "heard"; seat: Seat };
