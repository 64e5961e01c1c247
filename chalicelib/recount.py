"""Counts the book anew and mends its sums where they differ: once when they are new to a table, and every night."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Final, NamedTuple

from chalicelib.book import Book, Time, time_of
from chalicelib.records import TRUSTS, Consultation, Kept, Slot, Trust, consultation_key, kept_day
from chalicelib.register import Register
from chalicelib.store import Create, Refused, Remove, Replace, Store, Write

BACK_SECONDS: Final = 12 * 3600
"""So far back: further than the book is read, and not so far that sums are kept no longer."""
SHOWN_SECONDS: Final = 60
"""A sum that changed so lately is left alone: the index, late by a second at most, may not show what it counts."""
AT_ONCE: Final = 100
"""Consultations that are read by one request (DynamoDB, BatchGetItem)."""


class Recounted(NamedTuple):
    """How many slots there are, how many were mended, and how many were left because they had changed just now."""

    slots: int
    mended: int
    left: int


class Recount:
    """May run at any time, also twice at once: a sum is mended only if nothing has changed it since it was read."""

    def __init__(self, store: Store, register: Register, book: Book, now: Callable[[], float]) -> None:
        self._store = store
        self._register = register
        self._book = book
        self._now = now

    def run(self, days: int) -> Recounted:
        """Of all that begins from half a day ago until ``days`` ahead."""
        now = self._now()
        first, last = now - BACK_SECONDS, now + days * 86400
        kept: dict[Time, list[Slot]] = {}
        for slot in self._book.slots(first, last):  # before the consultations: what changes from here on is noticed
            kept.setdefault((slot.starts, slot.minutes), []).append(slot)
        counted = self._counted(first, last)
        mended = left = 0
        for time in sorted(counted.keys() | kept.keys()):
            parts = kept.get(time, [])
            if sum(part.number for part in parts) == counted[time]:
                continue
            if self._mend(time, parts, counted[time]):
                mended += 1
            else:
                left += 1
        return Recounted(len(counted), mended, left)

    def _counted(self, first: float, last: float) -> Counter[Time]:
        found: Counter[Time] = Counter()
        for trust in self._store.listed(Trust, TRUSTS):
            for day in _from(self._register.day_of(trust.id, first), self._register.day_of(trust.id, last)):
                for consultation in self._day(trust.id, day):
                    time = time_of(consultation)
                    if time is not None and int(first) <= time[0] <= int(last):
                        found[time] += 1
        return found

    def _day(self, trust: str, day: str) -> Iterator[Consultation]:
        """All consultations of a trust's day, whoever's."""
        keys = [
            (consultation_key(trust, kept.consultation), "CONSULTATION")
            for kept in self._store.listed(Kept, kept_day(trust, day))
        ]
        for begin in range(0, len(keys), AT_ONCE):
            yield from self._store.many(Consultation, keys[begin : begin + AT_ONCE])

    def _mend(self, time: Time, parts: list[Slot], number: int) -> bool:
        """Write a sum in one part, in the place of all that there are; False when they have changed just now."""
        if any(part.version > (self._now() - SHOWN_SECONDS) * 1000 for part in parts):
            return False
        right = self._book.slot(time, number)
        whole = next((part for part in parts if part.part == right.part), None)
        writes: list[Write] = [Remove(part.key(), part.version) for part in parts if part is not whole]
        if number:
            writes.append(Replace(right, whole.version) if whole else Create(right))
        elif whole:
            writes.append(Remove(whole.key(), whole.version))
        try:
            self._store.write(writes)
        except Refused:
            return False
        return True


def _from(first: str, last: str) -> Iterator[str]:
    """Every day from one to another."""
    day = date.fromisoformat(first)
    while day <= date.fromisoformat(last):
        yield day.isoformat()
        day += timedelta(days=1)
