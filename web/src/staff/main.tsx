// The staff's page, /staff/{trust}: who is logged in, or the way to the login.
import "./system.css";
import "./staff.css";
import "./dialogs.css";
import "./call.css";
import { Busy } from "../shared/components/Busy";
import { Page } from "../shared/components/Page";
import { ErrorNotice, Heading, Notice, Waiting } from "../shared/components/parts";
import { t } from "../shared/messages";
import { useRedraw } from "../shared/redraw";
import { start } from "../shared/start";
import { Desk } from "./desk";
import { LoginView } from "./LoginView";
import { Workplace } from "./Workplace";

const trust = /^\/staff\/([A-Za-z0-9_-]+)\/?$/.exec(location.pathname)?.[1] ?? null;
const desk = trust ? new Desk(trust) : null;

/** What the way back from the issuer said went wrong; taken out of the address so that a reload does not say it again. */
function loginError(): string | null {
  const error = new URLSearchParams(location.search).get("error");
  if (error !== null) history.replaceState(null, "", location.pathname);
  return error;
}

function Staff() {
  useRedraw(desk);
  if (!desk || !trust) {
    return (
      <Page view="login" title={t("staff.title.staff")}>
        <Heading>{t("staff.title.staff")}</Heading>
        <Notice tone="warning"><p>{t("staff.login.lost")}</p></Notice>
      </Page>
    );
  }
  const { place } = desk;
  switch (place.at) {
    case "opening":
      return <Page title={t("staff.title.staff")}>{desk.wait ? <Busy wait={desk.wait} /> : <Waiting>{t("staff.opening")}</Waiting>}</Page>;
    case "failed":
      return <Page title={t("staff.title.staff")}><Heading>{t("staff.title.staff")}</Heading><ErrorNotice code={place.code} onRetry={() => void desk.open(null)} /></Page>;
    case "login":
      return <LoginView address={desk.loginAddress} why={place.why} code={place.code} kept={desk.drafts.any} />;
    case "desk":
      return <Workplace desk={desk} me={place.me} />;
  }
}

void start("staff", Staff).then(() => desk?.open(loginError()));
