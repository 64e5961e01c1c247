// /help: every question with its answer, grouped, to be searched, each with an address of its own.
import { useEffect, useState } from "preact/hooks";
import { BROWSER_NAMES, placeOf, steps } from "../shared/blocked";
import { Labelled } from "../shared/components/Labelled";
import { Heading } from "../shared/components/parts";
import { helpAddress, helpPlace, type HelpPlace } from "../shared/helplink";
import { t } from "../shared/messages";
import { phoneLink } from "../shared/phone";
import { Prose } from "./Prose";
import { GROUPS, matches, type Group, type Question } from "./questions";

const EVENING = "116117"; // the out-of-hours doctor, from anywhere in Norway
const EMERGENCY = "113";

export function Help() {
  const [typed, setTyped] = useState("");
  const [place, setPlace] = useState<HelpPlace>(helpPlace(location.hash));
  useEffect(() => {
    const follow = (): void => {
      setTyped(""); // what the address names must not be hidden by what was searched for
      setPlace(helpPlace(location.hash));
    };
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  useEffect(() => {
    const summary = place.answer && document.querySelector<HTMLElement>(`#${CSS.escape(place.answer)} > summary`);
    if (!summary) return;
    summary.scrollIntoView({ block: "start" });
    summary.focus({ preventScroll: true });
  }, [place]);

  const found = (id: Question): boolean => matches(typed, t(`help.q.${id}`), t(`help.a.${id}`));
  const groups = (Object.keys(GROUPS) as Group[]).map((group) => ({ group, ids: (GROUPS[group] as readonly Question[]).filter(found) }));
  const count = groups.reduce((sum, { ids }) => sum + ids.length, 0);
  return (
    <>
      <Heading>{t("help.title")}</Heading>
      <p class="v-lead">{t("help.lead")}</p>
      <Urgent />
      <search class="h-search">
        <Labelled name="search" label={t("help.search")} fault={null}>
          {(input) => <input {...input} type="search" autoComplete="off" value={typed} onInput={({ currentTarget }) => setTyped(currentTarget.value)} />}
        </Labelled>
        <p role="status" class="v-muted">{typed.trim() ? t("help.found", { count }) : ""}</p>
      </search>
      {groups.filter(({ ids }) => ids.length > 0).map(({ group, ids }) => (
        <section key={group} class="h-group" aria-labelledby={`group-${group}`}>
          <h2 class="ds-heading" data-size="sm" id={`group-${group}`}>{t(`help.group.${group}`)}</h2>
          <div class="h-answers">
            {ids.map((id) => <Answer key={id} id={id} open={place.answer === id} />)}
          </div>
        </section>
      ))}
    </>
  );
}

/** Whom to phone when it cannot wait; before everything else. */
function Urgent() {
  return (
    <section class="ds-alert h-urgent" data-color="warning" aria-labelledby="urgent">
      <h2 class="ds-heading" data-size="2xs" id="urgent">{t("help.urgent")}</h2>
      <ul>
        <li>{t("help.urgent.department")}</li>
        <li><a class="ds-link" href={phoneLink(EVENING)}>{t("help.urgent.evening", { phone: EVENING })}</a></li>
        <li><a class="ds-link" href={phoneLink(EMERGENCY)}>{t("help.urgent.emergency", { phone: EMERGENCY })}</a></li>
      </ul>
    </section>
  );
}

/** One question; the address follows the one opened last, so that it can be passed on or reloaded. */
function Answer({ id, open }: { id: Question; open: boolean }) {
  const toggled = (event: Event): void => {
    const { answer, consultation } = helpPlace(location.hash);
    if ((event.currentTarget as HTMLDetailsElement).open && answer !== id) history.replaceState(null, "", helpAddress("help", { answer: id, consultation }));
  };
  return (
    <details class="h-answer" id={id} open={open} onToggle={toggled}>
      <summary>{t(`help.q.${id}`)}</summary>
      <div class="v-stack">
        <Prose text={t(`help.a.${id}`)} />
        {id === "blocked" && <Unblock />}
      </div>
    </details>
  );
}

/** The way to unblock both devices in the browser that shows this page. */
function Unblock() {
  const place = placeOf(navigator.userAgent, navigator.maxTouchPoints);
  return (
    <ol>
      {steps({ problem: "denied", which: "both" }, place).map((step) => (
        <li key={step}>{t(`common.blocked.step.${step}`, { which: "both", browser: BROWSER_NAMES[place.browser] })}</li>
      ))}
    </ol>
  );
}
