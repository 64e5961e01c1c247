"""The whole table as it stands at a moment, read from the store in memory or from DynamoDB; and rules held against it.

A rule is a function whose docstring says in a sentence what must be; it yields where that is not so. Neither tells
more of people than random ids.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar, cast

import msgspec
from boto3.dynamodb.types import TypeDeserializer

from chalicelib import records as r
from chalicelib.guests import guest_of
from chalicelib.records import Consultation, Happening, Record, from_body, to_body
from tests.fakes.store import FakeStore

R = TypeVar("R", bound=Record)
Key = tuple[str, str]
Hashes = Callable[[str, str], tuple[str, ...]]
Rule = Callable[["Table"], Iterator[str]]

T: Final = r"T#[^#]+"
C: Final = T + r"#C#[^#]+"
DAY: Final = r"\d{4}-\d\d-\d\d"
KINDS: Final[Mapping[type[Record], tuple[str, str]]] = {
    r.Trust: (T, "TRUST"),
    r.Department: (T, "DEP#.+"),
    r.Staff: (T, "STAFF#.+"),
    r.Referred: (T, "REF#[^#]+"),
    r.Purged: (T, "PURGED"),
    r.Ruled: (T, "RULES"),
    r.Wording: (T, "TEXT#.+"),
    r.Stopped: (T, "SUSPENSION"),
    r.Consultation: (C, "CONSULTATION"),
    r.Happening: (f"{C}|{T}#TRAIL", r"TRAIL#\d{8,}"),
    r.Kept: (C, "KEPT"),
    r.Answered: (C, "FEEDBACK"),
    r.Taken: (C, "SEAT#[^#]+"),
    r.Sending: (C, "MSG#.+"),
    r.Head: (T + "#TRAIL", "HEAD"),
    r.Anchor: (T + "#ANCHOR", DAY),
    r.Gone: (T + "#GONE#[^#]+", "GONE"),
    r.DayFigures: (T + "#QUALITY", DAY),
    r.OptedOut: (T + "#P#[^#]+", "NOSMS"),
    r.Mention: (T + "#P#[^#]+", "C#[^#]+#[^#]*"),
    r.Delay: (T + "#S#.+", f"DELAY#{DAY}"),
    r.Watcher: (T + "#S#.+", "CONN#.+"),
    r.Slot: (f"BOOK#{DAY}", r"\d{12}#\d{3}#\d"),
    r.Worker: ("WORKERS", "W#.+"),
    r.Wanted: ("LINES", C),
    r.Socket: ("CONN#.+", "CONN"),
    r.Session: ("SESSION#.+", "SESSION"),
    r.Opened: ("SESSION#.*", "CONN#.+"),
    r.Code: ("SESSION#.+", "CODE"),
    r.SignedIn: ("SIGNED#.+", "SESSION#.+"),
    r.Login: ("LOGIN#.+", "LOGIN"),
    r.Ticket: ("TICKET#.+", "TICKET"),
    r.Link: ("LINK#.+", "LINK"),
    r.Handed: ("HANDED#.+", "HANDED"),
    r.Once: ("ONCE#.+", "ONCE"),
}
"""Where each kind of row stands: patterns of its partition and sort key."""
COUNTER: Final = ("LIMIT#.+", "LIMIT")
LIVE: Final = ("connection", "draining", "lease", "load", "resting")
"""What of a worker stands in attributes of its own."""


class Table:
    """All rows that have not expired, by kind; ``unknown`` says what is wrong with those that could not be read.

    ``hashes``: under which keyed hashes a person is mentioned, where that can be known.
    """

    def __init__(
        self, rows: Mapping[Key, Record], now: float, unknown: Sequence[str] = (), hashes: Hashes | None = None
    ) -> None:
        self.rows = {key: row for key, row in rows.items() if row.expires is None or row.expires > now}
        self.now = now
        self.unknown = list(unknown)
        self.hashes = hashes
        self._kinds: dict[type[Record], list[Record]] = defaultdict(list)
        for row in self.rows.values():
            self._kinds[type(row)].append(row)

    @classmethod
    def of(cls, store: FakeStore, now: float, hashes: Hashes | None = None) -> "Table":
        """What the store in memory holds."""
        return cls(store.rows, now, list(_misplaced(store.rows)), hashes)

    @classmethod
    def scanned(cls, client: Any, name: str, clock: Callable[[], float], hashes: Hashes | None = None) -> "Table":
        """What a table of DynamoDB holds; read until it is twice the same, as a scan is no moment; then the time is."""
        last: list[dict[str, Any]] | None = None
        while (items := _scan(client, name)) != last:
            last = items
        return cls.read(items, clock(), hashes)

    @classmethod
    def read(cls, items: Iterable[Mapping[str, Any]], now: float, hashes: Hashes | None = None) -> "Table":
        """Rows as boto3's resource reads them."""
        rows: dict[Key, Record] = {}
        unknown = []
        for item in items:
            key = (str(item["pk"]), str(item["sk"]))
            if _is(key, COUNTER):
                if item.get("expires") is None:
                    unknown.append("a counter that never goes")
                continue
            try:
                rows[key] = _read(key, item)
            except (LookupError, msgspec.MsgspecError) as error:
                unknown.append(f"{shape(key)}: {type(error).__name__}")
                continue
            unknown += _attributes(rows[key], item)
        return cls(rows, now, [*unknown, *_misplaced(rows)], hashes)

    def all(self, kind: type[R]) -> list[R]:
        """The rows of a kind."""
        return cast("list[R]", self._kinds[kind])

    def get(self, kind: type[R], key: Key) -> R | None:
        """One row, or None."""
        row = self.rows.get(key)
        return row if isinstance(row, kind) else None

    def consultation(self, trust: str, id_: str) -> Consultation | None:
        """A consultation, or None."""
        return self.get(Consultation, (r.consultation_key(trust, id_), "CONSULTATION"))

    def socket(self, connection: str) -> r.Socket | None:
        """A socket's row, or None."""
        return self.get(r.Socket, (f"CONN#{connection}", "CONN"))

    def is_guest(self, trust: str, consultation: str, guest: str) -> bool:
        """Whether somebody is a guest of a consultation now."""
        present = self.consultation(trust, consultation)
        return present is not None and guest_of(present, guest) is not None

    def trails(self) -> dict[tuple[str, str], list[Happening]]:
        """The entries of each trail, in order, by trust and consultation (empty: the trust's own)."""
        found: dict[tuple[str, str], list[Happening]] = defaultdict(list)
        for entry in sorted(self.all(Happening), key=lambda entry: entry.number):
            found[entry.trust, entry.consultation].append(entry)
        return found


def broken(table: Table, rules: Iterable[Rule]) -> list[str]:
    """What does not hold, each in a sentence."""
    return [f"{(rule.__doc__ or '').strip()} Not so: {where}" for rule in rules for where in rule(table)]


def _scan(client: Any, name: str) -> list[dict[str, Any]]:
    plain = TypeDeserializer().deserialize
    pages = client.get_paginator("scan").paginate(TableName=name, ConsistentRead=True)
    found = [{k: plain(v) for k, v in item.items()} for page in pages for item in page["Items"]]
    return sorted(found, key=lambda item: (item["pk"], item["sk"]))


def shape(key: Key) -> str:
    """A key without what stands in it."""
    return " ".join(re.sub(r"#[^#]*", "#…", part) for part in key)


def _is(key: Key, patterns: tuple[str, str]) -> bool:
    return all(re.fullmatch(pattern, part, re.DOTALL) for pattern, part in zip(patterns, key, strict=True))


def _kinds(key: Key) -> list[type[Record]]:
    return [kind for kind, patterns in KINDS.items() if _is(key, patterns)]


def _read(key: Key, item: Mapping[str, Any]) -> Record:
    kind = next(iter(_kinds(key)), None)
    if kind is None or "body" not in item:
        raise LookupError
    row: Record = from_body(kind, item["body"])
    if isinstance(row, r.Worker):
        live = {"load": 0} | {name: item[name] for name in LIVE if name in item}
        live |= {"lease": int(live["lease"]), "load": float(live["load"]), "expires": int(item["expires"])}
        row = msgspec.structs.replace(row, rooms=frozenset(item.get("rooms", ())), **live)
    if isinstance(row, r.Slot):
        row = msgspec.structs.replace(row, number=int(item["number"]), version=int(item["version"]))
    if isinstance(row, r.Socket):
        row = msgspec.structs.replace(row, lease=int(item["lease"]))
    return row


def _attributes(row: Record, item: Mapping[str, Any]) -> Iterator[str]:
    """What conditions and indexes look at says the same as the row itself."""
    day = row.day_key() or (None, None)
    said = {"expires": row.expires, "version": getattr(row, "version", None), "day_pk": day[0], "day_sk": day[1]}
    if isinstance(row, r.Taken):
        said |= {"connection": row.connection, "since": row.since}
    for name, value in said.items():
        if item.get(name) != value:
            yield f"a {type(row).__name__}'s attribute {name} is not what the row says"


def _misplaced(rows: Mapping[Key, Record]) -> Iterator[str]:
    for key, row in rows.items():
        name = type(row).__name__
        if row.key() != key:
            yield f"a {name} stands under another key than its own"
        if type(row) not in KINDS or not _is(key, KINDS[type(row)]):
            yield f"a {name} stands where it is not known: {shape(key)}"
        elif from_body(type(row), to_body(row)) != row:
            yield f"a {name} is not read back as it was written"
