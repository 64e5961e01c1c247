// The clinician's page outside a call: one day's list, what has just happened, and what concerns the day as a whole.
import { useEffect } from "preact/hooks";
import type { Me } from "../protocol";
import { Page } from "../shared/components/Page";
import { Button, Heading } from "../shared/components/parts";
import { date, t } from "../shared/messages";
import { soundMissing, wanted } from "./attention";
import { DayView } from "./DayView";
import { dayAfter, noon } from "./day";
import { Delay } from "./Delay";
import type { Desk } from "./desk";
import { DeviceCard } from "./DeviceCard";
import { Icon } from "./Icon";
import { waitingToday } from "./lists";
import { LineNotice, Notices } from "./Notices";
import type { Opener } from "./Workplace";

export function ListView({ desk, me, onOpen }: { desk: Desk; me: Me; onOpen: Opener }) {
  const { state } = desk;
  const day = date(noon(state.shown));
  const heading = state.shown === state.today ? t("staff.day.today", { day }) : t("staff.day.other", { day });
  const waiting = waitingToday(state);
  const badge = waiting.length > 0 ? `(${waiting.length}) ` : "";
  useEffect(() => {
    if (desk.talk.returned) document.querySelector<HTMLElement>("main h1")?.focus();
  }, []);
  return (
    <Page view="list" wide trust={me.trust_name} title={badge + heading} support={t("staff.support")} aside={<Who desk={desk} me={me} onOpen={onOpen} />}>
      <div class="s-head">
        <Heading>{heading}</Heading>
        <DayPicker desk={desk} />
        <Button class="s-book" onClick={() => onOpen({ dialog: "book" })}><Icon name="plus" /> {t("staff.action.book")}</Button>
      </div>
      <LineNotice desk={desk} />
      <Notices desk={desk} onOpen={onOpen} />
      <DeviceCard readiness={desk.talk.readiness} />
      <div class="s-desk">
        <div class="s-desk__top">
          {state.shown === state.today ? <Delay desk={desk} /> : waiting.length > 0 && (
            <div class="v-card s-side">
              <p><strong>{t("staff.waiting.today", { count: waiting.length })}</strong></p>
              <Button variant="secondary" data-size="sm" onClick={() => desk.show(state.today)}>{t("staff.day.go_today")}</Button>
            </div>
          )}
        </div>
        <div class="s-desk__list">
          <DayView desk={desk} me={me} onOpen={onOpen} />
        </div>
        <div class="s-desk__rest">
          <div class="v-card s-side">
            <h2 class="ds-heading" data-size="2xs">{t("staff.side.address")}</h2>
            <ul class="s-addresses">
              {me.departments.map(({ id, name, address }) => <li key={id}><span>{name}</span> <a class="ds-link" href={address}>{location.host + address}</a></li>)}
            </ul>
            <p class="v-muted">{t("staff.side.address.help")}</p>
          </div>
          <div class="v-card s-side">
            <h2 class="ds-heading" data-size="2xs">{t("staff.side.support")}</h2>
            <p class="v-muted">{t("staff.side.support.help")}</p>
            <Button variant="secondary" color="neutral" data-size="sm" onClick={() => onOpen({ dialog: "support" })}>{t("staff.support.find")}</Button>
          </div>
        </div>
      </div>
      <p class="ds-sr-only" role="status">
        {state.arrivals.map((consultation) => t("staff.arrived", { name: state.held[consultation]?.view.patient_name ?? "" })).join(". ")}
      </p>
    </Page>
  );
}

function DayPicker({ desk }: { desk: Desk }) {
  const { shown, today } = desk.state;
  return (
    <div class="s-days" role="group" aria-label={t("staff.day.picker")}>
      <Button variant="secondary" color="neutral" data-icon="true" aria-label={t("staff.day.previous")} onClick={() => desk.show(dayAfter(shown, -1))}><Icon name="previous" /></Button>
      <Button variant="secondary" color="neutral" disabled={shown === today} onClick={() => desk.show(today)}>{t("staff.day.go_today")}</Button>
      <Button variant="secondary" color="neutral" data-icon="true" aria-label={t("staff.day.next")} onClick={() => desk.show(dayAfter(shown, 1))}><Icon name="next" /></Button>
      <input type="date" class="ds-input" aria-label={t("staff.day.field")} value={shown} onChange={({ currentTarget }) => currentTarget.value && desk.show(currentTarget.value)} />
    </div>
  );
}

function Who({ desk, me, onOpen }: { desk: Desk; me: Me; onOpen: Opener }) {
  const missing = soundMissing();
  return (
    <>
      <Button class="s-sound" variant="tertiary" color="neutral" data-size="sm" onClick={() => onOpen({ dialog: "alerts" })}>
        <Icon name={wanted("chime") && !missing ? "bell" : "bell_off"} /> {t(missing ? "staff.alerts.sound_missing" : "staff.alerts.title")}
      </Button>
      <span class="s-me">{me.name}</span>
      <Button variant="secondary" color="neutral" data-size="sm" onClick={() => void desk.logOut()}>{t("staff.logout")}</Button>
    </>
  );
}
