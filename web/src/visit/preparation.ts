// The steps before «Jeg er klar», in their order, and what is kept of them over a reload. Pure.
import type { DeviceReport, NetworkReport } from "../protocol";

export const PREPARATION = ["access", "camera", "speaker", "microphone", "network", "ready"] as const;
export type PreparationStep = (typeof PREPARATION)[number];

/** What survives a reload: where the preparation had come to, and what it showed. */
export interface Kept {
  preparation: PreparationStep;
  devices: DeviceReport;
  network: NetworkReport | null;
  /** «Bare lyd»: no camera is asked for, and nothing is asked about it. */
  soundOnly: boolean;
}

export function unprepared(): Kept {
  return { preparation: "access", devices: { camera: "untested", speaker: "untested", microphone: "untested" }, network: null, soundOnly: false };
}

export function isPreparation(step: unknown): step is PreparationStep {
  return PREPARATION.some((one) => one === step);
}

/** The steps of this person: who comes with sound only is not asked whether they see themselves. */
export function way(soundOnly: boolean): PreparationStep[] {
  return PREPARATION.filter((step) => !(soundOnly && step === "camera"));
}

/** The step that follows. */
export function after(at: PreparationStep, soundOnly = false): PreparationStep {
  const steps = way(soundOnly);
  return steps[steps.indexOf(at) + 1] ?? "ready";
}

/** The step before, or null at the first. */
export function before(at: PreparationStep, soundOnly = false): PreparationStep | null {
  const steps = way(soundOnly);
  return steps[steps.indexOf(at) - 1] ?? null;
}

/** Take back what was kept, if it still makes sense; anything else starts from the beginning. */
export function restore(text: string | null): Kept {
  if (text === null) return unprepared();
  try {
    const kept = JSON.parse(text) as Partial<Kept>;
    return isPreparation(kept.preparation) && kept.devices ? { ...unprepared(), ...kept } : unprepared();
  } catch {
    return unprepared();
  }
}
