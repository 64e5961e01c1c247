// «Logg ut»: here and at the portal, for who shares the device with others.
import { useState } from "preact/hooks";
import { Button } from "../../shared/components/parts";
import { t } from "../../shared/messages";
import type { StepProps } from "./props";

export function LogOut({ engine }: StepProps) {
  const [busy, setBusy] = useState(false);
  const { visit } = engine.state;
  if (!visit?.logged_in || visit.login_level === "none") return <></>;
  const leave = async (): Promise<void> => {
    setBusy(true);
    await engine.identity.logOut();
    setBusy(false);
  };
  return <Button class="v-quiet" variant="tertiary" busy={busy} onClick={() => void leave()}>{t("visit.logout")}</Button>;
}
