// One participant's media against a fake peer connection: numbering, resending, restarting, what is said about tracks.
import { afterAll, beforeAll, expect, test } from "vitest";
import { CallMedia, FIRST_MS, PATIENCE_MS, RESEND_MS, RESTART_MS, configuration, figures, nextNumber, relayForced, withoutCandidates, type CallState } from "../src/shared/call";
import type { Join, Media, Offer, Trouble } from "../src/protocol";
import { Clock, settle } from "./fakes";

const join: Join = { type: "join", consultation: "c1", call: 1, seat: "patient", ice_servers: [], relay_only: false };

class FakePeer {
  connectionState = "new";
  iceConnectionState = "new";
  signalingState = "stable";
  onconnectionstatechange: (() => void) | null = null;
  oniceconnectionstatechange: (() => void) | null = null;
  readonly restarts: boolean[] = [];
  readonly answers: string[] = [];
  readonly kinds: string[] = [];
  refuses = false;
  closed = false;

  addTransceiver(kind: string, init: RTCRtpTransceiverInit) {
    this.kinds.push(`${kind} ${init.direction}`);
    return { receiver: { track: {} }, sender: { replaceTrack: async () => undefined, getParameters: () => ({ encodings: [] }) } };
  }
  async createOffer({ iceRestart }: { iceRestart: boolean }) {
    this.restarts.push(iceRestart);
    return { type: "offer", sdp: `v=0\r\na=candidate:1 1 udp 1 192.168.1.2 5000 typ host\r\na=x:${this.restarts.length}\r\n` };
  }
  async setLocalDescription() {
    this.signalingState = "have-local-offer";
  }
  async setRemoteDescription({ sdp }: { sdp: string }) {
    if (this.refuses) throw new Error("not an answer");
    this.signalingState = "stable";
    this.answers.push(sdp);
  }
  setConfiguration() {}
  close() {
    this.closed = true;
  }
  becomes(connection: string, ice: string) {
    this.connectionState = connection;
    this.iceConnectionState = ice;
    this.onconnectionstatechange?.();
  }
}

const real = globalThis.MediaStream;
beforeAll(() => void Object.assign(globalThis, { MediaStream: class {} }));
afterAll(() => void Object.assign(globalThis, { MediaStream: real }));

function setUp() {
  const clock = new Clock();
  const peers: FakePeer[] = [];
  const sent: (Offer | Media | Trouble)[] = [];
  const states: CallState[] = [];
  const media = new CallMedia(
    {
      join,
      send: (message) => sent.push(message),
      onRemote: () => undefined,
      onState: (state) => states.push(state),
      after: clock.after,
      seconds: () => 100,
      peer: () => {
        const peer = new FakePeer();
        peers.push(peer);
        return peer as unknown as RTCPeerConnection;
      },
    },
    { audio: null, video: null },
  );
  const offers = (): Offer[] => sent.filter((message) => message.type === "offer");
  const answer = (n: number): Promise<void> => media.answer({ type: "answer", consultation: "c1", call: 1, n, sdp: `answer ${n}` });
  const peer = (): FakePeer => {
    const found = peers.at(-1);
    if (!found) throw new Error("no peer was made");
    return found;
  };
  return { clock, peers, peer, sent, offers, states, media, answer };
}

test("sound is slot 0 and picture slot 1, both ways, and the offer carries no candidates", async () => {
  const { media, peer, offers } = setUp();
  await media.start();
  expect(peer().kinds).toEqual(["audio sendrecv", "video sendrecv"]);
  expect(offers()).toEqual([{ type: "offer", consultation: "c1", call: 1, n: 100, sdp: "v=0\r\na=x:1\r\n" }]);
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

test("numbers grow within a page and over reloads", () => {
  expect(nextNumber(0, 1_764_000_123.9)).toBe(123);
  expect(nextNumber(500, 1_764_000_123)).toBe(501);
});

test("candidates go, the rest stays", () => {
  expect(withoutCandidates("v=0\r\na=candidate:1 x\r\na=mid:0\r\na=end-of-candidates\r\n")).toBe("v=0\r\na=mid:0\r\n");
});

test("the relay is forced by the trust or by support, and credentials are passed on only when there are any", () => {
  const servers = [{ urls: ["stun:a"], username: "", credential: "" }, { urls: ["turn:b"], username: "u", credential: "c" }];
  expect(configuration(servers, true)).toMatchObject({ iceTransportPolicy: "relay", iceServers: [{ urls: ["stun:a"] }, { urls: ["turn:b"], username: "u", credential: "c" }] });
  expect(configuration([], false).iceTransportPolicy).toBe("all");
  expect(relayForced({ getItem: (key) => (key === "venterom.relay" ? "1" : null) })).toBe(true);
  expect(relayForced({ getItem: () => { throw new Error("no storage"); } })).toBe(false);
});

test("figures are read from Chrome's and Firefox's statistics alike", () => {
  const inbound = { type: "inbound-rtp", framesDecoded: 7, bytesReceived: 100, packetsLost: 1 };
  const local = { type: "local-candidate", candidateType: "relay" };
  const pair = { type: "candidate-pair", state: "succeeded", localCandidateId: "l", currentRoundTripTime: 0.042 };
  const chrome = new Map<string, unknown>([["i", inbound], ["t", { type: "transport", selectedCandidatePairId: "p" }], ["p", pair], ["l", local]]);
  const firefox = new Map<string, unknown>([["i", inbound], ["p", { ...pair, selected: true }], ["l", local]]);
  for (const report of [chrome, firefox]) {
    expect(figures(report as unknown as RTCStatsReport)).toEqual({ framesDecoded: 7, bytesReceived: 100, bytesSent: 0, packetsLost: 1, rttMs: 42, relayed: true });
  }
});
