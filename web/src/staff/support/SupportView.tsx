// «Kundeservice»: the page of those who help patients on the phone.
import "../office.css";
import { t } from "../../shared/messages";
import type { OfficeProps } from "../Later";
import { Lookup } from "./Lookup";

export function SupportView({ desk, me }: OfficeProps) {
  return (
    <>
      <p class="s-intro">{t("office.support.intro")}</p>
      <section class="v-card s-office"><Lookup desk={desk} me={me} /></section>
      <section class="s-office" aria-labelledby="ask-title">
        <h2 class="ds-heading" data-size="xs" id="ask-title">{t("office.support.ask")}</h2>
        <ul class="s-bullets">
          {(["reference", "where", "devices", "phone"] as const).map((one) => <li key={one}>{t(`office.support.ask.${one}`)}</li>)}
        </ul>
      </section>
    </>
  );
}
