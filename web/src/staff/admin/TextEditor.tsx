// One message's words: ours, the trust's own, and while they are typed how they will look and what is wrong with them.
import { useRef, useState } from "preact/hooks";
import type { CheckedText, NewText, Text } from "../../protocol";
import { Labelled } from "../../shared/components/Labelled";
import { Button, Notice } from "../../shared/components/parts";
import { direction } from "../../shared/languages";
import { errorText, t } from "../../shared/messages";
import { useAct } from "../act";
import type { Desk } from "../desk";
import { useDraft } from "../drafts";
import { Icon } from "../Icon";
import { useCheck, type Check } from "./check";
import { draftName, fieldsOf, inserted, problemTexts, type FieldName } from "./texts";

const MOST = 1000;

export interface TextEditorProps {
  desk: Desk;
  text: Text;
  onSaved: (words: string) => void;
}

export function TextEditor({ desk, text, onSaved }: TextEditorProps) {
  const { kind, way, language, standard } = text;
  const [draft, setDraft] = useDraft<string>(desk.drafts, draftName(text));
  const [said, setSaid] = useState<{ saved: "own" | "standard"; before: string } | null>(null);
  const { busy, error, run } = useAct();
  const area = useRef<HTMLTextAreaElement>(null);
  const typed = draft ?? text.text;
  const changed = typed !== text.text;
  const check = useCheck((of) => desk.office.ask<CheckedText>("texts/check", of), { kind, way, language, text: typed });
  const wrong = typed !== "" && !check.underWay && (check.found?.problems.length ?? 0) > 0;
  const type = (words: string): void => {
    setDraft(words === text.text ? null : words);
    setSaid(null);
  };
  const insert = (field: FieldName): void => {
    const at = area.current;
    if (!at) return;
    const next = inserted(typed, at.selectionStart, at.selectionEnd, field);
    type(next.text);
    at.value = next.text;
    at.focus();
    at.setSelectionRange(next.caret, next.caret);
  };
  const save = (words: string): void =>
    run(async () => {
      const answer = await desk.office.write<CheckedText>("texts", { kind, way, language, text: words } satisfies NewText);
      if (words !== "" && answer.problems.length > 0) return; // refused; the check says why
      setSaid({ saved: words === "" ? "standard" : "own", before: text.text });
      setDraft(null);
      onSaved(words);
    });
  const script = { lang: language, dir: direction(language) };
  return (
    <form class="v-card s-text" noValidate data-text={draftName(text)} onSubmit={(event) => { event.preventDefault(); if (changed && !wrong) save(typed); }}>
      <section class="s-text__ours" aria-labelledby="ours-title">
        <h2 class="ds-heading" data-size="2xs" id="ours-title">{t("office.texts.standard")}</h2>
        <p class="s-quote" {...script}>{standard}</p>
        {typed === "" && <Button variant="secondary" color="neutral" data-size="sm" onClick={() => { type(standard); area.current?.focus(); }}>{t("office.texts.begin")}</Button>}
      </section>
      <div class="s-text__own">
        <Labelled name="text" label={t("office.texts.own")} help={t(way === "sms" ? "office.texts.own.help.sms" : "office.texts.own.help.mail")} fault={null}>
          {(input) => <textarea {...input} {...script} ref={area} rows={way === "sms" ? 6 : 4} maxLength={MOST} aria-invalid={wrong} value={typed} onInput={({ currentTarget }) => type(currentTarget.value)} />}
        </Labelled>
        <div class="s-fields" role="group" aria-label={t("office.texts.fields")}>
          <span class="v-muted">{t("office.texts.fields")}:</span>
          {fieldsOf(text).map((field) => <Button key={field} variant="secondary" color="neutral" data-size="sm" onClick={() => insert(field)}>{t(`office.texts.field.${field}`)}</Button>)}
        </div>
      </div>
      <Findings check={check} way={way} script={script} own={typed !== ""} />
      <div class="s-office__foot">
        {error && <Notice tone="danger"><p>{errorText(error)}</p></Notice>}
        <div role="status">
          {said && <p><strong>{t(`office.texts.saved.${said.saved}`)}</strong></p>}
          {!said && changed && <p class="v-muted">{t("office.texts.unsaved")}</p>}
        </div>
        <div class="v-row">
          <Button type="submit" busy={busy} disabled={!busy && (!changed || wrong || check.underWay)}>{t("office.save")}</Button>
          {changed && <Button variant="secondary" color="neutral" onClick={() => type(text.text)}>{t("office.texts.undo")}</Button>}
          {!changed && text.text !== "" && <Button variant="secondary" color="neutral" busy={busy} onClick={() => save("")}>{t("office.texts.reset")}</Button>}
          {said?.saved === "standard" && said.before !== "" && <Button variant="tertiary" onClick={() => type(said.before)}>{t("office.texts.bring_back")}</Button>}
        </div>
      </div>
    </form>
  );
}

/** How it will look, how long it is and what that costs, and what is wrong. */
function Findings({ check: { found, underWay, error }, way, script, own }: { check: Check; way: Text["way"]; script: { lang: string; dir: "ltr" | "rtl" }; own: boolean }) {
  const problems = found && own ? problemTexts(found) : [];
  return (
    <section class="s-findings" aria-labelledby="findings-title" aria-busy={underWay}>
      <h2 class="ds-heading" data-size="2xs" id="findings-title">{t("office.texts.longest")} {underWay && <span class="v-spin" aria-hidden="true" />}</h2>
      {error && <p class="v-muted">{t("office.texts.unchecked", { error: errorText(error) })}</p>}
      {found && found.preview !== "" && <p class={way === "sms" ? "s-bubble" : "s-quote"} {...script}>{found.preview}</p>}
      {found && found.preview !== "" && way === "sms" && (
        <p class="v-muted">
          <strong>{t("office.texts.length", { length: found.length, parts: found.parts })}</strong> {t(found.unicode ? "office.texts.alphabet.ucs2" : "office.texts.alphabet.gsm7")}
        </p>
      )}
      <div role="status" class="v-stack">
        {!underWay && problems.length > 0 && <ul class="s-problems">{problems.map((problem) => <li key={problem}><Icon name="bad" /> <span>{problem}</span></li>)}</ul>}
        {!underWay && own && found && problems.length === 0 && <p class="s-fine"><Icon name="good" /> {t("office.texts.fine")}</p>}
      </div>
    </section>
  );
}
