// Keeps the screen on while one waits and talks, where the browser lets us, and knows whether it does.

export class Awake {
  /** Whether the screen stays on; null while nothing has been asked of the browser. */
  held: boolean | null = null;
  private lock: WakeLockSentinel | null = null;
  private wanted = false;

  constructor(private readonly tell: () => void) {}

  /** Ask for the screen to stay on, or let it go; the browser drops the lock itself whenever the page is hidden. */
  async want(wanted: boolean): Promise<void> {
    this.wanted = wanted;
    if (!wanted) {
      const { lock } = this;
      this.lock = this.held = null;
      await lock?.release().catch(() => undefined);
    } else if ((!this.lock || this.lock.released) && document.visibilityState === "visible") {
      // Refused on little battery; older Firefox and Safari cannot do it at all.
      this.lock = (await navigator.wakeLock?.request("screen").catch(() => null)) ?? null;
      if (!this.wanted) return this.want(false);
      const held = this.lock !== null;
      if (this.held !== held) {
        this.held = held;
        this.tell();
      }
    }
  }
}
