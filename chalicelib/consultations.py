"""Consultations: the one way in which any of them begins and changes; their times, feedback and trail."""

import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from chalicelib.book import Book
from chalicelib.chain import linked
from chalicelib.counted import counted
from chalicelib.errors import BadRequest, Conflict, IllegalTransition, NotFound, Overtaken
from chalicelib.lifecycle import WITH_CALL, Event, State, step
from chalicelib.mentions import Mentions
from chalicelib.metrics import measure
from chalicelib.plans import Plans
from chalicelib.records import Answered, Consultation, Happening, Kept, Once, Referred, consultation_key
from chalicelib.register import Register
from chalicelib.rest import Feedback
from chalicelib.rights import Actor, own, owns, system
from chalicelib.store import Create, Delete, Put, Refused, Remove, Replace, Store, Write

TRIES: Final = 5
CROCKFORD: Final = "0123456789abcdefghjkmnpqrstvwxyz"  # no letters that are mistaken for digits
ID_LENGTH: Final = 16  # 80 bits
REFERENCE_LENGTH: Final = 6
ONCE_SECONDS: Final = 24 * 3600
LONGEST_AHEAD_SECONDS: Final = 2 * 366 * 86400
CLOCKS_DIFFER: Final = 60
"""By how many seconds the scheduler's clock may be ahead of ours."""


# The fields of the next version, from the present one; None: nothing is to change.
Decision = Callable[["Consultation"], dict[str, Any] | None]


class Consultations:
    """Every change goes through `happen` or `note`: decided on what was read, written on condition that it still holds.

    ``changed`` is told what each is now and was before (None: it is new), so that the pages learn of it.
    """

    def __init__(
        self,
        store: Store,
        register: Register,
        mentions: Mentions,
        book: Book,
        plans: Plans,
        now: Callable[[], float],
        changed: Callable[[Consultation, Consultation | None], None],
    ) -> None:
        self._store = store
        self._register = register
        self._mentions = mentions
        self._book = book
        self.plans = plans
        self._now = now
        self._changed = changed

    def find(self, trust: str, consultation: str) -> Consultation:
        """Raises NotFound."""
        found = self._store.get(Consultation, (consultation_key(trust, consultation), "CONSULTATION"))
        if found is None:
            raise NotFound
        return found

    def happen(
        self,
        by: Actor,
        consultation: str,
        event: Event,
        *,
        alter: Callable[[Consultation], dict[str, Any]] = lambda _: {},
        also: Callable[[Consultation], Sequence[Write]] = lambda _: (),
    ) -> Consultation:
        """Let ``event`` happen; a repeat changes nothing and is answered as if it had happened just now.

        ``alter`` gives further fields of the new record, ``also`` the writes that go with it, from the present one.
        Raises NotFound, Forbidden, IllegalTransition, or Overtaken when others were faster again and again;
        Refused when one of ``also`` did not hold.
        """

        def decide(present: Consultation) -> dict[str, Any] | None:
            after = step(present.state, event, by.role)
            if after == present.state:
                return None
            over: dict[str, Any] = {} if after in WITH_CALL else {"pausers": ()}
            return {"state": after, **over, **alter(present)}

        return self._change(by, consultation, decide, event.value, also)

    def begin(self, by: Actor, made: Consultation, what: str, *once: Once) -> Consultation:
        """Write a new consultation, with another reference where the trust has that one already.

        Raises Refused when ``once`` has been done before, Overtaken when no reference was free.
        """
        for _ in range(TRIES):
            referred = Referred(trust=made.trust, reference=made.reference, consultation=made.id)
            entry = self._happening(by, made, what, "")
            made = msgspec.structs.replace(made, trail_hash=entry.hash)
            records = [Create(record) for record in (referred, made, entry, *once)]
            try:
                self._store.write([*records, *self._along(None, made)])
            except Refused as refused:
                if refused.failed != {0}:
                    raise
                made = msgspec.structs.replace(made, reference=new_reference())
                continue
            self.plan(made)
            self._changed(made, None)
            return made
        raise Overtaken

    def note(
        self,
        by: Actor,
        consultation: str,
        what: str,
        decide: Decision,
        also: Callable[[Consultation], Sequence[Write]] = lambda _: (),
    ) -> Consultation:
        """Record ``what`` with the fields that ``decide`` gives; None from it changes nothing. Raises as `happen`."""
        return self._change(by, consultation, decide, what, also)

    def end(self, by: Actor, consultation: str, what: str, may: Callable[[Consultation], bool]) -> bool:
        """Remove a consultation, its reference and whom it mentions; its trail stays, with ``what`` as its last entry.

        False when ``may`` says no. Raises NotFound, or Overtaken as `happen`.
        """
        for _ in range(TRIES):
            present = self.find(by.trust, consultation)
            if not may(present):
                return False
            after = msgspec.structs.replace(present, version=present.version + 1)
            referred = Referred(trust=present.trust, reference=present.reference)
            entry = self._happening(by, after, what, present.trail_hash)
            writes: list[Write] = [Remove(present.key(), expected=present.version), Create(entry)]
            lost = [*self._mentions.changes(present, None), *self._book.changes(present, None)]
            try:
                self._store.write([*writes, Delete(referred.key()), *lost])
            except Refused:
                continue
            return True
        raise Overtaken

    def day(self, by: Actor, staff: str, day: str) -> list[Consultation]:
        """What somebody may see of a clinician's day, by time."""
        return [c for c in self._store.day(by.trust, staff, day) if owns(by, c)]

    def own(self, by: Actor, consultation: str) -> Consultation:
        """One of theirs, as `rights.own` says. Raises NotFound."""
        return own(by, self.find(by.trust, consultation))

    def close(self, trust: str, consultation: str) -> None:
        """The time for it is over: nobody came. Does nothing when somebody did, or when it was moved meanwhile."""

        def alter(present: Consultation) -> dict[str, Any]:
            if self.closing_time(present) > self._now() + CLOCKS_DIFFER:
                raise IllegalTransition
            return {}

        with suppress(IllegalTransition):
            self.happen(system(trust), consultation, Event.MISS, alter=alter)

    def feedback(self, by: Actor, consultation: str, feedback: Feedback) -> None:
        """Keep the patient's answer; a second one is answered as if kept. Raises NotFound, Conflict before the end."""
        present = self.find(by.trust, consultation)
        if present.state is not State.ENDED:
            raise Conflict
        answered = Answered(trust=by.trust, consultation=consultation, at=int(self._now()), feedback=feedback)

        def decide(present: Consultation) -> dict[str, Any] | None:
            return None if present.feedback_given else {"feedback_given": True}

        try:
            self._change(by, consultation, decide, "feedback", lambda _: [Create(answered)])
        except Refused:
            return

    def did(self, consultation: Consultation, what: str, staff: str) -> bool:
        """Whether its trail holds that one of the staff did something."""
        entries = self._store.query(Happening, consultation_key(consultation.trust, consultation.id), "TRAIL#")
        return any(h.what == what and h.staff == staff for h in entries)

    def time(self, starts: str) -> int:
        """When an appointment starts, in seconds since 1970. Raises BadRequest for what is over or too far away."""
        now, seconds = int(self._now()), _epoch(starts)
        if not now - 86400 < seconds < now + LONGEST_AHEAD_SECONDS:
            raise BadRequest
        return seconds

    def day_of(self, trust: str, moment: int) -> str:
        """The day it is then where the trust is."""
        return self._register.day_of(trust, moment)

    def closing_time(self, consultation: Consultation) -> int:
        """Until when links and visits of a consultation work."""
        return self.plans.closing_time(consultation)

    def plan(self, consultation: Consultation) -> None:
        """Ask for what is to happen later. Asking again changes nothing."""
        self.plans.plan(consultation)

    def _change(
        self,
        by: Actor,
        consultation: str,
        decide: Decision,
        what: str,
        also: Callable[[Consultation], Sequence[Write]],
    ) -> Consultation:
        for _ in range(TRIES):
            present = self.find(by.trust, consultation)
            fields = decide(present)
            if fields is None:
                return present
            after: Consultation = msgspec.structs.replace(present, version=present.version + 1, **fields)
            entry = self._happening(by, after, what, present.trail_hash)
            after = msgspec.structs.replace(after, trail_hash=entry.hash)
            own: list[Write] = [Replace(after, expected=present.version), Create(entry)]
            try:
                self._store.write([*own, *also(present), *self._along(present, after)])
            except Refused as refused:
                if refused.failed.isdisjoint({0, 1}):
                    raise
                continue  # somebody else changed it meanwhile: read, and decide again
            if figures := counted(present, after):
                measure(figures, after.trust)
            self._changed(after, present)
            return after
        raise Overtaken

    def _along(self, before: Consultation | None, after: Consultation) -> list[Write]:
        """By what it can be found again, of which day it is and who is mentioned in it; and its place in the sums."""
        along = [*self._mentions.changes(before, after), *self._book.changes(before, after)]
        if before is None or before.day != after.day:
            along.append(Put(Kept(trust=after.trust, consultation=after.id, day=after.day)))
        return along

    def _happening(self, by: Actor, after: Consultation, what: str, previous: str) -> Happening:
        entry = Happening(
            trust=after.trust,
            consultation=after.id,
            number=after.version,
            at=int(self._now()),
            what=what,
            role=by.role,
            staff=by.staff,
            level=by.level,
            state=after.state,
        )
        return linked(entry, previous)


def only_in(call: int) -> Callable[[Consultation], dict[str, Any]]:
    """For `happen`'s ``alter``: nothing more to change; raises Overtaken when ``call`` is no longer the present one."""

    def alter(present: Consultation) -> dict[str, Any]:
        if present.call != call:
            raise Overtaken
        return {}

    return alter


def within(call: int) -> Callable[[Consultation], dict[str, Any]]:
    """As `only_in`, but a number that the present call had before it moved is as good: a page says what it means by the
    number that it knows."""

    def alter(present: Consultation) -> dict[str, Any]:
        if not (present.begun or present.call) <= call <= present.call:
            raise Overtaken
        return {}

    return alter


def instant(seconds: int) -> str:
    """Seconds since 1970 as the protocol's Instant."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def new_id() -> str:
    """A new id, for a consultation or a guest."""
    return _random(ID_LENGTH)


def _epoch(text: str) -> int:
    try:
        return int(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp())
    except ValueError:
        raise BadRequest from None


def new_reference() -> str:
    """A reference to be read out over the phone."""
    return _random(REFERENCE_LENGTH).upper()


def _random(length: int) -> str:
    return "".join(secrets.choice(CROCKFORD) for _ in range(length))
