// The slots of a call's connection, laid out by position for the worker: who sends and is shown where, how large, in which codecs.
import type { Appetite, Seat } from "../protocol";
import type { Passages } from "./e2ee/passages";
import type { Kind } from "./e2ee/types";
import { places, placesFor, type Person, type Remote } from "./people";

/** What one side sends: null is a device that is off or not there. */
export interface Tracks {
  audio: MediaStreamTrack | null;
  video: MediaStreamTrack | null;
}

/** Everything that goes out. `films`, `shares`: whether a camera, a screen is there to go out, or may be soon, though paused. */
export interface Outgoing extends Tracks {
  screen: MediaStreamTrack | null;
  films: boolean;
  shares: boolean;
}

/** Beyond this a talking head gets no better; bits a second. */
const MAX_BITRATE = 1_500_000;
/** A picture to save data: this many lines, in no more than this many bits a second. */
const SMALL = { lines: 240, maxBitrate: 150_000 };
/** The camera in three sizes, so that the worker can give everybody the one that fits their way down. Smallest first. */
const LAYERS: RTCRtpEncodingParameters[] = [
  { rid: "l", scaleResolutionDownBy: 4, maxBitrate: 120_000 },
  { rid: "m", scaleResolutionDownBy: 2, maxBitrate: 450_000 },
  { rid: "h", scaleResolutionDownBy: 1, maxBitrate: MAX_BITRATE },
];
/** Text on a screen wants sharpness, not motion. */
const SCREEN: RTCRtpEncodingParameters = { maxBitrate: MAX_BITRATE, maxFramerate: 10 };

/**
 * Slot 0 is sound, 1 the camera, 2 a shared screen, all both ways; slot 3 is the data channel `call`; then come sound and
 * picture to receive for each further person. Browsers append the channel's slot to the first offer, whenever it was
 * made: so the slots of further people are added once that offer has been answered (`extend`).
 */
export class Slots {
  readonly audio: RTCRtpTransceiver;
  readonly video: RTCRtpTransceiver;
  readonly screen: RTCRtpTransceiver;
  readonly channel: RTCDataChannel;
  private readonly streams: MediaStream[] = [];
  private readonly screenStream: MediaStream;
  private readonly all: RTCRtpTransceiver[] = [];
  private hushed = false;
  private silenced = false;

  /** `heard` is called when something arrives from somebody for the first time; `passages` is what frames are led through. */
  constructor(
    private readonly peer: RTCPeerConnection,
    own: Seat,
    { audio, video, screen, films, shares }: Outgoing,
    simulcast: boolean,
    private readonly heard: () => void,
    private readonly passages: Passages | null = null,
  ) {
    const [first = null] = places(own);
    this.audio = this.add("audio", first, { direction: "sendrecv" }, audio);
    this.video = this.add("camera", first, { direction: direction(films), ...(simulcast ? { sendEncodings: LAYERS } : {}) }, video);
    this.screen = this.add("screen", null, { direction: direction(films || shares), sendEncodings: [SCREEN] }, screen);
    this.channel = peer.createDataChannel("call");
    this.streams.push(new MediaStream([this.audio.receiver.track, this.video.receiver.track]));
    this.screenStream = new MediaStream([this.screen.receiver.track]);
  }

  /** Lay out slots for everybody of these seats; true if that needs a new offer. */
  extend(own: Seat, seats: readonly Seat[]): boolean {
    const wanted = placesFor(own, seats);
    const before = this.streams.length;
    while (this.streams.length < wanted) {
      const seat = places(own)[this.streams.length] ?? null;
      const audio = this.add("audio", seat, { direction: "recvonly" });
      const video = this.add("camera", seat, { direction: "recvonly" });
      this.streams.push(new MediaStream([audio.receiver.track, video.receiver.track]));
    }
    return this.streams.length > before;
  }

  /** Who of these seats is shown where, as far as there are slots. */
  remote(own: Seat, seats: readonly Seat[]): Remote {
    const people = places(own).slice(0, this.streams.length).flatMap((seat, place): Person[] => {
      const stream = this.streams[place];
      return stream && seats.includes(seat) ? [{ seat, stream, here: stream.getTracks().some(({ muted }) => !muted), mark: () => this.mark(stream) }] : [];
    });
    return { people, screen: this.screenStream };
  }

  /** Send this from now on; whether that needs a new offer is known at once. */
  send({ audio, video, screen, films, shares }: Outgoing): { anew: boolean; done: Promise<unknown> } {
    const [camera, display] = [direction(films), direction(films || shares)];
    const anew = this.video.direction !== camera || this.screen.direction !== display;
    this.video.direction = camera;
    this.screen.direction = display;
    const done = Promise.all([
      this.audio.sender.replaceTrack(audio),
      this.video.sender.replaceTrack(video),
      this.screen.sender.replaceTrack(screen),
    ]);
    return { anew, done };
  }

  /** Neither show nor play what arrives, whatever elements it goes to; or do so again. */
  hush(hushed: boolean): void {
    this.hushed = hushed;
    for (const { receiver } of this.all) receiver.track.enabled = !hushed && !(this.silenced && receiver.track.kind === "audio");
  }

  /** Let nothing be heard of this connection, because another one is; its pictures are not shown either, but ready to be. */
  quiet(quiet: boolean): void {
    this.silenced = quiet;
    this.hush(this.hushed);
  }

  /** What has arrived so far in each slot in turn: packets of sound, decoded frames of pictures. */
  async arrived(): Promise<number[]> {
    return Promise.all(this.all.map(async ({ receiver }) => arrivedAt(await receiver.getStats())));
  }

  /** Keep what is sent within bounds: the smallest picture only for those who save data, and never more than is of use. */
  async limit(appetite: Appetite): Promise<void> {
    const little = appetite !== "all";
    // Firefox goes on with the last picture, once a second, when there is none any more.
    const [filming, showing] = [this.video, this.screen].map(({ sender }) => sender.track !== null) as [boolean, boolean];
    const lines = this.video.sender.track?.getSettings().height ?? 720;
    await adjust(this.video.sender, (encoding, simulcast) => {
      encoding.active = filming && (!simulcast || !little || encoding.rid === "l");
      if (simulcast) return;
      encoding.maxBitrate = little ? SMALL.maxBitrate : MAX_BITRATE;
      encoding.scaleResolutionDownBy = little ? Math.max(1, lines / SMALL.lines) : 1;
    });
    await adjust(this.screen.sender, (encoding) => Object.assign(encoding, SCREEN, { active: showing }));
  }

  /** The newest of what was played or shown of a stream (W3C WebRTC, getSynchronizationSources: of the last ten seconds). */
  private mark(stream: MediaStream): string | null {
    const receivers = this.peer.getTransceivers().map(({ receiver }) => receiver).filter(({ track }) => stream.getTracks().includes(track));
    if (receivers.some((receiver) => typeof receiver.getSynchronizationSources !== "function")) return null;
    return receivers.flatMap((receiver) => receiver.getSynchronizationSources()).map(({ source, timestamp }) => `${source}:${timestamp}`).join();
  }

  /** `seat`: who is received here, null for anybody. */
  private add(what: Kind, seat: Seat | null, init: RTCRtpTransceiverInit, track: MediaStreamTrack | null = null): RTCRtpTransceiver {
    const kind = what === "audio" ? "audio" : "video";
    const transceiver = this.peer.addTransceiver(track ?? kind, init);
    this.passages?.send(transceiver.sender, what); // at once, or it would come too late (transforms.ts)
    this.passages?.receive(transceiver.receiver, what, seat);
    preferCodecs(transceiver, kind);
    this.all.push(transceiver);
    this.hush(this.hushed);
    transceiver.receiver.track.addEventListener("unmute", this.heard);
    return transceiver;
  }
}

/**
 * Chromium tells how much can come down in the name of a picture that it sends, or else of one that it only receives: a
 * section both ways with nothing to send keeps it silent. So who films nothing only receives pictures.
 */
function direction(bothWays: boolean): RTCRtpTransceiverDirection {
  return bothWays ? "sendrecv" : "recvonly";
}

function arrivedAt(report: RTCStatsReport): number {
  let count = 0;
  report.forEach((entry: Record<string, unknown>) => {
    if (entry["type"] === "inbound-rtp") count += Number(entry[entry["kind"] === "audio" ? "packetsReceived" : "framesDecoded"] ?? 0);
  });
  return count;
}

/** Only what the worker forwards is offered: every further codec costs lines in an offer of limited length. */
function preferCodecs(transceiver: RTCRtpTransceiver, kind: "audio" | "video"): void {
  // Firefox before 128 cannot choose; its descriptions are short enough as they are.
  if (typeof transceiver.setCodecPreferences !== "function") return;
  const wanted = kind === "audio" ? /^audio\/opus$/i : /^video\/(vp8|rtx)$/i;
  const codecs = RTCRtpReceiver.getCapabilities(kind)?.codecs.filter(({ mimeType }) => wanted.test(mimeType)) ?? [];
  if (codecs.length > 0) transceiver.setCodecPreferences(codecs);
}

async function adjust(sender: RTCRtpSender, change: (encoding: RTCRtpEncodingParameters, simulcast: boolean) => void): Promise<void> {
  const parameters = sender.getParameters();
  const { encodings } = parameters;
  if (!encodings || encodings.length === 0) return; // older Firefox keeps none before sending
  for (const encoding of encodings) change(encoding, encodings.length > 1);
  await sender.setParameters(parameters).catch(() => undefined);
}
