// «Stans video»: the switch of a bad day, with the words that patients read, who is told, and how it looks to them.
import "../office.css";
import { useState } from "preact/hooks";
import type { Suspension } from "../../protocol";
import { Labelled } from "../../shared/components/Labelled";
import { Button, ErrorNotice, Notice, Waiting } from "../../shared/components/parts";
import { errorText, t } from "../../shared/messages";
import { useAct } from "../act";
import type { Desk } from "../desk";
import { Dialog } from "../Dialog";
import { useDraft } from "../drafts";
import type { OfficeProps } from "../Later";
import { useLoad } from "../load";
import { moment } from "../words";

const MOST_LETTERS = 300;

/** What is chosen and not yet in force. */
interface Draft {
  words: string;
  tell: boolean;
}

export function SuspensionView({ desk, me }: OfficeProps) {
  const { found, error, load } = useLoad(() => desk.office.read<Suspension>("suspension"));
  if (error) return <ErrorNotice code={error} onRetry={() => void load()} />;
  if (!found) return <Waiting>{t("office.loading")}</Waiting>;
  return <Switch desk={desk} trust={me.trust_name} first={found} />;
}

function Switch({ desk, trust, first }: { desk: Desk; trust: string; first: Suspension }) {
  const [held, setHeld] = useState(first);
  const [draft, setDraft] = useDraft<Draft>(desk.drafts, "suspension");
  const [sure, setSure] = useState(false);
  const [fault, setFault] = useState(false);
  /** What has just been done here, or by somebody else. */
  const [done, setDone] = useState<"stopped" | "saved" | "reopened" | "overtaken" | null>(null);
  const { busy, error, run } = useAct();
  const standing: Draft = held.on ? { words: held.words ?? "", tell: held.tell ?? false } : { words: held.words || t("office.suspension.suggestion"), tell: true };
  const { words, tell } = draft ?? standing;
  const changed = words.trim() !== standing.words || tell !== standing.tell;
  const set = (change: Partial<Draft>): void => {
    setDraft({ words, tell, ...change });
    setFault(false);
    setDone(null);
  };
  const write = (on: boolean, what: typeof done): void =>
    run(async () => {
      try {
        setHeld(await desk.office.write<Suspension>("suspension", { version: held.version, on, words: words.trim(), tell } satisfies Suspension));
      } catch (problem) {
        if ((problem as { code?: string }).code !== "overtaken") throw problem;
        what = "overtaken";
        setHeld(await desk.office.read<Suspension>("suspension"));
      }
      setDraft(null);
      setSure(false);
      setDone(what);
    });
  const ask = (event: Event): void => {
    event.preventDefault();
    if (!words.trim()) return setFault(true);
    if (held.on) write(true, "saved");
    else setSure(true);
  };
  return (
    <form class="s-office" noValidate onSubmit={ask} data-version={held.version} data-on={held.on}>
      <div role="status">{done && <Notice tone={done === "overtaken" ? "warning" : "success"} live={false}><p>{t(`office.suspension.done.${done}`)}</p></Notice>}</div>
      {held.on ? (
        <Notice tone="warning" live={false} title={t("office.suspension.since", { moment: held.since ? moment(held.since) : "" })}>
          <p>{t("office.suspension.on")}</p>
          <div class="v-row">
            <Button busy={busy} onClick={() => write(false, "reopened")}>{t("office.suspension.reopen")}</Button>
            <a class="ds-link" href="#phones">{t("staff.stopped.list")}</a>
          </div>
        </Notice>
      ) : (
        <p class="s-intro">{t("office.suspension.intro")}</p>
      )}
      <section class="v-card s-text" aria-labelledby="suspension-words">
        <div class="s-text__own">
          <h2 class="ds-heading" data-size="xs" id="suspension-words">{t("office.suspension.words.title")}</h2>
          <Labelled name="words" label={t("office.suspension.words")} help={t("office.suspension.words.help", { left: MOST_LETTERS - words.length })} fault={fault ? t("office.suspension.words.fault") : null}>
            {(input) => <textarea {...input} rows={4} maxLength={MOST_LETTERS} value={words} onInput={({ currentTarget }) => set({ words: currentTarget.value })} />}
          </Labelled>
          <div class="ds-field">
            <input class="ds-input" type="checkbox" id="tell" checked={tell} aria-describedby="tell-help" onChange={({ currentTarget }) => set({ tell: currentTarget.checked })} />
            <label class="ds-label" data-weight="regular" for="tell">{t("office.suspension.tell")}</label>
            <p id="tell-help" data-field="description">{t(tell ? "office.suspension.tell.on" : "office.suspension.tell.off", reach(held))}</p>
          </div>
        </div>
        <div class="s-text__own">
          <h3 class="ds-heading" data-size="2xs">{t("office.suspension.preview")}</h3>
          <div class="s-bubble">
            <p><strong>{t("office.suspension.preview.title")}</strong></p>
            <p>{words}</p>
            <p>{t("office.suspension.preview.phones")}</p>
          </div>
        </div>
      </section>
      <div class="s-office__foot">
        {error && !sure && <Notice tone="danger"><p>{errorText(error)}</p></Notice>}
        <div class="v-row">
          {held.on ? <Button type="submit" variant="secondary" busy={busy} disabled={!changed && !busy}>{t("office.suspension.save")}</Button> : <Button type="submit" color="danger">{t("office.suspension.stop")}</Button>}
        </div>
      </div>
      {sure && (
        <Dialog title={t("office.suspension.sure", { trust })} onClose={() => setSure(false)}>
          <ul class="s-bullets">
            <li>{t("office.suspension.sure.calls")}</li>
            <li>{t("office.suspension.sure.pages")}</li>
            <li>{t(tell ? "office.suspension.tell.on" : "office.suspension.tell.off", reach(held))}</li>
          </ul>
          {error && <Notice tone="danger"><p>{errorText(error)}</p></Notice>}
          <div class="v-row s-dialog__foot">
            <Button color="danger" busy={busy} onClick={() => write(true, "stopped")}>{t("office.suspension.yes")}</Button>
            <Button variant="secondary" color="neutral" onClick={() => setSure(false)}>{t("office.suspension.no")}</Button>
          </div>
        </Dialog>
      )}
    </form>
  );
}

/** How many are told, and by what. */
function reach({ reach }: Suspension): { sms: number; mail: number; neither: number } {
  return reach ?? { sms: 0, mail: 0, neither: 0 };
}
