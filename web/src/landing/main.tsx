// The front page, /: what this is and how one gets in. Nobody can look up an appointment here.
import { Page } from "../shared/components/Page";
import { Heading, Notice } from "../shared/components/parts";
import { helpAddress } from "../shared/helplink";
import { t } from "../shared/messages";
import { start } from "../shared/start";

function Landing() {
  return (
    <Page title={t("landing.title")}>
      <Heading>{t("landing.heading")}</Heading>
      {new URLSearchParams(location.search).has("logged_out") && <Notice tone="success"><p>{t("landing.logged_out")}</p></Notice>}
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
        <h2 class="ds-heading" data-size="xs">{t("landing.way")}</h2>
        <ol>
          <li>{t("landing.way.open")}</li>
          <li>{t("landing.way.test")}</li>
          <li>{t("landing.way.wait")}</li>
          <li>{t("landing.way.talk")}</li>
        </ol>
      </section>
      <section class="v-stack">
        <h2 class="ds-heading" data-size="xs">{t("landing.help")}</h2>
        <div class="v-row">
          <a class="ds-button" data-variant="secondary" href={helpAddress("help")}>{t("landing.help.help")}</a>
          <a class="ds-button" data-variant="secondary" href={helpAddress("advice")}>{t("landing.help.advice")}</a>
        </div>
      </section>
      <section class="v-stack">
        <h2 class="ds-heading" data-size="xs">{t("landing.staff")}</h2>
        <p>{t("landing.staff.help")}</p>
      </section>
    </Page>
  );
}

void start("landing", Landing);
