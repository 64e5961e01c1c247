// Who is in a call: seats, the places they are shown at, and what each of them sends.
import type { PeerMedia, Seat } from "../protocol";

// In the order of chalicelib.protocol.Seat, which the worker places people by; a record, so that a new seat cannot be forgotten.
const ORDER: Record<Seat, number> = { patient: 0, clinician: 1, guest1: 2, guest2: 3, guest3: 4, guest4: 5 };

/** What somebody says about their own devices. */
export type Peer = Pick<PeerMedia, "camera" | "microphone" | "screen" | "interrupted">;
/** By seat; null is somebody who was here and left. */
export type Peers = Partial<Record<Seat, Peer | null>>;

/** What is known once somebody has said what they send. */
export function withPeer(peers: Peers, { seat, camera, microphone, screen, interrupted }: PeerMedia): Peers {
  return { ...peers, [seat]: { camera, microphone, screen, interrupted } };
}

/** What is known once somebody has left; they are shown again as soon as they say what they send. */
export function withoutPeer(peers: Peers, seat: Seat): Peers {
  return { ...peers, [seat]: null };
}

/** Somebody else in the call. */
export interface Person {
  seat: Seat;
  /** One sound and one picture track. */
  stream: MediaStream;
  /** Whether anything has come from this person yet; a seat may stay empty. */
  here: boolean;
  /** Changes while something arrives from this person; "" when nothing has for a while, null where the browser cannot tell. */
  mark: () => string | null;
}

/** What there is to show in a call. */
export interface Remote {
  people: Person[];
  /** The screen that anybody shares; nothing arrives in it while nobody does. */
  screen: MediaStream;
}

/** Whom each place shows: place k is the k-th of all seats without one's own. */
export function places(own: Seat): Seat[] {
  const seats = Object.keys(ORDER) as Seat[];
  return seats.filter((seat) => seat !== own);
}

/** How many places these seats need: up to the last one that is taken, and at least one. */
export function placesFor(own: Seat, seats: readonly Seat[]): number {
  const all = places(own);
  return Math.max(1, ...seats.map((seat) => all.indexOf(seat) + 1));
}

/** Who is to be shown: the other one of two in any case, of several those who have come, and all who hold our keys, whatever is said of them. */
export function shown(remote: Remote | null, peers: Peers, holders: readonly Seat[] = []): Person[] {
  const people = remote?.people ?? [];
  const come = people.filter(({ seat, here }) => holders.includes(seat) || (peers[seat] !== null && (here || peers[seat] !== undefined)));
  return people.length === 1 || come.length === 0 ? people.slice(0, 1) : come;
}

/** Who shares a screen now, if anybody. */
export function presenter(peers: Peers): Seat | null {
  const seats = Object.keys(peers) as Seat[];
  return seats.find((seat) => peers[seat]?.screen) ?? null;
}
