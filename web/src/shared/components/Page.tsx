// The frame of every page: skip link, department with its phone number, language menu, one main region, customer service, help.
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Language } from "../../protocol";
import { helpAddress, type HelpView } from "../helplink";
import { language, onLanguage, t } from "../messages";
import { LanguageMenu } from "./LanguageMenu";
import { PhoneNumber } from "./PhoneNumber";
import { Support } from "./Support";

export { PhoneNumber } from "./PhoneNumber";

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
  /** The visit one is in: the help pages then know whom to phone. */
  consultation?: string | undefined;
  /** Something at the end of the header (staff: name and logging out). */
  aside?: ComponentChildren;
  /** Other views of the page, between header and content. */
  nav?: ComponentChildren;
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
  const { title, step, view, trust, department, reference, consultation, aside, nav, support, wide, bare, children } = props;
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  useEffect(() => {
    document.title = `${title} – ${t("common.name")}`;
  }, [title, language()]);
  useEffect(() => {
    if (first.current) {
      first.current = false; // a page that opens is at its top, or where its address points
      return;
    }
    main.current?.querySelector<HTMLElement>("h1")?.focus();
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
      {nav}
      <main class="v-main" id="main" ref={main} tabIndex={-1} data-step={step} data-view={view}>
        {children}
      </main>
      {!bare && (
        <footer class="v-footer">
          <div class="v-footer__in">
            <Support department={department} reference={reference}>{support}</Support>
            <HelpLinks consultation={consultation} />
          </div>
        </footer>
      )}
    </div>
  );
}

/** To the help pages; in a tab of their own where something is under way here, a visit or a form. */
function HelpLinks({ consultation }: { consultation: string | undefined }) {
  const beside = !/^\/(help|advice|privacy|accessibility|status)?(\.html)?$/.test(location.pathname);
  return (
    <nav class="v-footer__links" aria-label={t("common.help.menu")}>
      {(["help", "advice", "privacy", "accessibility"] as const satisfies readonly HelpView[]).map((view) => (
        <a key={view} class="ds-link" href={helpAddress(view, consultation ? { consultation } : {})} {...(beside ? { target: "_blank", rel: "noopener" } : {})}>
          {t(`common.help.${view}`)}
          {beside && <span class="ds-sr-only"> {t("common.help.tab")}</span>}
        </a>
      ))}
      <a class="ds-link" href="/status" {...(beside ? { target: "_blank", rel: "noopener" } : {})}>
        {t("common.help.status")}
        {beside && <span class="ds-sr-only"> {t("common.help.tab")}</span>}
      </a>
    </nav>
  );
}
