"""The sums of the appointment book: how many appointments begin when, and how long they are to last, of all trusts.

Whatever books, moves or cancels one changes its sum in the same transaction, so that what is decided every minute
reads some rows, and not every clinician's day.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from chalicelib import probing
from chalicelib.lifecycle import State
from chalicelib.records import Consultation, Slot, book_day, book_order
from chalicelib.scaling import Booked
from chalicelib.store import Add, Store, Write

DAY: Final = 86400
COUNTED_SECONDS: Final = DAY
"""Until so long after an appointment's beginning its sum is kept right; nobody reads it as late as that."""
KEPT_SECONDS: Final = 2 * DAY
"""After so long the sum goes: later than it can be written, so that none is begun anew in the middle."""

Time = tuple[int, int]
"""When an appointment starts (seconds since 1970), and for how many minutes."""


class Book:
    """What of a consultation counts, and where; and what is read of it."""

    def __init__(self, store: Store, now: Callable[[], float]) -> None:
        self._store = store
        self._now = now

    def changes(self, before: Consultation | None, after: Consultation | None) -> list[Write]:
        """What to write along with a change of a consultation: mostly nothing, for its time mostly stays."""
        taken, given = time_of(before), time_of(after)
        if taken == given:
            return []
        changed = ((taken, -1), (given, 1))
        return [Add(self.slot(time, number)) for time, number in changed if time and self.is_counted(time[0])]

    def slot(self, time: Time, number: int) -> Slot:
        """The row of a sum, or what is added to it, as of now."""
        starts, minutes = time
        return Slot(
            starts=starts,
            minutes=minutes,
            number=number,
            version=int(self._now() * 1000),
            expires=starts + KEPT_SECONDS,
        )

    def is_counted(self, starts: float) -> bool:
        """Whether sums of appointments that begin then are kept still."""
        return self._now() < starts + COUNTED_SECONDS

    def slots(self, first: float, last: float) -> list[Slot]:
        """The rows of what begins from ``first`` to ``last`` (seconds since 1970), in order, as of now."""
        return [
            slot
            for day in _days(first, last)
            for slot in self._store.between(Slot, day, book_order(first), book_order(last + 1))
        ]

    def booked(self, first: float, last: float) -> list[Booked]:
        """What begins from ``first`` to ``last`` (seconds since 1970), in order."""
        return [Booked(*time, number) for time, number in sorted(sums(self.slots(first, last)).items()) if number > 0]


def time_of(consultation: Consultation | None) -> Time | None:
    """The time that a consultation takes in the book; None where it takes none: cancelled, by phone, or dropped in.

    Who dropped in is seen where they wait, until they are given a time by moving them: that is told. For the probe
    no worker is started.
    """
    c = consultation
    if c is None or c.state is State.CANCELLED or c.by_phone or (c.drop_in and not c.invitation):
        return None
    if c.trust == probing.TRUST:
        return None
    return c.starts, c.minutes


def sums(slots: Iterable[Slot]) -> Counter[Time]:
    """The parts of each slot added up."""
    found: Counter[Time] = Counter()
    for slot in slots:
        found[slot.starts, slot.minutes] += slot.number
    return found


def _days(first: float, last: float) -> Iterator[str]:
    """The partitions that hold all from ``first`` to ``last``."""
    for day in range(int(first) // DAY, int(last) // DAY + 1):
        yield book_day(day * DAY)
