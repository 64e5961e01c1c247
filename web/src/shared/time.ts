// Time as the pages use it: one-off timers that tests can hold in their hands, and noticing that the machine slept.

/** Run once after some milliseconds; returns how to cancel. */
export type After = (milliseconds: number, action: () => void) => () => void;

export const realAfter: After = (milliseconds, action) => {
  const timer = setTimeout(action, milliseconds);
  return () => clearTimeout(timer);
};

/** How often the clock is looked at. */
export const LOOK_MS = 1_000;
/** A look that comes so much later than it should was slept through: a busy page is late by less. */
export const JUMP_MS = 4_000;

/** Call `woken` when the clock has jumped: the machine slept, or the browser froze the page, and no event need tell. Returns how to stop. */
export function onSleep(woken: () => void, after: After = realAfter, now: () => number = Date.now): () => void {
  let cancel = (): void => undefined;
  const look = (): void => {
    const due = now() + LOOK_MS;
    cancel = after(LOOK_MS, () => {
      const late = now() - due;
      look();
      if (late > JUMP_MS) woken();
    });
  };
  look();
  return () => cancel();
}
