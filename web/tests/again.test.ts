// What is refused only because many come at once is said again, the latest of its kind and not for ever.
import { expect, test } from "vitest";
import { Again } from "../src/shared/again";
import { TRIES } from "../src/shared/turn";
import { Clock } from "./fakes";

function again(): { clock: Clock; said: string[]; again: Again<{ type: string; n: number }> } {
  const clock = new Clock();
  const said: string[] = [];
  return { clock, said, again: new Again({ say: ({ type, n }) => said.push(`${type}${n}`), after: clock.after, random: () => 0 }) };
}
const busy = { code: "busy", about: "check_in" };

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

test("other errors, other messages, and a refusal that lasts are left to the page", () => {
  const { again: it } = again();
  it.note({ type: "check_in", n: 1 });
  it.note({ type: "offer", n: 1 });
  expect([it.refused({ ...busy, code: "conflict" }), it.refused({ ...busy, about: "offer" }), it.refused({ ...busy, about: "leave" })]).toEqual([false, false, false]);
  const answers = Array.from({ length: TRIES + 1 }, () => it.refused(busy));
  expect(answers.at(-2)).toBe(true);
  expect(answers.at(-1)).toBe(false);
});
