// What protects a conversation, from the first word to the last: closed until agreed, open only where that is allowed, stopped for good reason.
import { expect, test } from "vitest";
import type { Encryption, Handshake, PeerMedia, Seat } from "../../src/protocol";
import type { FromSealer, ToSealer } from "../../src/shared/e2ee/passage";
import { LOOK_MS, Protector, SILENT_MS } from "../../src/shared/e2ee/protection";
import type { SealerWorker, Way } from "../../src/shared/e2ee/transforms";
import { Clock } from "../fakes";

class FakeWorker implements SealerWorker {
  readonly got: ToSealer[] = [];
  counts = { seen: 0, gone: 0 };
  onmessage: ((event: { data: FromSealer }) => void) | null = null;
  onerror: ((event: unknown) => void) | null = null;

  postMessage(message: ToSealer): void {
    this.got.push(message);
    if (message.type === "count") this.onmessage?.({ data: { type: "counts", counts: message.ids.map(() => this.counts) } });
  }

  terminate(): void {}
}

const SEATS: Seat[] = ["patient", "clinician", "guest1"];

/** Several pages whose words reach each other. */
class Room {
  readonly clock = new Clock();
  readonly pages: Partial<Record<Seat, { protector: Protector; worker: FakeWorker; stops: number }>> = {};

  enter(seat: Seat, way: Way | null = "streams", rule: Encryption = "preferred") {
    const worker = new FakeWorker();
    const say = (parcels: Handshake["parcels"]): void => {
      for (const [to, parcel] of Object.entries(parcels)) {
        this.clock.after(10, () => this.pages[to as Seat]?.protector.hear({ type: "peer_handshake", consultation: "c", call: 1, seat, parcel }));
      }
    };
    const page = {
      worker,
      stops: 0,
      protector: new Protector({ consultation: "c", own: seat, rule, way, say, worker: () => worker, after: this.clock.after, onChange: () => undefined, onStop: () => page.stops++, onRenew: () => undefined }),
    };
    this.pages[seat] = page;
    page.protector.join(rule, SEATS);
    return page;
  }

  /** Keys are made by the browser, in its own time: the clock in the hand must not run ahead of it. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await this.clock.pass(5);
      await new Promise((done) => setTimeout(done, 1));
    }
  }
}

const media = (seat: Seat): PeerMedia => ({ type: "peer_media", consultation: "c", call: 1, seat, camera: true, microphone: true, screen: false, interrupted: false });
const modes = ({ got }: FakeWorker): string[] => got.flatMap((message) => (message.type === "mode" ? [message.mode] : []));

test("two who can agree, and the worker hears of keys before it hears that it may seal", async () => {
  const room = new Room();
  const [patient, clinician] = [room.enter("patient"), room.enter("clinician")];
  expect([patient.protector.mode, modes(patient.worker)]).toEqual(["closed", ["closed"]]);
  await room.until(() => patient.protector.mode === "sealed" && clinician.protector.mode === "sealed");
  const types = patient.worker.got.map(({ type }) => type);
  expect(types.indexOf("send")).toBeLessThan(types.lastIndexOf("mode"));
  const [one, other] = [patient, clinician].map(({ protector: { state } }) => (state.state === "sealed" ? state.people[0]?.code : ""));
  expect(one).toMatch(/^\d{6}$/);
  expect(one).toBe(other);
});

test("who cannot is told of at once: the call is open, or refused, by the rule", async () => {
  const room = new Room();
  const unable = room.enter("clinician", null);
  expect(unable.protector.state).toEqual({ state: "open", unable: ["clinician"] });
  const patient = room.enter("patient");
  await room.until(() => patient.protector.mode === "open");
  expect(patient.protector.state).toEqual({ state: "open", unable: ["clinician"] });
  const strict = new Room();
  const refused = strict.enter("clinician", null, "required");
  expect(refused.protector.state).toEqual({ state: "refused", reason: "unable", seat: null });
  const other = strict.enter("patient", "streams", "required");
  await strict.until(() => other.protector.state.state === "refused");
  expect(other.protector.state).toEqual({ state: "refused", reason: "peer_unable", seat: "clinician" });
});

test("somebody who is here and never says a word of keys counts as one who cannot, and not before", async () => {
  const room = new Room();
  const { protector } = room.enter("patient");
  protector.hear(media("clinician"));
  await room.clock.pass(SILENT_MS - 1);
  expect(protector.mode).toBe("closed");
  await room.clock.pass(1);
  expect(protector.state).toEqual({ state: "open", unable: ["clinician"] });
  protector.hear({ type: "peer_left", consultation: "c", call: 1, seat: "clinician" });
  expect(protector.mode).toBe("closed");
});

test("a sealed call that somebody joins who cannot waits for the word of the person here, and is sealed again when they leave", async () => {
  const room = new Room();
  const patient = room.enter("patient");
  room.enter("clinician");
  await room.until(() => patient.protector.mode === "sealed");
  room.enter("guest1", null);
  await room.until(() => patient.protector.state.state === "refused");
  expect(patient.protector.state).toEqual({ state: "refused", reason: "downgrade", seat: "guest1" });
  expect(modes(patient.worker).at(-1)).toBe("closed");
  patient.protector.goOn();
  expect(patient.protector.state).toEqual({ state: "open", unable: ["guest1"] });
  patient.protector.hear({ type: "peer_left", consultation: "c", call: 1, seat: "guest1" });
  expect(patient.protector.mode).toBe("sealed");
});

test("a code that is not the same on both pages ends the call here, and nothing heals that", async () => {
  const room = new Room();
  const patient = room.enter("patient");
  room.enter("clinician");
  await room.until(() => patient.protector.mode === "sealed");
  patient.protector.compare("clinician", true);
  expect(patient.protector.state).toMatchObject({ people: [{ compared: true }] });
  patient.protector.compare("clinician", false);
  patient.protector.join("preferred", SEATS);
  expect(patient.protector.state).toEqual({ state: "refused", reason: "tampered", seat: "clinician" });
  expect([patient.stops, modes(patient.worker).at(-1)]).toEqual([1, "closed"]);
});

test("what left without the worker ends the call", async () => {
  const room = new Room();
  const patient = room.enter("patient");
  room.enter("clinician");
  await room.until(() => patient.protector.mode === "sealed");
  let packets = 5;
  const stats = async () => new Map([["out", { type: "outbound-rtp", packetsSent: packets }]]);
  const streams = () => ({ readable: null, writable: null });
  const sender = { track: {}, getStats: stats, createEncodedStreams: streams } as unknown as RTCRtpSender;
  patient.protector.passages()?.send(sender, "audio");
  patient.worker.counts = { seen: 5, gone: 5 };
  await room.clock.pass(LOOK_MS);
  expect([patient.stops, patient.protector.mode]).toEqual([0, "sealed"]);
  packets = 6;
  await room.clock.pass(LOOK_MS);
  expect(patient.protector.state).toEqual({ state: "refused", reason: "untransformed", seat: null });
  expect(patient.stops).toBe(1);
});
