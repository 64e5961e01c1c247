"""The daily clean-up: what a trust's rules give up goes, a day of appointments after the other, and the trail says so.

Each kind of data goes so many days after the appointment's day. A consultation takes along what is still there of it,
and its trail never goes before it. The trust's own trail goes by the days on which it was written. A run has so much
time; the next one goes on where it ended, for a day is done when nothing of it is left to do.
"""

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from typing import Final

from chalicelib import rest
from chalicelib.anchors import CLOSING, TAKING
from chalicelib.consultations import Consultations, instant
from chalicelib.eraser import AT_ONCE, Eraser
from chalicelib.errors import NotFound, Overtaken
from chalicelib.records import (
    Consultation,
    Gone,
    Happening,
    Kept,
    Purged,
    entry_key,
    kept_day,
    trail_day,
)
from chalicelib.rights import Actor, system
from chalicelib.rules import RuleBook
from chalicelib.store import Create, Delete, Refused, Replace, Store, Write
from chalicelib.trail import Trail

BEGINNING: Final = "2026-10-31"
"""Before any consultation: the service is not older."""
RUN_SECONDS: Final = 240
PROVEN: Final = 400
"""Of how many clean-ups it is remembered where the trail tells of them."""
KINDS: Final = ("contacts", "feedback", "consultations", "trails", "own")


class Retention:
    """Each taking is conditional on what is there in that moment: what was moved to a later day meanwhile stays."""

    def __init__(
        self,
        store: Store,
        consultations: Consultations,
        trail: Trail,
        eraser: Eraser,
        rules: RuleBook,
        now: Callable[[], float],
    ) -> None:
        self._store = store
        self._consultations = consultations
        self._trail = trail
        self._eraser = eraser
        self._rules = rules
        self._now = now

    def purge(self, trust: str, until: float) -> Counter[str]:
        """Take away what the rules of a trust give up, until the time is ``until``; returns how much of each kind."""
        counts: Counter[str] = Counter()
        done = dict(self._marker(trust).days)
        before = dict(done)
        for kind in KINDS:
            day, last = _after(done.get(kind, BEGINNING)), self._last(trust, kind)
            while day <= last and self._day(trust, kind, day, counts, until):
                done[kind] = day
                day = _after(day)
        if counts or done != before:
            said = self._trail.trust_did(system(trust), "purged", counts)
            self._mark(trust, done, said.number)
        return counts

    def shown(self, by: Actor) -> rest.Purges:
        """The clean-ups of the trust, the newest first."""
        numbers = self._marker(by.trust).entries
        found = [self._store.get(Happening, entry_key(by.trust, "", number)) for number in numbers]
        return rest.Purges(
            purges=[
                rest.Purge(
                    at=instant(entry.at),
                    contacts=entry.counts.get("contacts", 0),
                    feedback=entry.counts.get("feedback", 0),
                    consultations=entry.counts.get("consultations", 0),
                    trails=entry.counts.get("trails", 0),
                )
                for entry in found
                if entry is not None
            ]
        )

    # ------------------------------------------------------------ parts

    def _last(self, trust: str, kind: str) -> str:
        """The last day of which a kind of data is given up."""
        rules = self._rules.of(trust)
        whole = rules.keep_consultation_days
        days = {
            "contacts": min(rules.keep_contact_days, whole),
            "feedback": min(rules.keep_feedback_days, whole),
            "consultations": whole,
            "trails": max(rules.keep_trail_days, whole),
            "own": max(rules.keep_trail_days, whole),
        }[kind]
        return _after(self._consultations.day_of(trust, int(self._now())), -days - 1)

    def _day(self, trust: str, kind: str, day: str, counts: Counter[str], until: float) -> bool:
        """Take one kind of a day; False when something of it is left for the next run."""
        if kind == "own":
            return self._own(trust, day, counts)
        kept = [row.consultation for row in self._store.listed(Kept, kept_day(trust, day))]
        if kind == "trails":
            return self._trails(trust, day, kept, counts, until)
        left = False
        for consultation in kept:
            if self._now() > until:
                return False
            try:
                if self._take(trust, kind, consultation, day):
                    counts[kind] += 1
            except Overtaken:  # by others, or by an entry that somebody forged: the rest goes all the same
                left = True
            left = left or self._stays(trust, consultation, day, lambda c: not self._is_over(c))
        return not left

    def _take(self, trust: str, kind: str, consultation: str, day: str) -> bool:
        """Take one kind of data of a consultation; whether there was something to take."""
        by = system(trust)

        def may(present: Consultation) -> bool:
            return present.day <= day and self._is_over(present)

        try:
            match kind:
                case "contacts":
                    return self._eraser.contacts(by, consultation, "contacts_purged", may)[0]
                case "feedback":
                    return self._eraser.feedback(by, consultation, "feedback_purged", may)
                case _:
                    ended = self._consultations.end(by, consultation, CLOSING, may)
        except NotFound:
            ended = False
        if not self._stays(trust, consultation, day, lambda _: True):
            self._eraser.all_but_trail(trust, consultation, "KEPT")  # also what a run left that was cut off here
        return ended

    def _trails(self, trust: str, day: str, kept: list[str], counts: Counter[str], until: float) -> bool:
        """Take the trails of a day's consultations as a whole, and leave their hashes."""
        over = [c for c in kept if not self._is_there(trust, c)]
        for begin in range(0, len(over), AT_ONCE):
            trails = {c: self._trail.happened(trust, c) for c in over[begin : begin + AT_ONCE]}
            entries = [entry for trail in trails.values() for entry in trail]
            said = self._say(trust, entries)
            for consultation, trail in trails.items():
                if self._now() > until or not self._leave_hashes(trail, said):
                    return False
                self._eraser.all_but_trail(trust, consultation)
                counts["trails"] += 1
        return not any(self._stays(trust, c, day, lambda _: True) for c in kept)

    def _own(self, trust: str, day: str, counts: Counter[str]) -> bool:
        """Take what the trust's own trail holds of a day, but for what the checking of other days needs."""
        entries = self._store.listed(Happening, trail_day(trust, day))
        own = [entry for entry in entries if not entry.consultation and entry.what != TAKING]
        if own and not self._leave_hashes(own, self._say(trust, own)):
            return False
        if own:
            counts["own"] += len(own)
        return True

    def _say(self, trust: str, entries: list[Happening]) -> int:
        """Note, before they go, of which days how many entries do; returns the number of the entry that says so."""
        if not entries:
            return 0
        return self._trail.trust_did(system(trust), TAKING, Counter(entry.day for entry in entries)).number

    def _leave_hashes(self, entries: list[Happening], said: int) -> bool:
        """Put their hashes in the place of entries, the oldest first; False when another run is at it."""
        for begin in range(0, len(entries), AT_ONCE):
            writes: list[Write] = []
            for entry in entries[begin : begin + AT_ONCE]:
                gone = Gone(trust=entry.trust, day=entry.day, hash=entry.hash, purge=said)
                writes += [Delete(entry.key()), Create(gone)]
            try:
                self._store.write(writes)
            except Refused:
                return False
        return True

    def _is_over(self, consultation: Consultation) -> bool:
        return self._consultations.closing_time(consultation) <= self._now()

    def _is_there(self, trust: str, consultation: str) -> bool:
        try:
            self._consultations.find(trust, consultation)
        except NotFound:
            return False
        return True

    def _stays(self, trust: str, consultation: str, day: str, which: Callable[[Consultation], bool]) -> bool:
        """Whether there is such a consultation that still is of this day."""
        try:
            present = self._consultations.find(trust, consultation)
        except NotFound:
            return False
        return present.day <= day and which(present)

    def _marker(self, trust: str) -> Purged:
        marker = Purged(trust=trust, version=0)
        return self._store.get(Purged, marker.key()) or marker

    def _mark(self, trust: str, done: dict[str, str], said: int) -> None:
        while True:
            present = self._marker(trust)
            days = {kind: max(day, present.days.get(kind, "")) for kind, day in done.items()}
            entries = (said, *present.entries)[:PROVEN]
            after = Purged(trust=trust, version=present.version + 1, days=present.days | days, entries=entries)
            try:
                self._store.write([Replace(after, present.version) if present.version else Create(after)])
            except Refused:
                continue  # another run: neither takes back what the other did
            return


def _after(day: str, days: int = 1) -> str:
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()
