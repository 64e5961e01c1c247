// Noticing that a device can be had now, without a question to anybody.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { DeviceKind, DeviceProblem } from "../src/shared/devices";
import { TRY_MS, watchFor } from "../src/shared/mending";
import { FakeMachine, stage } from "./fakedevices";
import { Clock, settle } from "./fakes";

const browser = stage();
const page = Object.assign(new EventTarget(), { visibilityState: "visible" });
const was = Object.getOwnPropertyDescriptor(globalThis, "document");
const there = { addEventListener: globalThis.addEventListener, removeEventListener: globalThis.removeEventListener };
const screen = new EventTarget();
beforeAll(() => {
  Object.defineProperty(globalThis, "document", { value: page, configurable: true });
  Object.assign(globalThis, { addEventListener: screen.addEventListener.bind(screen), removeEventListener: screen.removeEventListener.bind(screen) });
});
afterAll(() => {
  if (was) Object.defineProperty(globalThis, "document", was);
  else Reflect.deleteProperty(globalThis, "document");
  Object.assign(globalThis, there);
});

function setUp(problem: DeviceProblem, machine = new FakeMachine()) {
  browser.set(machine);
  const clock = new Clock();
  const missing: Partial<Record<DeviceKind, DeviceProblem>> = { camera: problem };
  let mended = 0;
  const stop = watchFor({ missing: () => missing, mended: () => mended++, after: clock.after });
  return { machine, clock, missing, stop, mended: () => mended };
}

test("a busy camera is tried now and then, and given back at once", async () => {
  const machine = new FakeMachine();
  machine.camera("c1");
  machine.failure.camera = new DOMException("", "NotReadableError");
  const { clock, mended, stop } = setUp("busy", machine);
  await clock.pass(2 * TRY_MS);
  expect([mended(), machine.asked.length]).toEqual([0, 2]);
  delete machine.failure.camera;
  await clock.pass(TRY_MS);
  expect([mended(), machine.given.map(({ readyState }) => readyState)]).toEqual([1, ["ended"]]);
  stop();
  await clock.pass(5 * TRY_MS);
  expect(machine.asked).toHaveLength(3);
});

test.each(["prompt", "denied"] as const)("nothing is tried that would ask or fail: the permission is %s", async (state) => {
  const machine = new FakeMachine();
  machine.camera("c1");
  machine.permission.camera = state;
  const { clock, mended } = setUp("denied", machine);
  await clock.pass(5 * TRY_MS);
  screen.dispatchEvent(new Event("focus"));
  await settle();
  expect([mended(), machine.asked.length]).toEqual([0, 0]);
  machine.permission.camera = "granted";
  screen.dispatchEvent(new Event("focus"));
  await settle();
  expect(mended()).toBe(1);
});

test("a browser that does not tell of permissions tells names when it is allowed", async () => {
  const machine = new FakeMachine();
  machine.camera("c1", "");
  machine.permission.camera = "unknown";
  const { clock, mended } = setUp("denied", machine);
  await clock.pass(2 * TRY_MS);
  expect([mended(), machine.asked.length]).toEqual([0, 0]);
  machine.permission.camera = "granted";
  machine.plugged = [];
  machine.camera("c1", "Camera");
  await clock.pass(TRY_MS);
  expect(mended()).toBe(1);
});

test("nobody is bothered while the page is not looked at, or nothing is wrong", async () => {
  const machine = new FakeMachine();
  machine.camera("c1");
  const { clock, missing } = setUp("busy", machine);
  page.visibilityState = "hidden";
  await clock.pass(3 * TRY_MS);
  expect(machine.asked).toHaveLength(0);
  page.visibilityState = "visible";
  delete missing.camera;
  await clock.pass(3 * TRY_MS);
  expect(machine.asked).toHaveLength(0);
});

test("a camera that is plugged in is noticed", async () => {
  const { machine, mended } = setUp("none");
  machine.camera("c1");
  machine.changes();
  await settle();
  expect(mended()).toBe(1);
});
