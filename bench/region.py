"""One made-up day of a health region: what its appointment book says, and what then happens. Seeded, nobody's data.

All shares and lengths here are assumptions, where no source is named: there are no public figures of a region's day.
"""

import random
from collections import Counter
from typing import Final, NamedTuple, TypeVar

from chalicelib.scaling import Booked

T = TypeVar("T")

HOUR: Final = 3600.0
SEED: Final = 20261126
NO_SHOW: Final = 0.085
"""8.48 % of telemedicine visits: Alkilany, Tarabichi, Hong, ACR Open Rheumatology 4(2), 2021 (PMC8653077)."""
DROP_INS: Final = 0.05
"""Share of the day's consultations that no book knows of before."""
FILLED: Final = 0.9
"""Share of a clinician's times that are booked."""
SLOTS: Final = {15: 10, 20: 20, 30: 45, 45: 15, 60: 10}
"""Minutes of a clinician's appointments, and of a hundred clinicians how many have such."""
MORNING, AFTERNOON, EVENING = "morning", "afternoon", "evening"
SESSIONS: Final = {(MORNING,): 35, (AFTERNOON,): 20, (MORNING, AFTERNOON): 41, (EVENING,): 4}
BEGINS: Final = {
    MORNING: {8.0: 15, 8.5: 20, 9.0: 50, 10.0: 15},
    AFTERNOON: {12.0: 35, 12.5: 35, 13.0: 30},
    EVENING: {16.0: 50, 17.0: 50},
}
"""The hour at which a part of the day begins, and of a hundred for how many."""
ENDS: Final = {MORNING: 11.5, AFTERNOON: 15.5, EVENING: 20.0}
LENGTH_MEAN, LENGTH_DEVIATION = 0.8, 0.25
"""Of what is booked; at least 0.1, at most 1.75 of it."""
LATE_MEAN_SECONDS, EARLY_SECONDS = 180.0, 60.0
"""The call begins a minute early at best; how much later is exponential, besides what the one before took too long."""
DROP_IN_MEAN_SECONDS, SHORTEST_SECONDS = 900.0, 60.0
DROP_INS_AT_ANY_HOUR: Final = 0.1
"""Share of the drop-ins that come at any hour, of the night too; the others from 7 to 22, most at eleven."""


class Visit(NamedTuple):
    """A call as it would be if there were lines for all: both are there ``at`` a second of the day, for ``seconds``."""

    at: float
    seconds: float
    booked: bool


class Day(NamedTuple):
    """The book by its times, and the visits of each clinician in their order: who comes late has the next wait."""

    book: list[Booked]
    clinics: list[list[Visit]]

    def later(self, seconds: float) -> "Day":
        """The same day with all that was booked so much later, and nobody told the book."""
        clinics = [[v._replace(at=v.at + seconds) if v.booked else v for v in visits] for visits in self.clinics]
        return Day(self.book, clinics)


def day(
    consultations: int,
    *,
    no_show: float = NO_SHOW,
    length: float = LENGTH_MEAN,
    drop_ins: float = DROP_INS,
    seed: int = SEED,
) -> Day:
    """So many consultations, those to which nobody comes included; ``length`` is the mean share of what is booked."""
    chance = random.Random(seed)  # noqa: S311  # nosec B311 # predictable is what we want
    unknown = round(consultations * drop_ins)
    left = consultations - unknown
    book: Counter[tuple[float, int]] = Counter()
    clinics: list[list[Visit]] = []
    while left > 0:
        minutes = _one_of(chance, SLOTS)
        times = _times(chance, minutes)[:left]
        left -= len(times)
        book.update((at, minutes) for at in times)
        clinics.append([_visit(chance, at, minutes, length) for at in times if chance.random() >= no_show])
    clinics.extend([_drop_in(chance)] for _ in range(unknown))
    return Day([Booked(at, minutes, number) for (at, minutes), number in sorted(book.items())], clinics)


def _times(chance: random.Random, minutes: int) -> list[float]:
    times = []
    for part in _one_of(chance, SESSIONS):
        at, end = _one_of(chance, BEGINS[part]) * HOUR, ENDS[part] * HOUR
        while at + minutes * 60 <= end:
            if chance.random() < FILLED:
                times.append(at)
            at += minutes * 60
    return times


def _visit(chance: random.Random, at: float, minutes: int, length: float) -> Visit:
    share = min(max(chance.gauss(length, LENGTH_DEVIATION), 0.1), 1.75)
    return Visit(at - EARLY_SECONDS + chance.expovariate(1 / LATE_MEAN_SECONDS), share * minutes * 60, booked=True)


def _drop_in(chance: random.Random) -> Visit:
    night = chance.random() < DROP_INS_AT_ANY_HOUR
    at = chance.uniform(0, 24 * HOUR) if night else chance.triangular(7 * HOUR, 22 * HOUR, 11 * HOUR)
    return Visit(at, max(chance.expovariate(1 / DROP_IN_MEAN_SECONDS), SHORTEST_SECONDS), booked=False)


def _one_of(chance: random.Random, weights: dict[T, int]) -> T:
    return chance.choices(list(weights), list(weights.values()))[0]
