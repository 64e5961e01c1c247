// How the connections do, live: in a word while all is well, and for each of the others what is wrong in plain words when it is not.
import type { Grade, Seat, SeatQuality } from "../protocol";
import { t } from "../shared/messages";
import { Icon } from "./Icon";
import type { Light } from "./tested";

const LIGHTS: Record<Grade, Light> = { good: "good", fair: "doubtful", poor: "bad" };
const WORST: readonly Grade[] = ["poor", "fair", "good"];

export interface ConnectionsProps {
  quality: readonly SeatQuality[];
  own: Seat;
  nameOf: (seat: Seat) => string;
}

/** Folded until somebody has trouble. The others first, oneself last. Read aloud when it changes, and only what has changed: the same words drawn again are no change. */
export function Connections({ quality, own, nameOf }: ConnectionsProps) {
  if (quality.length === 0) return null;
  const worst = WORST.find((grade) => quality.some((one) => one.grade === grade)) ?? "good";
  const others = quality.filter(({ seat }) => seat !== own);
  return (
    <details class="s-links" open={worst !== "good"}>
      <summary><span class="s-check" data-light={LIGHTS[worst]}><Icon name={LIGHTS[worst]} /> {t(`staff.quality.all.${worst}`)}</span></summary>
      <ul aria-label={t("staff.quality.label")} aria-live="polite">
        {[...others, ...quality.filter(({ seat }) => seat === own)].map(({ seat, grade, cause }) => (
          <li key={seat} class="s-link" data-seat={seat} data-grade={grade} aria-atomic="true">
            <span class="s-check" data-light={LIGHTS[grade]}>
              <Icon name={LIGHTS[grade]} />
              {t("staff.quality.of", { name: nameOf(seat), grade: t(`staff.quality.${grade}`) })}
            </span>
            {grade !== "good" && (
              <span>{seat === own ? t(`common.quality.${cause}`) : t(`staff.quality.other.${cause}`, { who: seat.startsWith("guest") ? "guest" : seat })}</span>
            )}
          </li>
        ))}
      </ul>
    </details>
  );
}
