// Who a link goes to: name, how to reach them, how surely they are to be known, and their language. A patient's and a guest's form have these in common.
import type { Language, LoginLevel } from "../protocol";
import { Labelled } from "../shared/components/Labelled";
import { LANGUAGES } from "../shared/languages";
import { t } from "../shared/messages";
import { LEVELS, type Faults, type Person } from "./booking";

export interface PersonFieldsProps {
  person: Person;
  /** Label of the name's field. */
  label: string;
  faults: Faults;
  onType: (field: "name" | "phone" | "email", value: string) => void;
}

export function PersonFields({ person, label, faults, onType }: PersonFieldsProps) {
  const field = (name: "name" | "phone" | "email") => ({ name, fault: faults[name] ? t(`staff.form.error.${faults[name]}`) : null });
  const typed = (name: "name" | "phone" | "email") => ({
    value: person[name],
    autoComplete: "off",
    onInput: ({ currentTarget }: { currentTarget: HTMLInputElement }) => onType(name, currentTarget.value),
  });
  return (
    <>
      <Labelled {...field("name")} label={label} class="s-form__wide">
        {(input) => <input {...input} {...typed("name")} type="text" required />}
      </Labelled>
      <Labelled {...field("phone")} label={t("staff.form.phone")}>
        {(input) => <input {...input} {...typed("phone")} type="tel" />}
      </Labelled>
      <Labelled {...field("email")} label={t("staff.form.email")}>
        {(input) => <input {...input} {...typed("email")} type="email" />}
      </Labelled>
      <p class="s-form__help v-muted">{t("staff.form.contact")}</p>
    </>
  );
}

/** How surely whoever holds the link must be known; what each level means is said below. */
export function LevelField({ level, of, onChoose }: { level: LoginLevel; of: "patient" | "guest"; onChoose: (level: LoginLevel) => void }) {
  return (
    <Labelled name="level" fault={null} label={t("staff.form.level")} help={t(of === "guest" && level === "none" ? "staff.form.level.help.guest" : `staff.form.level.help.${level}`)}>
      {(input) => (
        <select {...input} value={level} onChange={({ currentTarget }) => onChoose(currentTarget.value as LoginLevel)}>
          {LEVELS.map((one) => <option key={one} value={one}>{t(`staff.form.level.${one}`)}</option>)}
        </select>
      )}
    </Labelled>
  );
}

export function LanguageField({ language, onChoose }: { language: Language; onChoose: (language: Language) => void }) {
  return (
    <Labelled name="language" fault={null} label={t("staff.form.language")}>
      {(input) => (
        <select {...input} value={language} onChange={({ currentTarget }) => onChoose(currentTarget.value as Language)}>
          {LANGUAGES.map(({ code, name }) => <option key={code} value={code} lang={code}>{name}</option>)}
        </select>
      )}
    </Labelled>
  );
}
