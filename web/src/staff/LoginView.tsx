// The clinician's page before anybody is logged in: why, and one link.
import { Page } from "../shared/components/Page";
import { Heading, Notice } from "../shared/components/parts";
import { errorText, t } from "../shared/messages";

export interface LoginViewProps {
  trust: string;
  why: "first" | "again" | "out" | "failed";
  /** The error's code when `why` is `failed`. */
  code: string;
}

export function LoginView({ trust, why, code }: LoginViewProps) {
  return (
    <Page view="login" title={t("staff.login.title")} support={t("staff.login.how")}>
      <Heading>{t("staff.title")}</Heading>
      <p class="v-lead">{t("staff.login.lead")}</p>
      {why === "again" && <Notice tone="warning"><p>{t("staff.login.again")}</p></Notice>}
      {why === "out" && <Notice tone="success"><p>{t("staff.login.out")}</p></Notice>}
      {why === "failed" && <Notice tone="danger"><p>{errorText(code)}</p></Notice>}
      <p>{t("staff.login.how")}</p>
      <p><a class="ds-button" data-variant="primary" href={`/api/staff/${encodeURIComponent(trust)}/login`}>{t("staff.login.title")}</a></p>
    </Page>
  );
}
