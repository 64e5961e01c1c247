// What is refused only because many come at once is said again, the latest of its kind and not for ever; `hello` until it is taken.
import { expect, test } from "vitest";
import { Again } from "../src/shared/again";
import { TRIES } from "../src/shared/turn";
import { Clock } from "./fakes";

function again(): { clock: Clock; said: string[]; again: Again<{ type: string; n: number }> } {
  const clock = new Clock();
  const said: string[] = [];
  return { clock, said, again: new Again({ say: ({ type, n }) => said.push(`${type}${n}`), after: clock.after, random: () => 0 }) };
}
const busy = { code: "busy", retry: true, about: "check_in" };
const failed = { code: "internal", retry: true, about: "" };

test("what was refused is said again", async () => {
  const { clock, said, again: it } = again();
  it.note({ type: "check_in", n: 1 });
  expect(it.refused(busy)).toBe(true);
  await clock.pass(60_000);
  expect(said).toEqual(["check_in1"]);
});

test("what was said anew meanwhile is not said twice", async () => {
  const { clock, said, again: it } = again();
  it.note({ type: "check_in", n: 1 });
  it.refused(busy);
  it.note({ type: "check_in", n: 2 });
  await clock.pass(60_000);
  expect(said).toEqual([]);
});

test("other errors, other messages, and a refusal that lasts are left to the page", async () => {
  const { clock, again: it } = again();
  it.note({ type: "check_in", n: 1 });
  it.note({ type: "offer", n: 1 });
  expect([it.refused({ ...busy, code: "conflict" }), it.refused({ ...busy, about: "offer" }), it.refused({ ...busy, about: "leave" })]).toEqual([false, false, false]);
  const answers: boolean[] = [];
  for (let attempt = 0; attempt <= TRIES; attempt++) {
    answers.push(it.refused(busy));
    await clock.pass(60_000);
  }
  expect(answers).toEqual([...Array<boolean>(TRIES).fill(true), false]);
});

test.each([failed, { ...failed, about: "hello" }])("a failure that may pass has `hello` said again, later and later, about %j", async (failure) => {
  const { clock, said, again: it } = again();
  it.note({ type: "hello", n: 1 });
  expect(it.refused(failure)).toBe(true);
  await clock.pass(2_000);
  expect(said).toEqual(["hello1"]);
  it.refused(failure);
  await clock.pass(3_900);
  expect(said).toEqual(["hello1"]);
  await clock.pass(100);
  expect(said).toEqual(["hello1", "hello1"]);
});

test("the page says so when it lasts, and goes on saying `hello`", async () => {
  const { clock, said, again: it } = again();
  it.note({ type: "hello", n: 1 });
  const answers: boolean[] = [];
  for (let attempt = 0; attempt < 2 * TRIES; attempt++) {
    answers.push(it.refused(failed));
    await clock.pass(20_000);
  }
  expect(answers).toEqual([...Array<boolean>(TRIES).fill(true), ...Array<boolean>(TRIES).fill(false)]);
  expect(said).toHaveLength(2 * TRIES);
});

test("of several failures at once one is answered, and none once a new socket has said `hello`", async () => {
  const { clock, said, again: it } = again();
  it.note({ type: "hello", n: 1 });
  it.refused(failed);
  it.refused(failed);
  await clock.pass(60_000);
  expect(said).toEqual(["hello1"]);
  it.refused(failed);
  it.note({ type: "hello", n: 2 });
  await clock.pass(60_000);
  expect(said).toEqual(["hello1"]);
});

test("what fails for good, or once it was read, is not a reason to say `hello`", async () => {
  const { clock, said, again: it } = again();
  it.note({ type: "hello", n: 1 });
  it.note({ type: "check_in", n: 1 });
  expect([it.refused({ ...failed, retry: false }), it.refused({ ...failed, about: "check_in" })]).toEqual([false, false]);
  await clock.pass(60_000);
  expect(said).toEqual([]);
});

test("a failure that may have been of what somebody asked for is shown all the same", async () => {
  const { clock, said, again: it } = again();
  it.note({ type: "check_in", n: 1 });
  it.note({ type: "hello", n: 1 });
  it.note({ type: "media", n: 1 });
  expect(it.refused(failed)).toBe(true);
  it.note({ type: "check_in", n: 2 });
  expect(it.refused(failed)).toBe(false);
  await clock.pass(60_000);
  expect(said).toEqual(["hello1"]);
});

test("only that many come at once is shown as a wait", async () => {
  const clock = new Clock();
  const waits: (number | null)[] = [];
  const it = new Again({ say: () => undefined, after: clock.after, random: () => 0, now: () => clock.now, onWait: (wait) => waits.push(wait && wait.until) });
  it.note({ type: "hello" });
  it.refused(failed);
  await clock.pass(10_000);
  expect(waits).toEqual([]);
  it.refused({ ...failed, code: "busy" });
  await clock.pass(10_000);
  expect(waits).toEqual([14_000, null]);
});
