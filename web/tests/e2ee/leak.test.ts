// Frames that left without having been through the worker, told by counts alone.
import { expect, test } from "vitest";
import { Leak, sentBy } from "../../src/shared/e2ee/leak";

test("sound that left must have gone through the worker, byte by byte", () => {
  const leak = new Leak("audio");
  expect(leak.look({ packets: 50, bytes: 4_000, frames: 0 }, { seen: 51, gone: 51, bytes: 4_080 })).toBe(false);
  expect(leak.look({ packets: 0, bytes: 0, frames: 0 }, { seen: 90, gone: 0, bytes: 0 })).toBe(false); // closed
  expect(leak.look({ packets: 180, bytes: 4_080, frames: 0 }, { seen: 51, gone: 51, bytes: 4_080 })).toBe(false); // they fill the line
  expect(leak.look({ packets: 181, bytes: 4_081, frames: 0 }, { seen: 51, gone: 51, bytes: 4_080 })).toBe(true);
  expect(new Leak("audio").look({ packets: 1, bytes: 3, frames: 0 }, { seen: 0, gone: 0, bytes: 0 })).toBe(true);
});

test("pictures that the worker does not see come under suspicion at once, and are told of when it has had time to", () => {
  const leak = new Leak("camera");
  const looks = [15, 20, 25, 30].map((frames) => [leak.look({ packets: 2 * frames, bytes: 0, frames }, { seen: 0, gone: 0, bytes: 0 }), leak.suspected]);
  expect(looks).toEqual([[false, true], [false, true], [false, true], [true, true]]);
});

test("pictures that are under way to the worker, and packets that only fill the line, are no leak", () => {
  const leak = new Leak("camera");
  expect(leak.look({ packets: 12, bytes: 0, frames: 0 }, { seen: 0, gone: 0, bytes: 0 })).toBe(false); // padding before any picture
  expect(leak.look({ packets: 12, bytes: 0, frames: 3 }, { seen: 2, gone: 2, bytes: 0 })).toBe(false);
  expect(leak.look({ packets: 40, bytes: 0, frames: 30 }, { seen: 28, gone: 28, bytes: 0 })).toBe(false);
  expect(leak.look({ packets: 40, bytes: 0, frames: 40 }, { seen: 29, gone: 29, bytes: 0 })).toBe(false); // a stumble
  expect(leak.look({ packets: 40, bytes: 0, frames: 41 }, { seen: 41, gone: 41, bytes: 0 })).toBe(false);
  expect(leak.suspected).toBe(false);
});

test("some pictures beside the worker are told of too, though most go through it", () => {
  const leak = new Leak("screen");
  const looks = [100, 110, 120, 130, 140].map((frames) => leak.look({ packets: frames, bytes: 0, frames }, { seen: frames - 11, gone: frames - 11, bytes: 0 }));
  expect(looks).toEqual([false, false, false, false, true]);
});

test("layers count together, and what was sent again does not count", () => {
  const out = { type: "outbound-rtp", framesSent: 10 };
  const report = new Map<string, object>([
    ["l", { ...out, packetsSent: 12, retransmittedPacketsSent: 2, bytesSent: 1_000, retransmittedBytesSent: 200 }],
    ["h", { ...out, packetsSent: 40, bytesSent: 9_000 }],
    ["in", { type: "remote-inbound-rtp", packetsSent: 7 }],
  ]);
  expect(sentBy(report as unknown as RTCStatsReport)).toEqual({ packets: 50, bytes: 9_800, frames: 20 });
});
