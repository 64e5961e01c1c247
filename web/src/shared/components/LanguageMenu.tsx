// The language menu: every language by its own name, and a globe for whoever cannot read the one now shown.
import type { Language } from "../../protocol";
import { LANGUAGES } from "../languages";
import { language, setLanguage, t } from "../messages";

/** Texts that do not arrive leave the page, and so the menu, in the language it has. */
async function choose(menu: HTMLSelectElement): Promise<void> {
  await setLanguage(menu.value as Language).catch(() => (menu.value = language()));
}

export function LanguageMenu() {
  return (
    <label class="v-language">
      <span class="ds-sr-only">{t("common.language")}</span>
      <svg viewBox="0 0 24 24" width="20" height="20" fill="none" stroke="currentColor" stroke-width="1.6" aria-hidden="true">
        <circle cx="12" cy="12" r="9" />
        <path d="M3 12h18M12 3c2.6 2.5 3.8 5.5 3.8 9s-1.2 6.5-3.8 9c-2.6-2.5-3.8-5.5-3.8-9S9.4 5.5 12 3Z" />
      </svg>
      <select class="ds-input" data-size="sm" value={language()} onChange={(event) => void choose(event.currentTarget)}>
        {LANGUAGES.map(({ code, name }) => (
          <option key={code} value={code} lang={code}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
