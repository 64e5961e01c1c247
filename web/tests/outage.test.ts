// What is said of a failing call, second by second.
import { expect, test } from "vitest";
import { arrives, BACK_MS, follow, HINT_MS, listen, PANEL_MS, PHONE_MS, SETTLED_MS, SILENT_MS, unseen, type Look, type Outage, type Phase } from "../src/shared/outage";

const GOOD: Look = { path: "connected", line: true, online: true, arrives: true, call: 1 };
const BAD: Look = { ...GOOD, path: "troubled" };
const STEP = 500;

/** Looks every half second. */
class Watcher {
  outage: Outage = unseen();
  now = 1_000_000;
  readonly phases: Phase[] = [];

  see(look: Look, milliseconds: number): this {
    for (let passed = 0; passed < milliseconds; passed += STEP) {
      this.now += STEP;
      this.outage = follow(this.outage, look, this.now);
      if (this.phases.at(-1) !== this.outage.phase) this.phases.push(this.outage.phase);
    }
    return this;
  }
}

const talking = (): Watcher => new Watcher().see(GOOD, 3_000);

test("less than a moment is not spoken of", () => {
  const { phases } = talking().see(BAD, HINT_MS - STEP).see(GOOD, 10_000);
  expect(phases).toEqual(["fine"]);
});

test("a hiccup gets a discreet word, and no word when it is over", () => {
  const { phases } = talking().see(BAD, PANEL_MS - STEP).see(GOOD, 10_000);
  expect(phases).toEqual(["fine", "hiccup", "fine"]);
});

test("what lasts gets its panel, then the phone; the way back is told and then no more", () => {
  const watcher = talking().see(BAD, PHONE_MS + 2_000).see(GOOD, BACK_MS + 2_000);
  expect(watcher.phases).toEqual(["fine", "hiccup", "mending", "phone", "back", "fine"]);
});

test("what flickers is not shown flickering", () => {
  const watcher = talking().see(BAD, PANEL_MS + 1_000);
  for (let turn = 0; turn < 12; turn++) watcher.see(GOOD, SETTLED_MS - STEP).see(BAD, 1_500);
  expect(watcher.phases).toEqual(["fine", "hiccup", "mending", "phone"]);
});

test("trouble right after the way back begins anew", () => {
  const watcher = talking().see(BAD, 6_000).see(GOOD, 2_000).see(BAD, 2_000);
  expect(watcher.phases).toEqual(["fine", "hiccup", "mending", "back", "hiccup"]);
});

test("the first connection is no outage; that it does not come up is", () => {
  const first: Look = { ...GOOD, path: "connecting", arrives: false };
  expect(new Watcher().see(first, 10_000).see(GOOD, 1_000).phases).toEqual(["first", "fine"]);
  expect(new Watcher().see(first, PHONE_MS + 1_000).phases).toEqual(["first", "phone"]);
});

test("a page that slept has not watched: nothing is said of the time in between", () => {
  const watcher = talking().see(BAD, STEP);
  watcher.now += 120_000;
  watcher.see(BAD, STEP);
  expect(watcher.outage.phase).not.toBe("phone");
  expect(watcher.outage.bad).toBeLessThan(PANEL_MS);
});

test.each([
  ["own", { ...BAD, online: false }],
  ["own", { ...BAD, line: false }],
  ["other", { ...GOOD, arrives: false }],
  ["service", { ...BAD, call: 2 }],
  ["unknown", BAD],
] as const)("the side it is on: %s", (side, look) => {
  const watcher = talking().see(look, PANEL_MS);
  expect(watcher.outage).toMatchObject({ phase: "mending", side });
});

test("a side is named only once it has looked so for a while, and stays named", () => {
  const watcher = talking().see(BAD, 5_000).see({ ...BAD, line: false }, STEP);
  expect(watcher.outage.side).toBe("unknown");
  expect(watcher.see({ ...BAD, line: false }, 2_000).outage.side).toBe("own");
  expect(watcher.see(BAD, 5_000).outage.side).toBe("own");
});

test("nobody is blamed for a path that dies: silence comes before the browser knows of it", () => {
  const watcher = talking().see({ ...GOOD, arrives: false }, 2_500).see(BAD, 8_000);
  expect(watcher.outage.side).toBe("unknown");
  const sure = talking().see({ ...GOOD, arrives: false }, 6_000);
  expect([sure.outage.side, sure.see(BAD, STEP).outage.side]).toEqual(["other", "unknown"]);
});

test("somebody's silence is counted, and ends with the first thing that comes", () => {
  let silence = { mark: "", silent: 0 };
  for (const mark of ["1", "1", "1", "1", "1", "1"]) silence = listen(silence, mark, STEP);
  expect(silence.silent).toBe(SILENT_MS);
  expect(listen(silence, "", STEP).silent).toBeGreaterThan(SILENT_MS); // a browser forgets what is long ago
  expect(listen(silence, "2", STEP).silent).toBe(0);
});

test("who sends is here when it arrives; who sends nothing, while their page is in touch", () => {
  const peer = { camera: true, microphone: true, screen: false, interrupted: false };
  const signs = { peer, present: true, silent: 0, pictures: true };
  expect(arrives(signs)).toBe(true);
  expect(arrives({ ...signs, present: false })).toBe(true); // only the socket is away
  expect(arrives({ ...signs, silent: SILENT_MS })).toBe(false);
  expect(arrives({ ...signs, peer: null })).toBe(false);
  expect(arrives({ ...signs, peer: { ...peer, interrupted: true }, silent: 60_000 })).toBe(true);
  const dark = { ...signs, peer: { ...peer, microphone: false }, pictures: false, silent: 60_000 };
  expect([arrives(dark), arrives({ ...dark, present: false })]).toEqual([true, false]);
  expect(arrives({ ...signs, silent: null, present: false })).toBe(false);
});
