// «Deltakere» from within a call: who is in it, who waits to be let in, and inviting one more.
import type { ConsultationView } from "../protocol";
import { Button } from "../shared/components/parts";
import { t } from "../shared/messages";
import type { Desk } from "./desk";
import { Dialog } from "./Dialog";
import { GuestList } from "./GuestList";
import { MOST_GUESTS } from "./Row";
import type { Opener } from "./Dialogs";

export function PeopleDialog({ desk, view, onOpen, onClose }: { desk: Desk; view: ConsultationView; onOpen: Opener; onClose: () => void }) {
  return (
    <Dialog title={t("staff.people.title")} onClose={onClose} wide>
      {view.guests.length === 0 && <p>{t("staff.people.none", { name: view.patient_name })}</p>}
      <GuestList view={view} desk={desk} peers={desk.state.seated?.peers ?? {}} onOpen={onOpen} />
      {view.guests.length >= MOST_GUESTS ? <p class="v-muted">{t("staff.people.full")}</p> : (
        <Button variant="secondary" onClick={() => onOpen({ dialog: "guest", view })}>{t("staff.action.guest")}</Button>
      )}
    </Dialog>
  );
}
