// Whatever sockets do, and in whatever order news overtakes other news: a page ends in the same state as one that missed nothing.
import { expect, test } from "vitest";
import type { ConsultationView, Seat, Ticket, ToClinician, ToPatient, VisitView } from "../src/protocol";
import { Connection } from "../src/shared/connection";
import { reduce as reduceStaff } from "../src/staff/reduce";
import { initial as initialStaff } from "../src/staff/state";
import { initial, reduce, step } from "../src/visit/state";
import { Clock, FakeSocket, settle } from "./fakes";

type Message = { type: string };

/** Chance that can be had again by its seed (mulberry32). */
function chances(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The functions, as far as one page sees them: what is, and what they say of it. */
class Functions {
  state: "checked_in" | "calling" | "in_call" | "ended" = "checked_in";
  version = 1;
  call = 0;
  paused: Seat | null = null;
  camera = true;

  constructor(private readonly of: "patient" | "clinician") {}

  /** Something happens; what is told of it. */
  happens(chance: number): Message[] {
    const before = this.call;
    const can: (() => Message[])[] =
      this.state === "checked_in" ? [() => this.places("calling")]
      : this.state === "calling" ? [() => this.turns("in_call"), () => this.places("calling"), () => this.turns("checked_in", before, "withdrawn")]
      : this.state === "in_call" ? [() => this.places("in_call"), () => this.places("in_call"), () => this.pauses(), () => this.films(), () => this.films(), () => this.turns("checked_in", before, "worker_lost"), () => this.turns("ended", before, "hang_up")]
      : [];
    return can[Math.floor(chance * can.length)]?.() ?? [];
  }

  /** All that counts, in order, as `hello` is answered. */
  all(): Message[] {
    return [this.overview(), ...this.asks()];
  }

  private places(state: "calling" | "in_call"): Message[] {
    this.call++;
    this.version++;
    this.state = state;
    return [...this.asks(), this.overview()];
  }

  private turns(state: "checked_in" | "in_call" | "ended", ended = 0, reason = ""): Message[] {
    this.version++;
    this.state = state;
    if (state !== "in_call") this.paused = null;
    const over = ended ? [{ type: "call_ended", consultation: "c1", call: ended, reason }] : [];
    return [...over, ...this.asks(), this.overview()];
  }

  private pauses(): Message[] {
    this.version++;
    this.paused = this.paused ? null : this.other;
    return [this.says({ type: "paused", by: this.paused }), this.overview()];
  }

  private films(): Message[] {
    this.camera = !this.camera;
    return [this.media()];
  }

  private asks(): Message[] {
    const mine = this.of === "clinician" ? ["calling", "in_call"] : ["in_call"];
    if (this.of === "patient" && this.state === "calling") return [this.says({ type: "ringing" })];
    if (!mine.includes(this.state)) return [];
    const join = this.says({ type: "join", seat: this.of, ice_servers: [], relay_only: false, seats: ["patient", "clinician"], encryption: "preferred" });
    return [join, ...(this.state === "in_call" ? [this.media()] : []), ...(this.paused ? [this.says({ type: "paused", by: this.paused })] : [])];
  }

  private get other(): Seat {
    return this.of === "patient" ? "clinician" : "patient";
  }

  private media(): Message {
    return this.says({ type: "peer_media", seat: this.other, camera: this.camera, microphone: true, screen: false, interrupted: false });
  }

  private says(what: Message & Record<string, unknown>): Message {
    return { ...what, consultation: "c1", call: this.call } as Message;
  }

  private overview(): Message {
    const common = { consultation: "c1", version: this.version, state: this.state, call: this.call, paused_by: this.paused, starts: "2026-11-24T09:00:00Z", guests: [], by_phone: false };
    if (this.of === "patient") return { type: "visit", visit: { ...common, login_level: "none", seat: "patient", running_late: 0 } as unknown as VisitView } as Message;
    const view = { ...common, clinician: "ingrid-berg", patient_name: "Kari Nordmann" } as unknown as ConsultationView;
    return { type: "board", day: "2026-11-24", clinician: "ingrid-berg", consultations: [view], delay_minutes: 0, suspended: "" } as Message;
  }
}

const TICKET: Ticket = { ticket: "t", seconds: 30, ping_seconds: 25, socket_seconds: 8 };

/** A page over a socket that is lost, replaced and slow as chance has it, beside one that hears everything at once. */
async function story(of: "patient" | "clinician", seed: number) {
  const random = chances(seed);
  const clock = new Clock();
  const functions = new Functions(of);
  const sockets: FakeSocket[] = [];
  const onTheWay = new Map<FakeSocket, Message[]>();
  const asked = new Map<FakeSocket, number>(); // what of a socket's messages has been handled
  let holder: FakeSocket | null = null;
  const got: Message[] = [];
  const perfect: Message[] = functions.all();
  const connection = new Connection<Message, Message>({
    ticket: async () => TICKET,
    url: "ws://here/ws",
    onMessage: (message) => got.push(message),
    onStatus: () => undefined,
    urgent: () => true,
    open: (url) => {
      const socket = new FakeSocket(url);
      sockets.push(socket);
      return socket;
    },
    after: clock.after,
    now: () => clock.now,
    random,
  });
  const open = (): FakeSocket[] => sockets.filter(({ closed }) => !closed);
  const push = (socket: FakeSocket | null, messages: Message[]): void => void (socket && onTheWay.set(socket, [...(onTheWay.get(socket) ?? []), ...messages]));
  const handle = (socket: FakeSocket): void => {
    const done = asked.get(socket) ?? 0;
    const message = socket.sent[done];
    if (!message) return;
    asked.set(socket, done + 1);
    if (message.type === "ping") push(socket, [{ type: "pong" }]);
    if (message.type !== "hello") return;
    if (holder && holder !== socket) push(holder, [{ type: "seat_taken" }]);
    holder = socket;
    push(socket, functions.all());
  };
  const deliver = (socket: FakeSocket): void => {
    const [next, ...rest] = onTheWay.get(socket) ?? [];
    onTheWay.set(socket, rest);
    if (next && !socket.closed) socket.says(next);
  };
  const any = (): FakeSocket | undefined => open()[Math.floor(random() * open().length)];
  for (let turn = 0; turn < 150; turn++) {
    const chance = random();
    const socket = any();
    if (chance < 0.12) {
      const news = functions.happens(random());
      perfect.push(...news);
      push(holder, news);
    } else if (chance < 0.17) {
      if (socket?.onopen) socket.breaks();
      else if (socket?.onclose) socket.breaks();
    } else if (chance < 0.3) socket?.opens();
    else if (chance < 0.55) socket && handle(socket);
    else if (chance < 0.85) socket && deliver(socket);
    else await clock.pass(random() * 4_000);
    await settle();
  }
  // Then all goes well for a while.
  for (let turn = 0; turn < 400; turn++) {
    for (const socket of open()) {
      socket.onopen?.(undefined as never);
      handle(socket);
      deliver(socket);
    }
    await clock.pass(50);
  }
  return { connection, got, perfect, functions };
}

const SEEDS = Array.from({ length: 60 }, (_, seed) => seed + 1);

test("the patient's page", async () => {
  for (const seed of SEEDS) {
    const { connection, got, perfect, functions } = await story("patient", seed);
    const seen = (messages: Message[]): unknown => {
      const { visit, join, peers, ...rest } = messages.reduce((state, message) => reduce(state, { type: "message", message: message as ToPatient }), reduce(initial(), { type: "opened", visit: (perfect[0] as unknown as { visit: VisitView }).visit }));
      return { visit, join, peers: step({ ...rest, visit, join, peers }) === "call" ? peers : {}, step: step({ ...rest, visit, join, peers }) };
    };
    expect(connection.status, `seed ${seed}`).toBe("open");
    expect(seen(got), `seed ${seed}`).toEqual(seen(perfect));
    expect(seen(got), `seed ${seed}`).toMatchObject({ visit: { state: functions.state, call: functions.call, paused_by: functions.paused } });
  }
});

test("the clinician's page", async () => {
  for (const seed of SEEDS) {
    const { connection, got, perfect, functions } = await story("clinician", seed);
    const seen = (messages: Message[]): unknown => {
      const { seated, held } = messages.reduce((state, message) => reduceStaff(state, { type: "received", message: message as ToClinician }), initialStaff("2026-11-24", "ingrid-berg"));
      return { join: seated?.join ?? null, peers: held["c1"]?.view.state === "in_call" ? seated?.peers : null, view: held["c1"]?.view };
    };
    expect(connection.status, `seed ${seed}`).toBe("open");
    expect(seen(got), `seed ${seed}`).toEqual(seen(perfect));
    expect(seen(got), `seed ${seed}`).toMatchObject({ view: { state: functions.state, call: functions.call, paused_by: functions.paused } });
  }
});
