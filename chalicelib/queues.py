"""Who waits for a clinician on a day, in which order, and how late she is: what a waiting page shows of others."""

import msgspec

from chalicelib.lifecycle import FINAL, WITH_CALL, State
from chalicelib.records import Consultation, Delay
from chalicelib.store import Store

WAITING = frozenset({State.CHECKED_IN, State.CALLING})


class Standing(msgspec.Struct, frozen=True):
    """How it stands for one consultation: see `VisitView`."""

    place: int = 0
    clinician_busy: bool = False
    delay_minutes: int = 0


class Queue(msgspec.Struct, frozen=True):
    """A clinician's day, read once: everybody's standing follows from it."""

    day: tuple[Consultation, ...]
    delay_minutes: int

    def standing(self, of: Consultation) -> Standing:
        """The standing of a consultation, which may be newer than the day. Only who waits has others before them."""
        if of.state in FINAL:
            return Standing()
        if of.state not in WAITING:
            return Standing(delay_minutes=self.delay_minutes)
        others = [c for c in self.day if c.id != of.id]
        before = [c for c in others if c.state in WAITING and (c.starts, c.id) < (of.starts, of.id)]
        return Standing(
            place=1 + len(before),
            clinician_busy=any(c.state in WITH_CALL for c in others),
            delay_minutes=self.delay_minutes,
        )


class Queues:
    """Reads queues."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def of(self, trust: str, staff: str, day: str, newest: Consultation | None = None) -> Queue:
        """A clinician's queue. The index of days may lag: what was just written, ``newest``, is put in its place."""
        listed = {c.id: c for c in self._store.day(trust, staff, day)}
        if newest is not None and (newest.id not in listed or listed[newest.id].version < newest.version):
            listed.pop(newest.id, None)
            if (newest.staff, newest.day) == (staff, day):
                listed[newest.id] = newest
        return Queue(tuple(listed.values()), self.delay(trust, staff, day))

    def standing(self, of: Consultation) -> Standing:
        """One consultation's standing; the day is read only for those who wait."""
        if of.state in FINAL:
            return Standing()
        if of.state not in WAITING:
            return Standing(delay_minutes=self.delay(of.trust, of.staff, of.day))
        return self.of(of.trust, of.staff, of.day).standing(of)

    def delay(self, trust: str, staff: str, day: str) -> int:
        """How many minutes late a clinician has said to be on a day."""
        said = self._store.get(Delay, Delay(trust=trust, staff=staff, day=day, minutes=0).key())
        return said.minutes if said else 0
