// What stands behind the reference that somebody reads out, as support may see it; of whom, nothing.
import { useState } from "preact/hooks";
import type { Me, Support } from "../../protocol";
import { Labelled } from "../../shared/components/Labelled";
import { Button, Notice } from "../../shared/components/parts";
import { errorText, t } from "../../shared/messages";
import { useAct } from "../act";
import type { Desk } from "../desk";
import { Icon } from "../Icon";
import { checks, figures } from "../tested";
import { Happenings } from "../TrailDialog";
import { moment } from "../words";

export function Lookup({ desk, me }: { desk: Desk; me: Me }) {
  const [typed, setTyped] = useState("");
  const [found, setFound] = useState<Support | null>(null);
  const { busy, error, run } = useAct();
  const reference = typed.replace(/[\s-]/g, "").toUpperCase();
  const submit = (event: Event): void => {
    event.preventDefault();
    setFound(null);
    if (reference) run(async () => setFound(await desk.office.support(reference)));
  };
  const fault = error === "not_found" || error === "bad_request" ? t("staff.support.not_found") : null;
  return (
    <>
      <form class="s-find" noValidate onSubmit={submit}>
        <Labelled name="reference" label={t("staff.support.reference")} help={t("staff.support.help")} fault={fault}>
          {(input) => <input {...input} class="ds-input v-reference" type="text" autoComplete="off" autoCapitalize="characters" spellcheck={false} value={typed} onInput={({ currentTarget }) => setTyped(currentTarget.value)} />}
        </Labelled>
        <Button type="submit" busy={busy}>{t("staff.support.submit")}</Button>
      </form>
      {error && !fault && <Notice tone="danger"><p>{errorText(error)}</p></Notice>}
      <div role="status">{found && <Found found={found} me={me} />}</div>
    </>
  );
}

function Found({ found, me }: { found: Support; me: Me }) {
  const facts = [
    { what: t("staff.support.state"), text: t(`staff.state.${found.state}`) },
    { what: t("staff.support.starts"), text: moment(found.starts) },
    { what: t("staff.support.department"), text: found.department },
    { what: t("staff.support.clinician"), text: found.clinician },
    { what: t("staff.support.present"), text: t(found.patient_present ? "staff.support.present.yes" : "staff.support.present.no") },
    ...(["sms", "mail"] as const).filter((way) => found[way] !== "none").map((way) => ({ what: t(`staff.support.${way}`), text: t(`staff.messages.state.${found[way]}`) })),
    ...(found.network ? figures(found.network).map(({ what, text }) => ({ what: t(what), text })) : []),
  ];
  return (
    <div class="v-stack s-found" data-reference={found.reference}>
      <ul class="s-checks" aria-label={t("staff.check.label")}>
        {checks(found).map(({ what, light, text }) => <li key={what}><span class="s-check" data-check={what} data-light={light}><Icon name={light} /> {text}</span></li>)}
      </ul>
      <dl class="s-facts">{facts.map(({ what, text }) => <div key={what}><dt>{what}</dt><dd>{text}</dd></div>)}</dl>
      <Happenings entries={found.trail} me={me} />
    </div>
  );
}
