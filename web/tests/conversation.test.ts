// The call as a page holds it: pausing, whoever wished it, in whatever order news comes; speaking while muted; and what is known of a call from before.
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Handshake, Join, Pause, Seat } from "../src/protocol";
import { Conversation } from "../src/shared/conversation";
import { Memory } from "../src/shared/e2ee/memory";
import { Protector } from "../src/shared/e2ee/protection";
import type { Way } from "../src/shared/e2ee/transforms";
import type { Equipment } from "../src/shared/equipment";
import { LISTEN_MS, Speech } from "../src/shared/voice";
import { FakeStorage } from "./fakedevices";
import { FakeWorker } from "./e2ee/room";
import { FakePeer, FakeStream } from "./fakepeer";
import { settle } from "./fakes";

const join: Join = { type: "join", consultation: "c1", call: 3, seat: "patient", ice_servers: [], relay_only: false, seats: ["patient", "clinician"], encryption: "preferred" };
const camera = {} as MediaStreamTrack;

let peers: FakePeer[] = [];
const replaced = ["MediaStream", "RTCPeerConnection", "localStorage", "Worker", "RTCRtpScriptTransform"].map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const);
beforeAll(() => {
  const made = class extends FakePeer {
    constructor() {
      super();
      peers.push(this);
    }
  };
  for (const [name, value] of Object.entries({ MediaStream: FakeStream, RTCPeerConnection: made, localStorage: new FakeStorage() })) {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
});
afterAll(() => {
  for (const [name, was] of replaced) {
    if (was) Object.defineProperty(globalThis, name, was);
    else Reflect.deleteProperty(globalThis, name);
  }
});

function setUp() {
  peers = [];
  const microphone = { enabled: true } as MediaStreamTrack;
  const equipment = { camera, microphone, cameraMayCome: false, interrupted: false };
  const said: string[] = [];
  const ears: { track: MediaStreamTrack; hear: (level: number) => void; stopped: boolean }[] = [];
  const conversation = new Conversation(
    equipment as unknown as Equipment,
    { send: (message) => message.type !== "pause" || said.push(paused(message)) > 0, wake: () => undefined },
    () => undefined,
    (track, hear) => {
      const ear = { track, hear, stopped: false };
      ears.push(ear);
      return () => void (ear.stopped = true);
    },
  );
  const going = (): unknown => peers.at(-1)?.transceivers.slice(0, 2).map(({ track }) => track);
  const speak = (level: number, milliseconds: number): void => {
    for (let passed = 0; passed < milliseconds; passed += LISTEN_MS) ears.at(-1)?.hear(level);
  };
  return { conversation, equipment, microphone, said, ears, going, speak };
}

const paused = ({ consultation, call, paused }: Pause): string => `${consultation} ${call} ${paused}`;
const NOTHING = [null, null];

test("pausing is done here at once, said to all, and taken back by the same one", async () => {
  const { conversation, microphone, said, going } = setUp();
  await conversation.join(join);
  expect(going()).toEqual([microphone, camera]);
  conversation.pause(true);
  expect(going()).toEqual(NOTHING);
  expect([conversation.paused, conversation.pausedByMe]).toEqual(["patient", true]);
  conversation.setPaused("patient"); // the functions have heard of it
  conversation.pause(false);
  expect(going()).toEqual([microphone, camera]);
  conversation.setPaused(null);
  expect(said).toEqual(["c1 3 true", "c1 3 false"]);
});

test("somebody else's pause silences this page too, and is not this page's to end", async () => {
  const { conversation, microphone, said, going } = setUp();
  await conversation.join(join);
  conversation.setPaused("clinician");
  expect([going(), conversation.pausedByMe]).toEqual([NOTHING, false]);
  conversation.pause(false);
  expect([going(), said]).toEqual([NOTHING, []]);
  conversation.setPaused(null);
  expect(going()).toEqual([microphone, camera]);
});

test("who pauses after somebody else goes on with the pause when that one's is over, heard of or not", async () => {
  for (const heard of [true, false]) {
    const { conversation, microphone, said, going } = setUp();
    await conversation.join(join);
    conversation.setPaused("clinician");
    conversation.pause(true);
    conversation.setPaused("clinician"); // still the first to be named
    expect([conversation.pausedByMe, said]).toEqual([false, ["c1 3 true"]]);
    conversation.setPaused(heard ? "patient" : null);
    expect([going(), conversation.pausedByMe]).toEqual([NOTHING, true]);
    conversation.pause(false);
    expect(going()).toEqual([microphone, camera]);
  }
});

test("a page that is loaded again during a pause sends nothing before it ends", async () => {
  for (const by of ["patient", "clinician"] as Seat[]) {
    const { conversation, microphone, going } = setUp();
    conversation.setPaused(by);
    await conversation.join(join);
    expect(going()).toEqual(NOTHING);
    conversation.useDevices();
    await settle();
    expect([going(), conversation.pausedByMe]).toEqual([NOTHING, by === "patient"]);
    conversation.setPaused(null);
    expect(going()).toEqual([microphone, camera]);
  }
});

test("news from before one's own wish does not undo it, and a lost wish is said again", async () => {
  const { conversation, microphone, said, going } = setUp();
  await conversation.join(join);
  conversation.pause(true);
  conversation.setPaused(null); // a state from before
  expect(going()).toEqual(NOTHING);
  await conversation.join({ ...join });
  expect(said).toEqual(["c1 3 true", "c1 3 true"]);
  conversation.setPaused("patient");
  await conversation.join({ ...join });
  expect(said).toHaveLength(2);
  conversation.pause(false);
  conversation.setPaused("patient");
  expect(going()).toEqual([microphone, camera]);
  conversation.setPaused("clinician"); // somebody else was faster
  expect([going(), conversation.paused]).toEqual([NOTHING, "clinician"]);
});

test("a call moved to another worker stays paused; one that is over does not", async () => {
  const { conversation, going, microphone } = setUp();
  await conversation.join(join);
  conversation.setPaused("clinician");
  await conversation.join({ ...join, call: 4 });
  expect(going()).toEqual(NOTHING);
  conversation.leave();
  expect(conversation.paused).toBeNull();
  await conversation.join({ ...join, call: 5 });
  expect(going()).toEqual([microphone, camera]);
});

test("who speaks while muted is told so, until they stop or are heard", async () => {
  const { conversation, speak } = setUp();
  await conversation.join(join);
  speak(0.5, 2000);
  expect(conversation.speakingMuted).toBe(false); // heard by all
  conversation.mute(true);
  speak(0, 5000);
  speak(0.5, 500);
  speak(0, 2000);
  expect(conversation.speakingMuted).toBe(false); // a cough
  speak(0.5, 1000);
  expect(conversation.speakingMuted).toBe(true);
  speak(0, 5000);
  expect(conversation.speakingMuted).toBe(false);
  speak(0.5, 1000);
  conversation.mute(false);
  expect(conversation.speakingMuted).toBe(false);
});

test("nobody is told to unmute during a pause", async () => {
  const { conversation, speak } = setUp();
  await conversation.join(join);
  conversation.mute(true);
  conversation.pause(true);
  speak(0.5, 3000);
  expect(conversation.speakingMuted).toBe(false);
});

test("one ear follows the microphone in use, for as long as the call goes on", async () => {
  const { conversation, equipment, ears } = setUp();
  const heard: number[] = [];
  const stop = conversation.onLevel((level) => heard.push(level));
  conversation.useDevices();
  expect(ears).toHaveLength(0); // no call
  await conversation.join(join);
  conversation.useDevices();
  expect(ears).toHaveLength(1);
  ears[0]?.hear(0.3);
  equipment.microphone = { enabled: true } as MediaStreamTrack;
  conversation.useDevices();
  expect(ears.map(({ stopped }) => stopped)).toEqual([true, false]);
  stop();
  ears[1]?.hear(0.4);
  expect(heard).toEqual([0.3]);
  conversation.leave();
  expect(ears.map(({ stopped }) => stopped)).toEqual([true, true]);
});

test("speech has gaps between its syllables", () => {
  const speech = new Speech();
  const said = Array.from({ length: 30 }, (_, at) => speech.hears(at % 3 === 2 ? 0.1 : 0.4));
  expect(said.at(-1)).toBe(true);
  expect(said[5]).toBe(false);
});

/** A clinician's page that is told to join and leave, and each time somebody who has just opened the patient's. */
function called() {
  for (const [name, value] of Object.entries({ Worker: FakeWorker, RTCRtpScriptTransform: class {} })) Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  peers = [];
  let patient: Protector | null = null;
  let call = 0;
  const equipment = { camera: null, microphone: null, cameraMayCome: false, interrupted: false };
  const hear = ({ parcels }: Handshake): void => parcels.patient && patient?.hear({ type: "peer_handshake", consultation: "c1", call, seat: "clinician", parcel: parcels.patient });
  const conversation = new Conversation(
    equipment as unknown as Equipment,
    { send: (message) => (message.type === "handshake" && hear(message), true), wake: () => undefined },
    () => undefined,
  );
  const meet = async (way: Way | null = "script"): Promise<void> => {
    call++;
    patient = new Protector({
      consultation: "c1",
      own: "patient",
      rule: "preferred",
      memory: new Memory(),
      way,
      worker: () => new FakeWorker(),
      say: ({ clinician }) => clinician && conversation.hear({ type: "peer_handshake", consultation: "c1", call, seat: "patient", parcel: clinician }),
      onChange: () => undefined,
      onStop: () => undefined,
      onRenew: () => undefined,
    });
    void conversation.join({ ...join, call, seat: "clinician" });
    patient.join("preferred", join.seats);
    await vi.waitUntil(() => conversation.protection?.state !== "agreeing", { timeout: 20_000, interval: 5 });
  };
  const part = (): void => {
    patient?.close();
    conversation.leave();
  };
  return { conversation, meet, part };
}

test("who lets a call end and begin again gets no more tries at its code by it", async () => {
  const { conversation, meet, part } = called();
  let agreed = 0;
  for (; agreed < 20; agreed++) {
    await meet();
    if (conversation.protection?.state === "refused") break;
    part();
  }
  expect(conversation.protection).toEqual({ state: "refused", reason: "tampered", seat: "patient" });
  expect(agreed).toBeLessThanOrEqual(10);
  part();
});

test("nor is it forgotten that it was sealed: it opens by the person's word alone", async () => {
  const { conversation, meet, part } = called();
  await meet();
  expect(conversation.protection?.state).toBe("sealed");
  part();
  await meet(null);
  expect(conversation.protection).toEqual({ state: "refused", reason: "downgrade", seat: "patient", mayGoOn: true });
  conversation.goOn();
  expect(conversation.protection?.state).toBe("open");
  part();
});
