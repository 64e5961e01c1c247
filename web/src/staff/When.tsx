// When an entry of a history happened, for the first cell of its row: the day stands at the first entry of each.
import { clock, date, dayOf } from "../shared/messages";

export function When({ at, before }: { at: string; before: string | undefined }) {
  const newDay = before === undefined || dayOf(before) !== dayOf(at);
  return <td class="s-figures">{newDay && <span class="s-trail__day">{date(at)}</span>} {clock(at)}</td>;
}
