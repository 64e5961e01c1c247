// The anchors of the trail, one a day, and checking a day against its own.
import { useState } from "preact/hooks";
import type { AnchorDay, Anchors, Verified, Verify } from "../../protocol";
import { Labelled } from "../../shared/components/Labelled";
import { Button, ErrorNotice, Notice, Waiting } from "../../shared/components/parts";
import { date, dayOf, errorText, t } from "../../shared/messages";
import { useAct } from "../act";
import { noon } from "../day";
import type { OfficeProps } from "../Later";
import { useLoad } from "../load";

export function DaysView({ desk }: Pick<OfficeProps, "desk">) {
  const { found, error, load } = useLoad(() => desk.office.read<Anchors>("audit/anchors"));
  const [day, setDay] = useState(() => dayOf(new Date(Date.now() - 86_400_000)));
  const [verified, setVerified] = useState<Verified | null>(null);
  const check = useAct();
  const verify = (of: string): void => {
    setDay(of);
    setVerified(null);
    check.run(async () => setVerified(await desk.office.ask<Verified>("audit/verify", { day: of } satisfies Verify)));
  };
  return (
    <section class="v-card s-office" aria-labelledby="days-title">
      <h2 class="ds-heading" data-size="xs" id="days-title">{t("office.days.title")}</h2>
      <p class="v-muted">{t("office.days.help")}</p>
      <form class="s-find s-find--short" noValidate onSubmit={(event) => { event.preventDefault(); if (day) verify(day); }}>
        <Labelled name="day" label={t("office.days.day")} fault={null}>
          {(input) => <input {...input} type="date" max={dayOf(new Date())} value={day} onInput={({ currentTarget }) => setDay(currentTarget.value)} />}
        </Labelled>
        <Button type="submit" busy={check.busy}>{t("office.days.verify")}</Button>
      </form>
      {check.error && <Notice tone="danger"><p>{errorText(check.error)}</p></Notice>}
      <div role="status">{verified && <Result verified={verified} />}</div>
      {error && <ErrorNotice code={error} onRetry={() => void load()} />}
      {!found && !error && <Waiting>{t("office.loading")}</Waiting>}
      {found?.days.length === 0 && <p>{t("office.days.none")}</p>}
      {found && found.days.length > 0 && <AnchorTable days={found.days} onVerify={verify} />}
    </section>
  );
}

function Result({ verified: { day, entries, anchored, intact, broken } }: { verified: Verified }) {
  const of = { day: date(noon(day)), count: entries };
  if (!intact) {
    return (
      <Notice tone="danger" live={false} title={t("office.days.broken", of)}>
        <p>{t("office.days.broken.help")}</p>
        {broken.length > 0 && <><p>{t("office.days.broken.which")}</p><ul>{broken.map((one) => <li key={one}><span dir="ltr">{one}</span></li>)}</ul></>}
      </Notice>
    );
  }
  if (!anchored) return <Notice tone="info" live={false} title={t("office.days.unanchored", of)}><p>{t("office.days.unanchored.help")}</p></Notice>;
  return <Notice tone="success" live={false} title={t("office.days.whole", of)}><p>{t("office.days.whole.help", of)}</p></Notice>;
}

function AnchorTable({ days, onVerify }: { days: readonly AnchorDay[]; onVerify: (day: string) => void }) {
  return (
    <details class="s-one">
      <summary><strong>{t("office.days.anchors", { count: days.length })}</strong></summary>
      <div class="s-trail" role="group" aria-label={t("office.days.title")} tabIndex={0}>
        <table class="ds-table" data-size="sm">
          <thead>
            <tr>
              <th scope="col">{t("office.days.day")}</th>
              <th scope="col" class="s-number-column">{t("office.days.entries")}</th>
              <th scope="col">{t("office.days.hash")}</th>
              <th scope="col"><span class="ds-sr-only">{t("office.days.verify")}</span></th>
            </tr>
          </thead>
          <tbody>
            {days.map(({ day, entries, hash }) => (
              <tr key={day}>
                <td id={`day-${day}`}>{date(noon(day))}</td>
                <td class="s-number-column s-figures">{entries}</td>
                <td class="s-hash" dir="ltr">{hash}</td>
                <td><Button variant="secondary" color="neutral" data-size="sm" aria-describedby={`day-${day}`} onClick={() => onVerify(day)}>{t("office.days.verify")}</Button></td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
