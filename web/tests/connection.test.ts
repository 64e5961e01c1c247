// The socket's life: hello first, alive by pings, back after losses, stopped for good when told.
import { expect, test } from "vitest";
import { ApiError } from "../src/shared/api";
import { Connection, OPEN_MS, PING_MS, PONG_MS, backOff, socketUrl, type Status } from "../src/shared/connection";
import { Clock, FakeSocket, settle } from "./fakes";

type Any = { type: string };

function setUp(ticket: () => Promise<string> = async () => "t t") {
  const clock = new Clock();
  const sockets: FakeSocket[] = [];
  const statuses: [Status, string | undefined][] = [];
  const messages: Any[] = [];
  const connection = new Connection<Any, Any>({
    ticket,
    url: "ws://here/ws",
    onMessage: (message) => messages.push(message),
    onStatus: (status, reason) => statuses.push([status, reason]),
    open: (url) => {
      const socket = new FakeSocket(url);
      sockets.push(socket);
      return socket;
    },
    after: clock.after,
    random: () => 0.5,
  });
  const last = (): FakeSocket => {
    const socket = sockets.at(-1);
    if (!socket) throw new Error("no socket was opened");
    return socket;
  };
  return { clock, sockets, statuses, messages, connection, last };
}

test("hello is the first message, on the address with the ticket", async () => {
  const { last, statuses } = setUp();
  await settle();
  expect(last().url).toBe("ws://here/ws?ticket=t%20t");
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

test("it pings when quiet, and a socket that does not answer is replaced", async () => {
  const { clock, last, sockets, statuses } = setUp();
  await settle();
  last().opens();
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

test("a socket that never opens is given up", async () => {
  const { clock, sockets } = setUp();
  await clock.pass(OPEN_MS + 1_000);
  expect(sockets).toHaveLength(2);
});

test("what must arrive waits for the next socket, the latest of each kind only", async () => {
  const { clock, connection, last } = setUp();
  await settle();
  expect(connection.send({ type: "offer" })).toBe(false);
  connection.sendSurely({ type: "leave" });
  connection.sendSurely({ type: "check_in" });
  connection.sendSurely({ type: "leave" });
  last().breaks();
  await clock.pass(1_000);
  last().opens();
  expect(last().sent).toEqual([{ type: "hello" }, { type: "leave" }, { type: "check_in" }]);
  last().breaks();
  await clock.pass(1_000);
  last().opens();
  expect(last().sent).toEqual([{ type: "hello" }]);
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
  const { connection, last, sockets } = setUp();
  await settle();
  last().breaks();
  connection.wake();
  await settle();
  expect(sockets).toHaveLength(2);
});

test("closing is final, and a late ticket opens nothing", async () => {
  let give: (ticket: string) => void = () => undefined;
  const { connection, sockets, clock } = setUp(() => new Promise((resolve) => (give = resolve)));
  connection.close();
  give("late");
  await clock.pass(60_000);
  expect(sockets).toHaveLength(0);
});

test("waits double up to a quarter of a minute and are spread", () => {
  expect([0, 1, 2, 9].map((attempt) => backOff(attempt, () => 1))).toEqual([500, 1000, 2000, 15000]);
  expect(backOff(9, () => 0)).toBe(7500);
});

test("the socket is where the page is", () => {
  expect(socketUrl({ protocol: "https:", host: "a.example" })).toBe("wss://a.example/ws");
  expect(socketUrl({ protocol: "http:", host: "localhost:8080" })).toBe("ws://localhost:8080/ws");
});
