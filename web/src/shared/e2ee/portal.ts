// The portal's published keys and who we are to it, as the clinician's browser fetches them itself.
import { realAfter, type After } from "../time";

/** Who makes the tokens, and whom for (`/portal/portal.json`). */
export interface Portal {
  issuer: string;
  client_id: string;
}

/** One of the portal's keys (RFC 7517 section 4). */
export type PublishedKey = JsonWebKey & { kid?: string };

/** The portal, or where its keys are kept, did not answer. */
export class Unreachable extends Error {}

/** Get JSON; `anew` past every cache. Raises whatever goes wrong. */
export type Ask = (path: string, anew: boolean) => Promise<unknown>;

const PORTAL = "/portal/portal.json";
const KEYS = "/portal/jwks.json";
/** Pauses between tries. */
const PAUSES_MS = [500, 1_000, 2_000, 4_000, 8_000];
/** An unknown key is looked for at once, and then not again for so long: nobody can make this page ask without end. */
export const LOOK_AGAIN_MS = 30_000;
const ANSWER_MS = 10_000;

export class PortalKeys {
  private portal: Promise<Portal> | null = null;
  private keys: Promise<PublishedKey[]> | null = null;
  private looked = -Infinity;

  constructor(
    private readonly ask: Ask = fetched,
    private readonly after: After = realAfter,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Raises Unreachable. */
  about(): Promise<Portal> {
    this.portal ??= this.patiently(PORTAL, false, portalIn).catch((problem: unknown) => {
      this.portal = null;
      throw problem;
    });
    return this.portal;
  }

  /** The first key that fits, among keys fetched anew if none did; null when there is none. Raises Unreachable. */
  async find(fits: (key: PublishedKey) => boolean): Promise<PublishedKey | null> {
    const known = (await (this.keys ?? this.fetch(false))).find(fits);
    if (known) return known;
    const again = this.now() - this.looked >= LOOK_AGAIN_MS;
    if (again) this.looked = this.now();
    return (await (again || !this.keys ? this.fetch(true) : this.keys)).find(fits) ?? null;
  }

  private fetch(anew: boolean): Promise<PublishedKey[]> {
    const keys = this.patiently(KEYS, anew, keysIn).catch((problem: unknown) => {
      this.keys = null;
      throw problem;
    });
    return (this.keys = keys);
  }

  private async patiently<T>(path: string, anew: boolean, read: (answer: unknown) => T): Promise<T> {
    for (const pause of [...PAUSES_MS, null]) {
      try {
        return read(await this.ask(path, anew));
      } catch {
        if (pause !== null) await new Promise<void>((done) => void this.after(pause, done));
      }
    }
    throw new Unreachable(path);
  }
}

async function fetched(path: string, anew: boolean): Promise<unknown> {
  const given = new AbortController();
  const cancel = realAfter(ANSWER_MS, () => given.abort());
  try {
    const response = await fetch(path, { cache: anew ? "reload" : "default", credentials: "omit", signal: given.signal });
    if (!response.ok) throw new Unreachable(path);
    return await response.json();
  } finally {
    cancel();
  }
}

function portalIn(answer: unknown): Portal {
  const { issuer, client_id } = answer as Portal;
  if (typeof issuer !== "string" || !issuer || typeof client_id !== "string" || !client_id) throw new Unreachable(PORTAL);
  return { issuer, client_id };
}

function keysIn(answer: unknown): PublishedKey[] {
  const { keys } = answer as { keys: PublishedKey[] };
  if (!Array.isArray(keys)) throw new Unreachable(KEYS);
  return keys.filter((key) => typeof key === "object" && key !== null);
}
