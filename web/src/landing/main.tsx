// The front page, /: what this is and how one gets in. Nobody can look up an appointment here.
import { Page } from "../shared/components/Page";
import { Heading } from "../shared/components/parts";
import { t } from "../shared/messages";
import { start } from "../shared/start";

function Landing() {
  return (
    <Page title={t("landing.title")}>
      <Heading>{t("landing.heading")}</Heading>
      <p class="v-lead">{t("landing.lead")}</p>
      <section class="v-card v-stack">
        <h2 class="ds-heading" data-size="xs">{t("landing.patient")}</h2>
        <ul>
          <li>{t("landing.patient.link")}</li>
          <li>{t("landing.patient.letter")}</li>
          <li>{t("landing.patient.early")}</li>
          <li>{t("landing.patient.lost")}</li>
        </ul>
      </section>
      <section class="v-stack">
        <h2 class="ds-heading" data-size="xs">{t("landing.staff")}</h2>
        <p>{t("landing.staff.help")}</p>
      </section>
    </Page>
  );
}

void start("landing", Landing);
