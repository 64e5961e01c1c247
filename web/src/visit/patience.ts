// Asks again for what is refused only because the functions have not heard yet of what was done here, such as hanging up.
import { ApiError } from "../shared/api";
import { realAfter, type After } from "../shared/connection";

const AGAIN_MS = 1_500;
const TRIES = 8;

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
