// The companions and interpreters of one consultation: where each is, what was sent, who may come in.
import type { ConsultationView, GuestView } from "../protocol";
import { Button } from "../shared/components/parts";
import { errorText, t } from "../shared/messages";
import { phoneLink, readable } from "../shared/phone";
import type { Peers } from "../shared/people";
import { useAct } from "./act";
import type { Desk } from "./desk";
import { Icon } from "./Icon";
import { More } from "./More";
import { SentLight } from "./SentLight";
import { WITH_CALL } from "./state";
import { guestAt, invitation, needsHelp } from "./words";
import type { Opener } from "./Dialogs";

export interface GuestListProps {
  view: ConsultationView;
  desk: Desk;
  /** Who has been heard of in the call. */
  peers: Peers;
  onOpen: Opener;
}

export function GuestList({ view, desk, peers, onOpen }: GuestListProps) {
  return (
    <ul class="s-guests" aria-label={t("staff.guest.label")}>
      {view.guests.map((guest) => <Guest key={guest.id} guest={guest} view={view} desk={desk} there={peers[guest.seat] !== undefined} onOpen={onOpen} />)}
    </ul>
  );
}

function Guest({ guest, view, desk, there, onOpen }: Omit<GuestListProps, "peers"> & { guest: GuestView; there: boolean }) {
  const { busy, error, run } = useAct();
  const at = guestAt(guest, WITH_CALL.has(view.state), there);
  const id = `guest-${guest.id}`;
  const over = view.state === "ended" || view.state === "cancelled";
  const again = (): void => run(async () => void (await desk.office.inviteGuest(view.consultation, guest.id)));
  return (
    <li class="s-guest" data-guest={guest.seat} data-at={at}>
      <div class="s-guest__who">
        <strong id={id}>{t("staff.guest.name", { name: guest.name, kind: guest.kind })}</strong>
        {!over && <span class={at === "waits" ? "s-guest__waits" : "v-muted"}>{t(`staff.guest.at.${at}`)}</span>}
        {guest.phone && !over && <a class="ds-link s-row__phone" href={phoneLink(guest.phone)}><Icon name="phone" /> {readable(guest.phone)}</a>}
        {invitation({ ...guest, invite_at: null }, Date.now()).map((one) => (
          <SentLight key={one.way} sent={one} onPress={needsHelp(one.state) ? () => onOpen({ dialog: "messages", view }) : undefined} />
        ))}
        {error && <span class="ds-validation-message" role="alert">{errorText(error)}</span>}
      </div>
      {!over && (
        <div class="s-guest__acts">
          {!guest.admitted && desk.own && (
            <Button variant={at === "waits" ? "primary" : "tertiary"} data-size="sm" aria-describedby={id} onClick={() => desk.admit(view.consultation, guest.id)}>{t("staff.guest.admit")}</Button>
          )}
          {busy && <span class="v-spin" aria-hidden="true" />}
          <More about={id} choices={[
            { text: t("staff.guest.again"), act: again },
            { text: t("staff.guest.remove"), act: () => onOpen({ dialog: "remove_guest", view, guest }), danger: true },
          ]} />
        </div>
      )}
    </li>
  );
}
