// The staff's page before anybody is logged in: why, and one link.
import { Page } from "../shared/components/Page";
import { Heading, Notice } from "../shared/components/parts";
import { errorText, t } from "../shared/messages";

export interface LoginViewProps {
  address: string;
  why: "first" | "again" | "out" | "failed";
  /** The error's code when `why` is `failed`. */
  code: string;
  /** Whether something half typed waits here for its writer. */
  kept: boolean;
}

export function LoginView({ address, why, code, kept }: LoginViewProps) {
  return (
    <Page view="login" title={t("staff.login.title")} support={t("staff.login.how")}>
      <Heading>{t("staff.title.staff")}</Heading>
      <p class="v-lead">{t("staff.login.lead.staff")}</p>
      {why === "again" && <Notice tone="warning"><p>{t("staff.login.lapsed")}</p></Notice>}
      {why === "out" && <Notice tone="success"><p>{t("staff.login.out")}</p></Notice>}
      {why === "failed" && <Notice tone="danger"><p>{errorText(code)}</p></Notice>}
      <p>{t("staff.login.how")}</p>
      {kept && <Notice tone="info"><p>{t("staff.login.kept.typed")}</p></Notice>}
      <p><a class="ds-button" data-variant="primary" href={address} target={kept ? "_blank" : undefined} rel={kept ? "noreferrer" : undefined}>{t(kept ? "staff.login.new_tab" : "staff.login.title")}</a></p>
    </Page>
  );
}
