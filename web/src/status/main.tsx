// /status: whether video consultations work just now, and on how many of the last ninety days they did. Needs no functions.
import "./status.css";
import { useEffect, useState } from "preact/hooks";
import { Page } from "../shared/components/Page";
import { Heading, Notice, Waiting, type Tone } from "../shared/components/parts";
import { locale } from "../shared/dates";
import { clock, date, language, setTimeZone, t } from "../shared/messages";
import { start } from "../shared/start";
import { realAfter } from "../shared/time";
import { anyFault, calendar, fetchStatus, PARTS, share, type Day, type Part, type Shown, type State, type Status } from "./document";

const LOOK_MS = 60_000;
const MINUTE = 60;

setTimeZone(Intl.DateTimeFormat().resolvedOptions().timeZone); // the reader's: nobody's appointment is shown here

function StatusPage() {
  const [now, setNow] = useState<Shown | null>(null);
  useEffect(() => {
    let cancel = (): void => undefined;
    let gone = false;
    const look = async (): Promise<void> => {
      const found = await fetchStatus();
      if (gone) return;
      setNow(found);
      cancel = realAfter(LOOK_MS, () => void look());
    };
    void look();
    return () => {
      gone = true;
      cancel();
    };
  }, []);
  const every = now && now.kind !== "never" && now.status ? Math.max(1, Math.round(now.status.every / MINUTE)) : 5;
  return (
    <Page title={t("status.title")} step={now ? now.kind : "loading"}>
      <Heading>{t("status.title")}</Heading>
      <p class="v-lead">{t("status.lead")}</p>
      {now ? <Now now={now} /> : <Waiting>{t("status.loading")}</Waiting>}
      <section class="v-stack">
        <h2 class="ds-heading" data-size="xs">{t("status.how")}</h2>
        <p>{t("status.how.text", { minutes: every })}</p>
        <p>{t("status.how.nobody")}</p>
      </section>
    </Page>
  );
}

function Now({ now }: { now: Shown }) {
  if (now.kind === "never") return <Overall tone="info" name="never" />;
  const { status } = now;
  const [tone, name]: [Tone, "all" | "fault" | "unknown"] =
    now.kind === "unknown" ? ["warning", "unknown"] : anyFault(now.status) ? ["danger", "fault"] : ["success", "all"];
  return (
    <>
      <Overall tone={tone} name={name} status={status} />
      {status && <Parts status={status} known={now.kind === "known"} />}
    </>
  );
}

function Overall({ tone, name, status }: { tone: Tone; name: "all" | "fault" | "unknown" | "never"; status?: Status | null }) {
  const told = (seconds: number): { clock: string; date: string } => ({ clock: clock(new Date(seconds * 1000)), date: date(new Date(seconds * 1000)) });
  return (
    <Notice tone={tone} title={t(`status.${name}`)}>
      {name !== "all" && <p>{t(`status.${name}.text`)}</p>}
      {status && name === "fault" && <p>{t("status.since", told(status.since))}</p>}
      {status && <p>{t("status.checked", told(status.at))}</p>}
    </Notice>
  );
}

function Parts({ status, known }: { status: Status; known: boolean }) {
  const days = calendar(status.days, Date.now());
  return (
    <ul class="s-parts">
      {PARTS.map((part) => (
        <li key={part} class="v-card s-part">
          <div class="s-part__head">
            <h2 class="ds-heading" data-size="2xs">{t(`status.part.${part}`)}</h2>
            <Sign state={known ? status.parts[part] : "unknown"} />
          </div>
          <p class="v-muted">{t(`status.part.${part}.text`)}</p>
          <History days={days} part={part} />
        </li>
      ))}
    </ul>
  );
}

const SIGNS: Readonly<Record<State, string>> = { ok: "M4 10.5 8.5 15 16 6", fault: "M5 5 15 15 M15 5 5 15", resting: "M7 5v10 M13 5v10", unknown: "M5 10h10" };

/** A state in a word, with a sign that does not need its colour. */
function Sign({ state }: { state: State }) {
  return (
    <span class="s-sign" data-state={state}>
      <svg viewBox="0 0 20 20" aria-hidden="true"><path d={SIGNS[state]} /></svg>
      {t(`status.state.${state}`)}
    </span>
  );
}

/** Ninety days as bars for the eye; in words, the share that was well and each day that was not. */
function History({ days, part }: { days: readonly Day[]; part: Part }) {
  const well = share(days, part);
  if (well === null) return null;
  const bad = days.filter((day) => (day.faults[part] ?? 0) > 0);
  const percent = new Intl.NumberFormat(locale(language()), { style: "percent", maximumFractionDigits: 2 }).format(Math.floor(well * 10_000) / 10_000); // never rounded up to all
  return (
    <>
      <div class="s-days" aria-hidden="true">
        {days.map((day) => <i key={day.day} data-kind={day.runs === 0 ? "none" : (day.faults[part] ?? 0) === 0 ? "ok" : "fault"} />)}
      </div>
      <p class="s-share">{t("status.share", { share: percent })}</p>
      {bad.length > 0 && (
        <details class="s-bad">
          <summary>{t("status.bad", { count: bad.length })}</summary>
          <ul>
            {[...bad].reverse().map((day) => (
              // Noon: the same day wherever the reader is, but for the far Pacific.
              <li key={day.day}>{t("status.day", { date: date(`${day.day}T12:00:00Z`), faults: day.faults[part] ?? 0, runs: day.runs })}</li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

void start("status", StatusPage);
