// What the staff's page remembers: whose list a secretary looked at, on this device; where one was when the login ran out, in this window. No patient.

/** Where somebody was. */
export interface Whereabouts {
  hash: string;
  day: string;
  clinician: string;
}

type Store = Pick<Storage, "getItem" | "setItem" | "removeItem">;
const LISTER = "venterom.lister";
const BACK = "venterom.back";

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
  const kept = read(store, `${BACK}.${trust}`);
  if (kept === null) return null;
  try {
    store().removeItem(`${BACK}.${trust}`);
    const { hash, day, clinician } = Object(JSON.parse(kept)) as Record<keyof Whereabouts, unknown>;
    if (typeof hash !== "string" || typeof clinician !== "string" || !/^\d{4}-\d\d-\d\d$/.test(String(day))) return null;
    return { hash, day: String(day), clinician };
  } catch {
    return null; // written by something else
  }
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
