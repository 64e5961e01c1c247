// The clinician's page, /staff/{trust}: picks the view.
import "./staff.css";
import { Page } from "../shared/components/Page";
import { ErrorNotice, Heading, Notice, Waiting } from "../shared/components/parts";
import { t } from "../shared/messages";
import { useRedraw } from "../shared/redraw";
import { start } from "../shared/start";
import { CallView } from "./CallView";
import { Desk } from "./desk";
import { ListView } from "./ListView";
import { LoginView } from "./LoginView";
import { inCallWith } from "./state";

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
      <Page view="login" title={t("staff.title")}>
        <Heading>{t("staff.title")}</Heading>
        <Notice tone="warning"><p>{t("staff.login.lost")}</p></Notice>
      </Page>
    );
  }
  const { place, state } = desk;
  switch (place.at) {
    case "opening":
      return <Page title={t("staff.title")}><Waiting>{t("staff.opening")}</Waiting></Page>;
    case "failed":
      return <Page title={t("staff.title")}><Heading>{t("staff.title")}</Heading><ErrorNotice code={place.code} onRetry={() => void desk.open(null)} /></Page>;
    case "login":
      return <LoginView trust={trust} why={place.why} code={place.code} />;
    case "desk":
      return state.seated ? (
        <CallView key={`${state.seated.join.consultation}.${state.seated.join.call}`} desk={desk} seated={state.seated} view={inCallWith(state)} />
      ) : (
        <ListView desk={desk} me={place.me} />
      );
  }
}

void start("staff", Staff).then(() => desk?.open(loginError()));
