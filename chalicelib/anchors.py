"""Each day's anchor: made after midnight (UTC), put where nobody can change it, compared when a day is checked.

An anchor is made half an hour after its day: no function runs as long, so nothing of the day is yet to be written.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Final

import msgspec

from chalicelib import rest
from chalicelib.chain import anchor, entry_hash, holds
from chalicelib.errors import BadRequest, NotFound
from chalicelib.objects import Objects
from chalicelib.records import (
    TRUSTS,
    Anchor,
    Consultation,
    Gone,
    Happening,
    Head,
    Trust,
    consultation_key,
    entry_key,
    gone_day,
    trail_day,
)
from chalicelib.rights import Actor
from chalicelib.store import Create, Refused, Store
from chalicelib.trail import Trail

SETTLED_SECONDS: Final = 1800
MOST_DAYS: Final = 100
"""Of how many days anchors are made, or compared, in one run."""
CENTURY: Final = "20"
"""How all days begin."""
NEVER: Final = "9999-12-31"
TRUST_ITSELF: Final = "trust"
"""What a broken trail is called that is the trust's own."""
CLOSING: Final = "purged"
"""The last entry of a trail whose consultation retention has taken."""
TAKING: Final = "trails_purged"
"""The entry of the trust's own trail that says of which days how many entries were taken."""


class Sealed(msgspec.Struct, frozen=True):
    """What is put into the bucket: the anchor, and what it is over, each entry as consultation, number and hash."""

    anchor: Anchor
    entries: list[tuple[str, int, str]]


class Checked(msgspec.Struct, frozen=True):
    """Days that were checked; ``intact``: each of them is, and has its anchor if it is old enough to have one."""

    days: list[rest.Verified]
    intact: bool


class Anchors:
    """Makes anchors and checks days by them."""

    def __init__(self, store: Store, trail: Trail, objects: Objects, now: Callable[[], float]) -> None:
        self._store = store
        self._trail = trail
        self._objects = objects
        self._now = now

    def trusts(self) -> list[str]:
        """All trusts."""
        return [trust.id for trust in self._store.listed(Trust, TRUSTS)]

    def make(self, trust: str) -> list[Anchor]:
        """The anchors of all days that lack one; run twice, or at once, they are made once. Returns those made."""
        newest = next(reversed(self._all(trust)), None)
        if newest is not None:
            self._seal(newest)  # whoever made it may have been cut off before
        day = _after(newest.day) if newest else self._begins(trust) or NEVER
        made: list[Anchor] = []
        while day <= self._settled() and len(made) < MOST_DAYS:
            entries = self._store.listed(Happening, trail_day(trust, day))
            newest = anchor(trust, day, [entry.hash for entry in entries], newest.hash if newest else "")
            try:
                self._store.write([Create(newest)])
            except Refused:
                return made  # another run is at it
            self._seal(newest)
            made.append(newest)
            day = _after(day)
        return made

    def shown(self, by: Actor) -> rest.Anchors:
        """The anchors of the trust, the newest first."""
        return rest.Anchors(
            days=[rest.AnchorDay(day=a.day, entries=a.entries, hash=a.hash) for a in reversed(self._all(by.trust))]
        )

    def verify(self, trust: str, day: str) -> rest.Verified:
        """Make the chains of all that happened on a day anew, and its anchor, and tell where they are not as they were.

        Until its anchor is made a day is not ``anchored``; the chains tell all but a trail that is gone as a whole.
        """
        entries = self._store.listed(Happening, trail_day(trust, day))
        gone = self._store.listed(Gone, gone_day(trust, day))
        broken = {name for name in {e.consultation for e in entries} if not self._holds(trust, name, day)}
        if not self._were_to_go(trust, day, gone):
            broken.add("")
        present = {entry.hash for entry in entries} | {row.hash for row in gone}
        anchored, lost = self._anchored(trust, day, present)
        return rest.Verified(
            day=day,
            entries=len(entries),
            anchored=anchored,
            intact=not broken | lost,
            broken=sorted(name or TRUST_ITSELF for name in broken | lost),
        )

    def verify_all(self, trust: str, first: str, last: str) -> Checked:
        """`verify` for each day from ``first`` to ``last``. Raises BadRequest for what are no days, or too many."""
        try:
            number = (date.fromisoformat(last) - date.fromisoformat(first)).days + 1
        except ValueError:
            raise BadRequest from None
        if not 1 <= number <= MOST_DAYS:
            raise BadRequest
        days = [self.verify(trust, _after(first, n)) for n in range(number)]
        return Checked(days, all(day.intact and (day.anchored or not self._needs_anchor(trust, day)) for day in days))

    # ------------------------------------------------------------ parts

    def _anchored(self, trust: str, day: str, present: Iterable[str]) -> tuple[bool, set[str]]:
        """Whether a day's anchor fits what there is; which trails lack entries that were there when it was made."""
        made = self._store.get(Anchor, _of(trust, day).key())
        before = self._store.get(Anchor, _of(trust, _before(day)).key())
        sealed = [_unsealed(body) for body in self._objects.versions(_name(trust, day))]
        there = set(present)
        lost = {name for one in sealed for name, _, entry in one.entries if entry not in there}
        fitting = anchor(trust, day, there, before.hash if before else "")
        return bool(sealed) and all(one == fitting for one in (made, *(s.anchor for s in sealed))), lost

    def _needs_anchor(self, trust: str, found: rest.Verified) -> bool:
        """Whether a day is over, and the trust was there on it."""
        if found.day > self._settled():
            return False
        begins = self._begins(trust)
        there = begins is not None and found.day >= begins
        return there or found.entries > 0 or bool(self._objects.versions(_name(trust, found.day)))

    def _begins(self, trust: str) -> str | None:
        """The first day of the trust's trail; None when nothing has happened yet."""
        anchors = self._all(trust)
        first = self._store.get(Happening, entry_key(trust, "", 1))
        known = [*(a.day for a in anchors[:1]), *([first.day] if first else [])]
        return min(known, default=None)

    def _holds(self, trust: str, consultation: str, day: str) -> bool:
        if not consultation:
            return self._own_holds(trust, day)
        there = self._store.get(Consultation, (consultation_key(trust, consultation), "CONSULTATION"))
        if there is not None:
            try:
                return self._trail.whole(there)[1]
            except NotFound:
                pass  # retention took it just now
        entries = self._trail.happened(trust, consultation)
        last = entries[-1] if entries else None
        return (
            last is not None and last.what == CLOSING and holds(entries, last.number, last.hash, self._is_gone(trust))
        )

    def _own_holds(self, trust: str, day: str) -> bool:
        """Whether the trust's own entries of a day are linked to each other, to the one before and to the one after."""
        entries = [e for e in self._store.listed(Happening, trail_day(trust, day)) if not e.consultation]
        last = entries[-1]
        before = self._store.get(Happening, entry_key(trust, "", entries[0].number - 1))
        if before is not None and before.hash != entry_hash(before):
            return False
        since = (before.number, before.hash) if before else (0, "")
        return holds(entries, last.number, self._goes_on(trust, last), self._is_gone(trust), since)

    def _goes_on(self, trust: str, last: Happening) -> str:
        """What the hash of one of the trust's own entries must be, by what follows it."""
        if after := self._store.get(Happening, entry_key(trust, "", last.number + 1)):
            return after.previous
        head = self._store.get(Head, Head(trust=trust, version=0, hash="").key())
        if head is not None and head.version == last.number:
            return head.hash
        # Retention takes the oldest first and leaves these: only of them the next may be gone.
        return last.hash if head is not None and last.what == TAKING else ""

    def _were_to_go(self, trust: str, day: str, gone: list[Gone]) -> bool:
        """Whether the trust's own trail says of all that is gone that it was taken, and of no more than it says."""
        for purge, number in Counter(row.purge for row in gone).items():
            said = self._store.get(Happening, entry_key(trust, "", purge))
            if said is None or said.what != TAKING or said.counts.get(day, 0) < number or said.hash != entry_hash(said):
                return False
        return True

    def _is_gone(self, trust: str) -> Callable[[str], bool]:
        def found(digest: str) -> bool:
            return self._store.get(Gone, Gone(trust=trust, day="", hash=digest, purge=0).key()) is not None

        return found

    def _seal(self, made: Anchor) -> None:
        entries = self._store.listed(Happening, trail_day(made.trust, made.day))
        sealed = Sealed(made, sorted((e.consultation, e.number, e.hash) for e in entries))
        self._objects.create(_name(made.trust, made.day), msgspec.json.encode(sealed))

    def _settled(self) -> str:
        """The last day to which nothing is added any more."""
        return _before(datetime.fromtimestamp(self._now() - SETTLED_SECONDS, UTC).date().isoformat())

    def _all(self, trust: str) -> list[Anchor]:
        return self._store.query(Anchor, _of(trust, "").key()[0], CENTURY)


def _of(trust: str, day: str) -> Anchor:
    return Anchor(trust=trust, day=day, entries=0, previous="", hash="")


def _name(trust: str, day: str) -> str:
    return f"{trust}/{day}.json"


def _unsealed(body: bytes) -> Sealed:
    """What was put into the bucket; of what others put there, an anchor that fits nothing."""
    try:
        return msgspec.json.decode(body, type=Sealed)
    except msgspec.DecodeError:
        return Sealed(_of("", ""), [])


def _after(day: str, days: int = 1) -> str:
    try:
        return (date.fromisoformat(day) + timedelta(days=days)).isoformat()
    except (ValueError, OverflowError):  # it looks like a day, and is in no calendar
        raise BadRequest from None


def _before(day: str) -> str:
    return _after(day, -1)
