// Asks again: for what is refused only because the functions have not heard yet of what was done here, and for code that did not arrive.
import { ApiError } from "../shared/api";
import { realAfter, type After } from "../shared/time";

const AGAIN_MS = 1_500;
const TRIES = 8;
/** Code that did not arrive is asked for again after this time, and so often before the page is loaded anew. */
const FETCH_MS = 3_000;
const FETCHES = 3;

/** Raises what `ask` raises, a conflict only when it lasts. */
export async function patiently(ask: () => Promise<void>, after: After = realAfter): Promise<void> {
  for (let left = TRIES; ; left--) {
    try {
      return await ask();
    } catch (problem) {
      if (!(problem instanceof ApiError) || problem.code !== "conflict" || left <= 1) throw problem;
    }
    await new Promise<void>((done) => void after(AGAIN_MS, done));
  }
}

/** Fetch code until it is here; reloads the page when that fails again and again while the code is needed. */
export async function untilFetched<T>(load: () => Promise<T>, needed: () => boolean, after: After = realAfter): Promise<T> {
  for (let failed = 1; ; failed++) {
    try {
      return await load();
    } catch {
      if (failed >= FETCHES && needed() && navigator.onLine) location.reload();
    }
    await new Promise<void>((done) => void after(FETCH_MS, done));
  }
}
