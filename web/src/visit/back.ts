// The browser's way back: a step back in the preparation; in the waiting room and in the call it asks instead of leaving.
import { isPreparation, type PreparationStep } from "./preparation";
import type { Step } from "./state";

/** What history keeps of one entry: the preparation's step, or that one waited or talked. */
export type Entry = PreparationStep | "room";

export interface BackOptions {
  step: () => Step;
  /** Go to a step of the preparation without a new entry. */
  go: (to: PreparationStep) => void;
  /** Ask whether to leave the waiting room or the call. */
  ask: () => void;
}

/** The entry a step stands for, or null where the way back is the browser's own business. */
export function entryOf(step: Step): Entry | null {
  if (isPreparation(step)) return step;
  return ["waiting", "ringing", "call"].includes(step) ? "room" : null;
}

export class Back {
  constructor(private readonly options: BackOptions) {
    addEventListener("popstate", () => this.popped());
  }

  /** The page shows this step now. */
  follow(step: Step): void {
    const entry = entryOf(step);
    const at = this.at;
    if (!entry || entry === at) return;
    if (at === null) history.replaceState({ at: entry }, "");
    else history.pushState({ at: entry }, "");
  }

  private get at(): Entry | null {
    const { at } = (history.state ?? {}) as { at?: unknown };
    return isPreparation(at) || at === "room" ? at : null;
  }

  private popped(): void {
    const { at } = this;
    const here = entryOf(this.options.step());
    if (here === "room" && at !== "room") {
      history.forward(); // a new entry would not do: browsers skip what a page adds without a press
      this.options.ask();
    } else if (here !== "room" && at === "room") {
      history.back(); // one has left the waiting room since
    } else if (here && isPreparation(at)) {
      this.options.go(at);
    }
  }
}
