// Draws a component again whenever something outside Preact says that it has changed.
import { useEffect, useReducer } from "preact/hooks";

/** Something that tells when it changes; `listen` returns how to stop listening. */
export interface Telling {
  listen(listener: () => void): () => void;
}

export function useRedraw(source: Telling | null): void {
  const [, redraw] = useReducer((times: number, _: void) => times + 1, 0);
  useEffect(() => {
    redraw(); // what happened between the first drawing and this moment
    return source?.listen(() => redraw());
  }, [source]);
}
