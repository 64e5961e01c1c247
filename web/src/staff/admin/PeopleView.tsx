// «Personvern»: everything that is kept of one person, shown, saved or erased; and what the nightly clean-up took away.
import "../office.css";
import { useRef, useState } from "preact/hooks";
import type { Erased, PersonExport, PersonQuery } from "../../protocol";
import { Labelled } from "../../shared/components/Labelled";
import { Button, Notice } from "../../shared/components/parts";
import { errorText, t } from "../../shared/messages";
import { useAct } from "../act";
import type { OfficeProps } from "../Later";
import { save } from "../save";
import { CleanUps } from "./CleanUps";
import { EraseDialog } from "./EraseDialog";
import { PersonFound } from "./PersonFound";
import { faultOf, fileName, queryOf, WAYS, type By } from "./person";

export function PeopleView({ desk, me }: OfficeProps) {
  return (
    <div class="s-office">
      <p class="s-intro">{t("office.people.intro")}</p>
      <OnePerson desk={desk} me={me} />
      <section class="v-card s-office" aria-labelledby="purges-title">
        <h2 class="ds-heading" data-size="xs" id="purges-title">{t("office.purges.title")}</h2>
        <CleanUps desk={desk} />
      </section>
    </div>
  );
}

const KEYBOARD = { national_id: "numeric", phone: "tel", email: "email" } as const satisfies Record<By, string>;

/** What was found, and by which question, so that just that is erased. */
interface Found {
  query: PersonQuery;
  person: PersonExport;
}

function OnePerson({ desk, me }: OfficeProps) {
  const [by, setBy] = useState<By>("national_id");
  const [typed, setTyped] = useState("");
  const [fault, setFault] = useState<string | null>(null);
  const [found, setFound] = useState<Found | null>(null);
  const [erasing, setErasing] = useState(false);
  const [erased, setErased] = useState<Erased | null>(null);
  const { busy, error, run } = useAct();
  const field = useRef<HTMLInputElement>(null);
  const round = useRef(0); // tells the answer to what is typed from a late one
  const change = (next: { by?: By; typed?: string }): void => {
    if (next.by) setBy(next.by);
    setTyped(next.typed ?? "");
    setFault(null);
    setFound(null); // what is shown is always of whom is typed
    setErased(null);
    round.current++;
  };
  const submit = (event: Event): void => {
    event.preventDefault();
    const wrong = faultOf(by, typed);
    setFault(wrong && t(`staff.form.error.${wrong}`));
    if (wrong) return field.current?.focus();
    const query = queryOf(by, typed);
    setErased(null);
    const mine = round.current;
    run(async () => {
      const person = await desk.office.ask<PersonExport>("people/export", query);
      if (mine === round.current) setFound({ query, person });
    });
  };
  const done = (result: Erased): void => {
    setErased(result);
    setFound(null);
    setErasing(false);
  };
  return (
    <section class="v-card s-office s-person" aria-labelledby="person-title">
      <h2 class="ds-heading" data-size="xs" id="person-title">{t("office.people.find")}</h2>
      <form class="s-find" noValidate onSubmit={submit}>
        <Labelled name="by" label={t("office.people.by")} fault={null}>
          {(input) => <select {...input} value={by} onChange={({ currentTarget }) => change({ by: currentTarget.value as By })}>{WAYS.map((way) => <option key={way} value={way}>{t(`office.people.by.${way}`)}</option>)}</select>}
        </Labelled>
        <Labelled name="person" label={t(`office.people.by.${by}`)} fault={fault}>
          {(input) => <input {...input} ref={field} type="text" inputMode={KEYBOARD[by]} autoComplete="off" spellcheck={false} value={typed} onInput={({ currentTarget }) => change({ typed: currentTarget.value })} />}
        </Labelled>
        <Button type="submit" busy={busy}>{t("office.people.search")}</Button>
      </form>
      <p class="v-muted">{t("office.people.traced")}</p>
      {error && <Notice tone="danger"><p>{errorText(error)}</p></Notice>}
      <div role="status">
        {found && <PersonFound person={found.person} me={me} />}
        {erased && <ErasedNotice erased={erased} />}
      </div>
      {found && (found.person.consultations.length > 0 || !found.person.sms_wanted) && (
        <div class="v-row">
          <Button onClick={() => save(fileName(new Date()), "application/json", JSON.stringify(found.person, null, 2))}>{t("office.people.save")}</Button>
          <Button variant="secondary" color="danger" onClick={() => setErasing(true)}>{t("office.people.erase")}</Button>
        </div>
      )}
      {found && erasing && <EraseDialog person={found.person} erase={() => desk.office.ask<Erased>("people/erase", found.query)} onErased={done} onClose={() => setErasing(false)} />}
    </section>
  );
}

function ErasedNotice({ erased }: { erased: Erased }) {
  const counted = (["consultations", "guests", "messages", "feedback"] as const).filter((what) => erased[what] > 0);
  return (
    <Notice tone={counted.length > 0 ? "success" : "info"} live={false} title={t(counted.length > 0 ? "office.erased.title" : "office.erased.nothing")}>
      {counted.length > 0 && <ul>{counted.map((what) => <li key={what}>{t(`office.erased.${what}`, { count: erased[what] })}</li>)}</ul>}
      {erased.open > 0 && <p>{t("office.erased.open", { count: erased.open })}</p>}
      <p>{t("office.erased.stays")}</p>
    </Notice>
  );
}
