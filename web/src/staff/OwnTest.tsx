// How the patient's own test went: in brief, and all of it with the network's figures when pressed.
import type { ConsultationView } from "../protocol";
import { clock, dayOf, t } from "../shared/messages";
import { Icon } from "./Icon";
import { brief, checks, figures, type Check } from "./tested";
import { moment } from "./words";

export function OwnTest({ view }: { view: ConsultationView }) {
  const { tested_at: at, network } = view;
  return (
    <details class="s-test" aria-label={t("staff.check.label")}>
      <summary>
        {brief(view).map((check) => <Chip key={check.what} check={check} />)}
        {at && <span class="v-muted s-test__at">{dayOf(at) === dayOf(new Date()) ? t("staff.check.tested_at", { clock: clock(at) }) : t("staff.check.tested_on", { when: moment(at) })}</span>}
      </summary>
      <ul class="s-checks" aria-label={t("staff.check.label")}>
        {checks(view).map((check) => <li key={check.what}><Chip check={check} /></li>)}
      </ul>
      {network && (
        <dl class="s-facts">
          {figures(network).map(({ what, text }) => <div key={what}><dt>{t(what)}</dt><dd>{text}</dd></div>)}
        </dl>
      )}
    </details>
  );
}

function Chip({ check: { what, light, text } }: { check: Check }) {
  return <span class="s-check" data-check={what} data-light={light}><Icon name={light} /> {text}</span>;
}
