// What has just happened or gone wrong, above the list; and whether the page is in touch with the service.
import { Button, Notice } from "../shared/components/parts";
import { errorText, knowsError, t } from "../shared/messages";
import type { Desk } from "./desk";
import { noticeText } from "./words";
import type { Opener } from "./Dialogs";

/** All that is to be said, or only what concerns one consultation. */
export function Notices({ desk, only, onOpen }: { desk: Desk; only?: string; onOpen: Opener }) {
  const { held } = desk.state;
  const notices = desk.state.notices.filter(({ consultation }) => only === undefined || consultation === only);
  return (
    <>
      {notices.map((notice) => {
        const view = notice.consultation ? (held[notice.consultation]?.view ?? null) : null;
        return (
          <Notice key={notice.id} tone={notice.tone}>
            <p>{noticeText(notice, view?.patient_name ?? null)}</p>
            <div class="v-row">
              {notice.again && view?.state === "checked_in" && !desk.state.suspended && <Button data-size="sm" color="accent" onClick={() => desk.call(view.consultation)}>{t("staff.notice.again")}</Button>}
              {notice.again && view && <Button data-size="sm" variant="secondary" onClick={() => onOpen({ dialog: "phone", view })}>{t("staff.action.phone")}</Button>}
              <Button data-size="sm" variant="tertiary" color="neutral" onClick={() => desk.dismiss(notice.id)}>{t("staff.action.dismiss")}</Button>
            </div>
          </Notice>
        );
      })}
    </>
  );
}

export function LineNotice({ desk }: { desk: Desk }) {
  const { line, stopped } = desk.state;
  if (line === "away") return <Notice tone="warning"><p>{t("staff.line.away")}</p></Notice>;
  if (line !== "stopped") return null;
  const elsewhere = stopped === "seat_taken";
  return (
    <Notice tone="warning">
      <p>{t(elsewhere ? "staff.line.seat_taken" : "staff.line.stopped")}</p>
      {!elsewhere && stopped && knowsError(stopped) && <p>{errorText(stopped)}</p>}
      <Button color="accent" onClick={() => desk.connect()}>{t(elsewhere ? "staff.line.here" : "staff.line.reload")}</Button>
    </Notice>
  );
}
