// A code to be read aloud: three pairs of digits, and under each the word for it in the page's language.
import { useEffect, useState } from "preact/hooks";
import { places } from "../e2ee/code";
import { wordsIn } from "../e2ee/words";
import { language } from "../messages";

export function SpokenCode({ code }: { code: string }) {
  const [words, setWords] = useState<readonly string[]>([]);
  const shown = language();
  useEffect(() => {
    let asked = true;
    void wordsIn(shown).then((found) => asked && setWords(found));
    return () => {
      asked = false;
    };
  }, [shown]);
  return (
    <ol class="v-spoken" dir="ltr">
      {places(code).map((place, at) => (
        <li key={at}>
          <strong>{String(place).padStart(2, "0")}</strong>
          <span dir="auto">{words[place] ?? ""}</span>
        </li>
      ))}
    </ol>
  );
}
