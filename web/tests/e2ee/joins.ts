// Joins calls in a real browser, for tests/e2ee/test_joins.py: the product's page on one side, on the other somebody who keeps what arrives as it arrives.
import { Opening, label } from "../../src/shared/e2ee/frames";
import { Memory } from "../../src/shared/e2ee/memory";
import type { ToSealer } from "../../src/shared/e2ee/passage";
import type { Passages } from "../../src/shared/e2ee/passages";
import { Protector } from "../../src/shared/e2ee/protection";
import type { SealerWorker } from "../../src/shared/e2ee/transforms";
import type { Kind, Protection } from "../../src/shared/e2ee/types";
import { Slots, type Outgoing } from "../../src/shared/slots";
import type { Handshake, Seat } from "../../src/protocol";

const NOTHING: Outgoing = { audio: null, video: null, screen: null, films: true, shares: false };
/** So much of each kind is looked at. */
const WANTED: Partial<Record<Kind, number>> = { audio: 10, camera: 3 };

interface Arrived {
  kind: Kind;
  data: Uint8Array<ArrayBuffer>;
}

export interface Joined {
  frames: number;
  /** Frames that no key opens: they went in clear, or nobody can read them. */
  clear: number;
  state: Protection;
  stopped: boolean;
}

/** The product's worker, or the one that keeps frames. */
const made = (file: string): Worker => new Worker(file, { type: "module" });

let keeping: Worker | null = null;
let keepers = 0;
const kept = new Map<number, (arrived: Arrived) => void>();

/** One worker for all of the others' receivers. */
function keep(receiver: RTCRtpReceiver, kind: Kind, arrives: (arrived: Arrived) => void): void {
  if (!keeping) {
    keeping = made("/keeping.js");
    keeping.onmessage = ({ data }: MessageEvent<{ id: number; kind: Kind; data: ArrayBuffer }>) => kept.get(data.id)?.({ kind: data.kind, data: new Uint8Array(data.data) });
  }
  const id = ++keepers;
  kept.set(id, arrives);
  receiver.transform = new RTCRtpScriptTransform(keeping, { id, kind });
}

/** Join once. `late`: the frames are led through the worker only when they flow, as by a mistake in a page. */
export async function join(tracks: { audio: MediaStreamTrack; video: MediaStreamTrack }, late = false): Promise<Joined> {
  const protectors: Partial<Record<Seat, Protector>> = {};
  const say = (from: Seat) => (parcels: Handshake["parcels"]) => {
    for (const [to, parcel] of Object.entries(parcels)) {
      setTimeout(() => protectors[to as Seat]?.hear({ type: "peer_handshake", consultation: "c", call: 1, seat: from, parcel }), 0);
    }
  };
  const keys: Extract<ToSealer, { type: "take" | "send" }>[] = [];
  const sink: SealerWorker = {
    postMessage: (message) => void (message.type === "take" && keys.push(message as (typeof keys)[number])),
    terminate: () => undefined,
    onmessage: null,
    onerror: null,
  };
  const arrived: Arrived[] = [];
  let stopped = false;
  let look = (): void => undefined;

  const patient: Protector = new Protector({
    consultation: "c",
    own: "patient",
    rule: "required",
    memory: new Memory(),
    way: "script",
    worker: () => made("/sealer.js") as unknown as SealerWorker,
    say: say("patient"),
    onChange: () => obey(),
    onStop: () => {
      stopped = true;
      look();
    },
    onRenew: () => undefined,
  });
  const other = new Protector({ consultation: "c", own: "clinician", rule: "required", memory: new Memory(), way: "script", worker: () => sink, say: say("clinician"), onChange: () => undefined, onStop: () => undefined, onRenew: () => undefined });
  Object.assign(protectors, { patient, clinician: other });

  const [near, far] = [new RTCPeerConnection(), new RTCPeerConnection()];
  near.onicecandidate = ({ candidate }) => candidate && void far.addIceCandidate(candidate);
  far.onicecandidate = ({ candidate }) => candidate && void near.addIceCandidate(candidate);
  const kinds: Kind[] = ["audio", "camera", "screen"];
  far.ontrack = ({ receiver }) => {
    keep(receiver, kinds.shift()!, (one) => {
      arrived.push(one);
      if (late) mistaken.now();
      look();
    });
  };
  const passages = patient.passages()!;
  const mistaken = delayed(passages);
  const slots = new Slots(near, "patient", NOTHING, false, () => undefined, late ? mistaken.passages : passages);
  function obey(): void {
    slots.send(patient.mode === "closed" ? NOTHING : { ...NOTHING, audio: tracks.audio, video: tracks.video });
    look();
  }
  patient.join("required", ["patient", "clinician"]);
  other.join("required", ["patient", "clinician"]);
  await near.setLocalDescription();
  await far.setRemoteDescription(near.localDescription!);
  await far.setLocalDescription();
  await near.setRemoteDescription(far.localDescription!);

  await new Promise<void>((done) => {
    const enough = (kind: Kind): boolean => arrived.filter((one) => one.kind === kind).length >= WANTED[kind]!;
    look = () => (stopped || (!late && enough("audio") && enough("camera"))) && done();
    look();
  });
  const { state } = patient;
  passages.close();
  for (const peer of [near, far]) peer.close();
  for (const protector of [patient, other]) protector.close();
  const openings = await Promise.all(keys.map(({ seat, epoch, secret }) => Opening.from(secret, seat, epoch).then((of) => ({ epoch, of }))));
  let clear = 0;
  const before = new Set<string>(); // browsers send some again to fill up the line
  for (const { kind, data } of arrived) {
    if (before.size === before.add(`${kind} ${data.join()}`).size) continue;
    const named = label(data);
    const opening = openings.find(({ epoch }) => epoch === named?.epoch);
    if (named?.seat !== "patient" || !(await opening?.of.open(kind, data))) clear++;
  }
  return { frames: arrived.length, clear, state, stopped };
}

/** Many at once, many times. */
export async function joins(count: number, atOnce: number): Promise<Joined[]> {
  const tracks = await devices();
  const all: Joined[] = [];
  let begun = 0;
  const one = async (): Promise<void> => {
    while (begun++ < count) all.push(await join(tracks));
  };
  await Promise.all(Array.from({ length: atOnce }, one));
  return all;
}

export async function devices(): Promise<{ audio: MediaStreamTrack; video: MediaStreamTrack }> {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 160, height: 120, frameRate: 10 } });
  return { audio: stream.getAudioTracks()[0]!, video: stream.getVideoTracks()[0]! };
}

/** Leads frames through the worker when told to, not when it should. */
function delayed(passages: Passages): { passages: Passages; now: () => void } {
  const late: (() => void)[] = [];
  const send = (...what: Parameters<Passages["send"]>): void => void late.push(() => passages.send(...what));
  return { passages: { send, receive: () => undefined } as unknown as Passages, now: () => late.splice(0).forEach((set) => set()) };
}
