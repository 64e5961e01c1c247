// The frame of every page: skip link, department with its phone number, language menu, one main region, customer service.
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Language } from "../../protocol";
import { LANGUAGES } from "../languages";
import { language, onLanguage, setLanguage, t } from "../messages";
import { phoneLink, readable } from "../phone";

export interface PageProps {
  /** The document's title, without the service's name. */
  title: string;
  /** Name of the step, for `data-step` on the main element; the focus moves to the heading when it changes. */
  step?: string;
  /** Name of the view, for `data-view` on the main element (staff). */
  view?: string;
  trust?: string | undefined;
  department?: { name: string; phone: string } | undefined;
  /** What support looks the visit up by; shown under «Kontakt kundeservice». */
  reference?: string | undefined;
  /** Something at the right of the header (staff: name and logging out). */
  aside?: ComponentChildren;
  /** What stands under «Kontakt kundeservice» instead of the help for patients. */
  support?: ComponentChildren;
  wide?: boolean;
  /** Leaves the footer out and gives the whole height to the content (a call). */
  bare?: boolean;
  children: ComponentChildren;
}

/** Redraws a component when the language changes. */
export function useLanguage(): Language {
  const [now, set] = useState(language());
  useEffect(() => onLanguage(() => set(language())), []);
  return now;
}

export function Page(props: PageProps) {
  const { title, step, view, trust, department, reference, aside, support, wide, bare, children } = props;
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  useEffect(() => {
    document.title = `${title} – ${t("common.name")}`;
  }, [title, language()]);
  useEffect(() => {
    if (first.current) first.current = false;
    else main.current?.querySelector<HTMLElement>("h1")?.focus();
    window.scrollTo(0, 0);
  }, [step, view]);
  return (
    <div class={`v-page${bare ? " v-page--bare" : ""}${wide ? " v-page--wide" : ""}`}>
      <a class="ds-skip-link" href="#main" onClick={(event) => { event.preventDefault(); main.current?.focus(); }}>
        {t("common.skip")}
      </a>
      <header class="v-header">
        <div class="v-header__in">
          <div class="v-header__who">
            {trust && <span class="v-header__trust">{trust}</span>}
            <strong>{department?.name ?? t("common.name")}</strong>
            {department && <PhoneNumber phone={department.phone} />}
          </div>
          <div class="v-header__aside">
            {aside}
            <LanguageMenu />
          </div>
        </div>
      </header>
      <main class="v-main" id="main" ref={main} tabIndex={-1} data-step={step} data-view={view}>
        {children}
      </main>
      {!bare && (
        <footer class="v-footer">
          <div class="v-footer__in">
            <Support department={department} reference={reference}>{support}</Support>
          </div>
        </footer>
      )}
    </div>
  );
}

/** A phone number to press. */
export function PhoneNumber({ phone }: { phone: string }) {
  return (
    <a class="ds-link v-phone" href={phoneLink(phone)}>
      {t("common.phone", { phone: readable(phone) })}
    </a>
  );
}

function LanguageMenu() {
  const now = useLanguage();
  return (
    <label class="v-language">
      <span class="ds-sr-only">{t("common.language")}</span>
      <select class="ds-input" data-size="sm" value={now} onChange={(event) => void setLanguage(event.currentTarget.value as Language)}>
        {LANGUAGES.map(({ code, name }) => (
          <option key={code} value={code} lang={code}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

function Support({ department, reference, children }: Pick<PageProps, "department" | "reference" | "children">) {
  return (
    <details class="v-support">
      <summary>{t("common.support")}</summary>
      <div class="v-stack">
        <p>{children ?? (department ? t("common.support.department", { department: department.name, phone: readable(department.phone) }) : t("common.support.general"))}</p>
        {department && <p><PhoneNumber phone={department.phone} /></p>}
        {reference && (
          <p>
            {t("common.support.reference")} <strong class="v-reference">{reference}</strong>
          </p>
        )}
      </div>
    </details>
  );
}
