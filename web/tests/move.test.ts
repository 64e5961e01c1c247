// A call that moves to another worker: the old line goes on until the new one brings all that it did, and nobody sees the change.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { CallState } from "../src/shared/path";
import { MOVE_MS, RESTART_MS } from "../src/shared/path";
import { COMPARE_MS, Growth, Line, LINGER_MS, SLIM_MS } from "../src/shared/move";
import type { Remote } from "../src/shared/people";
import type { Join, Media, Offer, SeatQuality, Trouble } from "../src/protocol";
import { FakePeer, FakeStream } from "./fakepeer";
import { Clock, settle } from "./fakes";

const join: Join = { type: "join", consultation: "c1", call: 1, seat: "patient", ice_servers: [], relay_only: false, seats: ["patient", "clinician"], encryption: "preferred" };
const [microphone, camera] = [{ enabled: true, muted: false }, { muted: false }] as unknown as [MediaStreamTrack, MediaStreamTrack];

const real = globalThis.MediaStream;
beforeAll(() => void Object.assign(globalThis, { MediaStream: FakeStream }));
afterAll(() => void Object.assign(globalThis, { MediaStream: real }));

function setUp() {
  const clock = new Clock();
  const peers: FakePeer[] = [];
  const sent: (Offer | Media | Trouble)[] = [];
  const states: CallState[] = [];
  const remotes: Remote[] = [];
  const bytes: number[] = [];
  const quality: SeatQuality[][] = [];
  const line = new Line(
    {
      join,
      send: (message) => sent.push(message) > 0,
      onRemote: (remote) => remotes.push(remote),
      onState: (state) => states.push(state),
      onBytes: (used) => bytes.push(used),
      onQuality: (seats) => quality.push(seats),
      after: clock.after,
      seconds: () => 100,
      peer: () => {
        const peer = new FakePeer();
        peers.push(peer);
        return peer as unknown as RTCPeerConnection;
      },
    },
    { audio: microphone, video: camera },
  );
  const peer = (number: number): FakePeer => {
    const found = peers.at(number);
    if (!found) throw new Error("no peer was made");
    return found;
  };
  const answers = async (call: number): Promise<void> => {
    const offer = sent.filter((message): message is Offer => message.type === "offer" && message.call === call).at(-1);
    await line.answer({ type: "answer", consultation: "c1", call, n: offer?.n ?? 0, sdp: "" });
  };
  const connects = async (number: number, call: number): Promise<void> => {
    await answers(call);
    peer(number).becomes("connected", "connected");
    peer(number).channel.opens();
  };
  /** Something arrives: so many packets of sound, so many pictures. */
  const brings = (number: number, sound: number, picture: number): void => {
    const [audio, video] = peer(number).transceivers;
    if (audio && video) [audio.arrived, video.arrived] = [audio.arrived + sound, video.arrived + picture];
  };
  const passes = async (milliseconds: number, ...who: number[]): Promise<void> => {
    for (let passed = 0; passed < milliseconds; passed += COMPARE_MS) {
      for (const number of who) brings(number, 5, 2);
      await clock.pass(COMPARE_MS);
    }
  };
  /** Whose tracks are in the streams that the page shows. */
  const shown = (): number[] => {
    const tracks = remotes.at(-1)?.people[0]?.stream.getTracks() as unknown[];
    return peers.flatMap(({ transceivers }, number) => (transceivers.some(({ receiver }) => tracks.includes(receiver.track)) ? [number] : []));
  };
  const heardOf = (number: number): boolean => peer(number).transceivers[0]?.receiver.track.enabled === true;
  const begun = async (): Promise<void> => {
    await line.start();
    await connects(0, 1);
    await passes(1_000, 0);
  };
  return { clock, line, peers, peer, sent, states, remotes, bytes, quality, answers, connects, passes, shown, heardOf, begun, brings };
}

const moved = (call: number): Join => ({ ...join, call });
const saysSettled = (peer: FakePeer): boolean => peer.channel.sent.some((message) => (message as { type: string }).type === "settled");

test("the new line is made beside the old one and shown once it brings picture and sound; the page sees one stream all the time", async () => {
  const { line, peers, peer, remotes, states, connects, passes, shown, heardOf, begun, brings } = setUp();
  await begun();
  const stream = remotes.at(-1)?.people[0]?.stream;
  await line.join(moved(2));
  await passes(500, 0);
  expect([peers.length, shown()]).toEqual([2, [0]]);
  expect(peer(1).transceivers.slice(0, 2).map(({ track }) => track)).toEqual([microphone, camera]);
  await connects(1, 2);
  await passes(3_000, 0);
  expect([shown(), heardOf(0), heardOf(1)]).toEqual([[0], true, false]); // it is up, and nothing has come over it
  brings(1, 20, 0);
  await passes(500, 0);
  expect(shown()).toEqual([0]); // sound alone is not all
  brings(1, 0, 1);
  await passes(COMPARE_MS, 0);
  expect([shown(), heardOf(0), heardOf(1)]).toEqual([[1], false, true]);
  expect(remotes.at(-1)?.people[0]?.stream).toBe(stream);
  expect([saysSettled(peer(0)), saysSettled(peer(1)), peer(0).closed]).toEqual([true, false, false]);
  expect(states).toEqual(["connected"]);
});

test("the old line goes on for the others, small after a while, and ends in time or when the worker ends it", async () => {
  for (const closes of [false, true]) {
    const { clock, line, peer, states, connects, passes, begun } = setUp();
    await begun();
    await line.join(moved(2));
    await connects(1, 2);
    await passes(500, 0, 1);
    const video = (number: number): unknown => peer(number).transceivers[1]?.encodings[0]?.maxBitrate;
    await clock.pass(SLIM_MS);
    expect([peer(0).closed, video(0), video(1)]).toEqual([false, 150_000, 1_500_000]);
    if (closes) peer(0).channel.onclose?.();
    else await clock.pass(LINGER_MS - SLIM_MS - 1_000);
    expect(peer(0).closed).toBe(closes);
    await clock.pass(2_000);
    expect([peer(0).closed, peer(1).closed]).toEqual([true, false]);
    expect(states).toEqual(["connected"]);
  }
});

test("of a line that died nothing is waited for", async () => {
  const { line, clock, connects, shown, peer, begun, states } = setUp();
  await begun();
  await line.join(moved(2));
  peer(0).becomes("failed", "failed");
  await connects(1, 2);
  await clock.pass(10 * COMPARE_MS);
  expect([shown(), peer(0).closed]).toEqual([[1], true]);
  expect(states).toEqual(["connected", "troubled", "connected"]);
});

test("what has not come yet on the old line is not waited for on the new one: a ringing clinician, a camera that is off", async () => {
  const { line, clock, connects, shown, brings, passes } = setUp();
  await line.start();
  await connects(0, 1);
  await line.join(moved(2));
  await connects(1, 2);
  await clock.pass(2 * COMPARE_MS);
  expect(shown()).toEqual([1]);
  await line.join(moved(3));
  await connects(2, 3);
  for (let at = 0; at < 12; at++) {
    brings(1, 5, 0);
    brings(2, 5, 0);
    await passes(COMPARE_MS);
  }
  expect(shown()).toEqual([2]);
});

test("a line that never came up is simply replaced", async () => {
  const { line, peers, sent, connects, shown, states } = setUp();
  await line.start();
  await line.join(moved(2));
  expect(peers.map(({ closed }) => closed)).toEqual([true, false]);
  await connects(1, 2);
  expect([shown(), states]).toEqual([[1], ["connecting", "connected"]]);
  expect(sent.filter(({ type }) => type === "offer").map(({ call }) => call)).toEqual([1, 2]);
});

test("a second move takes the place of the first one; late joins and answers change nothing", async () => {
  const { line, peers, peer, sent, connects, passes, shown, begun } = setUp();
  await begun();
  await line.join(moved(2));
  await line.join(moved(4));
  expect(peers.map(({ closed }) => closed)).toEqual([false, true, false]);
  const said = sent.length;
  await line.join(moved(3));
  await line.answer({ type: "answer", consultation: "c1", call: 2, n: 100, sdp: "" });
  expect([peers.length, sent.length, peer(2).answers]).toEqual([3, said, []]);
  await connects(2, 4);
  await passes(500, 0, 2);
  expect(shown()).toEqual([2]);
});

test("a new line that does not come up is tried again, and the old one is shown meanwhile and not disturbed", async () => {
  const { line, sent, answers, passes, shown, peer, begun, states } = setUp();
  await begun();
  await line.join(moved(2));
  await answers(2);
  await passes(MOVE_MS + RESTART_MS, 0);
  expect(shown()).toEqual([0]);
  expect(peer(0).restarts).toEqual([false]);
  expect(sent.filter(({ type }) => type === "trouble").map(({ call }) => call)).toEqual([2, 2]);
  expect(states).toEqual(["connected"]);
});

test("what is changed during the move is changed on both; only the present call's number is spoken of", async () => {
  const { line, peer, sent, connects, begun, passes } = setUp();
  await begun();
  await line.join(moved(2));
  await connects(1, 2);
  const before = sent.length;
  await line.replace({ video: null });
  line.mute(true);
  await line.pause(true);
  const going = (number: number): unknown => peer(number).transceivers.slice(0, 2).map(({ track }) => track);
  expect([going(0), going(1)]).toEqual([[null, null], [null, null]]);
  await line.pause(false);
  await line.want("low");
  expect([going(0), going(1)]).toEqual([[microphone, null], [microphone, null]]);
  for (const number of [0, 1]) expect(peer(number).channel.sent.at(-1)).toEqual({ type: "want", pictures: "low" });
  expect(new Set(sent.slice(before).map(({ call }) => call))).toEqual(new Set([2]));
  line.mute(false);
  await passes(500, 0, 1);
  await line.replace({ video: camera });
  expect([going(0), going(1)]).toEqual([[microphone, camera], [microphone, camera]]); // the others may look at either
});

test("a screen that is shared goes out on the new line from its first offer on", async () => {
  const { line, peer, begun } = setUp();
  await begun();
  const screen = { contentHint: "" } as MediaStreamTrack;
  await line.share(screen);
  await line.join(moved(2));
  await settle();
  expect([0, 1].map((number) => peer(number).transceivers[2]?.track)).toEqual([screen, screen]);
});

test("a move in a pause sends and plays nothing, before and after", async () => {
  const { line, peer, connects, begun, passes, shown, heardOf } = setUp();
  await begun();
  await line.pause(true);
  await line.join(moved(2));
  await connects(1, 2);
  await passes(2_000);
  expect([shown(), heardOf(1)]).toEqual([[1], false]);
  expect(peer(1).transceivers.every(({ track }) => !track)).toBe(true);
  await line.pause(false);
  expect(heardOf(1)).toBe(true);
});

test("bytes are counted over all lines, and quality is told of the one that is shown", async () => {
  const { clock, line, peer, bytes, quality, connects, begun, passes } = setUp();
  await begun();
  for (const number of [0, 1]) {
    if (number === 1) {
      await line.join(moved(2));
      await connects(1, 2);
    }
    peer(number).report.set("t", { type: "transport", bytesReceived: 700, bytesSent: 300 });
    peer(number).channel.says({ type: "quality", seats: [{ seat: "patient", grade: number === 0 ? "good" : "poor", cause: "none" }] });
  }
  expect(quality.map(([seat]) => seat?.grade)).toEqual(["good"]);
  await passes(500, 0, 1);
  peer(1).channel.says({ type: "quality", seats: [{ seat: "patient", grade: "fair", cause: "none" }] });
  expect(quality.map(([seat]) => seat?.grade)).toEqual(["good", "fair"]);
  await clock.pass(5_000);
  expect(bytes.at(-1)).toBe(2000);
});

test("the end ends all lines, and nothing is said or shown after it", async () => {
  const { clock, line, peers, connects, begun, passes, sent, states, remotes } = setUp();
  await begun();
  await line.join(moved(2));
  await connects(1, 2);
  await passes(500, 0, 1);
  await line.join(moved(3));
  line.close();
  const before = [sent.length, remotes.length];
  await clock.pass(60_000);
  expect(peers.map(({ closed }) => closed)).toEqual([true, true, true]);
  expect([sent.length, remotes.length]).toEqual(before);
  expect(states).toEqual(["connected", "closed"]);
});

test("what grew lately arrives, what stands still for a second does not", () => {
  const growth = new Growth();
  growth.look([5, 0, 3]);
  expect(growth.slots).toEqual([0, 2]);
  for (let look = 1; look <= 10; look++) growth.look([5 + look, 0, 3]);
  expect(growth.slots).toEqual([0]);
});
