// /privacy: what is known of a patient, why, how long, who sees it, and what one may ask for (GDPR articles 13 and 15–22).
import { Heading } from "../shared/components/parts";
import { t } from "../shared/messages";
import { Section } from "./Prose";

const PARTS = ["who", "what", "call", "why", "long", "sees", "rights", "cookies", "complain"] as const;

export function Privacy() {
  return (
    <>
      <Heading>{t("help.privacy.title")}</Heading>
      <p class="v-lead">{t("help.privacy.lead")}</p>
      {PARTS.map((part) => (
        <Section key={part} title={t(`help.privacy.${part}`)} text={t(`help.privacy.${part}.text`)} />
      ))}
      <ul class="h-links">
        <li><a class="ds-link" href="https://www.datatilsynet.no/" rel="noreferrer">{t("help.privacy.complain.link")}</a></li>
      </ul>
    </>
  );
}
