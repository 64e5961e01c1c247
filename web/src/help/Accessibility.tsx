// /accessibility: the statement of what the pages follow, what has been tested, what has not, and whom to tell.
import { Heading } from "../shared/components/parts";
import { date, t } from "../shared/messages";
import { Section } from "./Prose";

/** The day when somebody last went through the statement. */
const UPDATED = "2026-11-26";
const PARTS = ["standard", "tested", "untested", "missing", "contact", "complain"] as const;
const LINKS = { "help.accessibility.complain.link": "https://www.uutilsynet.no/", "help.accessibility.complain.tribunal": "https://www.diskrimineringsnemnda.no/" } as const;

export function Accessibility() {
  return (
    <>
      <Heading>{t("help.accessibility.title")}</Heading>
      <p class="v-lead">{t("help.accessibility.lead")}</p>
      {PARTS.map((part) => (
        <Section key={part} title={t(`help.accessibility.${part}`)} text={t(`help.accessibility.${part}.text`)} />
      ))}
      <ul class="h-links">
        {(Object.keys(LINKS) as (keyof typeof LINKS)[]).map((key) => (
          <li key={key}><a class="ds-link" href={LINKS[key]} rel="noreferrer">{t(key)}</a></li>
        ))}
      </ul>
      <p class="v-muted">{t("help.accessibility.updated", { date: date(`${UPDATED}T12:00:00Z`), year: UPDATED.slice(0, 4) })}</p>
    </>
  );
}
