// Waits one's turn where many come at once: asks again by itself, as late as the service wishes and not everybody at the same moment.
import { ApiError } from "./api";
import { realAfter, type After } from "./time";

/** A turn that is waited for. */
export interface Wait {
  /** From and until when, in milliseconds since 1970: for what shows how it goes on. */
  readonly from: number;
  readonly until: number;
}

export interface TurnOptions {
  /** Told of each wait, and with null when there is an answer of whatever kind. */
  onWait?: (wait: Wait | null) => void;
  after?: After;
  random?: () => number;
  now?: () => number;
  tries?: number;
}

/** So often it is asked, over two minutes or more. */
export const TRIES = 10;
const FIRST_MS = 2_000;
const LAST_MS = 20_000;

/** How long to wait before try number `attempt` (from 0): not earlier than was said, doubling where nothing was, and spread. */
export function delay(attempt: number, seconds: number, random: () => number): number {
  const least = seconds > 0 ? Math.min(seconds * 1000, 120_000) : Math.min(LAST_MS, FIRST_MS * 2 ** attempt);
  return Math.round(least + (seconds > 0 ? Math.max(2_000, least / 2) : least / 2) * random());
}

/** Ask until there is an answer; of refusals only `busy` is waited out, and it too is raised when it lasts. */
export async function inTurn<T>(ask: () => Promise<T>, options: TurnOptions = {}): Promise<T> {
  const { onWait = () => undefined, after = realAfter, random = Math.random, now = Date.now, tries = TRIES } = options;
  for (let attempt = 0; ; attempt++) {
    try {
      const answer = await ask();
      onWait(null);
      return answer;
    } catch (problem) {
      if (!(problem instanceof ApiError) || problem.code !== "busy" || attempt + 1 >= tries) {
        onWait(null);
        throw problem;
      }
      const milliseconds = delay(attempt, problem.seconds, random);
      onWait({ from: now(), until: now() + milliseconds });
      await new Promise<void>((done) => void after(milliseconds, done));
    }
  }
}
