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
from itertools import pairwise
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


def holds(entries: Sequence[Happening], number: int, head: str, gone: Callable[[str], bool]) -> bool:
    """Whether ``entries``, oldest first, are the chain that ends with entry ``number`` and the hash ``head``.

    They may begin later than with the first one, if retention took the entry before: ``gone`` says so of a hash.
    """
    if not entries:
        return number == 0 and head == ""
    first, last = entries[0], entries[-1]
    if first.number == 1:
        begins = first.previous == ""
    else:
        begins = first.number > 1 and first.previous != "" and gone(first.previous)
    follows = all(
        after.number == before.number + 1 and after.previous == before.hash for before, after in pairwise(entries)
    )
    same = all((e.trust, e.consultation, e.hash) == (first.trust, first.consultation, entry_hash(e)) for e in entries)
    return begins and follows and same and (last.number, last.hash) == (number, head)


def anchor(trust: str, day: str, hashes: Iterable[str], previous: str) -> Anchor:
    """The anchor of a day with these entries, after the anchor ``previous`` (empty for the first one)."""
    ordered = sorted(hashes)
    made = _hash(ANCHOR, previous, trust, day, ordered)
    return Anchor(trust=trust, day=day, entries=len(ordered), previous=previous, hash=made)


def _hash(*parts: object) -> str:
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()
