// /advice: what makes a video appointment go well.
import { Heading } from "../shared/components/parts";
import { t } from "../shared/messages";

const ADVICE = ["power", "light", "quiet", "headphones", "place", "wifi", "mobile", "ready"] as const;

export function Advice() {
  return (
    <>
      <Heading>{t("help.advice.title")}</Heading>
      <p class="v-lead">{t("help.advice.lead")}</p>
      <ul class="h-advice">
        {ADVICE.map((id) => (
          <li key={id} class="v-card v-stack">
            <h2 class="ds-heading" data-size="xs">{t(`help.advice.${id}`)}</h2>
            <p>{t(`help.advice.${id}.text`)}</p>
          </li>
        ))}
      </ul>
      <p>{t("help.advice.test")}</p>
    </>
  );
}
