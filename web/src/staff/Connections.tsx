// How everybody's connection does, live: in a word, a colour and a sign, and what is wrong in plain words.
import type { Grade, Seat, SeatQuality } from "../protocol";
import { t } from "../shared/messages";
import { Icon } from "./Icon";
import type { Light } from "./words";

const LIGHTS: Record<Grade, Light> = { good: "good", fair: "doubtful", poor: "bad" };

export interface ConnectionsProps {
  quality: readonly SeatQuality[];
  own: Seat;
  nameOf: (seat: Seat) => string;
}

/** The others first, oneself last. Read aloud when it changes, and only what has changed: the same words drawn again are no change. */
export function Connections({ quality, own, nameOf }: ConnectionsProps) {
  const others = quality.filter(({ seat }) => seat !== own);
  return (
    <ul class="s-links" aria-label={t("staff.quality.label")} aria-live="polite">
      {[...others, ...quality.filter(({ seat }) => seat === own)].map(({ seat, grade, cause }) => (
        <li key={seat} class="s-link" data-seat={seat} data-grade={grade} aria-atomic="true">
          <span class="s-check" data-light={LIGHTS[grade]}>
            <Icon name={LIGHTS[grade]} />
            {t("staff.quality.of", { name: seat === own ? t("staff.who.me") : nameOf(seat), grade: t(`staff.quality.${grade}`) })}
          </span>
          {grade !== "good" && (
            <span>{seat === own ? t(`common.quality.${cause}`) : t(`staff.quality.other.${cause}`, { who: seat.startsWith("guest") ? "guest" : seat })}</span>
          )}
        </li>
      ))}
    </ul>
  );
}
