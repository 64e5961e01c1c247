// What the staff's page remembers: whose list a secretary looked at, on this device; in this window where one was when the login ran out, or that one logged out. No patient.

/** Where somebody was. */
export interface Whereabouts {
  hash: string;
  day: string;
  clinician: string;
}

type Store = Pick<Storage, "getItem" | "setItem" | "removeItem">;
const LISTER = "venterom.lister";
const BACK = "venterom.back";
const OUT = "venterom.out";

export function rememberLister(trust: string, clinician: string, store: () => Store = () => localStorage): void {
  write(store, `${LISTER}.${trust}`, clinician);
}

export function rememberedLister(trust: string, store: () => Store = () => localStorage): string | null {
  return read(store, `${LISTER}.${trust}`);
}

/** The login ran out here. */
export function rememberPlace(trust: string, place: Whereabouts, store: () => Store = () => sessionStorage): void {
  write(store, `${BACK}.${trust}`, JSON.stringify(place));
}

/** Where to go on after the login, said once. */
export function takePlace(trust: string, store: () => Store = () => sessionStorage): Whereabouts | null {
  const kept = take(store, `${BACK}.${trust}`);
  if (kept === null) return null;
  try {
    const { hash, day, clinician } = Object(JSON.parse(kept)) as Record<keyof Whereabouts, unknown>;
    if (typeof hash !== "string" || typeof clinician !== "string" || !/^\d{4}-\d\d-\d\d$/.test(String(day))) return null;
    return { hash, day: String(day), clinician };
  } catch {
    return null; // written by something else
  }
}

/** Logged out here, and on the way to the issuer, which ends its own login and sends back. */
export function rememberOut(trust: string, store: () => Store = () => sessionStorage): void {
  write(store, `${OUT}.${trust}`, "1");
}

/** Whether one comes back from logging out, said once. */
export function takeOut(trust: string, store: () => Store = () => sessionStorage): boolean {
  return take(store, `${OUT}.${trust}`) !== null;
}

/** What was kept, which is no longer kept then. */
function take(store: () => Store, key: string): string | null {
  const kept = read(store, key);
  try {
    if (kept !== null) store().removeItem(key);
  } catch {
    // it was read all the same
  }
  return kept;
}

function read(store: () => Store, key: string): string | null {
  try {
    return store().getItem(key);
  } catch {
    return null; // storage is refused in some private windows
  }
}

function write(store: () => Store, key: string, value: string): void {
  try {
    store().setItem(key, value);
  } catch {
    // not remembered then
  }
}
