// «Regler»: what the trust decides for all its departments, each rule with what it does as it is typed; nobody's changes are written over.
import "../office.css";
import { useEffect, useRef, useState } from "preact/hooks";
import type { TrustRules } from "../../protocol";
import { Labelled } from "../../shared/components/Labelled";
import { Button, ErrorNotice, Notice, Waiting } from "../../shared/components/parts";
import { errorText, t } from "../../shared/messages";
import { useAct } from "../act";
import type { Desk } from "../desk";
import { useDraft } from "../drafts";
import type { OfficeProps } from "../Later";
import { useLoad } from "../load";
import { BOUNDS, changesIn, differing, ENCRYPTION, faultsIn, MESSAGES, number, RETENTION, RULES, toRules, typedOf, type Faults, type Rule, type Typed } from "./rules";

/** What is typed, and which version of the rules it began from. */
interface Draft {
  version: number;
  base: Typed;
  typed: Typed;
}

export function RulesView({ desk }: OfficeProps) {
  const { found, error, load } = useLoad(() => desk.office.read<TrustRules>("rules"));
  if (error) return <ErrorNotice code={error} onRetry={() => void load()} />;
  if (!found) return <Waiting>{t("office.loading")}</Waiting>;
  return <RulesForm desk={desk} first={found} />;
}

function RulesForm({ desk, first }: { desk: Desk; first: TrustRules }) {
  const [held, setHeld] = useState(first);
  const [draft, setDraft] = useDraft<Draft>(desk.drafts, "rules");
  const [faults, setFaults] = useState<Faults>({});
  /** What was changed here before somebody else's rules were found in its place. */
  const [mine, setMine] = useState<Partial<Typed> | null>(null);
  const [saved, setSaved] = useState(false);
  const { busy, error, run } = useAct();
  const form = useRef<HTMLFormElement>(null);
  const base = typedOf(held.rules);
  const typed = draft?.typed ?? base;
  const changed = differing(typed, base);

  const overtaken = (theirs: TrustRules, changes: Partial<Typed>): void => {
    setHeld(theirs);
    setMine(changes);
    setDraft(null);
    setFaults({});
  };
  useEffect(() => {
    if (draft && draft.version !== held.version) overtaken(held, changesIn(draft.typed, draft.base)); // the login ran out, and they were changed meanwhile
  }, []);
  const set = (rule: Rule, value: string): void => {
    const next = { ...typed, [rule]: value };
    setDraft({ version: held.version, base, typed: next });
    setSaved(false);
    const left = faultsIn(next);
    setFaults(Object.fromEntries(Object.entries(faults).filter(([of]) => of in left)));
  };
  const submit = (event: Event): void => {
    event.preventDefault();
    const found = faultsIn(typed);
    setFaults(found);
    const wrong = RULES.find((rule) => found[rule]);
    if (wrong) return form.current?.querySelector<HTMLElement>(`[name=${wrong}]`)?.focus();
    setSaved(false);
    run(async () => {
      try {
        setHeld(await desk.office.write<TrustRules>("rules", { version: held.version, rules: toRules(typed) } satisfies TrustRules));
      } catch (problem) {
        if ((problem as { code?: string }).code !== "overtaken") throw problem;
        return overtaken(await desk.office.read<TrustRules>("rules"), changesIn(typed, base));
      }
      setDraft(null);
      setMine(null);
      setSaved(true);
    });
  };
  const field = (rule: Exclude<Rule, "encryption">) => <RuleField key={rule} rule={rule} typed={typed} fault={faults[rule]} onType={(value) => set(rule, value)} />;
  return (
    <form class="s-office" noValidate ref={form} onSubmit={submit} data-version={held.version}>
      <p class="s-intro">{t("office.rules.intro")}</p>
      {mine && <Overtaken mine={mine} theirs={base} onTake={() => { setDraft({ version: held.version, base, typed: { ...base, ...mine } }); setMine(null); }} onLeave={() => setMine(null)} />}
      <section class="v-card s-rules" aria-labelledby="rules-messages">
        <h2 class="ds-heading" data-size="xs" id="rules-messages">{t("office.rules.messages")}</h2>
        {MESSAGES.map(field)}
      </section>
      <section class="v-card s-rules" aria-labelledby="rules-retention">
        <h2 class="ds-heading" data-size="xs" id="rules-retention">{t("office.rules.retention")}</h2>
        <p class="s-form__wide v-muted">{t("office.rules.retention.help")}</p>
        {RETENTION.map(field)}
      </section>
      <section class="v-card s-rules" aria-labelledby="rules-calls">
        <h2 class="ds-heading" data-size="xs" id="rules-calls">{t("office.rules.calls")}</h2>
        <Labelled name="encryption" label={t("office.rules.encryption")} help={t("office.rules.help.encryption", { value: typed.encryption })} fault={null}>
          {(input) => (
            <select {...input} value={typed.encryption} onChange={({ currentTarget }) => set("encryption", currentTarget.value)}>
              {ENCRYPTION.map((value) => <option key={value} value={value}>{worded("encryption", value)}</option>)}
            </select>
          )}
        </Labelled>
      </section>
      <div class="s-office__foot">
        {Object.keys(faults).length > 0 && <p class="ds-validation-message" role="alert">{t("office.rules.faults", { count: Object.keys(faults).length })}</p>}
        {error && <Notice tone="danger"><p>{errorText(error)}</p></Notice>}
        <p role="status" class="v-muted">{saved ? t("office.rules.saved") : changed.length > 0 ? t("office.rules.unsaved", { count: changed.length }) : ""}</p>
        <div class="v-row">
          <Button type="submit" busy={busy} disabled={changed.length === 0 && !busy}>{t("office.save")}</Button>
          {changed.length > 0 && <Button variant="secondary" color="neutral" onClick={() => { setDraft(null); setFaults({}); }}>{t("office.rules.undo")}</Button>}
        </div>
      </div>
    </form>
  );
}

/** What somebody chose or typed, in words. */
function worded(rule: Rule, value: string | undefined): string {
  if (rule === "encryption") return t("office.rules.encryption.value", { value: value ?? "" });
  return value || "–";
}

function RuleField({ rule, typed, fault, onType }: { rule: Exclude<Rule, "encryption">; typed: Typed; fault: Faults[Rule]; onType: (value: string) => void }) {
  const [least, most] = rule === "sms_sender" ? [0, 0] : BOUNDS[rule];
  const value = number(typed[rule]);
  const help = rule === "sms_sender" ? t("office.rules.help.sms_sender") : value === null ? "" : t(`office.rules.help.${rule}`, { value, from: typed.quiet_from, to: typed.quiet_to });
  return (
    <Labelled name={rule} label={t(`office.rules.${rule}`)} {...(help ? { help } : {})} fault={fault ? t(`office.rules.fault.${fault}`, { least, most }) : null}>
      {(input) => rule === "sms_sender"
        ? <input {...input} type="text" maxLength={11} autoComplete="off" value={typed[rule]} onInput={({ currentTarget }) => onType(currentTarget.value)} />
        : <input {...input} type="number" inputMode="numeric" min={least} max={most} value={typed[rule]} onInput={({ currentTarget }) => onType(currentTarget.value)} />}
    </Labelled>
  );
}

/** Somebody else was faster: what stands now is theirs, and what was typed here can be put back. */
function Overtaken({ mine, theirs, onTake, onLeave }: { mine: Partial<Typed>; theirs: Typed; onTake: () => void; onLeave: () => void }) {
  const lines = differing({ ...theirs, ...mine }, theirs);
  return (
    <Notice tone="warning" title={t("office.rules.overtaken")}>
      <p>{t("office.rules.overtaken.help")}</p>
      {lines.length > 0 && <ul>{lines.map((rule) => <li key={rule}>{t("office.rules.overtaken.line", { rule: t(`office.rules.${rule}`), mine: worded(rule, mine[rule]), theirs: worded(rule, theirs[rule]) })}</li>)}</ul>}
      <div class="v-row">
        {lines.length > 0 && <Button data-size="sm" onClick={onTake}>{t("office.rules.overtaken.take")}</Button>}
        <Button data-size="sm" variant="secondary" color="neutral" onClick={onLeave}>{t("office.rules.overtaken.leave")}</Button>
      </div>
    </Notice>
  );
}
