"""The trails: what happened to each consultation and, apart from those, at the trust; reading them is noted too."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from chalicelib import rest
from chalicelib.chain import holds, linked
from chalicelib.consultations import Consultations, instant
from chalicelib.errors import Overtaken
from chalicelib.records import Consultation, Happening, Head, trail_partition
from chalicelib.rights import Actor
from chalicelib.store import Create, Refused, Replace, Store, Write

TRIES: Final = 30
"""More than elsewhere: all who log in at a trust in the same moment want to be the next in its trail."""
NOTHING: Final[Mapping[str, int]] = MappingProxyType({})
READ_AGAIN_SECONDS: Final = 3600
"""For how long somebody's reading is one reading: a page reads anew whenever something happens, a reading too."""


class Trail:
    """Appends to the trust's own trail, and reads all. `Consultations` appends to a consultation's with each change."""

    def __init__(self, store: Store, consultations: Consultations, now: Callable[[], float]) -> None:
        self._store = store
        self._consultations = consultations
        self._now = now

    def trust_did(
        self, by: Actor, what: str, counts: Mapping[str, int] = NOTHING, also: Sequence[Write] = ()
    ) -> Happening:
        """Append that somebody did ``what`` at the trust, to so much of each kind; returns the entry.

        ``also`` is written with it, so that neither is there without the other. Whoever calls twice has two entries.
        Raises Overtaken when others were faster again and again, Refused when one of ``also`` did not hold.
        """
        head = Head(trust=by.trust, version=0, hash="")
        for _ in range(TRIES):
            present = self._store.get(Head, head.key()) or head
            entry = linked(
                Happening(
                    trust=by.trust,
                    consultation="",
                    number=present.version + 1,
                    at=int(self._now()),
                    what=what,
                    role=by.role,
                    staff=by.staff,
                    level=by.level,
                    counts=dict(counts),
                ),
                present.hash,
            )
            after = Head(trust=by.trust, version=entry.number, hash=entry.hash)
            moved = Replace(after, expected=present.version) if present.version else Create(after)
            try:
                self._store.write([moved, Create(entry), *also])
            except Refused as refused:
                if refused.failed.isdisjoint({0, 1}):
                    raise
                continue
            return entry
        raise Overtaken

    def read(self, by: Actor, consultation: str) -> rest.Trail:
        """All that happened to one of somebody's own consultations; that they read it is noted. Raises NotFound."""
        self._consultations.own(by, consultation)
        since = int(self._now()) - READ_AGAIN_SECONDS

        def decide(present: Consultation) -> dict[str, Any] | None:
            entries = self.happened(by.trust, present.id)
            again = any(e.what == "trail_read" and e.staff == by.staff and e.at > since for e in entries)
            return None if again else {}

        present = self._consultations.note(by, consultation, "trail_read", decide)
        entries, intact = self.whole(present)
        return rest.Trail(entries=shown(entries), intact=intact)

    def entries(self, consultation: Consultation) -> list[rest.TrailEntry]:
        """All that happened to a consultation, oldest first."""
        return shown(self.happened(consultation.trust, consultation.id))

    def whole(self, consultation: Consultation) -> tuple[list[Happening], bool]:
        """All that happened to a consultation, oldest first, and whether the chain of it holds."""
        while True:
            entries = self.happened(consultation.trust, consultation.id)
            if holds(entries, consultation.version, consultation.trail_hash, _never):
                return entries, True
            again = self._consultations.find(consultation.trust, consultation.id)
            if again.version == consultation.version:
                return entries, False
            consultation = again  # it went on between the two readings

    def happened(self, trust: str, consultation: str) -> list[Happening]:
        """The entries of a consultation's trail, or of the trust's own (``consultation`` is empty), oldest first."""
        return self._store.query(Happening, trail_partition(trust, consultation), "TRAIL#")


def shown(entries: list[Happening]) -> list[rest.TrailEntry]:
    """Entries as the staff see them."""
    return [
        rest.TrailEntry(
            number=entry.number,
            at=instant(entry.at),
            what=entry.what,
            who=entry.staff or entry.role.value,
            level=entry.level,
            state=entry.state or "",
        )
        for entry in entries
    ]


def _never(_: str) -> bool:
    """Retention takes a trail as a whole: while its consultation is there, nothing of it is gone."""
    return False
