// The words of a code: a hundred in each language, one word each, and none that is easily taken for another.
import { expect, test } from "vitest";
import { LANGUAGES } from "../src/shared/languages";
import { wordsIn } from "../src/shared/e2ee/words";

/** How many letters must be put in, taken out or changed to make one word of the other (Levenshtein). */
function distance(one: string, other: string): number {
  let before = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (const [row, letter] of [...one].entries()) {
    const now = [row + 1];
    for (const [at, beside] of [...other].entries()) now.push(Math.min((now[at] ?? 0) + 1, (before[at + 1] ?? 0) + 1, (before[at] ?? 0) + Number(letter !== beside)));
    before = now;
  }
  return before[other.length] ?? 0;
}

test("the distance of two words", () => {
  expect([distance("sol", "sol"), distance("sol", "stol"), distance("fox", "dog")]).toEqual([0, 1, 2]);
});

test.each(LANGUAGES.map(({ code }) => code))("%s: a hundred words that are said and written in one piece", async (language) => {
  const words = await wordsIn(language);
  expect(words).toHaveLength(100);
  for (const word of words) expect(word).toMatch(/^\p{Ll}+$|^\p{Lo}+$/u);
});

test.each(LANGUAGES.map(({ code }) => code))("%s: no word is another one but for a letter", async (language) => {
  const words = await wordsIn(language);
  const near = words.flatMap((one, at) => words.slice(at + 1).filter((other) => distance(one, other) < 2).map((other) => `${one} ${other}`));
  expect(near).toEqual([]);
});

test("a word stands for the same thing in every language", async () => {
  const [nb, en, pl] = await Promise.all([wordsIn("nb"), wordsIn("en"), wordsIn("pl")]);
  expect([0, 42, 60, 99].map((at) => [nb[at], en[at], pl[at]])).toEqual([
    ["bjørn", "bear", "niedźwiedź"],
    ["potet", "potato", "ziemniak"],
    ["sol", "sun", "słońce"],
    ["pute", "pillow", "poduszka"],
  ]);
});
