"""How many media workers are wanted at a moment, by the appointment book and by what goes on, and which may go. Pure.

What `fleet` does every minute is ``wanted``, then ``resting``, then ``over``; `make simulate-scaling` does the same.
"""

import math
from collections.abc import Iterable
from typing import Final, NamedTuple

import msgspec

LONGEST_SECONDS: Final = 240 * 60
"""No appointment is longer (`rest.Booking`): what began before is over."""


class Booked(NamedTuple):
    """``number`` appointments from ``starts`` (seconds since 1970) for ``minutes``.

    Many begin together and last as long, so a day of a region is some hundreds of these. Which appointments and whose
    is of no matter here.
    """

    starts: float
    minutes: int
    number: int = 1


class Standing(NamedTuple):
    """A worker that runs or is being started: the calls it carries, and whether it rests already."""

    id: str
    calls: int
    resting: bool = False
    """It takes no further call, but those that it carries may go on."""


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """What a deployment decides about its workers."""

    calls_a_worker: int
    """Calls of two at once; measured (docs/performance.md, "Calls a worker takes")."""
    margin: float = 1.1
    """Places for each call that is booked or goes on; at least 1. For calls of more than two, workers that are lost,
    and unevenness."""
    spare: int = 20
    """Places that are free besides while anything is booked or goes on: for those who drop in until more are started.
    So many, whatever the region's size: of few calls they are a large share, of many the margin is."""
    lead_seconds: int = 300
    """From deciding until what was started takes calls, the time until the next decision included: the book is read
    so far ahead."""
    late_seconds: int = 1200
    """An appointment that should be over counts for so long still: patients come late, clinicians are behind."""
    minimum: int = 0
    """Workers at any time, at night too."""
    most: int | None = None
    """Workers at most, whatever is wanted: what the budget and AWS's quota bear. None: as many as are wanted."""

    def __post_init__(self) -> None:
        """Raises ValueError when these are no figures to scale by; msgspec says it as its ValidationError."""
        if self.calls_a_worker < 1 or self.margin < 1:
            raise ValueError("A worker carries at least one call, and a margin is at least 1.")
        if min(self.spare, self.lead_seconds, self.late_seconds, self.minimum) < 0:
            raise ValueError("Places, seconds and workers are not negative.")
        if self.most is not None and self.most < max(self.minimum, 1):
            raise ValueError("There may be one worker at least, and no fewer than there are at any time.")

    def window(self, now: float) -> tuple[float, float]:
        """From when until when an appointment starts that matters at ``now`` (seconds since 1970)."""
        return now - self.late_seconds - LONGEST_SECONDS, now + self.lead_seconds

    def bound(self, wanted: int) -> int:
        """So many workers as are wanted, if there may be so many."""
        return wanted if self.most is None else min(wanted, self.most)


def booked(book: Iterable[Booked], first: float, last: float) -> int:
    """The most appointments that the book has at one moment between ``first`` and ``last`` (seconds since 1970).

    Who is late is still one: the appointments of both sides of a change are not added up, though in truth the one ends
    late and the other begins early. A clinician has one patient at a time.
    """
    # What began before `first` lasts until then, so counting from its own beginning finds no moment that is fuller.
    steps: dict[float, int] = {}
    for starts, minutes, number in book:
        ends = starts + minutes * 60
        if starts <= last and ends > first:
            steps[starts] = steps.get(starts, 0) + number
            steps[ends] = steps.get(ends, 0) - number
    most = present = 0
    for _, step in sorted(steps.items()):
        present += step
        most = max(most, present)
    return most


def wanted(book: Iterable[Booked], calls: int, waiting: int, now: float, policy: Policy) -> int:
    """How many workers there should be at ``now`` (seconds since 1970), those being started included, resting ones not.

    ``calls`` go on at present, ``waiting`` have asked for a line and have none. By the book as far as ``policy`` looks,
    and never fewer than calls, waiting and margin need, whatever was booked; `minimum` when there is nothing at all.
    """
    busy = max(booked(book, now - policy.late_seconds, now + policy.lead_seconds), calls + waiting)
    places = math.ceil(busy * policy.margin) + policy.spare if busy else 0
    return max(policy.minimum, math.ceil(places / policy.calls_a_worker))


def resting(crew: Iterable[Standing], wanted: int) -> list[Standing]:
    """Who of ``crew`` is to take no further call when so many are wanted: those with the fewest calls.

    Of equals who rests already goes on to, then by id: asked again, the answer is the same. Who rests and is not in the
    answer works again.
    """
    fullest = sorted(crew, key=lambda worker: (-worker.calls, worker.resting, worker.id))
    return fullest[max(wanted, 0) :]


def over(crew: Iterable[Standing]) -> list[Standing]:
    """Who of ``crew`` may be stopped: who rests and carries nothing any more. No call ever moves to save money."""
    return [worker for worker in crew if worker.resting and worker.calls == 0]
