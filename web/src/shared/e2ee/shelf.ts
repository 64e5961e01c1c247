// Where the patient's browser keeps the key of a login: IndexedDB, which can hold a key that no script can read.

/** A key that a login was begun with, and what the login brought. */
export interface Kept {
  consultation: string;
  pair: CryptoKeyPair;
  /** The raw public point, base64url. */
  key: string;
  /** When a login was last begun or done with it, milliseconds since 1970. */
  used: number;
  /** A login with this key is under way, or its token not yet fetched. */
  pending: boolean;
  /** The ID token; empty without one. */
  token: string;
  /** When that was fetched. */
  since: number;
}

const NAME = "venterom";
const STORE = "logins";

export class Shelf {
  private opening: Promise<IDBDatabase> | null = null;

  /** Raises what the browser says when it keeps nothing, as some do in private windows. */
  get(consultation: string): Promise<Kept | undefined> {
    return this.run("readonly", (store) => store.get(consultation));
  }

  /** Keep this unless something is kept already, also by another tab in the same moment; returns what is kept then. */
  async keep(kept: Kept): Promise<Kept> {
    await this.revise(kept.consultation, (found) => found ?? kept);
    const now = await this.get(kept.consultation);
    if (!now) throw new Error("not kept");
    return now;
  }

  /** Change what is kept; nothing happens where it is gone. */
  async change(consultation: string, fields: Partial<Kept>): Promise<void> {
    await this.revise(consultation, (found) => found && { ...found, ...fields });
  }

  async remove(consultation: string): Promise<void> {
    await this.run("readwrite", (store) => store.delete(consultation));
  }

  /** Remove all that was not used since this moment. */
  async removeOlder(moment: number): Promise<void> {
    const all: Kept[] = await this.run("readonly", (store) => store.getAll());
    for (const { consultation, used } of all) if (used < moment) await this.remove(consultation);
  }

  /** Put another in the place of what is found, in one piece. */
  private async revise(consultation: string, how: (found: Kept | undefined) => Kept | undefined): Promise<void> {
    await this.run("readwrite", (store) => {
      const found: IDBRequest<Kept | undefined> = store.get(consultation);
      found.onsuccess = () => {
        const next = how(found.result);
        try {
          if (next) store.put(next);
        } catch {
          store.transaction.abort(); // a key cannot be kept here
        }
      };
      return found;
    });
  }

  private async run<T>(mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
    this.opening ??= this.open();
    const transaction = (await this.opening).transaction(STORE, mode);
    const request = act(transaction.objectStore(STORE));
    return new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error);
    });
  }

  private open(): Promise<IDBDatabase> {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "consultation" });
    return new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  }
}
