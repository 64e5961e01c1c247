// The clinician's list of one day, with what has just happened above it.
import { useEffect, useState } from "preact/hooks";
import type { ConsultationView, Me } from "../protocol";
import { Page } from "../shared/components/Page";
import { Button, Heading, Waiting } from "../shared/components/parts";
import { date, t } from "../shared/messages";
import { BookingDialog } from "./BookingDialog";
import { CancelDialog } from "./CancelDialog";
import { chime, chimeWanted, wantChime } from "./chime";
import { dayAfter, noon } from "./day";
import type { Desk } from "./desk";
import { DeviceCard } from "./DeviceCard";
import { Icon } from "./Icon";
import { LineNotice, Notices } from "./Notices";
import { Row } from "./Row";
import { list } from "./state";
import { TrailDialog } from "./TrailDialog";
import { unlockSound } from "../shared/sound";

type Open = { dialog: "book" } | { dialog: "cancel" | "trail"; view: ConsultationView } | null;

export function ListView({ desk, me }: { desk: Desk; me: Me }) {
  const [open, setOpen] = useState<Open>(null);
  const { state } = desk;
  const day = date(noon(state.shown));
  const heading = state.shown === state.today ? t("staff.day.today", { day }) : t("staff.day.other", { day });
  const badge = state.arrivals.length > 0 ? `(${state.arrivals.length}) ` : "";
  const close = (): void => setOpen(null);
  useEffect(() => {
    if (desk.returned) document.querySelector<HTMLElement>("main h1")?.focus();
  }, []);
  return (
    <Page view="list" wide trust={me.trust_name} title={badge + heading} support={t("staff.support")} aside={<Who desk={desk} me={me} />}>
      <div class="s-head">
        <Heading>{heading}</Heading>
        <DayPicker desk={desk} />
        <Button class="s-book" onClick={() => setOpen({ dialog: "book" })}><Icon name="plus" /> {t("staff.action.book")}</Button>
      </div>
      <LineNotice desk={desk} />
      <Notices desk={desk} />
      <DeviceCard desk={desk} />
      <Consultations desk={desk} me={me} onOpen={setOpen} />
      <p class="ds-sr-only" role="status">
        {state.arrivals.map((consultation) => t("staff.arrived", { name: state.held[consultation]?.view.patient_name ?? "" })).join(". ")}
      </p>
      {open?.dialog === "book" && <BookingDialog desk={desk} me={me} onClose={close} />}
      {open?.dialog === "cancel" && <CancelDialog desk={desk} view={open.view} onClose={close} />}
      {open?.dialog === "trail" && <TrailDialog desk={desk} me={me} view={open.view} onClose={close} />}
    </Page>
  );
}

function Consultations({ desk, me, onOpen }: { desk: Desk; me: Me; onOpen: (open: Open) => void }) {
  const views = list(desk.state);
  if (!views) return <Waiting>{t("staff.day.loading")}</Waiting>;
  const waiting = views.filter(({ state }) => state === "checked_in").length;
  if (views.length === 0) {
    return (
      <section class="v-card v-stack s-empty" data-day={desk.state.shown}>
        <h2 class="ds-heading" data-size="xs">{t("staff.day.empty")}</h2>
        <p>{t("staff.day.empty.help")}</p>
        <ul>
          {me.departments.map(({ id, name, address }) => (
            <li key={id}>{t("staff.day.address", { department: name })} <a class="ds-link" href={address}>{location.origin + address}</a></li>
          ))}
        </ul>
      </section>
    );
  }
  return (
    <section class="v-stack s-list-part" data-day={desk.state.shown} aria-label={t("staff.list.label")}>
      <p class="s-count v-muted">
        <span>{t("staff.day.count", { count: views.length })}</span>
        <span class={waiting > 0 ? "s-count__waiting" : ""}>{t("staff.day.waiting", { count: waiting })}</span>
      </p>
      <ol class="s-list">
        {views.map((view) => (
          <Row key={view.consultation} view={view} desk={desk} onCancel={() => onOpen({ dialog: "cancel", view })} onTrail={() => onOpen({ dialog: "trail", view })} />
        ))}
      </ol>
    </section>
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

function Who({ desk, me }: { desk: Desk; me: Me }) {
  const [wanted, setWanted] = useState(chimeWanted);
  const toggle = (): void => {
    wantChime(!wanted);
    setWanted(!wanted);
    if (!wanted) void unlockSound().then(chime); // so that one hears what it will be
  };
  return (
    <>
      <Button class="s-sound" variant="tertiary" color="neutral" data-size="sm" aria-pressed={wanted} onClick={toggle}>
        <Icon name={wanted ? "bell" : "bell_off"} /> {t(wanted ? "staff.sound.on" : "staff.sound.off")}
      </Button>
      <span class="s-me">{me.name}</span>
      <Button variant="secondary" color="neutral" data-size="sm" onClick={() => void desk.logOut()}>{t("staff.logout")}</Button>
    </>
  );
}

