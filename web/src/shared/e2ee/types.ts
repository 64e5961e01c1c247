// The words that the parts of end-to-end encryption share: what is sealed, with which keys, and what a page may say of it.
import type { Handshake, Parcel, Seat } from "../../protocol";

/** What a stream of frames is; each has keys of its own, so that none can be passed off as another. */
export type Kind = "audio" | "camera" | "screen";

/** `closed`: nothing passes. `sealed`: only what is sealed goes out, only what opens comes in. `open`: as without encryption. */
export type Mode = "closed" | "sealed" | "open";

/** Where keys go as people agree on them: to the worker that seals and opens frames. Epochs count from 1, secrets are 32 bytes. */
export interface KeySink {
  /** Seal with this from now on. */
  send(seat: Seat, epoch: number, secret: Uint8Array<ArrayBuffer>): void;
  /** Somebody's frames of this epoch can be opened from now on; their latest three epochs are kept. */
  take(seat: Seat, epoch: number, secret: Uint8Array<ArrayBuffer>): void;
  /** Nothing of this seat can be opened any more: they left, or began anew. */
  forget(seat: Seat): void;
}

/** Shown to the other one inside the sealed part of a parcel, to bind the agreement to a login at the portal. */
export interface Proof {
  /** The raw P-256 point (65 bytes, base64url) that signs; its hash is the `nonce` of the token. */
  key: string;
  /** ECDSA with SHA-256 over the transcript, 64 bytes r and s, base64url. */
  signature: string;
  /** The ID token (OpenID Connect Core 1.0 section 2). */
  token: string;
}

/**
 * What a login says of whose key it is. `born`: YYYY-MM-DD from the national identity number, empty where the portal tells none;
 * `at`: when the login was, milliseconds since 1970. `unreachable`: the portal's keys could not be had, so that nothing is known.
 */
export type Identity = { known: true; born: string; at: number } | { known: false; why: "unasked" | "missing" | "wrong" | "unreachable" };

/** One other person: `waiting` until both have all they need of each other. */
export type PairState = "waiting" | "secured" | "unable" | "refused";

export interface Pair {
  seat: Seat;
  state: PairState;
  /** Six digits, once secured: the same on both pages unless somebody sits between them. */
  code: string;
  identity: Identity;
  /** Why, when refused. */
  reason: Refusal | null;
  /** They may have begun anew, and have not yet said that they have not. */
  doubted: boolean;
  /** They may have our secret, whether or not they have shown theirs. */
  holds: boolean;
}

export type Refusal =
  /** This browser cannot, and the trust's rule wants it. */
  | "unable"
  /** Somebody else's cannot, and the rule wants it. */
  | "peer_unable"
  /** The call was sealed, and somebody came whose browser cannot, or this one no longer can: it goes on when the person here says so. */
  | "downgrade"
  /** What was said does not fit together, again and again: somebody changes it on the way. */
  | "tampered"
  /** The key is not that of who logged in. */
  | "identity"
  /** Whose login it is cannot be judged: the portal's keys cannot be had. */
  | "unreachable"
  /** Somebody who is here, and says so, does not come to an agreement with this page. */
  | "unagreed"
  /** Frames left this browser unsealed. */
  | "untransformed";

/**
 * What the lock shows; `agreeing` and `refused` let no picture or sound out. `holders`: all who may open what is sealed here, `people` or not: nobody
 * of them may be out of sight; `unagreed`: who is here and has not agreed on keys in time;
 * `mayGoOn`: it goes on, open, when the person here says so.
 */
export type Protection =
  | { state: "agreeing" }
  | { state: "sealed"; people: Person[]; holders: Seat[]; unagreed?: Seat[] }
  | { state: "open"; unable: Seat[]; unagreed?: Seat[] }
  | { state: "refused"; reason: Refusal; seat: Seat | null; mayGoOn?: true };

export interface Person {
  seat: Seat;
  code: string;
  identity: Identity;
  /** The person at this page said that both read the same code. */
  compared: boolean;
  /** Another code than this was compared, in this call or one before. */
  renewed: boolean;
  /** Frames from them have been opened, or they say that they send none. */
  opened: boolean;
}

export type Say = (parcels: Handshake["parcels"]) => void;
export type { Parcel };
