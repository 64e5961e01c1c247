// What the media of a call need of their page: devices, a socket, and somebody to tell.
import type { Passages } from "./e2ee/passages";
import type { CallState } from "./path";
import type { Remote } from "./people";
import type { Tracks } from "./slots";
import type { After } from "./time";
import type { Appetite, Join, Media, Offer, SeatQuality, Trouble } from "../protocol";

/** One's devices: what they give now, whether a camera may still come, and whether the system took one away. */
export interface Sending extends Tracks {
  coming?: boolean;
  interrupted?: boolean;
}

export interface CallOptions {
  join: Join;
  /** Returns whether there was a socket to say it on. */
  send: (message: Offer | Media | Trouble) => boolean;
  /** Nothing arrives any more: the socket may be dead too. */
  onDoubt?: () => void;
  /** Who is shown where; said again when somebody comes, with the same streams as long as the connection is the same. */
  onRemote: (remote: Remote) => void;
  onState: (state: CallState) => void;
  /** A picture of somebody has been decoded, the first one over a connection. */
  onPicture?: () => void;
  /** What the worker says of the connections: everybody's to the clinician, to others their own. */
  onQuality?: (seats: SeatQuality[]) => void;
  /** Bytes this call has used so far, both ways; every few seconds. */
  onBytes?: (bytes: number) => void;
  /** The pictures wished for; `all` when nothing is said. */
  appetite?: Appetite;
  /** Begins paused: nothing goes out before `pause(false)`. */
  paused?: boolean;
  /** What the frames of a new connection are led through; without it, or when it has none, they go as they are. */
  passages?: () => Passages | null;
  /** Nothing goes out, and nothing is shown or played, before `allow(true)`: people have not agreed on keys. */
  barred?: boolean;
  after?: After;
  peer?: (configuration: RTCConfiguration) => RTCPeerConnection;
  /** Forces the way through TURN, beyond what `join` says. */
  relayOnly?: boolean;
  /** Sends the camera in three sizes also when one person alone receives it. */
  simulcast?: boolean;
  /** Seconds since 1970; offers are numbered from it so that a reloaded page's are larger than those before it. */
  seconds?: () => number;
  /** Another connection of this consultation is shown until this one can be: nothing of this one is heard before `quiet(false)`. */
  beside?: boolean;
}
