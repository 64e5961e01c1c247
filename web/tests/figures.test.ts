// What is read from Chrome's and Firefox's statistics, and how two reports are compared.
import { describe, expect, test } from "vitest";
import { bytesUsed, selectedPair, Watch } from "../src/shared/figures";

type Entry = Record<string, unknown>;
const report = (...entries: Entry[]): RTCStatsReport =>
  new Map(entries.map((entry, index) => [String(entry["id"] ?? index), entry])) as unknown as RTCStatsReport;
const picture = (timestamp: number, more: Entry = {}): Entry => ({ id: "v", type: "inbound-rtp", kind: "video", timestamp, ...more });

test("the path in use is found in Chrome's and in Firefox's report", () => {
  const local = { id: "l", type: "local-candidate", candidateType: "relay" };
  const pair = { id: "p", type: "candidate-pair", state: "succeeded", localCandidateId: "l" };
  for (const found of [
    selectedPair(report(local, pair, { id: "t", type: "transport", selectedCandidatePairId: "p" })),
    selectedPair(report(local, { ...pair, selected: true })),
  ]) {
    expect(found?.local["candidateType"]).toBe("relay");
  }
  expect(selectedPair(report(local, pair))).toBeNull();
});

test("data used is the transport's count where there is one, else the streams'", () => {
  const streams = [
    { id: "i", type: "inbound-rtp", bytesReceived: 100, headerBytesReceived: 10 },
    { id: "o", type: "outbound-rtp", bytesSent: 200, headerBytesSent: 20 },
  ];
  expect(bytesUsed(report(...streams))).toBe(330);
  expect(bytesUsed(report(...streams, { id: "t", type: "transport", bytesReceived: 500, bytesSent: 600 }))).toBe(1100);
});

describe("a watch", () => {
  test("tells frames a second and freezes since the last look", () => {
    const watch = new Watch();
    expect(watch.look(report(picture(0, { framesDecoded: 0, framesPerSecond: 0, freezeCount: 0 })))).toEqual({ type: "watching", fps: 0, frozen: 0, overloaded: false });
    expect(watch.look(report(picture(4000, { framesDecoded: 100, framesReceived: 100, freezeCount: 2 })))).toEqual({ type: "watching", fps: 25, frozen: 2, overloaded: false });
    expect(watch.look(report(picture(8000, { framesDecoded: 160, framesReceived: 160, freezeCount: 2 })))).toEqual({ type: "watching", fps: 15, frozen: 0, overloaded: false });
  });

  test("counts no freeze for pictures that were wished away", () => {
    const watch = new Watch();
    const at = (time: number, framesDecoded: number, freezeCount: number): number | undefined => watch.look(report(picture(time, { framesDecoded, freezeCount }))).frozen;
    at(0, 0, 0);
    expect(at(4000, 40, 0)).toBe(0);
    expect(at(8000, 40, 0)).toBe(0); // paused
    watch.resume();
    expect(at(12000, 40, 0)).toBe(0); // nothing has come yet
    expect(at(16000, 80, 2)).toBe(1); // the pause, and one of the network's
    expect(at(20000, 120, 3)).toBe(1);
  });

  test("knows a processor that cannot send, and one that cannot decode what came whole", () => {
    const sending = new Watch();
    expect(sending.look(report({ id: "o", type: "outbound-rtp", kind: "video", qualityLimitationReason: "cpu" })).overloaded).toBe(true);
    expect(sending.look(report({ id: "o", type: "outbound-rtp", kind: "video", qualityLimitationReason: "bandwidth" })).overloaded).toBe(false);
    const lost = (packetsLost: number): boolean | undefined => {
      const watch = new Watch();
      watch.look(report(picture(0, { framesDecoded: 0, framesReceived: 0, packetsLost: 0 })));
      return watch.look(report(picture(4000, { framesDecoded: 40, framesReceived: 100, packetsLost }))).overloaded;
    };
    expect(lost(0)).toBe(true);
    expect(lost(3)).toBe(false); // the decoder waits for the next whole picture
  });

  test("takes the liveliest of several pictures, and leaves sound alone", () => {
    const watch = new Watch();
    const at = (time: number, first: number, second: number): RTCStatsReport =>
      report(picture(time, { framesDecoded: first }), { ...picture(time, { framesDecoded: second }), id: "w" }, { id: "a", type: "inbound-rtp", kind: "audio", timestamp: time });
    watch.look(at(0, 0, 0));
    expect(watch.look(at(4000, 20, 120)).fps).toBe(30);
  });
});
