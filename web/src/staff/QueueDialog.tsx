// The day's list at a glance from within a call: who waits since when, and who comes.
import { clock, t } from "../shared/messages";
import { Button } from "../shared/components/parts";
import { secondsSince } from "./day";
import type { Desk } from "./desk";
import { Dialog } from "./Dialog";
import { waitingToday } from "./lists";
import { useNow } from "./Row";
import { lasting, stateText } from "./words";

export function QueueDialog({ desk, onClose }: { desk: Desk; onClose: () => void }) {
  const now = useNow();
  const { held, today } = desk.state;
  const waiting = waitingToday(desk.state);
  const coming = Object.values(held)
    .filter(({ day, view }) => day === today && ["booked", "invited", "missed"].includes(view.state))
    .map(({ view }) => view)
    .sort((a, b) => a.starts.localeCompare(b.starts));
  return (
    <Dialog title={t("staff.queue.title")} onClose={onClose}>
      {waiting.length + coming.length === 0 && <p>{t("staff.queue.empty")}</p>}
      <ul class="s-queue">
        {[...waiting, ...coming].map((view) => (
          <li key={view.consultation} data-state={view.state}>
            <strong class="s-figures">{clock(view.starts)}</strong>
            <span>{view.patient_name}</span>
            <span class="v-muted s-figures">{view.checked_in_at && view.state === "checked_in" ? t("staff.row.waited", { time: lasting(secondsSince(view.checked_in_at, now)) }) : stateText(view)}</span>
          </li>
        ))}
      </ul>
      <Button variant="secondary" color="neutral" onClick={onClose}>{t("staff.queue.back")}</Button>
    </Dialog>
  );
}
