"""The trails: what happened to each consultation and, apart from those, at the trust; reading them is noted too."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from chalicelib.chain import linked
from chalicelib.errors import Overtaken
from chalicelib.records import Happening, Head
from chalicelib.rights import Actor
from chalicelib.store import Create, Refused, Replace, Store

TRIES: Final = 30
"""More than elsewhere: all who log in at a trust in the same moment want to be the next in its trail."""
NOTHING: Final[Mapping[str, int]] = MappingProxyType({})


class Trail:
    """Appends to the trust's own trail. A consultation's is appended to by `Consultations`, with each change of it."""

    def __init__(self, store: Store, now: Callable[[], float]) -> None:
        self._store = store
        self._now = now

    def trust_did(self, by: Actor, what: str, counts: Mapping[str, int] = NOTHING) -> Happening:
        """Append that somebody did ``what`` at the trust, to so much of each kind; returns the entry.

        Whoever calls twice has two entries. Raises Overtaken when others were faster again and again.
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
                self._store.write([moved, Create(entry)])
            except Refused:
                continue
            return entry
        raise Overtaken
