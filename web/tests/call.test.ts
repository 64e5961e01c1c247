// One participant's media against a fake peer connection: numbering, resending, restarting, what is said about tracks.
import { afterAll, beforeAll, expect, test } from "vitest";
import { CallMedia } from "../src/shared/call";
import type { CallOptions } from "../src/shared/calloptions";
import { WATCH_MS } from "../src/shared/callchannel";
import type { Passages } from "../src/shared/e2ee/passages";
import { forced } from "../src/shared/forced";
import { LOOK_MS } from "../src/shared/life";
import { RESEND_MS, nextNumber, withoutCandidates } from "../src/shared/offers";
import { configuration, FIRST_MS, PATIENCE_MS, RESTART_MS, type CallState } from "../src/shared/path";
import type { Remote } from "../src/shared/people";
import type { Join, Media, Offer, SeatQuality, Trouble } from "../src/protocol";
import { FakePeer, FakeStream } from "./fakepeer";
import { Clock, settle } from "./fakes";

const join: Join = { type: "join", consultation: "c1", call: 1, seat: "patient", ice_servers: [], relay_only: false, seats: ["patient", "clinician"], encryption: "preferred" };
const three: Join = { ...join, seats: ["patient", "clinician", "guest1"] };
const camera = "camera" as unknown as MediaStreamTrack;

const real = globalThis.MediaStream;
beforeAll(() => void Object.assign(globalThis, { MediaStream: FakeStream }));
afterAll(() => void Object.assign(globalThis, { MediaStream: real }));

function setUp(options: Partial<CallOptions> = {}) {
  const clock = new Clock();
  const peers: FakePeer[] = [];
  const sent: (Offer | Media | Trouble)[] = [];
  const states: CallState[] = [];
  const remotes: Remote[] = [];
  const quality: SeatQuality[][] = [];
  const bytes: number[] = [];
  const media = new CallMedia(
    {
      join,
      send: (message) => sent.push(message) > 0,
      onRemote: (remote) => remotes.push(remote),
      onQuality: (seats) => quality.push(seats),
      onBytes: (used) => bytes.push(used),
      onState: (state) => states.push(state),
      after: clock.after,
      seconds: () => 100,
      peer: () => {
        const peer = new FakePeer();
        peers.push(peer);
        return peer as unknown as RTCPeerConnection;
      },
      ...options,
    },
    { audio: null, video: null, coming: true },
  );
  const offers = (): Offer[] => sent.filter((message) => message.type === "offer");
  const answer = (n: number): Promise<void> => media.answer({ type: "answer", consultation: "c1", call: 1, n, sdp: `answer ${n}` });
  const peer = (): FakePeer => {
    const found = peers.at(-1);
    if (!found) throw new Error("no peer was made");
    return found;
  };
  const shown = (): string[] => remotes.at(-1)?.people.map(({ seat, here }) => `${seat}${here ? " here" : ""}`) ?? [];
  return { clock, peers, peer, sent, offers, states, shown, remotes, quality, bytes, media, answer };
}

const TWO = ["audio sendrecv", "video sendrecv", "video sendrecv", "call"];
const PAIR = ["audio recvonly", "video recvonly"];

test("sound, picture, screen and channel are slots 0 to 3, and the offer carries no candidates", async () => {
  const { media, peer, offers, shown } = setUp();
  await media.start();
  expect(peer().slots).toEqual(TWO);
  expect(offers()).toEqual([{ type: "offer", consultation: "c1", call: 1, n: 100, sdp: "v=0\r\na=x:1\r\n" }]);
  expect(shown()).toEqual(["clinician"]);
});

test("further people get their slots once the first offer is answered, without a restart", async () => {
  const { media, peer, offers, answer, shown } = setUp({ join: { ...join, seats: ["patient", "clinician", "guest1", "guest2"] } });
  await media.start();
  expect(peer().slots).toEqual(TWO);
  await answer(100);
  expect(peer().slots).toEqual([...TWO, ...PAIR, ...PAIR]);
  expect(peer().restarts).toEqual([false, false]);
  expect(offers().map(({ n }) => n)).toEqual([100, 101]);
  await answer(101);
  expect(offers()).toHaveLength(2);
  expect(shown()).toEqual(["clinician", "guest1", "guest2"]);
});

test("more seats in the same call are more slots; a join that is only repeated is none", async () => {
  const { media, peer, answer, offers, shown } = setUp({ simulcast: true });
  await media.start();
  await media.rejoin(three); // while the first offer is under way
  expect(peer().slots).toEqual(TWO);
  await answer(100);
  expect(peer().slots).toEqual([...TWO, ...PAIR]);
  await answer(101);
  await media.rejoin(three);
  expect(peer().slots).toEqual([...TWO, ...PAIR]);
  await media.rejoin({ ...three, seats: [...three.seats, "guest2"] });
  expect(peer().slots).toEqual([...TWO, ...PAIR, ...PAIR]);
  expect(new Set(offers().map(({ n }) => n))).toEqual(new Set([100, 101, 102]));
  expect(shown()).toEqual(["clinician", "guest1", "guest2"]);
});

test("who has come is told when something arrives, in the same streams", async () => {
  const { media, peer, answer, shown, remotes } = setUp({ join: three });
  await media.start();
  await answer(100);
  await answer(101);
  const before = remotes.at(-1);
  peer().transceivers[4]?.receiver.track.unmutes();
  expect(shown()).toEqual(["clinician", "guest1 here"]);
  expect(remotes.at(-1)?.people.map(({ stream }) => stream)).toEqual(before?.people.map(({ stream }) => stream));
});

test("the camera goes out in three sizes when more than one receives it, or when told to", () => {
  const sizes = (options: Partial<CallOptions>): unknown => setUp(options).peer().transceivers[1]?.init.sendEncodings?.map(({ rid, scaleResolutionDownBy }) => [rid, scaleResolutionDownBy]);
  expect(sizes({})).toBeUndefined();
  expect(sizes({ join: three })).toEqual([["l", 4], ["m", 2], ["h", 1]]);
  expect(sizes({ simulcast: true })).toEqual([["l", 4], ["m", 2], ["h", 1]]);
});

test("a call begun with one size of the camera begins anew when a third one may come in", async () => {
  const { media, peers, peer, offers, answer, states } = setUp();
  await media.start();
  await answer(100);
  peer().becomes("connected", "connected");
  await media.rejoin(three);
  expect(peers).toHaveLength(2);
  expect(peers[0]?.closed).toBe(true);
  expect(peer().transceivers[1]?.init.sendEncodings).toHaveLength(3);
  expect(offers().map(({ n }) => n)).toEqual([100, 101]);
  await answer(101);
  expect(peer().slots).toEqual([...TWO, ...PAIR]);
  peer().becomes("connected", "connected");
  expect(states).toEqual(["connected", "connecting", "connected"]);
  await media.rejoin(three);
  expect(peers).toHaveLength(2);
});

test("who has no camera only receives pictures, until one comes; shares a screen all the same", async () => {
  const { media, peer, offers, answer } = setUp();
  const directions = (): unknown => peer().transceivers.slice(0, 3).map(({ direction }) => direction);
  await media.start();
  expect(directions()).toEqual(["sendrecv", "sendrecv", "sendrecv"]); // a camera may still come
  await media.replace({ coming: false });
  expect(directions()).toEqual(["sendrecv", "recvonly", "recvonly"]);
  expect(offers()).toHaveLength(1); // the first one is not answered yet
  await answer(100);
  expect(offers()).toHaveLength(2);
  await answer(101);
  await media.share({ contentHint: "" } as MediaStreamTrack);
  expect(directions()).toEqual(["sendrecv", "recvonly", "sendrecv"]);
  await answer(102);
  await media.replace({ video: camera });
  expect(directions()).toEqual(["sendrecv", "sendrecv", "sendrecv"]);
  await answer(103);
  await media.replace({ video: null });
  await answer(104);
  await media.replace({ audio: { enabled: true } as MediaStreamTrack });
  expect(offers()).toHaveLength(5);
  expect(peer().restarts).toEqual([false, false, false, false, false]);
});

test("a pause takes everything off the wire at once, and brings back what was on", async () => {
  const { media, peer, answer, sent } = setUp();
  const microphone = { enabled: true } as MediaStreamTrack;
  const screen = { contentHint: "" } as MediaStreamTrack;
  const [sound, picture, display] = [0, 1, 2].map((at) => () => peer().transceivers[at]?.track);
  const going = (): unknown => [sound?.(), picture?.(), display?.()];
  await media.start();
  await media.replace({ audio: microphone, video: camera });
  await media.share(screen);
  await answer(100);
  await media.pause(true);
  expect(going()).toEqual([null, null, null]);
  expect(peer().transceivers[1]?.encodings).toEqual([expect.objectContaining({ active: false })]);
  expect(peer().transceivers.map(({ receiver }) => receiver.track.enabled)).toEqual([false, false, false]);
  await media.replace({ video: "other camera" as unknown as MediaStreamTrack });
  expect(going()).toEqual([null, null, null]);
  await media.pause(false);
  expect(going()).toEqual([microphone, "other camera", screen]);
  expect(peer().transceivers.map(({ receiver }) => receiver.track.enabled)).toEqual([true, true, true]);
  expect(sent.filter(({ type }) => type === "offer")).toHaveLength(1);
});

test("a call that begins paused, and each new connection of it, sends nothing", async () => {
  const { media, clock, peers, peer, answer } = setUp({ paused: true });
  await media.start();
  await media.replace({ audio: { enabled: true } as MediaStreamTrack, video: camera });
  await answer(100);
  peer().becomes("failed", "failed");
  await settle();
  await clock.pass(2 * RESTART_MS);
  expect(peers).toHaveLength(2);
  await answer(103);
  for (const { transceivers } of peers) for (const { track } of transceivers) expect(track ?? null).toBeNull();
  await media.rejoin(three);
  for (const { receiver } of peer().transceivers) expect(receiver.track.enabled).toBe(false);
});

test("that the system took a device away is said", async () => {
  const { media, sent } = setUp();
  await media.start();
  await media.replace({ audio: { enabled: true } as MediaStreamTrack, interrupted: true });
  await media.replace({ interrupted: false });
  expect(sent.flatMap((message) => (message.type === "media" ? [message.interrupted] : []))).toEqual([true, false]);
});

test("a screen goes into its own slot, is said, and can be taken back", async () => {
  const { media, peer, sent, answer } = setUp();
  await media.start();
  await answer(100);
  const screen = { contentHint: "" } as MediaStreamTrack;
  await media.share(screen);
  expect(screen.contentHint).toBe("detail");
  expect(peer().transceivers[2]?.track).toBe(screen);
  expect(peer().transceivers[2]?.encodings).toEqual([{ active: true, maxBitrate: 1_500_000, maxFramerate: 10 }]);
  await media.share(null);
  expect(peer().transceivers[2]?.track).toBeNull();
  expect(sent.flatMap((message) => (message.type === "media" ? [message.screen] : []))).toEqual([true, false]);
});

test("saving data asks for less and sends less; sound alone sends no picture and says so", async () => {
  const { media, peer, sent, answer } = setUp();
  await media.start();
  await answer(100);
  peer().channel.opens();
  await media.replace({ video: camera });
  const video = peer().transceivers[1];
  expect(video?.encodings).toEqual([{ active: true, maxBitrate: 1_500_000, scaleResolutionDownBy: 1 }]);
  await media.want("low");
  expect(video?.encodings).toEqual([{ active: true, maxBitrate: 150_000, scaleResolutionDownBy: 2 }]);
  expect(video?.track).toBe(camera);
  await media.want("none");
  expect(video?.track).toBeNull();
  await media.want("all");
  expect(video?.encodings).toEqual([{ active: true, maxBitrate: 1_500_000, scaleResolutionDownBy: 1 }]);
  expect(video?.track).toBe(camera);
  expect(peer().channel.sent).toEqual(["all", "low", "none", "all"].map((pictures) => ({ type: "want", pictures })));
  expect(sent.flatMap((message) => (message.type === "media" ? [message.camera] : []))).toEqual([true, false, true]);
});

test("of three sizes only the smallest is sent while saving data", async () => {
  const { media, peer, answer } = setUp({ join: three, appetite: "low" });
  await media.start();
  await media.replace({ video: camera });
  await answer(100);
  const active = (): unknown => peer().transceivers[1]?.encodings.map(({ rid, active }) => [rid, active]);
  expect(active()).toEqual([["l", true], ["m", false], ["h", false]]);
  await media.want("all");
  expect(active()).toEqual([["l", true], ["m", true], ["h", true]]);
});

test("on the channel the worker hears what the browser sees, and the page hears of the connections", async () => {
  const { media, clock, peer, quality, bytes, answer } = setUp();
  await media.start();
  await answer(100);
  const { channel } = peer();
  channel.opens();
  peer().report.set("t", { type: "transport", bytesReceived: 700, bytesSent: 300 });
  peer().report.set("v", { id: "v", type: "inbound-rtp", kind: "video", framesPerSecond: 24 });
  await clock.pass(2 * WATCH_MS);
  expect(channel.sent).toHaveLength(3);
  expect(channel.sent.slice(0, 2)).toEqual([{ type: "want", pictures: "all" }, { type: "watching", fps: 24, frozen: 0, overloaded: false }]);
  expect(bytes).toEqual([1000, 1000]);
  for (const rubbish of ["{", "null", "7", { type: "else" }, { type: "quality" }]) channel.says(rubbish);
  expect(quality).toEqual([]);
  channel.says({ type: "quality", seats: [{ seat: "patient", grade: "fair", cause: "loss_up" }] });
  expect(quality).toEqual([[{ seat: "patient", grade: "fair", cause: "loss_up" }]]);
  media.close();
  await clock.pass(2 * WATCH_MS);
  expect(bytes).toHaveLength(2);
});

test("an unanswered offer goes out again, the same one, until it is answered", async () => {
  const { media, clock, offers, answer } = setUp();
  await media.start();
  await clock.pass(RESEND_MS);
  expect(offers()).toHaveLength(2);
  expect(offers()[1]).toEqual(offers()[0]);
  await answer(100);
  await clock.pass(RESEND_MS);
  expect(offers()).toHaveLength(2);
});

test("answers to other offers, of other calls, and second ones are dropped", async () => {
  const { media, peer, answer } = setUp();
  await media.start();
  await answer(99);
  await media.answer({ type: "answer", consultation: "c1", call: 2, n: 100, sdp: "other" });
  expect(peer().answers).toEqual([]);
  await answer(100);
  await answer(100);
  expect(peer().answers).toEqual(["answer 100"]);
});

test("a path that only stumbles is left in peace; one that stays away is restarted with a larger number, and the functions are told", async () => {
  const { media, clock, peer, answer, offers, sent, states } = setUp();
  await media.start();
  await answer(100);
  peer().becomes("connected", "connected");
  peer().becomes("connected", "disconnected");
  await clock.pass(PATIENCE_MS - 1);
  peer().becomes("connected", "connected");
  await clock.pass(PATIENCE_MS);
  expect(offers()).toHaveLength(1);
  peer().becomes("connected", "disconnected");
  await clock.pass(PATIENCE_MS);
  expect(sent.filter(({ type }) => type === "trouble")).toHaveLength(1);
  expect(offers().map(({ n }) => n)).toEqual([100, 101]);
  expect(peer().restarts).toEqual([false, true]);
  await answer(101);
  peer().becomes("connected", "connected");
  expect(states).toEqual(["connected", "troubled", "connected", "troubled", "connected"]);
});

test("after two restarts in vain comes a new connection", async () => {
  const { media, clock, peers, peer, answer, offers } = setUp();
  await media.start();
  await answer(100);
  peer().becomes("failed", "failed");
  await settle();
  await clock.pass(RESTART_MS);
  expect(peers).toHaveLength(1);
  await clock.pass(RESTART_MS);
  expect(peers).toHaveLength(2);
  expect(peers[0]?.closed).toBe(true);
  expect(peer().restarts).toEqual([false]);
  expect(peer().slots).toEqual(TWO);
  const numbers = offers().map(({ n }) => n);
  expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
});

test("a first connection that never comes up is trouble too", async () => {
  const { media, clock, answer, states } = setUp();
  await media.start();
  await answer(100);
  await clock.pass(FIRST_MS);
  expect(states).toEqual(["troubled"]);
});

test("an answer that is none does not start a race of restarts", async () => {
  const { media, clock, peer, answer, offers } = setUp();
  await media.start();
  peer().refuses = true;
  await answer(100);
  expect(offers()).toHaveLength(1);
  await clock.pass(PATIENCE_MS);
  expect(offers()).toHaveLength(2);
});

test("what is sent is said once the devices are known, again on rejoining, and not twice in between", async () => {
  const { media, sent } = setUp();
  await media.start();
  const said = (): unknown[] => sent.filter((message) => message.type === "media").map(({ camera, microphone }) => [camera, microphone]);
  expect(said()).toEqual([]);
  media.announce();
  await media.replace({ video: {} as MediaStreamTrack, audio: { enabled: true } as MediaStreamTrack });
  await media.replace({});
  media.mute(true);
  await media.rejoin(join);
  expect(said()).toEqual([[false, false], [true, true], [true, false], [true, false]]);
});

test("after the end nothing more is said", async () => {
  const { media, clock, peer, sent, states } = setUp();
  await media.start();
  media.close();
  const before = sent.length;
  peer().becomes("failed", "failed");
  await media.replace({ video: null });
  await clock.pass(60_000);
  expect(sent).toHaveLength(before);
  expect(states).toEqual(["closed"]);
});

test("numbers grow within a page and over reloads, round after the last", () => {
  expect(nextNumber(null, 1_764_000_123.9)).toBe(123);
  expect(nextNumber(500, 1_764_000_123)).toBe(501);
  expect(nextNumber(123, 1_764_000_500)).toBe(500);
  expect(nextNumber(999_997, 1_764_999_999)).toBe(999_999);
  expect(nextNumber(999_999, 1_764_999_999)).toBe(0); // faster than the clock, which is at its end
  expect(nextNumber(0, 1_764_999_999)).toBe(1);
  expect(nextNumber(999_700, 1_765_000_120)).toBe(120);
});

test("candidates go, the rest stays", () => {
  expect(withoutCandidates("v=0\r\na=candidate:1 x\r\na=mid:0\r\na=end-of-candidates\r\n")).toBe("v=0\r\na=mid:0\r\n");
});

test("the relay is forced by the trust or by support, and credentials are passed on only when there are any", () => {
  const servers = [{ urls: ["stun:a"], username: "", credential: "" }, { urls: ["turn:b"], username: "u", credential: "c" }];
  expect(configuration(servers, true)).toMatchObject({ iceTransportPolicy: "relay", iceServers: [{ urls: ["stun:a"] }, { urls: ["turn:b"], username: "u", credential: "c" }] });
  expect(configuration([], false).iceTransportPolicy).toBe("all");
  expect(forced("relay", { getItem: (key) => (key === "venterom.relay" ? "1" : null) })).toBe(true);
  expect(forced("simulcast", { getItem: () => { throw new Error("no storage"); } })).toBe(false);
});

/** A call in which something arrives in each look, until it does not. */
async function busy(options: Partial<CallOptions> = {}) {
  const all = setUp(options);
  await all.media.start();
  await all.answer(100);
  all.peer().becomes("connected", "connected");
  for (let look = 0; look < 6; look++) {
    all.peer().report.set("t", { type: "transport", bytesReceived: look });
    await all.clock.pass(LOOK_MS);
  }
  const said = (type: string): number => all.sent.filter((message) => message.type === type).length;
  return { ...all, said };
}

test("a worker that falls silent is asked after at once, and soon taken for lost; what arrives again makes it good", async () => {
  let doubts = 0;
  const { clock, said, offers, states, peer, answer } = await busy({ onDoubt: () => doubts++ });
  await clock.pass(2 * LOOK_MS);
  expect([said("trouble"), doubts, offers().length, states]).toEqual([1, 1, 1, ["connected"]]);
  await clock.pass(3 * LOOK_MS);
  expect([said("trouble"), doubts, offers().length, states.at(-1)]).toEqual([2, 2, 2, "troubled"]);
  expect(peer().restarts).toEqual([false, true]);
  await answer(101);
  peer().report.set("t", { type: "transport", bytesReceived: 100 });
  await clock.pass(LOOK_MS);
  expect(states.at(-1)).toBe("connected");
});

test("without a socket nothing is restarted, however long it lasts; the next join does it at once, on the same connection", async () => {
  let away = false;
  const offered: Offer[] = [];
  const { clock, media, peers, peer } = await busy({ send: (message) => !away && (message.type !== "offer" || offered.push(message) > 0) });
  away = true;
  await clock.pass(84_000);
  peer().becomes("failed", "failed");
  await clock.pass(5 * RESTART_MS);
  expect([peers.length, offered.length]).toEqual([1, 1]);
  away = false;
  await media.rejoin(join);
  expect([peers.length, offered.length, peer().restarts.at(-1)]).toEqual([1, 2, true]);
});

test("a line that is silent, and not yet known to be lost, is restarted by the next join too", async () => {
  const { clock, media, offers } = await busy();
  await clock.pass(2 * LOOK_MS);
  await media.rejoin(join);
  expect(offers()).toHaveLength(2);
});

test("another way out is taken at once, and only then is a line that does well restarted", async () => {
  const { media, offers, peer } = await busy();
  await media.wake();
  expect(offers()).toHaveLength(1);
  await media.wake(true);
  expect([offers().length, peer().restarts.at(-1)]).toEqual([2, true]);
  await media.wake(true); // one is under way
  expect(offers()).toHaveLength(2);
});

test("a pause raises no alarm", async () => {
  const { clock, media, said } = await busy();
  await media.pause(true);
  await clock.pass(60_000);
  expect(said("trouble")).toBe(0);
});

/** Passages that note which ends are led through them, in order. */
function noted(): { led: string[]; closed: number; passages: () => Passages } {
  const note = { led: [] as string[], closed: 0, passages: () => passages };
  const passages = {
    configuration: { encodedInsertableStreams: true },
    send: (_: RTCRtpSender, kind: string) => note.led.push(`${kind} out`),
    receive: (_: RTCRtpReceiver, kind: string, seat: string | null) => note.led.push(`${kind} of ${seat}`),
    close: () => note.closed++,
  } as unknown as Passages;
  return note;
}

test("every end of a connection is led through the worker as it is made, whoever it is of", async () => {
  const { led, passages } = noted();
  const asked: RTCConfiguration[] = [];
  const { media, answer } = setUp({ join: three, passages, peer: (wanted) => (asked.push(wanted), new FakePeer() as unknown as RTCPeerConnection) });
  const first = ["audio out", "audio of clinician", "camera out", "camera of clinician", "screen out", "screen of null"];
  expect(led).toEqual(first);
  await media.start();
  await answer(100);
  expect(led).toEqual([...first, "audio out", "audio of guest1", "camera out", "camera of guest1"]);
  expect(asked[0]).toMatchObject({ encodedInsertableStreams: true });
});

test("nothing goes out or is played before it is allowed, and nothing after it is forbidden again, though devices and screen change", async () => {
  const { media, peer } = setUp({ barred: true });
  const going = (): unknown[] => peer().transceivers.slice(0, 3).map(({ track }) => track);
  await media.start();
  await media.replace({ video: camera });
  await media.share({} as MediaStreamTrack);
  await media.pause(false);
  expect(going()).toEqual([null, null, null]);
  expect(peer().transceivers.some(({ receiver }) => receiver.track.enabled)).toBe(false);
  await media.allow(true);
  expect(going()[1]).toBe(camera);
  expect(peer().transceivers.every(({ receiver }) => receiver.track.enabled)).toBe(true);
  await media.allow(false);
  expect(going()).toEqual([null, null, null]);
});

test("when the worker is gone, all is led through the next one over a new connection, which is as forbidden as the one before", async () => {
  const note = noted();
  const { media, peers, peer, offers, states } = setUp({ barred: true, passages: note.passages });
  await media.start();
  await media.replace({ video: camera });
  await media.renew();
  expect([peers.map(({ closed }) => closed), note.closed, offers().length]).toEqual([[true, false], 1, 2]);
  expect(note.led).toHaveLength(12);
  expect(peer().transceivers.map(({ track }) => track)).toEqual([null, null, null]);
  expect(states).toEqual([]); // it was connecting, and is
});
