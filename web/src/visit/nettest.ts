// The network test as the visit runs it: one at a time, its code fetched when it is wanted, and honest about having no socket.
import type { Probe } from "../shared/probe";
import { realAfter } from "../shared/time";
import { delay, TRIES } from "../shared/turn";
import type { NetworkReport, ProbeOffer, ProbeStart } from "../protocol";

/** Why there is no result: an error code; `cancelled` when another test took its place. */
export class NotTested extends Error {
  constructor(readonly code: string) {
    super(code);
  }
}

/** Nothing gets through, not even the socket. */
const BLOCKED: NetworkReport = { verdict: "blocked", transport: "none", rtt_ms: 0, jitter_ms: 0, loss: 1, up_kbps: 0, down_kbps: 0 };

export interface NetworkTestOptions {
  /** Whether the socket is there, waited for as long as makes sense. */
  connected: () => Promise<boolean>;
  /** Ask the socket for a sign of life: one that died without a word is then soon known to be away. */
  wake: () => void;
  /** Whether the socket is there now. */
  open: () => boolean;
  send: (message: ProbeStart | ProbeOffer) => boolean;
}

export class NetworkTest {
  private probe: Probe | null = null;
  private round = 0;

  constructor(private readonly options: NetworkTestOptions) {}

  /** The socket's messages; those of others are ignored. */
  receive(message: { type: string; about?: string; code?: string }): void {
    this.probe?.receive(message);
  }

  cancel(): void {
    this.round++;
    this.probe?.cancel();
  }

  /** `onQueued` is told the place among those who test, 0 while it is not known. Raises NotTested. */
  async run(onProgress: (share: number) => void, onQueued: (place: number) => void): Promise<NetworkReport> {
    this.cancel();
    const { round } = this;
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.once(round, onProgress, onQueued);
      } catch (problem) {
        if (!(problem instanceof NotTested) || problem.code !== "busy" || attempt + 1 >= TRIES) throw problem;
      }
      onQueued(0);
      await new Promise<void>((done) => void realAfter(delay(attempt, 0, Math.random), done));
      if (round !== this.round) throw new NotTested("cancelled");
    }
  }

  private async once(round: number, onProgress: (share: number) => void, onQueued: (place: number) => void): Promise<NetworkReport> {
    if (!(await this.options.connected())) {
      if (navigator.onLine) return BLOCKED;
      throw new NotTested("offline"); // no network at all is no network that blocks
    }
    const [{ Probe, ProbeFailed }, { forced }] = await Promise.all([import("../shared/probe"), import("../shared/forced")]).catch(() => {
      throw new NotTested("offline");
    });
    if (round !== this.round) throw new NotTested("cancelled");
    const probe = new Probe({
      send: (message) => {
        if (!this.options.send(message)) throw new ProbeFailed("offline");
      },
      onProgress,
      onQueued,
      relayOnly: forced("relay", localStorage),
    });
    this.probe = probe;
    this.options.wake();
    try {
      return await probe.run();
    } catch (problem) {
      if (problem instanceof ProbeFailed && problem.code === "unavailable" && !this.options.open()) return BLOCKED;
      throw new NotTested(problem instanceof ProbeFailed ? problem.code : "internal");
    } finally {
      if (this.probe === probe) this.probe = null;
    }
  }
}
