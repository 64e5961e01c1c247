// What protects a conversation, from the first word to the last: closed until agreed, open only where that is allowed, stopped for good reason.
import { expect, test } from "vitest";
import type { Seat } from "../../src/protocol";
import { Memory } from "../../src/shared/e2ee/memory";
import { LOOK_MS, SILENT_MS, UNAGREED_MS } from "../../src/shared/e2ee/protection";
import { holdersOf } from "../../src/shared/e2ee/standing";
import { media, Room, SEATS, type RoomPage } from "./room";

const TWO = SEATS.slice(0, 2);

/** The code that this page has with the first of the others. */
function codeWith({ protector: { state } }: RoomPage): string {
  return state.state === "sealed" ? (state.people[0]?.code ?? "") : "";
}

const other = (code: string): string => (code === "000000" ? "000001" : "000000");

test("two who can agree, and the worker hears of keys before it hears that it may seal", async () => {
  const room = new Room();
  const [patient, clinician] = [room.enter("patient"), room.enter("clinician")];
  expect([patient.protector.mode, patient.worker.modes]).toEqual(["closed", ["closed"]]);
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
  expect(patient.protector.state).toEqual({ state: "refused", reason: "downgrade", seat: "guest1", mayGoOn: true });
  expect(patient.worker.modes.at(-1)).toBe("closed");
  patient.protector.goOn();
  expect(patient.protector.state).toEqual({ state: "open", unable: ["guest1"] });
  patient.protector.hear({ type: "peer_left", consultation: "c", call: 1, seat: "guest1" });
  expect(patient.protector.mode).toBe("sealed");
});

test("a page that was made to leave and join again still knows that its call was sealed", async () => {
  const room = new Room(TWO);
  const memory = new Memory(room.clock.after);
  const before = room.enter("patient", "streams", "preferred", memory);
  room.enter("clinician");
  await room.until(() => before.protector.mode === "sealed");
  const patient = room.enter("patient", "streams", "preferred", memory);
  room.enter("clinician", null);
  await room.until(() => patient.protector.state.state === "refused");
  expect(patient.protector.state).toEqual({ state: "refused", reason: "downgrade", seat: "clinician", mayGoOn: true });
  expect(patient.history).not.toContainEqual(expect.objectContaining({ state: "open" }));
});

/** A page of whoever runs the functions speaks with all, in the name of a guest that nobody let in. */
async function haunted(room: Room, told: boolean): Promise<[RoomPage, RoomPage]> {
  const seats: Seat[] = ["patient", "clinician"];
  const [patient, clinician] = seats.map((seat) => room.enter(seat)) as [RoomPage, RoomPage];
  await room.until(() => patient.protector.mode === "sealed" && clinician.protector.mode === "sealed");
  const all: Seat[] = [...seats, "guest4"];
  if (told) for (const { protector } of [patient, clinician]) protector.join("preferred", all);
  room.enter("guest4").protector.join("preferred", all);
  room.introduce();
  await room.pass(5_000);
  return [patient, clinician];
}

test("who is not in the call is given no keys, and stops nobody", async () => {
  const room = new Room(["patient", "clinician"]);
  const pages = await haunted(room, false);
  await room.pass(SILENT_MS + UNAGREED_MS);
  for (const { protector } of pages) {
    expect(protector.state).toMatchObject({ state: "sealed", people: [{}] });
    expect(holdersOf(protector.state)).toHaveLength(1);
  }
  expect(room.pages.guest4!.worker.got.filter(({ type }) => type === "take")).toEqual([]);
});

test("who is said to be in the call and gets keys is counted among those who have them", async () => {
  const room = new Room(["patient", "clinician"]);
  const [patient, clinician] = await haunted(room, true);
  expect(holdersOf(patient.protector.state)).toEqual(["clinician", "guest4"]);
  expect(holdersOf(clinician.protector.state)).toEqual(["patient", "guest4"]);
});

test("also one who takes our secret and shows none", async () => {
  const room = new Room();
  const clinician = room.enter("clinician");
  room.enter("patient");
  await room.until(() => clinician.protector.mode === "sealed");
  // The guest's first sealed part is what their secret stands in: without it our page still has given its own.
  room.middle = (from, _to, parcel) => (from === "guest1" && parcel.sealed ? null : parcel);
  const guest = room.enter("guest1");
  await room.until(() => guest.worker.got.some(({ type }) => type === "take"));
  expect(clinician.protector.state).toMatchObject({ people: [{ seat: "patient" }] });
  expect(holdersOf(clinician.protector.state)).toEqual(["patient", "guest1"]);
});

test("encryption that was once required stays so for the page's life, whatever a later join says", async () => {
  const room = new Room(["patient", "clinician"]);
  const { protector } = room.enter("patient", "streams", "required");
  protector.join("preferred", ["patient", "clinician"]);
  room.enter("clinician", null);
  await room.until(() => protector.state.state !== "agreeing");
  expect(protector.state).toEqual({ state: "refused", reason: "peer_unable", seat: "clinician" });
  const memory = new Memory(room.clock.after);
  room.enter("patient", "streams", "required", memory);
  const again = room.enter("patient", "streams", "preferred", memory);
  await room.until(() => again.protector.state.state !== "agreeing");
  expect(again.protector.state, "of a call that was ended and begun again too").toEqual({ state: "refused", reason: "peer_unable", seat: "clinician" });
});

test("a code that is not the same on both pages ends the call here, and nothing heals that", async () => {
  const room = new Room();
  const patient = room.enter("patient");
  room.enter("clinician");
  await room.until(() => patient.protector.mode === "sealed");
  const code = codeWith(patient);
  patient.protector.compare("clinician", other(code), true);
  expect(patient.protector.state, "read before it changed").toMatchObject({ people: [{ compared: false }] });
  patient.protector.compare("clinician", code, true);
  expect(patient.protector.state).toMatchObject({ people: [{ compared: true, renewed: false }] });
  patient.protector.compare("clinician", code, false);
  patient.protector.join("preferred", SEATS);
  expect(patient.protector.state).toEqual({ state: "refused", reason: "tampered", seat: "clinician" });
  expect([patient.stops, patient.worker.modes.at(-1)]).toEqual([1, "closed"]);
});

test("a code that is another one after it was compared is said to be, until it is compared too", async () => {
  const room = new Room(TWO);
  const patient = room.enter("patient");
  room.enter("clinician");
  await room.until(() => patient.protector.mode === "sealed");
  const before = codeWith(patient);
  patient.protector.compare("clinician", before, true);
  room.enter("clinician"); // loaded anew, or somebody sits between by now
  await room.until(() => ![before, ""].includes(codeWith(patient)));
  expect(patient.protector.state).toMatchObject({ people: [{ compared: false, renewed: true }] });
  patient.protector.compare("clinician", before, true);
  expect(patient.protector.state).toMatchObject({ people: [{ compared: false, renewed: true }] });
  patient.protector.compare("clinician", codeWith(patient), true);
  expect(patient.protector.state).toMatchObject({ people: [{ compared: true, renewed: false }] });
});

test("what comes has been opened once a frame was, or where none is sent", async () => {
  const room = new Room(TWO);
  const patient = room.enter("patient");
  room.enter("clinician");
  await room.until(() => patient.protector.mode === "sealed");
  expect(patient.protector.state).toMatchObject({ people: [{ opened: false }] });
  patient.protector.hear({ ...media("clinician"), camera: false, microphone: false });
  expect(patient.protector.state).toMatchObject({ people: [{ opened: true }] });
  patient.protector.hear(media("clinician"));
  expect(patient.protector.state).toMatchObject({ people: [{ opened: false }] });
  patient.worker.onmessage?.({ data: { type: "heard", seat: "clinician" } });
  expect(patient.protector.state).toMatchObject({ people: [{ opened: true }] });
  patient.worker.onerror?.({}); // and is started anew
  await room.pass(1_000);
  await room.until(() => patient.protector.mode === "sealed");
  expect(patient.protector.state).toMatchObject({ people: [{ opened: false }] });
});

test("a sealed call whose page can have no worker any more opens by its person's word alone", async () => {
  const room = new Room(TWO);
  const patient = room.enter("patient");
  room.enter("clinician");
  await room.until(() => patient.protector.mode === "sealed");
  for (let time = 0; time < 3; time++) {
    patient.worker.onerror?.({});
    await room.pass(5_000);
  }
  expect(patient.protector.state).toEqual({ state: "refused", reason: "downgrade", seat: "patient", mayGoOn: true });
  expect(patient.history).not.toContainEqual(expect.objectContaining({ state: "open" }));
  patient.protector.goOn();
  expect(patient.protector.state).toEqual({ state: "open", unable: ["patient"] });
});

test("nor does another call, on the same page", async () => {
  const room = new Room(TWO);
  const memory = new Memory(room.clock.after);
  const before = room.enter("patient", "streams", "preferred", memory);
  room.enter("clinician");
  await room.until(() => before.protector.mode === "sealed");
  before.protector.compare("clinician", codeWith(before), false);
  const patient = room.enter("patient", "streams", "preferred", memory);
  const clinician = room.enter("clinician");
  await room.until(() => clinician.protector.mode === "sealed");
  expect(patient.history.every((state) => state !== "go on" && state.state === "refused")).toBe(true);
  expect(patient.worker.modes).toEqual(["closed"]);
});

test("what left without the worker ends the call", async () => {
  const room = new Room();
  const patient = room.enter("patient");
  room.enter("clinician");
  await room.until(() => patient.protector.mode === "sealed");
  let bytes = 500;
  const stats = async () => new Map([["out", { type: "outbound-rtp", bytesSent: bytes }]]);
  const streams = () => ({ readable: null, writable: null });
  const sender = { track: {}, getStats: stats, createEncodedStreams: streams } as unknown as RTCRtpSender;
  patient.protector.passages()?.send(sender, "audio");
  patient.worker.counts = { seen: 5, gone: 5, bytes: 500 };
  await room.clock.pass(LOOK_MS);
  expect([patient.stops, patient.protector.mode]).toEqual([0, "sealed"]);
  bytes = 501;
  await room.clock.pass(LOOK_MS);
  expect(patient.protector.state).toEqual({ state: "refused", reason: "untransformed", seat: null });
  expect(patient.stops).toBe(1);
});
