// The worker that does not come, hangs, or is forbidden: what goes out is never left to itself.
import { expect, test } from "vitest";
import { ANSWER_MS, Keeper, RETRY_MS } from "../../src/shared/e2ee/keeper";
import type { FromSealer, ToSealer } from "../../src/shared/e2ee/passage";
import type { SealerWorker } from "../../src/shared/e2ee/transforms";
import { Clock } from "../fakes";

class FakeWorker implements SealerWorker {
  readonly got: ToSealer[] = [];
  onmessage: ((event: { data: FromSealer }) => void) | null = null;
  onerror: ((event: unknown) => void) | null = null;
  ended = false;

  postMessage(message: ToSealer): void {
    this.got.push(message);
  }

  terminate(): void {
    this.ended = true;
  }

  says(data: FromSealer): void {
    this.onmessage?.({ data });
  }
}

function setUp(start?: () => SealerWorker) {
  const clock = new Clock();
  const workers: FakeWorker[] = [];
  const told: string[] = [];
  const made = (): SealerWorker => {
    const worker = new FakeWorker();
    workers.push(worker);
    return worker;
  };
  const keeper = new Keeper({ start: start ?? made, after: clock.after, onHeard: (seat) => told.push(seat), onRenew: () => told.push("renew"), onGiveUp: () => told.push("give up") });
  return { clock, workers, told, keeper };
}

test("a file that does not come is asked for anew, ever more calmly, and after three times given up", async () => {
  const { clock, workers, told, keeper } = setUp();
  keeper.set("sealed");
  workers[0]?.onerror?.({});
  expect(workers[0]?.ended).toBe(true);
  await clock.pass(RETRY_MS - 1);
  expect(workers.length).toBe(1);
  await clock.pass(1);
  expect([workers.length, told]).toEqual([2, ["renew"]]);
  expect(workers[1]?.got).toEqual([{ type: "mode", mode: "sealed" }]);
  workers[1]?.onerror?.({});
  await clock.pass(2 * RETRY_MS);
  workers[2]?.onerror?.({});
  await clock.pass(60_000);
  expect([workers.length, told]).toEqual([3, ["renew", "renew", "give up"]]);
});

test("who left asks for no other", async () => {
  const { clock, workers, told, keeper } = setUp();
  workers[0]?.onerror?.({});
  keeper.close();
  await clock.pass(60_000);
  expect([workers.length, told]).toEqual([1, []]);
});

test("a fault in one that runs ends nothing", async () => {
  const { clock, workers, told } = setUp();
  workers[0]?.says({ type: "ready" });
  workers[0]?.onerror?.({});
  await clock.pass(1_000);
  expect([workers.length, told]).toEqual([1, []]);
});

test("one that a page's rules forbid is given up at once", async () => {
  const { clock, told, keeper } = setUp(() => {
    throw new Error("forbidden");
  });
  await clock.pass(0);
  expect([told, keeper.worker]).toEqual([["give up"], null]);
});

test("counts come in the order they were asked for; one that never answers is replaced, and not given up", async () => {
  const { clock, workers, told, keeper } = setUp();
  const asked = [keeper.count([1]), keeper.count([2])];
  workers[0]?.says({ type: "counts", counts: [{ seen: 1, gone: 1, bytes: 90 }] });
  workers[0]?.says({ type: "counts", counts: [{ seen: 2, gone: 2, bytes: 180 }] });
  expect(await Promise.all(asked)).toEqual([[{ seen: 1, gone: 1, bytes: 90 }], [{ seen: 2, gone: 2, bytes: 180 }]]);
  for (let time = 0; time < 3; time++) {
    const silent = keeper.count([1]);
    await clock.pass(ANSWER_MS);
    expect(await silent).toBeNull();
  }
  expect([workers.length, told]).toEqual([2, ["renew"]]);
});

test("an end settles what was asked, and the worker goes", async () => {
  const { workers, keeper } = setUp();
  const asked = keeper.count([1]);
  keeper.close();
  expect([await asked, workers[0]?.ended]).toEqual([null, true]);
});
