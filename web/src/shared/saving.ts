// Saving data: what a person wants of pictures on a metered or poor network, remembered on this device.
import type { Appetite } from "../protocol";

export const APPETITES: readonly Appetite[] = ["all", "low", "none"];
const STORED = "venterom.pictures";

/** What was chosen on this device; else little where the browser was told to save data (Chrome, Edge), else all. */
export function remembered(storage: Pick<Storage, "getItem">, browser: object): Appetite {
  const { connection } = browser as { connection?: { saveData?: boolean } };
  return stored(storage) ?? (connection?.saveData === true ? "low" : "all");
}

function stored(storage: Pick<Storage, "getItem">): Appetite | null {
  try {
    const kept = storage.getItem(STORED);
    return APPETITES.find((appetite) => appetite === kept) ?? null;
  } catch {
    return null; // storage is refused in some private windows
  }
}

export function remember(storage: Pick<Storage, "setItem">, appetite: Appetite): void {
  try {
    storage.setItem(STORED, appetite);
  } catch {
    // not remembered then
  }
}

/** Bytes as people read them, in megabytes: one decimal while it is little. */
export function megabytes(bytes: number): number {
  const exact = bytes / 1_000_000;
  return exact < 10 ? Math.round(exact * 10) / 10 : Math.round(exact);
}
