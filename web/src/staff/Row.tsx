// One consultation in the list: when, who, where they are, what was sent, how their own test went, what can be done.
import { useEffect, useState } from "preact/hooks";
import type { ConsultationView } from "../protocol";
import { Button } from "../shared/components/parts";
import { clock, t } from "../shared/messages";
import { phoneLink, readable } from "../shared/phone";
import { secondsSince } from "./day";
import type { Desk } from "./desk";
import { Icon } from "./Icon";
import { checks, invitation, lasting, lateness, tested } from "./words";

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
  onCancel: () => void;
  onTrail: () => void;
}

export function Row({ view, desk, onCancel, onTrail }: RowProps) {
  const nameId = `name-${view.consultation}`;
  return (
    <li class="s-row" data-consultation={view.consultation} data-state={view.state} aria-labelledby={nameId}>
      <div class="s-row__when">
        <strong>{clock(view.starts)}</strong>
        <span class="v-muted">{t("staff.row.minutes", { minutes: view.minutes })}</span>
      </div>
      <div class="s-row__who">
        <div class="s-row__line">
          <h2 class="ds-heading s-row__name" data-size="2xs" id={nameId}>{view.patient_name}</h2>
          <span class="ds-tag s-state" data-size="sm">{t(`staff.state.${view.state}`)}</span>
          {view.phone && (
            <a class="ds-link s-row__phone" href={phoneLink(view.phone)} aria-label={t("staff.row.phone", { name: view.patient_name, phone: readable(view.phone) })}>
              <Icon name="phone" /> {readable(view.phone)}
            </a>
          )}
        </div>
        <Whereabouts view={view} />
        {tested(view) && <OwnTest view={view} />}
        <Invitation view={view} />
      </div>
      <Actions view={view} desk={desk} nameId={nameId} onCancel={onCancel} onTrail={onTrail} />
    </li>
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

function OwnTest({ view }: { view: ConsultationView }) {
  return (
    <ul class="s-checks" aria-label={t("staff.check.label")}>
      {checks(view).map(({ what, light, text }) => (
        <li key={what} class="s-check" data-check={what} data-light={light}>
          <Icon name={light} /> {text}
        </li>
      ))}
    </ul>
  );
}

function Invitation({ view }: { view: ConsultationView }) {
  const now = useNow();
  const level = t(`staff.row.level.${view.login_level}`);
  return (
    <p class="s-row__sent v-muted">
      {invitation(view, now).map(({ way, state, text }) => (
        <span key={way} data-sent={way} data-delivery={state} class={state === "failed" ? "s-failed" : ""}>{text}</span>
      ))}
      {view.drop_in && <span>{t("staff.row.drop_in")}</span>}
      <span>{view.person_bound ? `${level}, ${t("staff.row.bound")}` : level}</span>
    </p>
  );
}

function Actions({ view, desk, nameId, onCancel, onTrail }: RowProps & { nameId: string }) {
  const [inviting, setInviting] = useState(false);
  const { consultation, state } = view;
  const open = ["booked", "invited", "checked_in", "missed"].includes(state);
  const calling = desk.state.calling === consultation;
  const small = { "data-size": "sm", "aria-describedby": nameId };
  const invite = async (): Promise<void> => {
    setInviting(true);
    await desk.invite(consultation);
    setInviting(false);
  };
  return (
    <div class="s-row__actions">
      {state === "checked_in" && <Button busy={calling} aria-describedby={nameId} class="s-ring" onClick={() => desk.call(consultation)}>{t("staff.action.call")}</Button>}
      {(state === "calling" || state === "in_call") && <Button {...small} busy={calling} onClick={() => desk.call(consultation)}>{t("staff.action.enter")}</Button>}
      {state === "calling" && <Button {...small} variant="secondary" color="danger" onClick={() => desk.withdraw(view)}>{t("staff.action.withdraw")}</Button>}
      {state === "in_call" && <Button {...small} variant="secondary" color="danger" onClick={() => desk.hangUp(view)}>{t("staff.call.hang_up")}</Button>}
      <div class="s-row__rest">
        {open && (
          <Button {...small} variant="tertiary" busy={inviting} onClick={() => void invite()}>
            {t(state === "booked" ? "staff.action.invite_now" : "staff.action.invite")}
          </Button>
        )}
        {open && <Button {...small} variant="tertiary" color="danger" onClick={onCancel}>{t("staff.action.cancel")}</Button>}
        <Button {...small} variant="tertiary" color="neutral" onClick={onTrail}>{t("staff.action.trail")}</Button>
      </div>
    </div>
  );
}
