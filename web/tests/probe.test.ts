// The network test's place among others: it goes on by itself, waits as long as there is news, and not for ever.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Probe } from "../src/shared/probe";
import { settle } from "./fakes";

const READY = { type: "probe_ready", probe: "p1", ice_servers: [], relay_only: false, rates_kbps: [], milliseconds: 1 };
const queued = (place: number, probe = "p1") => ({ type: "probe_queued", probe, place });

/** A connection that never opens. */
class Closed {
  iceConnectionState = "failed";
  answered = false;
  createDataChannel = () => ({});
  createOffer = async () => ({ type: "offer", sdp: "v=0\r\n" });
  setLocalDescription = async () => undefined;
  setRemoteDescription = async () => void (this.answered = true);
  close = () => undefined;
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function asked() {
  const peer = new Closed();
  vi.stubGlobal("RTCPeerConnection", function () { return peer; });
  const places: number[] = [];
  const sent: string[] = [];
  const probe = new Probe({ send: ({ type }) => sent.push(type), onProgress: () => undefined, onQueued: (place) => places.push(place) });
  const told = { outcome: "running" };
  const over = probe.run().then(({ verdict }) => void (told.outcome = verdict), ({ code }: { code: string }) => void (told.outcome = code));
  probe.receive(READY);
  await settle();
  return { probe, peer, places, told, over, sent };
}

test("who is told a place waits on, and is tested when it is their turn", async () => {
  const { probe, peer, places, told, over } = await asked();
  for (const place of [3, 2, 1]) {
    await vi.advanceTimersByTimeAsync(10_000);
    probe.receive(queued(place));
    await vi.advanceTimersByTimeAsync(60_000);
  }
  expect([places, told.outcome]).toEqual([[3, 2, 1], "running"]);
  probe.receive({ type: "probe_answer", probe: "p1", sdp: "v=0\r\n" } as never);
  await settle();
  expect(peer.answered).toBe(true);
  await vi.advanceTimersByTimeAsync(60_000);
  await over;
  expect(told.outcome).toBe("blocked");
});

test("a place is kept by saying the offer again, until the answer", async () => {
  const { probe, sent } = await asked();
  probe.receive(queued(1));
  await vi.advanceTimersByTimeAsync(45_000);
  expect(sent).toEqual(["probe_start", "probe_offer", "probe_offer", "probe_offer"]);
  probe.receive({ type: "probe_answer", probe: "p1", sdp: "v=0\r\n" } as never);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(sent).toHaveLength(4);
});

test("a place in another test is not one's own", async () => {
  const { probe, places } = await asked();
  probe.receive(queued(1, "older"));
  expect(places).toEqual([]);
});

test("without news nobody waits for ever", async () => {
  const { probe, told, over } = await asked();
  probe.receive(queued(2));
  await vi.advanceTimersByTimeAsync(300_000);
  await over;
  expect(told.outcome).toBe("unavailable");
});
