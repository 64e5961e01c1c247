"""Whether a trust holds video consultations: reading it, what it lets nobody begin, and changing it."""

from collections.abc import Callable

from chalicelib.errors import BadRequest, Overtaken, Suspended
from chalicelib.lifecycle import WITH_CALL
from chalicelib.records import Consultation, Stopped
from chalicelib.register import Register
from chalicelib.rest import Suspension
from chalicelib.store import Create, Replace, Store, Write


class Suspensions:
    """Every trust's; one that never held back has version 0."""

    def __init__(self, store: Store, register: Register, now: Callable[[], float]) -> None:
        self._store = store
        self._register = register
        self._now = now

    def of(self, trust: str) -> Stopped:
        """How it is at a trust."""
        none = Stopped(trust=trust)
        return self._store.get(Stopped, none.key()) or none

    def words(self, trust: str) -> str:
        """The trust's own words while it holds none, else empty."""
        present = self.of(trust)
        return present.words if present.on else ""

    def over(self, consultation: Consultation) -> Stopped | None:
        """The suspension that a consultation falls under: of today, or left over from an earlier day."""
        present = self.of(consultation.trust)
        return present if present.on and consultation.day <= self.today(consultation.trust) else None

    def let_in(self, trust: str) -> None:
        """Raises Suspended while the trust holds none."""
        if self.of(trust).on:
            raise Suspended

    def let_call(self, consultation: Consultation) -> None:
        """As `let_in`, for a call; one that goes on is left in peace, also when its pages come back to it."""
        if consultation.state not in WITH_CALL:
            self.let_in(consultation.trust)

    def today(self, trust: str) -> str:
        """The day it is where the trust is."""
        return self._register.day_of(trust, self._now())

    def changed(self, trust: str, new: Suspension) -> tuple[Stopped, Stopped]:
        """What is, and what it becomes by ``new``; nothing is written.

        Raises BadRequest for one without words, Overtaken when ``new.version`` is not the newest.
        """
        words = new.words.strip()
        if new.on and not words:
            raise BadRequest
        before = self.of(trust)
        if before.version != new.version:
            raise Overtaken
        begins = new.on and not before.on
        return before, Stopped(
            trust=trust,
            version=before.version + 1,
            on=new.on,
            words=words,
            tell=new.on and new.tell,
            number=before.number + begins,
            since=int(self._now()) if begins else before.since,
            day=self.today(trust) if begins else before.day,
        )

    def write(self, after: Stopped) -> Write:
        """How what `changed` gave is written; refused when somebody else was faster."""
        return Replace(after, expected=after.version - 1) if after.version > 1 else Create(after)
