// «Jeg er forsinket»: one press tells everybody who waits or comes today, one press takes it back.
import { useEffect, useState } from "preact/hooks";
import { Button } from "../shared/components/parts";
import { t } from "../shared/messages";
import type { Desk } from "./desk";

const CHOICES = [5, 10, 15, 30, 45, 60] as const;

export function Delay({ desk }: { desk: Desk }) {
  const { today, delays, notices, line } = desk.state;
  const told = delays[today] ?? 0;
  const [asked, setAsked] = useState<number | null>(null);
  const failed = notices.some(({ id }) => id === "error:delay");
  useEffect(() => setAsked(null), [told, failed, line]);
  const say = (minutes: number): void => {
    desk.dismiss("error:delay");
    if (desk.delay(minutes) && minutes !== told) setAsked(minutes);
  };
  return (
    <section class="v-card s-side s-delay" aria-labelledby="delay-title" data-delay={told}>
      <h2 class="ds-heading" data-size="2xs" id="delay-title">{t("staff.delay.title")}</h2>
      <p class={told > 0 ? "s-delay__told" : "v-muted"} role="status">{told > 0 ? t("staff.delay.told", { minutes: told }) : t("staff.delay.help")}</p>
      <div class="s-delay__choices" role="group" aria-label={t("staff.delay.choices")}>
        {CHOICES.map((minutes) => (
          <Button key={minutes} variant={told === minutes ? "primary" : "secondary"} color="neutral" data-size="sm" busy={asked === minutes} aria-pressed={told === minutes} onClick={() => say(minutes)}>
            {t("staff.delay.minutes", { minutes })}
          </Button>
        ))}
      </div>
      {told > 0 && <Button variant="tertiary" data-size="sm" busy={asked === 0} onClick={() => say(0)}>{t("staff.delay.back")}</Button>}
    </section>
  );
}
