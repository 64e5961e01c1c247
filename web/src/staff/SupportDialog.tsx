// «Slå opp referanse», over the list.
import type { Me } from "../protocol";
import { t } from "../shared/messages";
import type { Desk } from "./desk";
import { Dialog } from "./Dialog";
import { Lookup } from "./support/Lookup";

export function SupportDialog({ desk, me, onClose }: { desk: Desk; me: Me; onClose: () => void }) {
  return (
    <Dialog title={t("staff.support.find")} onClose={onClose} wide>
      <Lookup desk={desk} me={me} />
    </Dialog>
  );
}
