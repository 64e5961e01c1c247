// Which clinician's name was pressed, kept in the browser's history so that its way back leads to the list.

/** The clinician's id, or null on the list. */
export function chosen(): string | null {
  const { clinician } = (history.state ?? {}) as { clinician?: unknown };
  return typeof clinician === "string" ? clinician : null;
}

export function choose(clinician: string): void {
  history.pushState({ clinician }, "");
}
