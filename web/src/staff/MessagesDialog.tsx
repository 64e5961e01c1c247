// «Meldinger»: everything that was sent about one consultation and what became of it, sending it anew, and whether the patient wants SMS.
import type { ConsultationView, Me } from "../protocol";
import { Button, ErrorNotice, Notice, Waiting } from "../shared/components/parts";
import { errorText, t } from "../shared/messages";
import { useAct } from "./act";
import type { Desk } from "./desk";
import { Dialog } from "./Dialog";
import { Icon } from "./Icon";
import { useLoad } from "./load";
import { lines, smsTo, type Line } from "./messages";
import { invitation, moment, patientName } from "./words";

export function MessagesDialog({ desk, me, view, onClose }: { desk: Desk; me: Me; view: ConsultationView; onClose: () => void }) {
  // Each step of the sending is a new version of the consultation.
  const { found, error, load } = useLoad(() => desk.office.messages(view.consultation), [view.version]);
  const sent = found?.messages;
  return (
    <Dialog title={t("staff.messages.title")} onClose={onClose} wide>
      <p><strong>{t("staff.trail.of", { name: patientName(view), when: moment(view.starts) })}</strong></p>
      {error && <ErrorNotice code={error} onRetry={() => void load()} />}
      {!error && !sent && <Waiting>{t("staff.messages.loading")}</Waiting>}
      {sent?.length === 0 && <Nothing view={view} />}
      {sent && sent.length > 0 && (
        <ol class="s-sent" aria-label={t("staff.messages.title")}>
          {lines(sent, view).map((line) => <Message key={line.key} line={line} desk={desk} view={view} />)}
        </ol>
      )}
      {smsTo(view) && !view.erased && <SmsWish desk={desk} me={me} view={view} />}
    </Dialog>
  );
}

function Nothing({ view }: { view: ConsultationView }) {
  const due = invitation(view, Date.now()).filter(({ state }) => state === "due");
  return (
    <div class="v-stack">
      <p>{t("staff.messages.none")}</p>
      {due.map(({ way, text }) => <p key={way}>{text}</p>)}
    </div>
  );
}

function Message({ line, desk, view }: { line: Line; desk: Desk; view: ConsultationView }) {
  const { busy, error, run } = useAct();
  const again = (guest: string): void =>
    run(async () => void (guest ? await desk.office.inviteGuest(view.consultation, guest) : await desk.office.invite(view.consultation)));
  return (
    <li class="s-sent__one">
      <div class="s-sent__what">
        <strong>{line.what}</strong>
        <span class="v-muted">{t("staff.messages.to", { name: line.to, when: moment(line.at) })}</span>
        {line.why && <span>{line.why}</span>}
        {error && <span class="ds-validation-message" role="alert">{errorText(error)}</span>}
      </div>
      <span class={line.light ? "s-check" : "s-check s-check--plain"} data-light={line.light ?? undefined}>{line.light && <Icon name={line.light} />} {line.state}</span>
      {line.again && <Button class="s-sent__again" variant="secondary" data-size="sm" busy={busy} onClick={() => line.again && again(line.again.guest)}>{t("staff.messages.again")}</Button>}
    </li>
  );
}

/** The patient's wish holds for the number, wherever in the trust it is used. */
function SmsWish({ desk, me, view }: { desk: Desk; me: Me; view: ConsultationView }) {
  const { busy, error, run } = useAct();
  const set = (wanted: boolean): void => run(async () => void (await desk.office.wishSms(view.consultation, wanted)));
  return (
    <section class="s-wish" aria-labelledby="wish-title">
      <h3 class="ds-heading" data-size="2xs" id="wish-title">{t("staff.wish.title")}</h3>
      <label class="s-kind">
        <input class="ds-input" type="checkbox" role="switch" checked={!view.sms_wanted} aria-disabled={busy || undefined} aria-describedby="wish-help" onChange={({ currentTarget }) => {
          const no = currentTarget.checked;
          currentTarget.checked = !view.sms_wanted; // until it has been noted
          set(!no);
        }} />
        <span>{t("staff.wish.no_sms")}</span> {busy && <span class="v-spin" aria-hidden="true" />}
      </label>
      <p id="wish-help" class="v-muted">{t("staff.wish.help", { phone: smsTo(view), trust: me.trust_name })}</p>
      {!view.sms_wanted && !view.email && <Notice tone="warning" live={false}><p>{t("staff.wish.no_way")}</p></Notice>}
      {error && <Notice tone="danger"><p>{errorText(error)}</p></Notice>}
    </section>
  );
}
