"""What is planted everywhere, where it may show up again, and the search for it."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final, TypeVar, cast

import msgspec
from msgspec import inspect as m

from chalicelib import protocol as p
from chalicelib import records
from chalicelib.rest import Rules
from tests.fakes.shapes import fits

T = TypeVar("T")

NAME: Final = "Plantine Hemmelig"
PHONE: Final = "+4799887766"
EMAIL: Final = "plantine@pasient.example"
NATIONAL: Final = "12838421065"
CODE: Final = "649137"
WORD: Final = "PlantetHemmelighet"
ADDRESS: Final = "198.51.100.77"
SDP: Final = (
    "v=0\r\no=planted 1 1 IN IP4 198.51.100.77\r\ns=-\r\na=ice-ufrag:planted\r\na=ice-pwd:plantedplantedplanted12\r\n"
)
TRACE: Final = "00-6926b2f0aaaaaaaaaaaaaaaaaaaaaaaa-bbbbbbbbbbbbbbbb-01"
"""Names nobody, and may stand in logs and traces."""
NEEDLE: Final = re.compile(rf"(?i)plant|hemmelig|{PHONE[3:]}|{NATIONAL}|{CODE}|{re.escape(ADDRESS)}")
EVERYTHING: Final = " ".join((NAME, PHONE, EMAIL, NATIONAL, CODE, WORD, ADDRESS))

# Which field of which row may hold what somebody wrote. Nothing else may, keys included.
KEPT: Final[dict[type, frozenset[str]]] = {
    records.Consultation: frozenset({"patient_name", "phone", "email"}),
    records.Guest: frozenset({"name", "phone", "email"}),
    records.Wording: frozenset({"text"}),
    records.Stopped: frozenset({"words"}),
    Rules: frozenset({"sms_sender"}),
    # The trust's own people and places
    records.Trust: frozenset({"id", "name"}),
    records.Department: frozenset({"trust", "id", "name", "phone", "message_name"}),
    records.Staff: frozenset({"trust", "id", "name", "departments"}),
}
# What may stand in an answer or on a socket, by the type that holds it.
SHOWN: Final[dict[str, frozenset[str]]] = {
    "ConsultationView": frozenset({"patient_name", "phone", "email"}),
    "GuestView": frozenset({"name", "phone", "email"}),
    "GuestName": frozenset({"name"}),
    "Text": frozenset({"text"}),
    "CheckedText": frozenset({"preview", "words"}),
    "Rules": frozenset({"sms_sender"}),
    "LoginProof": frozenset({"token"}),
    # What participants say to each other, which we cannot read: it goes through, and nowhere else
    "Parcel": frozenset({"commitment", "public", "sealed"}),
    "ToPhone": frozenset({"patient_name", "phone"}),
    # What a trust says to everybody while it holds no video
    **{kind: frozenset({"suspended"}) for kind in ("VisitView", "Board", "DepartmentPage")},
    **{kind: frozenset({"words"}) for kind in ("Suspension", "Suspended")},
}
# Session descriptions go through to the other side of the line, and nowhere else.
DESCRIPTIONS: Final = (p.RelayOffer, p.ProbeRelay, p.Answer, p.ProbeAnswer)


class Planting:
    """Picks what is planted wherever the type lets it stand (see `tests.fakes.shapes.Pick`); ``known`` by field."""

    def __init__(self, known: dict[str, str], turn: int = 0) -> None:
        self.known = known
        self.turn = turn

    def text(self, limits: m.StrType, field: str) -> str:
        if field in self.known:
            return self.known[field]
        spare = ("2027-01-15", "2027-01-15T10:00:00Z", "elvenes.c.1", "1", "a", TRACE, "a" * 22, "n" * 43)
        candidates = (SDP,) if field == "sdp" else (NAME, PHONE, EMAIL, NATIONAL, CODE, WORD, "Planted", *spare)
        if limits.pattern is None and limits.max_length is None:
            candidates = (EVERYTHING,)
        return next(text for text in candidates if fits(text, limits))

    def number(self, low: int, high: int) -> int:
        return min(max(low, 1), high)

    def one(self, options: Sequence[T]) -> T:
        if isinstance(options, range):  # of how many: all
            return cast(T, options[-1])
        return options[self.turn % len(options)]

    def yes(self) -> bool:
        return True


def held(value: Any, where: str = "") -> Iterator[tuple[str, str]]:
    """Every text in a struct or in what JSON has: its type's name and field, and the text."""
    if isinstance(value, msgspec.Struct):
        for field in value.__struct_fields__:
            yield from held(getattr(value, field), f"{type(value).__name__}.{field}")
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from held(key, f"{where}.key")
            yield from held(item, where)
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            yield from held(item, where)
    elif isinstance(value, str):
        yield where, value


def misplaced(value: Any, allowed: dict[str, frozenset[str]]) -> list[tuple[str, str]]:
    """The texts with something planted that stand where they may not."""
    found = []
    for where, text in held(value):
        kind, _, field = where.partition(".")
        if NEEDLE.search(text) and field not in allowed.get(kind, frozenset()):
            found.append((where, text[:80]))
    return found
