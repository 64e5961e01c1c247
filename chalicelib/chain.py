"""The chain of a trail: a hash of each entry over itself and the one before, and one of each day over all its hashes.

Pure.
Format 1. An entry's hash is SHA-256 (FIPS 180-4), in hexadecimal, of one JSON array in UTF-8 without white space, its
strings written as RFC 8785 has them:

    ["venterom-entry-1", previous, trust, consultation, number, at, what, role, staff, level, state, [[name, count], …]]

``previous`` is the hash before, empty for the first entry; ``state`` is empty where an entry has none; ``number``,
``at`` (seconds since 1970) and the counts are integers; counts are sorted by name. An anchor's hash is made likewise of

    ["venterom-anchor-1", previous, trust, day, [hash, …]]

with the hashes of all of a day's entries, sorted as text, so that it can be made again when retention has left no more
of an entry than its hash. Another format gets another first word; entries keep the one that they were written with.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec

from chalicelib.records import Anchor, Happening

ENTRY: Final = "venterom-entry-1"
ANCHOR: Final = "venterom-anchor-1"


def entry_hash(entry: Happening) -> str:
    """What ``entry.hash`` must be."""
    return _hash(
        ENTRY,
        entry.previous,
        entry.trust,
        entry.consultation,
        entry.number,
        entry.at,
        entry.what,
        entry.role.value,
        entry.staff,
        entry.level.value,
        entry.state.value if entry.state else "",
        sorted(entry.counts.items()),
    )


def linked(entry: Happening, previous: str) -> Happening:
    """``entry`` as the next of the chain that ends with the hash ``previous``."""
    entry = msgspec.structs.replace(entry, previous=previous)
    return msgspec.structs.replace(entry, hash=entry_hash(entry))


def holds(
    entries: Sequence[Happening],
    number: int,
    head: str,
    gone: Callable[[str], bool],
    since: tuple[int, str] = (0, ""),
) -> bool:
    """Whether ``entries``, oldest first, are the chain that ends with entry ``number`` and the hash ``head``.

    ``since`` are the number and the hash of the entry before the first of them. Entries may be missing between where
    retention took them: ``gone`` says so of the last one's hash.
    """
    at, digest = since
    owners = {(entry.trust, entry.consultation) for entry in entries}
    for entry in entries:
        follows = (entry.number, entry.previous) == (at + 1, digest)
        if not follows and not (entry.number > at + 1 and gone(entry.previous)):
            return False
        if entry.hash != entry_hash(entry):
            return False
        at, digest = entry.number, entry.hash
    return len(owners) <= 1 and (at, digest) == (number, head)


def anchor(trust: str, day: str, hashes: Iterable[str], previous: str) -> Anchor:
    """The anchor of a day with these entries, after the anchor ``previous`` (empty for the first one)."""
    ordered = sorted(hashes)
    made = _hash(ANCHOR, previous, trust, day, ordered)
    return Anchor(trust=trust, day=day, entries=len(ordered), previous=previous, hash=made)


def _hash(*parts: object) -> str:
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()
