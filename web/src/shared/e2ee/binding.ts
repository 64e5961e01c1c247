// The key that ties a login at the portal to the calls in this browser: made before the login, kept with what it brought, shown to the clinician alone.
import type { Seat } from "../../protocol";
import { realAfter, type After } from "../time";
import { toBase64Url } from "./bytes";
import { nonceIn } from "./idtoken";
import { CURVE, nonceOf, signed, SIGNING } from "./proof";
import { Shelf, type Kept } from "./shelf";
import type { Proof } from "./types";

/** `held`: the login can be shown to be of this browser's key. `missing`: another login would help. `unable`: no key can be kept here. */
export type Standing = "held" | "missing" | "unable";

/** A key goes so long after it was last used for a login. */
export const KEPT_MS = 24 * 3600_000;
/** So young a login is at the most before a call: the clinician's browser believes one of twelve hours (idtoken.ts), and the call comes later. */
export const FRESH_MS = 11 * 3600_000;
/** A browser whose store does not answer is one that has none; nobody waits longer for it. */
export const PATIENCE_MS = 10_000;

export class Binding {
  constructor(
    /** Take the token of a login that was just done from the functions; empty where there is none. */
    private readonly take: (consultation: string) => Promise<string>,
    private readonly shelf = new Shelf(),
    private readonly now: () => number = Date.now,
    private readonly after: After = realAfter,
  ) {}

  /** What a login that begins now is to name as its `nonce`; empty where no key can be kept. */
  nonce(consultation: string): Promise<string> {
    return this.within("", async () => {
      const { key } = await this.key(consultation);
      await this.shelf.change(consultation, { pending: true, used: this.now() });
      return nonceOf(consultation, key);
    });
  }

  /** How it stands after a login: fetches what that left, and removes what is too old. */
  settle(consultation: string): Promise<Standing> {
    return this.within<Standing>("unable", async () => {
      await this.shelf.removeOlder(this.now() - KEPT_MS);
      const before = await this.key(consultation); // also to see whether one can be kept
      if (before.pending) await this.fetch(before);
      const kept = await this.shelf.get(consultation);
      return kept?.token && this.now() - kept.since < FRESH_MS ? "held" : "missing";
    });
  }

  /** What the one at `to` may see of the login: nobody but the clinician anything. */
  async prove(consultation: string, to: Seat, transcript: Uint8Array): Promise<Proof | null> {
    if (to !== "clinician") return null;
    return this.within<Proof | null>(null, async () => {
      const kept = await this.shelf.get(consultation);
      if (!kept?.token) return null;
      const signature = await crypto.subtle.sign(SIGNING, kept.pair.privateKey, signed(transcript));
      return { key: kept.key, signature: toBase64Url(new Uint8Array(signature)), token: kept.token };
    });
  }

  /** The login has ended: its token is not the next one's, who may be somebody else. */
  lapse(consultation: string): Promise<void> {
    return this.within(undefined, () => this.shelf.change(consultation, { token: "" }));
  }

  /** Nothing of this visit is needed any more. */
  forget(consultation: string): Promise<void> {
    return this.within(undefined, () => this.shelf.remove(consultation));
  }

  private async fetch({ consultation, key }: Kept): Promise<void> {
    const token = await this.take(consultation).catch(() => null);
    if (token === null) return; // still pending: asked for again when the page is opened next
    const own = token !== "" && nonceIn(token) === (await nonceOf(consultation, key));
    const now = this.now();
    await this.shelf.change(consultation, { pending: false, ...(own ? { token, since: now, used: now } : {}) });
  }

  private async key(consultation: string): Promise<Kept> {
    const found = await this.shelf.get(consultation);
    if (found) return found;
    const pair = await crypto.subtle.generateKey(CURVE, false, ["sign"]);
    const key = toBase64Url(new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey)));
    return this.shelf.keep({ consultation, pair, key, used: this.now(), pending: false, token: "", since: 0 });
  }

  /** What comes of it in time; `otherwise` too where the browser refuses. */
  private within<T>(otherwise: T, act: () => Promise<T>): Promise<T> {
    return new Promise((resolve) => {
      const cancel = this.after(PATIENCE_MS, () => resolve(otherwise));
      void act()
        .catch(() => otherwise)
        .then(resolve)
        .then(cancel);
    });
  }
}
