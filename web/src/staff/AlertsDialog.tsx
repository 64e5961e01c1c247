// «Varsler»: how this page calls for attention, and what to do when the browser will not let it.
import { useState } from "preact/hooks";
import { Button, Notice } from "../shared/components/parts";
import { soundReady, unlockSound } from "../shared/sound";
import { t } from "../shared/messages";
import { allowNotifying, notifying } from "../shared/notify";
import { want, wanted, type Wish } from "./attention";
import { chime } from "./chime";
import { Dialog } from "./Dialog";

export function AlertsDialog({ onClose }: { onClose: () => void }) {
  const [on, setOn] = useState({ chime: wanted("chime"), popup: wanted("popup") && notifying() === "on" });
  const [silent, setSilent] = useState(false);
  const may = notifying();
  const set = (wish: Wish, wish_on: boolean): void => {
    want(wish, wish_on);
    setOn((before) => ({ ...before, [wish]: wish_on }));
  };
  const ring = async (): Promise<void> => {
    setSilent(!(await unlockSound()));
    if (soundReady()) chime();
  };
  const popup = async (wish_on: boolean): Promise<void> => set("popup", wish_on && (await allowNotifying()) === "on");
  return (
    <Dialog title={t("staff.alerts.title")} onClose={onClose}>
      <p>{t("staff.alerts.help")}</p>
      <Choice label={t("staff.alerts.chime")} on={on.chime} onChange={(wish_on) => { set("chime", wish_on); if (wish_on) void ring(); }} />
      <div class="v-row"><Button variant="secondary" data-size="sm" onClick={() => void ring()}>{t("staff.alerts.try")}</Button></div>
      {silent && <Notice tone="warning"><p>{t("staff.alerts.silent")}</p></Notice>}
      {may !== "impossible" && <Choice label={t("staff.alerts.popup")} on={on.popup} disabled={may === "blocked"} onChange={(wish_on) => void popup(wish_on)} />}
      {may === "blocked" && <p class="v-muted">{t("staff.alerts.denied")}</p>}
    </Dialog>
  );
}

function Choice({ label, on, disabled = false, onChange }: { label: string; on: boolean; disabled?: boolean; onChange: (on: boolean) => void }) {
  return (
    <label class="s-kind">
      <input class="ds-input" type="checkbox" role="switch" checked={on} disabled={disabled} onChange={({ currentTarget }) => onChange(currentTarget.checked)} /> <span>{label}</span>
    </label>
  );
}
