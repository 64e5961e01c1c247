// «Ringeliste»: whom to phone today instead of meeting them by video, to read, to print and as a file made here.
import "../office.css";
import type { PhoneList, ToPhone } from "../../protocol";
import { Button, ErrorNotice, Notice, Waiting } from "../../shared/components/parts";
import { date, t } from "../../shared/messages";
import { phoneLink } from "../../shared/phone";
import { noon } from "../day";
import type { OfficeProps } from "../Later";
import { useLoad } from "../load";
import { save } from "../save";
import { Stopped } from "../Stopped";
import { COLUMNS, file, isUntold, words, type Column } from "./list";

export function PhonesView({ desk, me }: OfficeProps) {
  const { found, error, load } = useLoad(() => desk.office.read<PhoneList>("phone_list"), [desk.state.suspended]);
  if (error === "conflict") return <Notice tone="info" live={false}><p>{t("office.phones.not_now")}</p></Notice>;
  if (error) return <ErrorNotice code={error} onRetry={() => void load()} />;
  if (!found) return <Waiting>{t("office.loading")}</Waiting>;
  const { day, consultations } = found;
  const when = date(noon(day));
  return (
    <div class="s-office s-office--wide">
      <Stopped desk={desk} />
      <p class="s-intro">{t("office.phones.intro", { day: when, trust: me.trust_name })}</p>
      <div class="v-row s-unprinted">
        {consultations.length > 0 && (
          <>
            <Button onClick={() => save(`ringeliste-${day}.csv`, "text/csv;charset=utf-8", file(found))}>{t("office.phones.save")}</Button>
            <Button variant="secondary" color="neutral" onClick={() => print()}>{t("office.phones.print")}</Button>
          </>
        )}
        <Button variant="secondary" color="neutral" onClick={() => void load()}>{t("office.phones.again")}</Button>
      </div>
      <p role="status" class="v-muted">{t("office.phones.count", { count: consultations.length, untold: consultations.filter(isUntold).length })}</p>
      {consultations.length > 0 ? <Table consultations={consultations} /> : <p>{t("office.phones.none")}</p>}
    </div>
  );
}

function Table({ consultations }: { consultations: readonly ToPhone[] }) {
  return (
    <div class="s-trail" role="group" aria-label={t("staff.nav.phones")} tabIndex={0}>
      <table class="ds-table s-phones" data-size="sm">
        <thead>
          <tr>{COLUMNS.map((column) => <th key={column} scope="col">{t(`office.phones.column.${column}`)}</th>)}</tr>
        </thead>
        <tbody>
          {consultations.map((one) => {
            const row = words(one);
            return <tr key={one.consultation}>{COLUMNS.map((column) => <td key={column} lang={column === "language" ? one.language : undefined}>{cellOf(column, row[column], one)}</td>)}</tr>;
          })}
        </tbody>
      </table>
    </div>
  );
}

function cellOf(column: Column, text: string, one: ToPhone) {
  if (column === "phone") return text ? <a class="ds-link s-row__phone" href={phoneLink(one.phone)}>{text}</a> : t("office.phones.no_number");
  return column === "told" && isUntold(one) ? <strong>{text}</strong> : text;
}
