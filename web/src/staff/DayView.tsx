// A day's consultations as one looks at them: who is talked to, who waits, who comes, and the done ones folded away.
import type { ConsultationView, Me } from "../protocol";
import { Waiting } from "../shared/components/parts";
import { t, type Key } from "../shared/messages";
import type { Desk } from "./desk";
import { list, parts } from "./lists";
import { Row } from "./Row";
import type { Opener } from "./Dialogs";

export function DayView({ desk, me, onOpen }: { desk: Desk; me: Me; onOpen: Opener }) {
  const views = list(desk.state);
  if (!views) return <Waiting>{t("staff.day.loading")}</Waiting>;
  const { shown, today } = desk.state;
  if (views.length === 0) {
    return (
      <section class="v-card v-stack s-empty" data-day={shown}>
        <h2 class="ds-heading" data-size="xs">{t("staff.day.empty")}</h2>
        <p>{t("staff.day.empty.help")}</p>
      </section>
    );
  }
  const { talking, waiting, coming, done } = parts(views);
  const row = (view: ConsultationView, next = false) => <Row key={view.consultation} view={view} desk={desk} me={me} next={next} onOpen={onOpen} />;
  return (
    <section class="s-day" data-day={shown} aria-label={t("staff.list.label")}>
      {talking.length > 0 && <Part name="talking" title="staff.part.talking">{talking.map((view) => row(view))}</Part>}
      {waiting.length > 0 && <Part name="waiting" title="staff.part.waiting" count={waiting.length}>{waiting.map((view, index) => row(view, index === 0))}</Part>}
      {coming.length > 0 && <Part name="coming" title={shown === today ? "staff.part.coming" : "staff.part.all"} count={coming.length}>{coming.map((view) => row(view))}</Part>}
      {coming.length + waiting.length + talking.length === 0 && <p class="v-card">{t("staff.day.all_done")}</p>}
      {done.length > 0 && (
        <details class="s-part s-done" data-part="done">
          <summary><h2 class="ds-heading" data-size="xs">{t("staff.part.done", { count: done.length })}</h2></summary>
          <ol class="s-list">{done.map((view) => row(view))}</ol>
        </details>
      )}
    </section>
  );
}

function Part({ name, title, count, children }: { name: string; title: Key; count?: number; children: preact.ComponentChildren }) {
  return (
    <section class="s-part" data-part={name} aria-labelledby={`part-${name}`}>
      <h2 class="ds-heading" data-size="xs" id={`part-${name}`}>
        {t(title)} {count !== undefined && <span class="ds-badge s-count" data-variant="base" data-count={count} aria-hidden="true" />}
        {count !== undefined && <span class="ds-sr-only">({count})</span>}
      </h2>
      <ol class="s-list">{children}</ol>
    </section>
  );
}
