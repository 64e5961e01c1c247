// A search in the trail: which days, who, what, which reference; the entries page by page, or all of them as a file.
import { useRef, useState } from "preact/hooks";
import type { AuditEntry, AuditPage } from "../../protocol";
import { Labelled } from "../../shared/components/Labelled";
import { Button, Notice } from "../../shared/components/parts";
import { dayOf, errorText, t } from "../../shared/messages";
import { useAct } from "../act";
import { happenings } from "../happenings";
import type { OfficeProps } from "../Later";
import { save } from "../save";
import { csv } from "./csv";
import { EntryTable } from "./EntryTable";
import { everything, faultOf, lately, next, pathOf, type Search } from "./search";

export function SearchView({ desk, me }: OfficeProps) {
  const today = dayOf(new Date());
  const [search, setSearch] = useState<Search>(() => lately(today));
  const [fault, setFault] = useState<ReturnType<typeof faultOf>>(null);
  /** The search that was answered, and what has been shown of the answer. */
  const [found, setFound] = useState<{ of: Search; entries: AuditEntry[]; cursor: string } | null>(null);
  const { busy, error, run } = useAct();
  const set = (change: Partial<Search>): void => {
    setSearch({ ...search, ...change });
    setFault(null);
  };
  const fetch = (of: Search) => (cursor: string): Promise<AuditPage> => desk.office.read<AuditPage>(pathOf(of, cursor));
  const submit = (event: Event): void => {
    event.preventDefault();
    const wrong = faultOf(search);
    setFault(wrong);
    if (wrong) return;
    run(async () => setFound({ of: search, ...(await next(fetch(search), "")) }));
  };
  const more = (): void =>
    run(async () => {
      if (!found) return;
      const page = await next(fetch(found.of), found.cursor);
      setFound({ of: found.of, entries: [...found.entries, ...page.entries], cursor: page.cursor });
    });
  const typed = (name: keyof Search) => ({ value: search[name], onInput: ({ currentTarget }: { currentTarget: HTMLInputElement }) => set({ [name]: currentTarget.value }) });
  const said = fault && t(`office.audit.fault.${fault}`);
  return (
    <section class="v-card s-office" aria-labelledby="search-title">
      <h2 class="ds-heading" data-size="xs" id="search-title">{t("office.audit.search")}</h2>
      <form class="s-pick" noValidate onSubmit={submit}>
        <Labelled name="first" label={t("office.audit.first")} fault={said}>{(input) => <input {...input} {...typed("first")} type="date" max={today} />}</Labelled>
        <Labelled name="last" label={t("office.audit.last")} fault={null}>{(input) => <input {...input} {...typed("last")} type="date" max={today} />}</Labelled>
        <Labelled name="what" label={t("office.audit.what")} fault={null}>
          {(input) => (
            <select {...input} value={search.what} onChange={({ currentTarget }) => set({ what: currentTarget.value })}>
              <option value="">{t("office.audit.what.all")}</option>
              {happenings().map(({ what, text }) => <option key={what} value={what}>{text}</option>)}
            </select>
          )}
        </Labelled>
        <Labelled name="staff" label={t("office.audit.staff")} help={t("office.audit.staff.help")} fault={null}>
          {(input) => <input {...input} {...typed("staff")} type="text" autoComplete="off" spellcheck={false} list="audit-staff" />}
        </Labelled>
        <datalist id="audit-staff">{people(found?.entries ?? []).map(({ id, name }) => <option key={id} value={id}>{name}</option>)}</datalist>
        <Labelled name="reference" label={t("staff.support.reference")} fault={null}>
          {(input) => <input {...input} {...typed("reference")} class="ds-input" type="text" autoComplete="off" autoCapitalize="characters" spellcheck={false} />}
        </Labelled>
        <div class="s-pick__go"><Button type="submit" busy={busy && !found}>{t("office.audit.go")}</Button></div>
      </form>
      <p class="v-muted">{t("office.audit.days_help")}</p>
      {error && <Notice tone="danger"><p>{errorText(error)}</p></Notice>}
      <p role="status" class="ds-sr-only">{found ? t("office.audit.shown", { count: found.entries.length }) : ""}</p>
      {found?.entries.length === 0 && <p><strong>{t("office.audit.none")}</strong> {t("office.audit.none.help")}</p>}
      {found && found.entries.length > 0 && (
        <>
          <EntryTable entries={found.entries} me={me} onReference={(reference) => set({ reference })} />
          <div class="v-row">
            {found.cursor !== "" && <Button variant="secondary" busy={busy} onClick={more}>{t("office.audit.more")}</Button>}
            <span class="v-muted">{t(found.cursor !== "" ? "office.audit.shown" : "office.audit.all_shown", { count: found.entries.length })}</span>
          </div>
          <Export fetch={fetch(found.of)} name={`venterom-${found.of.first}-${found.of.last}.csv`} />
        </>
      )}
    </section>
  );
}

/** Everything that was searched for as a file, also what is not shown yet. */
function Export({ fetch, name }: { fetch: (cursor: string) => Promise<AuditPage>; name: string }) {
  const [count, setCount] = useState<number | null>(null);
  const [saved, setSaved] = useState<number | null>(null);
  const { busy, error, run } = useAct();
  const stop = useRef(false);
  const start = (): void => {
    stop.current = false;
    setSaved(null);
    setCount(0);
    run(async () => {
      const entries = await everything(fetch, setCount, () => stop.current).finally(() => setCount(null));
      if (!entries) return;
      save(name, "text/csv;charset=utf-8", csv(entries));
      setSaved(entries.length);
    });
  };
  return (
    <div class="v-row">
      <Button variant="secondary" color="neutral" busy={busy} onClick={start}>{t("office.audit.export")}</Button>
      {count !== null && <Button variant="tertiary" color="neutral" onClick={() => (stop.current = true)}>{t("staff.form.abort")}</Button>}
      <span role="status">{count !== null ? t("office.audit.exporting", { count }) : saved !== null ? t("office.audit.exported", { count: saved }) : ""}</span>
      {error && <Notice tone="danger"><p>{errorText(error)}</p></Notice>}
    </div>
  );
}

function people(entries: readonly AuditEntry[]): { id: string; name: string }[] {
  return [...new Map(entries.filter(({ staff }) => staff !== "").map(({ staff, name }) => [staff, { id: staff, name: name || staff }])).values()];
}
