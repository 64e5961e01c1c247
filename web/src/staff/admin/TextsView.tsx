// «Tekster»: what each message says, the trust's own words beside ours, in every language.
import "../office.css";
import { useState } from "preact/hooks";
import type { Language, MessageKind, Text, Texts, Way } from "../../protocol";
import { Labelled } from "../../shared/components/Labelled";
import { Button, ErrorNotice, Waiting } from "../../shared/components/parts";
import { LANGUAGES } from "../../shared/languages";
import { t } from "../../shared/messages";
import { languageName } from "../booking";
import type { OfficeProps } from "../Later";
import { useLoad } from "../load";
import { TextEditor } from "./TextEditor";
import { draftName, kindsOf, possible, textOf, waysOf, withText, type Chosen } from "./texts";

export function TextsView({ desk }: OfficeProps) {
  const { found, error, load } = useLoad(async () => (await desk.office.read<Texts>("texts")).texts);
  if (error) return <ErrorNotice code={error} onRetry={() => void load()} />;
  if (!found) return <Waiting>{t("office.loading")}</Waiting>;
  return <AllTexts desk={desk} first={found} />;
}

function AllTexts({ desk, first }: Pick<OfficeProps, "desk"> & { first: readonly Text[] }) {
  const [texts, setTexts] = useState(first);
  const [chosen, setChosen] = useState<Chosen>({ kind: "invited", way: "sms", language: "nb" });
  const choose = (change: Partial<Chosen>): void => setChosen(possible(texts, { ...chosen, ...change }));
  const text = textOf(texts, chosen);
  const own = texts.filter((one) => one.text !== "");
  return (
    <div class="s-office">
      <p class="s-intro">{t("office.texts.intro")}</p>
      <div class="s-pick">
        <Labelled name="kind" label={t("office.texts.kind")} fault={null}>
          {(input) => <select {...input} value={chosen.kind} onChange={({ currentTarget }) => choose({ kind: currentTarget.value as MessageKind })}>{kindsOf(texts).map((kind) => <option key={kind} value={kind}>{t(`staff.messages.kind.${kind}`)}</option>)}</select>}
        </Labelled>
        <Labelled name="way" label={t("office.texts.way")} fault={null}>
          {(input) => <select {...input} value={chosen.way} onChange={({ currentTarget }) => choose({ way: currentTarget.value as Way })}>{waysOf(texts, chosen.kind).map((way) => <option key={way} value={way}>{t(`office.texts.way.${way}`)}</option>)}</select>}
        </Labelled>
        <Labelled name="language" label={t("office.texts.language")} fault={null}>
          {(input) => <select {...input} value={chosen.language} onChange={({ currentTarget }) => choose({ language: currentTarget.value as Language })}>{LANGUAGES.map(({ code, name }) => <option key={code} value={code} lang={code}>{name}</option>)}</select>}
        </Labelled>
      </div>
      {text && <TextEditor key={draftName(chosen)} desk={desk} text={text} onSaved={(words) => setTexts(withText(texts, chosen, words))} />}
      <section class="v-card s-office" aria-labelledby="own-title">
        <h2 class="ds-heading" data-size="2xs" id="own-title">{t("office.texts.own.title")}</h2>
        {own.length === 0 ? <p class="v-muted">{t("office.texts.own.none")}</p> : (
          <ul class="s-own">
            {own.map(({ kind, way, language }) => (
              <li key={draftName({ kind, way, language })}>
                <Button variant="tertiary" data-size="sm" onClick={() => setChosen({ kind, way, language })}>{t("staff.messages.what", { kind: t(`staff.messages.kind.${kind}`), way })}, {languageName(language)}</Button>
              </li>
            ))}
          </ul>
        )}
      </section>
    </div>
  );
}
