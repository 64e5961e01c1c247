// What a visit says while it is out of touch.
import { expect, test } from "vitest";
import { follow, inTouch, LONG_MS, NOTE_MS, SETTLED_MS, type Away, type Touch } from "../src/visit/away";

const STEP = 500;

function watch(...looks: [away: boolean, milliseconds: number][]): Touch[] {
  let seen: Away = inTouch();
  let now = 5_000;
  const said: Touch[] = [];
  for (const [away, milliseconds] of looks) {
    for (let passed = 0; passed < milliseconds; passed += STEP) {
      seen = follow(seen, away, (now += STEP));
      if (said.at(-1) !== seen.touch) said.push(seen.touch);
    }
  }
  return said;
}

test("a moment out of touch is not spoken of", () => {
  expect(watch([false, 2_000], [true, NOTE_MS - STEP], [false, 5_000])).toEqual(["here"]);
});

test("what lasts gets a note, then the number, until it is over", () => {
  expect(watch([false, 2_000], [true, LONG_MS + 2_000], [false, 5_000])).toEqual(["here", "away", "long", "here"]);
});

test("moments of luck do not make the note flicker", () => {
  const flicker: [boolean, number][] = Array.from({ length: 10 }, (_, turn) => (turn % 2 ? [false, SETTLED_MS - STEP] : [true, 2_000]));
  expect(watch([false, 2_000], ...flicker)).toEqual(["here", "away"]);
});

test("a page that slept has not watched", () => {
  let seen = follow(follow(inTouch(), true, 1_000), true, 1_500);
  seen = follow(seen, true, 3_600_000);
  expect(seen.touch).toBe("here");
});
