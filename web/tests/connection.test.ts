// The socket's life: hello first, alive by pings, back after losses, followed by the next one, stopped for good when told.
import { expect, test } from "vitest";
import type { Ticket } from "../src/protocol";
import { ApiError } from "../src/shared/api";
import { OPEN_MS } from "../src/shared/attempt";
import { AT_ONCE, Connection, socketUrl, type Status } from "../src/shared/connection";
import { DOUBT_MS, PONG_MS } from "../src/shared/line";
import { firstPause, pace } from "../src/shared/pace";
import { JUMP_MS, LOOK_MS, onSleep } from "../src/shared/time";
import { Clock, FakeSocket, settle } from "./fakes";

type Any = { type: string };

const TICKET: Ticket = { ticket: "t t", seconds: 30, ping_seconds: 25, socket_seconds: 6600 };
const PING_MS = TICKET.ping_seconds * 1000;
/** With chance in the middle. */
const RENEW_MS = TICKET.socket_seconds * 950;

function setUp(ticket: (signal: AbortSignal) => Promise<Ticket> = async () => TICKET, urgent = false) {
  const clock = new Clock();
  const sockets: FakeSocket[] = [];
  const statuses: [Status, string | undefined][] = [];
  const messages: Any[] = [];
  const asked: number[] = [];
  const connection = new Connection<Any, Any>({
    ticket: (signal) => {
      asked.push(clock.now);
      return ticket(signal);
    },
    url: "ws://here/ws",
    onMessage: (message) => messages.push(message),
    onStatus: (status, reason) => statuses.push([status, reason]),
    urgent: () => urgent,
    open: (url) => {
      const socket = new FakeSocket(url);
      sockets.push(socket);
      return socket;
    },
    after: clock.after,
    now: () => clock.now,
    random: () => 0.5,
  });
  const last = (): FakeSocket => {
    const socket = sockets.at(-1);
    if (!socket) throw new Error("no socket was opened");
    return socket;
  };
  /** A socket that has been alive for a while. */
  const settled = async (): Promise<FakeSocket> => {
    await settle();
    last().opens();
    last().says({ type: "visit" });
    await clock.pass(20_000);
    return last();
  };
  return { clock, sockets, statuses, messages, asked, connection, last, settled };
}

test("what was said to a function that died is said again on the next socket", async () => {
  const { connection, settled, clock, last, sockets } = setUp();
  const first = await settled();
  connection.sendSurely({ type: "hang_up" });
  first.says({ message: "Internal server error", connectionId: "c", requestId: "r" });
  expect(first.closed).toBe(true);
  await clock.pass(5_000);
  expect(sockets.length).toBeGreaterThan(1);
  last().opens();
  expect(last().sent.map(({ type }) => type)).toContain("hang_up");
});

test("hello is the first message, on the address with the ticket", async () => {
  const { last, statuses } = setUp();
  await settle();
  expect(last().url).toMatch(/^ws:\/\/here\/ws\?ticket=t%20t&traceparent=00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  last().opens();
  expect(last().sent).toEqual([{ type: "hello" }]);
  expect(statuses).toEqual([["open", undefined]]);
});

test("messages go to the page; pongs and rubbish do not, and do not break anything", async () => {
  const { last, messages } = setUp();
  await settle();
  last().opens();
  for (const said of ["{", "null", "5", '{"no":"type"}', { type: "pong" }, { type: "visit" }]) last().says(said);
  expect(messages).toEqual([{ type: "visit" }]);
});

test("it pings when quiet, as often as the ticket says, and a socket that does not answer is replaced", async () => {
  const { clock, last, sockets, statuses } = setUp();
  await settle();
  last().opens();
  last().says({ type: "visit" });
  await clock.pass(PING_MS);
  expect(last().sent.at(-1)).toEqual({ type: "ping" });
  last().says({ type: "pong" });
  await clock.pass(PING_MS);
  expect(last().sent.filter(({ type }) => type === "ping")).toHaveLength(2);
  await clock.pass(PONG_MS);
  expect(sockets[0]?.closed).toBe(true);
  expect(statuses.at(-1)).toEqual(["away", undefined]);
  await clock.pass(1_000);
  expect(sockets).toHaveLength(2);
  last().opens();
  expect(statuses.at(-1)).toEqual(["open", undefined]);
});

test("a hello that nobody answers is a lost socket too", async () => {
  const { clock, last, statuses } = setUp();
  await settle();
  last().opens();
  await clock.pass(PONG_MS);
  expect(statuses.at(-1)).toEqual(["away", undefined]);
});

test("where something hints at a loss, patience is short", async () => {
  const { clock, connection, settled, statuses } = setUp();
  const socket = await settled();
  connection.wake();
  expect(socket.sent.at(-1)).toEqual({ type: "ping" });
  await clock.pass(DOUBT_MS - 100);
  connection.wake(); // whatever hints again does not put it off
  await clock.pass(100);
  expect(statuses.at(-1)).toEqual(["away", undefined]);
});

test("a service that is slow is given time: what it takes to answer decides when a socket counts as lost", async () => {
  const { clock, connection, sockets, statuses, last, settled } = setUp();
  await settled();
  connection.sendSurely({ type: "accept" });
  await clock.pass(DOUBT_MS + 600);
  expect(statuses.at(-1)).toEqual(["away", undefined]); // it might have been the network
  const second = last();
  second.opens();
  expect(second.sent.map(({ type }) => type)).toEqual(["hello", "accept", "ping"]);
  await clock.pass(2 * DOUBT_MS);
  second.says({ type: "visit" }); // it was not
  connection.sendSurely({ type: "accept" });
  await clock.pass(5 * DOUBT_MS);
  expect([sockets.length, statuses.at(-1)]).toEqual([2, ["open", undefined]]);
  second.says({ type: "pong" });
  connection.wake();
  second.says({ type: "pong" }); // fast again
  connection.wake();
  await clock.pass(DOUBT_MS);
  expect(statuses.at(-1)).toEqual(["away", undefined]);
});

test("while away a new try begins about every second in a call, without waiting for those that hang", async () => {
  let hangs = false;
  const aborted: number[] = [];
  const { clock, settled, asked, sockets, last } = setUp((signal) => {
    if (!hangs) return Promise.resolve(TICKET);
    signal.addEventListener("abort", () => aborted.push(clock.now));
    return new Promise(() => undefined);
  }, true);
  (await settled()).breaks();
  hangs = true;
  const lost = clock.now;
  await clock.pass(84_000);
  const gaps = asked.slice(1).map((at, index) => at - (asked[index] ?? 0)).slice(1);
  expect(Math.max(...gaps)).toBeLessThanOrEqual(1_500);
  expect(asked.length - 1 - aborted.length).toBeLessThanOrEqual(AT_ONCE);
  expect(asked.filter((at) => at > lost).length).toBeGreaterThan(60);
  hangs = false;
  await clock.pass(1_500);
  const came = sockets.length;
  expect(came).toBeGreaterThan(1);
  last().opens();
  last().says({ type: "visit" });
  await clock.pass(20_000);
  expect(sockets).toHaveLength(came); // no more tries,
  expect(sockets.filter(({ closed }) => !closed)).toEqual([last()]); // and the others were dropped
  expect(aborted).toHaveLength(asked.length - came);
});

test("the first that opens wins, the others are dropped; the oldest try keeps its time", async () => {
  const { clock, settled, sockets } = setUp(undefined, true);
  (await settled()).breaks();
  await clock.pass(9_000);
  const tries = sockets.slice(1);
  expect(tries.length).toBeGreaterThanOrEqual(3);
  expect(tries[0]?.closed).toBe(false);
  tries[0]?.opens();
  expect(tries.map(({ closed }) => closed)).toEqual(tries.map((_, index) => index !== 0));
});

test("a try that never opens is given up", async () => {
  const { clock, sockets } = setUp();
  await clock.pass(OPEN_MS);
  expect(sockets[0]?.closed).toBe(true);
  expect(sockets.length).toBeGreaterThan(1);
});

test("a refusal that says how long to wait is obeyed, also by who wakes", async () => {
  let refuses = false;
  const { clock, settled, asked, connection } = setUp(() => (refuses ? Promise.reject(new ApiError("busy", "", true, 503, 20)) : Promise.resolve(TICKET)), true);
  (await settled()).breaks();
  refuses = true;
  await clock.pass(1_000);
  const tried = asked.length;
  await clock.pass(10_000);
  connection.wake();
  await clock.pass(8_000);
  expect(asked).toHaveLength(tried);
  await clock.pass(7_000);
  expect(asked.length).toBe(tried + 1);
});

test("no honest page asks for tickets more often than it may, whatever fails", async () => {
  const MOST = 300; // chalicelib/limits.py, TICKETS: in a quarter of an hour
  const inAQuarter = async (fails: (socket: FakeSocket) => void): Promise<number> => {
    const { clock, asked, sockets } = setUp(undefined, true);
    for (let second = 0; second < 900; second++) {
      await clock.pass(1_000);
      for (const socket of sockets) if (!socket.closed) fails(socket);
    }
    return asked.length;
  };
  const flaps = (socket: FakeSocket): void => {
    socket.opens();
    socket.says({ type: "visit" });
    socket.breaks();
    socket.closed = true;
  };
  expect(await inAQuarter((socket) => socket.breaks())).toBeLessThan(MOST); // tickets, but no sockets
  expect(await inAQuarter(flaps)).toBeLessThan(MOST); // sockets that die young
  expect(await inAQuarter(() => undefined)).toBeLessThan(MOST); // sockets that hang
});

test("what must arrive waits for the next socket, the latest of each kind only", async () => {
  const { clock, connection, last } = setUp();
  await settle();
  expect(connection.send({ type: "offer" })).toBe(false);
  connection.sendSurely({ type: "leave" });
  connection.sendSurely({ type: "check_in" });
  connection.sendSurely({ type: "leave" });
  last().breaks();
  await clock.pass(2_000);
  last().opens();
  const said = (): Any[] => last().sent.filter(({ type }) => type !== "ping");
  expect(said()).toEqual([{ type: "hello" }, { type: "check_in" }, { type: "leave" }]);
  last().says({ type: "pong" });
  last().breaks();
  await clock.pass(5_000);
  last().opens();
  expect(said()).toEqual([{ type: "hello" }]);
});

test("what must arrive is said again when the socket that took it never answered", async () => {
  const { clock, connection, settled, last, sockets } = setUp();
  const dead = await settled();
  connection.sendSurely({ type: "check_in" });
  expect(dead.sent.slice(-2)).toEqual([{ type: "check_in" }, { type: "ping" }]);
  await clock.pass(DOUBT_MS + 1_000);
  expect(sockets).toHaveLength(2);
  last().opens();
  expect(last().sent[1]).toEqual({ type: "check_in" });
});

test("before a socket is too old the next one opens beside it, and takes over with its first message", async () => {
  const { clock, connection, settled, sockets, statuses, messages } = setUp(async () => ({ ...TICKET, ping_seconds: 100_000 }));
  const old = await settled();
  await clock.pass(RENEW_MS - 20_000);
  expect(sockets).toHaveLength(2);
  const next = sockets[1] as FakeSocket;
  next.opens();
  expect(next.sent).toEqual([{ type: "hello" }]);
  connection.send({ type: "media" }); // neither too late on the one nor too early on the other
  old.says({ type: "answer" });
  old.says({ type: "seat_taken" }); // by oneself
  expect([old.closed, messages.at(-1)]).toEqual([false, { type: "answer" }]);
  next.says({ type: "visit" });
  expect(old.closed).toBe(true);
  expect(next.sent).toEqual([{ type: "hello" }, { type: "media" }]);
  expect(statuses).toEqual([["open", undefined], ["open", undefined]]);
  next.says({ type: "seat_taken" }); // by another page
  expect(statuses.at(-1)).toEqual(["stopped", "seat_taken"]);
});

test("what was said just before the next socket took over is said on that one too", async () => {
  const { connection, settled, clock, last, sockets } = setUp(async () => ({ ...TICKET, ping_seconds: 100_000 }));
  const first = await settled();
  await clock.pass(RENEW_MS - 20_000);
  connection.sendSurely({ type: "hang_up" });
  last().opens();
  last().says({ type: "board" });
  expect([sockets.length, first.closed]).toEqual([2, true]);
  expect(last().sent.map(({ type }) => type)).toEqual(["hello", "hang_up", "ping"]);
  last().says({ type: "pong" });
  await clock.pass(RENEW_MS);
  last().opens();
  last().says({ type: "board" });
  expect(last().sent).toEqual([{ type: "hello" }]); // the pong has told that it arrived
});

test("a next socket that comes to nothing is tried again, and what was kept for it goes out on the present one", async () => {
  const { clock, connection, settled, sockets, statuses, last } = setUp(async () => ({ ...TICKET, socket_seconds: 40, ping_seconds: 100 }));
  const old = await settled();
  await clock.pass(20_000);
  expect(sockets).toHaveLength(2);
  last().breaks();
  await clock.pass(20_000);
  expect(sockets).toHaveLength(3);
  last().opens();
  connection.send({ type: "media" });
  last().breaks();
  expect(old.sent.slice(-2)).toEqual([{ type: "hello" }, { type: "media" }]); // the next one may have taken the seat
  old.says({ type: "seat_taken" });
  expect(old.sent.at(-1)).toEqual({ type: "hello" });
  old.says({ type: "visit" });
  await clock.pass(20_000);
  expect(sockets).toHaveLength(4);
  last().opens();
  old.breaks(); // the present one ends before the next was answered: it is the present one now
  connection.send({ type: "media" });
  expect(last().sent).toEqual([{ type: "hello" }, { type: "media" }]);
  expect(statuses.map(([status]) => status)).toEqual(["open", "open"]);
});

test("who may have no next ticket keeps the socket there is", async () => {
  const answers = [Promise.resolve({ ...TICKET, socket_seconds: 40, ping_seconds: 1000 })];
  const { clock, settled, statuses, asked } = setUp(() => answers.shift() ?? Promise.reject(new ApiError("unauthenticated", "", false, 401)));
  await settled();
  await clock.pass(200_000);
  expect(asked).toHaveLength(2);
  expect(statuses).toEqual([["open", undefined]]);
});

test("a newer page takes the seat: this one stops and does not come back", async () => {
  const { clock, last, sockets, statuses, messages } = setUp();
  await settle();
  last().opens();
  last().says({ type: "seat_taken" });
  last().breaks();
  await clock.pass(600_000);
  expect(sockets).toHaveLength(1);
  expect(statuses.at(-1)).toEqual(["stopped", "seat_taken"]);
  expect(messages).toEqual([{ type: "seat_taken" }]);
});

test("no ticket for now: it tries again; no ticket ever: it stops and says why", async () => {
  const answers = [new ApiError("offline", "", true, 0), new ApiError("unauthenticated", "", false, 401)];
  const { clock, sockets, statuses } = setUp(() => Promise.reject(answers.shift() ?? new Error("asked too often")));
  await clock.pass(60_000);
  expect(sockets).toHaveLength(0);
  expect(statuses).toEqual([["away", undefined], ["stopped", "unauthenticated"]]);
});

test("waking up tries at once", async () => {
  const { connection, settled, sockets, clock } = setUp();
  (await settled()).breaks();
  connection.wake();
  await settle();
  expect(sockets).toHaveLength(2);
  connection.wake(); // twice in the same breath
  await clock.pass(0);
  expect(sockets).toHaveLength(2);
});

test("closing is final, and a late ticket opens nothing", async () => {
  let give: (ticket: Ticket) => void = () => undefined;
  const { connection, sockets, clock } = setUp(() => new Promise((resolve) => (give = resolve)));
  connection.close();
  give(TICKET);
  await clock.pass(60_000);
  expect(sockets).toHaveLength(0);
});

test("who waits is tried more and more calmly, who talks is not for five minutes, and all are spread", () => {
  const waiting = { tries: 1, granted: 0, lasted: 0, urgent: false };
  const middle = (outage: Partial<typeof waiting>): number => pace({ ...waiting, ...outage }, () => 0.5);
  expect([1, 3, 20].map((tries) => middle({ tries }))).toEqual([1300, 2197, 8000]);
  expect(middle({ tries: 99, lasted: 120_000 })).toBe(15_000);
  expect([0, 299_999, 300_000].map((lasted) => middle({ tries: 99, lasted, urgent: true }))).toEqual([1000, 1000, 15_000]);
  expect([0, 1].map((chance) => pace({ ...waiting, urgent: true }, () => chance))).toEqual([750, 1250]);
  expect([1, 2, 9].map((granted) => middle({ granted, urgent: true }))).toEqual([1500, 2250, 5000]);
  expect([firstPause(true, () => 1), firstPause(false, () => 1)]).toEqual([250, 1000]);
});

test("a clock that jumps has slept, one that is a little late has not", async () => {
  const clock = new Clock();
  let [asleep, woken] = [0, 0];
  const stop = onSleep(() => woken++, clock.after, () => clock.now + asleep);
  await clock.pass(5 * LOOK_MS);
  asleep += JUMP_MS;
  await clock.pass(LOOK_MS);
  expect(woken).toBe(0);
  asleep += 120_000;
  await clock.pass(LOOK_MS);
  expect(woken).toBe(1);
  await clock.pass(5 * LOOK_MS);
  stop();
  asleep += 120_000;
  await clock.pass(LOOK_MS);
  expect(woken).toBe(1);
});

test("the socket is where the page is", () => {
  expect(socketUrl({ protocol: "https:", host: "a.example" })).toBe("wss://a.example/ws");
  expect(socketUrl({ protocol: "http:", host: "localhost:8080" })).toBe("ws://localhost:8080/ws");
});
