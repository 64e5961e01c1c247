// Everything that is kept of one person, for who has to show it to them.
import type { Me, PersonConsultation, PersonExport } from "../../protocol";
import { t } from "../../shared/messages";
import { readable } from "../../shared/phone";
import { lines } from "../messages";
import { Happenings, Whole } from "../TrailDialog";
import { moment, patientName, stateText } from "../words";

export function PersonFound({ person, me }: { person: PersonExport; me: Me }) {
  const { consultations, sms_wanted: sms } = person;
  if (consultations.length === 0) return <p><strong>{t("office.people.nothing")}</strong> {t(sms ? "office.people.nothing.help" : "office.people.only_wish")}</p>;
  return (
    <div class="v-stack s-found">
      <p><strong>{t("office.people.found", { count: consultations.length })}</strong> {!sms && t("office.people.no_sms")}</p>
      {consultations.map((one) => <One key={`${one.consultation.consultation} ${one.guest}`} one={one} me={me} />)}
    </div>
  );
}

type Fact = "name" | "phone" | "email" | "state" | "minutes" | "level" | "reference" | "feedback";

function One({ one, me }: { one: PersonConsultation; me: Me }) {
  const { consultation: view, guest: id, trail, messages, feedback } = one;
  const guest = view.guests.find((other) => other.id === id);
  const [name, phone, email] = guest ? [guest.name, guest.phone, guest.email] : [patientName(view), view.phone, view.email];
  const facts: { what: Fact; text: string }[] = [
    { what: "name", text: name },
    { what: "phone", text: phone && readable(phone) },
    { what: "email", text: email },
    { what: "state", text: stateText(view) },
    { what: "minutes", text: t("staff.row.minutes", { minutes: view.minutes }) },
    { what: "level", text: t(`staff.row.level.${view.login_level}`) + (view.person_bound ? `, ${t("staff.row.bound")}` : "") },
    { what: "reference", text: view.reference },
    ...(feedback ? [{ what: "feedback", text: t(`office.people.quality.${feedback.quality}`) } as const] : []),
  ];
  return (
    <details class="s-one" data-person={view.consultation}>
      <summary>
        <strong>{moment(view.starts)}</strong> {guest && t("office.people.as_guest")}
      </summary>
      <div class="v-stack s-found">
        <dl class="s-facts">{facts.filter(({ text }) => text !== "").map(({ what, text }) => <div key={what}><dt>{t(`office.people.fact.${what}`)}</dt><dd>{text}</dd></div>)}</dl>
        {messages.length > 0 && (
          <>
            <h3 class="ds-heading" data-size="2xs">{t("staff.messages.title")}</h3>
            <ul class="s-bullets">{lines(messages, view).map((line) => <li key={line.key}>{line.what}, {moment(line.at)}: {line.state}</li>)}</ul>
          </>
        )}
        <h3 class="ds-heading" data-size="2xs">{t("staff.trail.title")}</h3>
        <Whole intact={trail.intact} />
        <Happenings entries={trail.entries} me={me} />
      </div>
    </details>
  );
}
