// One consultation in the list: when, who, where they are, what was sent, how their own test went, what can be done.
import { useEffect, useState } from "preact/hooks";
import type { ConsultationView, Me } from "../protocol";
import { Button } from "../shared/components/parts";
import { clock, errorText, t } from "../shared/messages";
import { phoneLink, readable } from "../shared/phone";
import { useAct } from "./act";
import { languageName } from "./booking";
import { secondsSince } from "./day";
import type { Desk } from "./desk";
import { GuestList } from "./GuestList";
import { Icon } from "./Icon";
import { More, type Choice } from "./More";
import { OwnTest } from "./OwnTest";
import { is, successors } from "./roles";
import { SentLight } from "./SentLight";
import { tested } from "./tested";
import { invitation, lasting, lateness, needsHelp, patientName, stateText } from "./words";
import type { Opener } from "./Dialogs";

/** The most guests a call takes. */
export const MOST_GUESTS = 4;

/** The present moment, renewed every second. */
export function useNow(): number {
  const [now, set] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => set(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

export interface RowProps {
  view: ConsultationView;
  desk: Desk;
  me: Me;
  /** Whether this is the one to call now. */
  next?: boolean;
  onOpen: Opener;
}

export function Row(props: RowProps) {
  const { view, desk, next, onOpen } = props;
  const nameId = `name-${view.consultation}`;
  const over = view.state === "ended" || view.state === "cancelled";
  const peers = desk.state.seated?.join.consultation === view.consultation ? desk.state.seated.peers : {};
  return (
    <li class="s-row" data-consultation={view.consultation} data-state={view.state} data-next={next || undefined} aria-labelledby={nameId}>
      <div class="s-row__when">
        <strong>{clock(view.starts)}</strong>
        <span class="v-muted">{t("staff.row.minutes", { minutes: view.minutes })}</span>
      </div>
      <div class="s-row__who">
        <div class="s-row__line">
          <h3 class="ds-heading s-row__name" data-size="2xs" id={nameId}>{patientName(view)}</h3>
          <span class="ds-tag s-state" data-size="sm">{stateText(view)}</span>
          {next && <span class="ds-tag s-next" data-size="sm">{t("staff.row.next")}</span>}
          {view.phone && !over && (
            <a class="ds-link s-row__phone" href={phoneLink(view.phone)} aria-label={t("staff.row.phone", { name: view.patient_name, phone: readable(view.phone) })}>
              <Icon name="phone" /> {readable(view.phone)}
            </a>
          )}
        </div>
        <Whereabouts view={view} />
        <div role="status"><Queue desk={desk} view={view} /></div>
        {view.running_late > 0 && !over && <p class="s-row__line s-lost s-late"><Icon name="doubtful" /> {t("staff.row.running_late", { minutes: view.running_late })}</p>}
        {tested(view) && <OwnTest view={view} />}
        {view.guests.length > 0 && <GuestList view={view} desk={desk} peers={peers} onOpen={onOpen} />}
        {!over && <Invitation view={view} onOpen={onOpen} />}
      </div>
      <Actions {...props} nameId={nameId} />
    </li>
  );
}

/** That a free line is waited for. */
function Queue({ desk, view }: { desk: Desk; view: ConsultationView }) {
  const { queued } = desk.state;
  if (queued?.consultation !== view.consultation) return null;
  return (
    <p class="v-waiting">
      <span class="v-spin" aria-hidden="true" />
      <span><strong>{t("staff.row.queued", { place: queued.place })}</strong> {t("staff.row.queued.why")}</span>
    </p>
  );
}

/** Since when they wait, whether they are there, how late we are. */
function Whereabouts({ view }: { view: ConsultationView }) {
  const now = useNow();
  if (view.state !== "checked_in") {
    return view.patient_present && ["booked", "invited", "missed"].includes(view.state) ? <p class="s-row__line v-muted">{t("staff.row.looking")}</p> : null;
  }
  const late = lateness(view, now);
  return (
    <>
      {view.checked_in_at && (
        <p class="s-row__line">
          <strong class="s-figures">{t("staff.row.waited", { time: lasting(secondsSince(view.checked_in_at, now)) })}</strong>
          <span class="v-muted">{t("staff.row.since", { clock: clock(view.checked_in_at) })}</span>
          {late >= 60 && <span class="s-late s-figures">{t("staff.row.late", { time: lasting(late) })}</span>}
        </p>
      )}
      {!view.patient_present && <p class="s-row__line s-lost"><Icon name="doubtful" /> {t("staff.row.absent")}</p>}
    </>
  );
}

/** What was sent, and what is unusual about how they come; nothing that goes without saying. */
function Invitation({ view, onOpen }: { view: ConsultationView; onOpen: Opener }) {
  const now = useNow();
  const sent = invitation(view, now).filter(({ state }) => view.state !== "checked_in" || needsHelp(state));
  return (
    <p class="s-row__sent v-muted">
      {sent.map((one) => <SentLight key={one.way} sent={one} onPress={needsHelp(one.state) ? () => onOpen({ dialog: "messages", view }) : undefined} />)}
      {!view.sms_wanted && view.sms !== "opted_out" && <span>{t("staff.row.no_sms")}</span>}
      {view.state === "invited" && !tested(view) && <span>{t("staff.check.none")}</span>}
      {view.drop_in && <span>{t("staff.row.drop_in")}</span>}
      {view.login_level === "none" && <span>{t("staff.row.level.none")}</span>}
      {view.login_method && <span>{t("staff.row.method", { method: view.login_method })}</span>}
      {view.language !== "nb" && <span lang={view.language}>{languageName(view.language)}</span>}
    </p>
  );
}

function Actions({ view, desk, me, next, onOpen, nameId }: RowProps & { nameId: string }) {
  const { busy, error, run } = useAct();
  const { consultation, state } = view;
  const calling = desk.state.calling === consultation;
  const queued = desk.state.queued?.consultation === consultation;
  const mine = is(me, "clinician") && view.clinician === me.id;
  const small = { "data-size": "sm", "aria-describedby": nameId };
  const invite = (): void =>
    run(async () => {
      await desk.office.invite(consultation);
      desk.done("invited", view);
    });
  return (
    <div class="s-row__actions">
      {mine && state === "checked_in" && !queued && <Button busy={calling} variant={next ? "primary" : "secondary"} aria-describedby={nameId} class="s-ring" onClick={() => (desk.state.suspended ? onOpen({ dialog: "phone", view }) : desk.call(consultation))}>{t("staff.action.call")}</Button>}
      {queued && <Button {...small} variant="secondary" onClick={() => desk.giveUpLine()}>{t("staff.action.stop_waiting")}</Button>}
      {mine && (state === "calling" || state === "in_call") && <Button {...small} busy={calling} onClick={() => desk.call(consultation)}>{t("staff.action.enter")}</Button>}
      {mine && state === "calling" && <Button {...small} variant="secondary" color="danger" onClick={() => desk.withdraw(view)}>{t("staff.action.withdraw")}</Button>}
      {mine && state === "in_call" && <Button {...small} variant="secondary" color="danger" onClick={() => onOpen({ dialog: "hang_up", view })}>{t("staff.call.hang_up")}</Button>}
      {busy && <span class="v-spin" role="status" aria-label={t("staff.row.sending")} />}
      <More about={nameId} choices={choices(view, me, invite, onOpen)} />
      {error && <p class="ds-validation-message s-row__error" role="alert">{errorText(error)}</p>}
    </div>
  );
}

/** What can be done with it besides calling, the most usual first. */
function choices(view: ConsultationView, me: Me, invite: () => void, onOpen: Opener): Choice[] {
  const { state } = view;
  const open = ["booked", "invited", "checked_in", "missed"].includes(state);
  const going = open || state === "calling" || state === "in_call";
  return [
    ...(open ? [{ text: t("staff.action.move"), act: () => onOpen({ dialog: "move", view }) }] : []),
    ...(going && view.guests.length < MOST_GUESTS ? [{ text: t("staff.action.guest"), act: () => onOpen({ dialog: "guest", view }) }] : []),
    ...(going ? [{ text: t("staff.action.phone"), act: () => onOpen({ dialog: "phone", view }) }] : []),
    ...(open ? [{ text: t(state === "booked" ? "staff.action.invite_now" : "staff.action.invite"), act: invite }] : []),
    ...(open && successors(me, view).length > 0 ? [{ text: t("staff.action.hand_over"), act: () => onOpen({ dialog: "hand_over", view }) }] : []),
    { text: t("staff.action.messages"), act: () => onOpen({ dialog: "messages", view }) },
    { text: t("staff.action.trail"), act: () => onOpen({ dialog: "trail", view }) },
    ...(open ? [{ text: t("staff.action.cancel"), act: () => onOpen({ dialog: "cancel", view }), danger: true }] : []),
  ];
}
