// Which camera, microphone and speaker somebody chose, and which way their phone's camera looks: remembered on this device alone.
import type { Choice, DeviceKind } from "./devices";

/** Towards the person who holds the phone, or away from them. */
export type Facing = "user" | "environment";
export type Chosen = Record<DeviceKind | "speaker", Pick<Choice, "id" | "label"> | null> & { facing: Facing };

const STORED = "venterom.devices";

/** What was chosen on this device before; nothing where nothing was, or nothing can be remembered. */
export function recall(storage: Pick<Storage, "getItem">): Chosen {
  let kept: Partial<Record<keyof Chosen, unknown>> = {};
  try {
    kept = Object(JSON.parse(storage.getItem(STORED) ?? "{}")) as typeof kept;
  } catch {
    // storage is refused in some private windows
  }
  const { camera, microphone, speaker, facing } = kept;
  return { camera: device(camera), microphone: device(microphone), speaker: device(speaker), facing: facing === "environment" ? "environment" : "user" };
}

function device(kept: unknown): Chosen["camera"] {
  const { id, label } = Object(kept) as { id?: unknown; label?: unknown };
  return typeof id === "string" && id !== "" ? { id, label: String(label ?? "") } : null;
}

export function memorize(storage: Pick<Storage, "setItem">, chosen: Chosen): void {
  try {
    storage.setItem(STORED, JSON.stringify(chosen));
  } catch {
    // not remembered then
  }
}

/** The chosen one in this list: by its id, or by its name, for browsers give new ids when site data are cleared. */
export function found(chosen: Chosen["camera"], list: readonly Choice[]): Choice | null {
  if (!chosen) return null;
  return list.find(({ id }) => id === chosen.id) ?? list.find(({ label }) => label !== "" && label === chosen.label) ?? null;
}
