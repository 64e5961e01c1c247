// The frame of the staff's page outside a call: who is logged in, the way out, and the views that are there for them.
import type { ComponentChildren } from "preact";
import type { Me } from "../protocol";
import { Page } from "../shared/components/Page";
import { Button } from "../shared/components/parts";
import { t } from "../shared/messages";
import { soundMissing, wanted } from "./attention";
import type { Desk } from "./desk";
import { Icon } from "./Icon";
import { navigation, type View } from "./roles";

export interface FrameProps {
  desk: Desk;
  me: Me;
  view: View | "none";
  title: string;
  /** What the button «Varsler» opens; left out where nobody waits. */
  onAlerts?: (() => void) | undefined;
  children: ComponentChildren;
}

export function Frame({ desk, me, view, title, onAlerts, children }: FrameProps) {
  const theirs = navigation(me, desk.state.suspended !== "", view);
  const missing = soundMissing();
  const aside = (
    <>
      {onAlerts && (
        <Button class="s-sound" variant="tertiary" color="neutral" data-size="sm" onClick={onAlerts}>
          <Icon name={wanted("chime") && !missing ? "bell" : "bell_off"} /> {t(missing ? "staff.alerts.sound_missing" : "staff.alerts.title")}
        </Button>
      )}
      <span class="s-me">{me.name}</span>
      <Button variant="secondary" color="neutral" data-size="sm" onClick={() => void desk.logOut()}>{t("staff.logout")}</Button>
    </>
  );
  const nav = theirs.length > 1 && (
    <nav class="s-nav" aria-label={t("staff.nav.label")}>
      <ul>
        {theirs.map((one) => <li key={one}><a href={`#${one}`} aria-current={one === view ? "page" : undefined}>{t(`staff.nav.${one}`)}</a></li>)}
      </ul>
    </nav>
  );
  return <Page view={view} wide trust={me.trust_name} title={title} support={t("staff.support")} aside={aside} nav={nav}>{children}</Page>;
}
