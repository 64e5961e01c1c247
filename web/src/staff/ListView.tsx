// One day's list of one clinician, outside a call: her own, or for a secretary those she books for; what has just happened, and what concerns the day.
import { useEffect } from "preact/hooks";
import type { Me } from "../protocol";
import { Busy } from "../shared/components/Busy";
import { Labelled } from "../shared/components/Labelled";
import { Button, Heading, Notice } from "../shared/components/parts";
import { date, t } from "../shared/messages";
import { DayView } from "./DayView";
import { dayAfter, noon } from "./day";
import { Delay } from "./Delay";
import type { Desk } from "./desk";
import { TooOld } from "../shared/components/TooOld";
import { DeviceCard } from "./DeviceCard";
import type { Opener } from "./Dialogs";
import { Frame } from "./Frame";
import { Icon } from "./Icon";
import { waitingToday } from "./lists";
import { LineNotice, Notices } from "./Notices";
import { is, listers } from "./roles";
import { Stopped } from "./Stopped";

export function ListView({ desk, me, onOpen }: { desk: Desk; me: Me; onOpen: Opener }) {
  const { state } = desk;
  const day = date(noon(state.shown));
  const heading = state.shown === state.today ? t("staff.day.today", { day }) : t("staff.day.other", { day });
  const waiting = waitingToday(state);
  const badge = desk.own && waiting.length > 0 ? `(${waiting.length}) ` : "";
  const calls = is(me, "clinician");
  useEffect(() => {
    if (desk.talk.returned) document.querySelector<HTMLElement>("main h1")?.focus();
  }, []);
  return (
    <Frame desk={desk} me={me} view="list" title={badge + heading} onAlerts={calls ? () => onOpen({ dialog: "alerts" }) : undefined}>
      <div class="s-head">
        <Heading>{heading}</Heading>
        {state.whose && <DayPicker desk={desk} />}
        {state.whose && <Button class="s-book" onClick={() => onOpen({ dialog: "book" })}><Icon name="plus" /> {t("staff.action.book")}</Button>}
      </div>
      {is(me, "secretary") && <Whose desk={desk} me={me} />}
      {desk.wait && <Busy wait={desk.wait} />}
      {state.whose && <LineNotice desk={desk} />}
      <Stopped desk={desk} me={me} />
      <Notices desk={desk} onOpen={onOpen} />
      {calls && <TooOld title={t("staff.unable.title")} text={t("staff.unable")} />}
      {calls && <DeviceCard readiness={desk.talk.readiness} />}
      <div class="s-desk">
        <div class="s-desk__top"><Today desk={desk} waiting={waiting.length} /></div>
        <div class="s-desk__list">
          {state.whose && <DayView desk={desk} me={me} onOpen={onOpen} />}
        </div>
        <div class="s-desk__rest">
          <div class="v-card s-side">
            <h2 class="ds-heading" data-size="2xs">{t("staff.side.address")}</h2>
            <ul class="s-addresses">
              {me.departments.map(({ id, name, address }) => <li key={id}><span>{name}</span> <a class="ds-link" href={address}>{location.host + address}</a></li>)}
            </ul>
            <p class="v-muted">{t(calls ? "staff.side.address.help" : "staff.side.address.secretary")}</p>
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
    </Frame>
  );
}

/** What concerns today as a whole: how late the clinician is, or from another day who waits. */
function Today({ desk, waiting }: { desk: Desk; waiting: number }) {
  const { shown, today, delays, whose } = desk.state;
  if (!whose) return null;
  if (shown !== today) {
    return waiting === 0 || !desk.own ? null : (
      <div class="v-card s-side">
        <p><strong>{t("staff.waiting.today", { count: waiting })}</strong></p>
        <Button variant="secondary" data-size="sm" onClick={() => desk.show(today)}>{t("staff.day.go_today")}</Button>
      </div>
    );
  }
  if (desk.own) return <Delay desk={desk} />;
  const minutes = delays[today] ?? 0;
  return minutes === 0 ? null : <div class="v-card s-side"><p class="s-delay__told" role="status">{t("staff.delay.other", { minutes })}</p></div>;
}

/** For a secretary: the clinicians of her departments, one of whose lists is shown. */
function Whose({ desk, me }: { desk: Desk; me: Me }) {
  const all = listers(me);
  if (all.length === 0) return <Notice tone="info" live={false} title={t("staff.whose.none")}><p>{t("staff.whose.none.help")}</p></Notice>;
  return (
    <div class="s-whose">
      <Labelled name="whose" label={t("staff.whose.label")} fault={null}>
        {(input) => (
          <select {...input} value={desk.state.whose} onChange={({ currentTarget }) => desk.turnTo(currentTarget.value)}>
            {all.map(({ id, name }) => <option key={id} value={id}>{id === me.id ? t("staff.whose.own", { name }) : name}</option>)}
          </select>
        )}
      </Labelled>
      {!desk.own && is(me, "clinician") && (
        <p class="s-whose__away">
          <span>{t("staff.whose.away")}</span> <Button variant="secondary" data-size="sm" onClick={() => desk.turnTo(me.id)}>{t("staff.whose.back")}</Button>
        </p>
      )}
    </div>
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
