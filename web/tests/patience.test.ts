// Feedback is given the moment one has hung up, which the functions may hear of later.
import { expect, test } from "vitest";
import { ApiError } from "../src/shared/api";
import { patiently, untilFetched } from "../src/visit/patience";

const atOnce = (_: number, action: () => void): (() => void) => {
  queueMicrotask(action);
  return () => undefined;
};

/** Refused so many times with a code; counts how often it was asked. */
function refused(times: number, code: string): { ask: () => Promise<void>; asked: () => number } {
  let asked = 0;
  const ask = async (): Promise<void> => {
    if (++asked <= times) throw new ApiError(code, "", false, 409);
  };
  return { ask, asked: () => asked };
}

test("what conflicts only with old news gets through", async () => {
  const { ask, asked } = refused(3, "conflict");
  await patiently(ask, atOnce);
  expect(asked()).toBe(4);
});

test("a conflict that lasts is told, and any other failure at once", async () => {
  await expect(patiently(refused(100, "conflict").ask, atOnce)).rejects.toMatchObject({ code: "conflict" });
  const gone = refused(100, "gone");
  await expect(patiently(gone.ask, atOnce)).rejects.toMatchObject({ code: "gone" });
  expect(gone.asked()).toBe(1);
});

test("code that does not arrive is asked for until it does", async () => {
  let asked = 0;
  const load = async (): Promise<string> => {
    if (++asked < 5) throw new TypeError("Failed to fetch");
    return "here";
  };
  expect(await untilFetched(load, () => false, atOnce)).toBe("here");
});
