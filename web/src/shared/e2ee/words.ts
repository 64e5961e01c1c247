// The words that a code is read aloud as: those of one language, fetched when they are wanted.
import type { Language } from "../../protocol";

const files = import.meta.glob<readonly string[]>("./words/*.ts", { import: "default" });

/** A hundred words, one for each pair of digits; none where they could not be fetched: the digits say the same. */
export async function wordsIn(language: Language): Promise<readonly string[]> {
  return (await files[`./words/${language}.ts`]?.().catch(() => [])) ?? [];
}
