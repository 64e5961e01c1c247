"""The auditor's search through all that happened at a trust; that it was searched stands in the trail as well."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from chalicelib import rest
from chalicelib.consultations import instant
from chalicelib.errors import BadRequest, NotFound
from chalicelib.records import Consultation, Happening, Referred, consultation_key, trail_day
from chalicelib.references import normal
from chalicelib.register import Register
from chalicelib.rights import Actor
from chalicelib.store import Store
from chalicelib.trail import Trail

PAGE: Final = 100
LOOKED_THROUGH: Final = 2000
"""Entries, and days without any, that one request goes through at most; the next one goes on behind."""
LONGEST_DAYS: Final = 3660


class Audit:
    """A page has what was asked for among the entries looked through: it may be empty and yet not the last."""

    def __init__(self, store: Store, trail: Trail, register: Register) -> None:
        self._store = store
        self._trail = trail
        self._register = register

    def search(self, by: Actor, query: rest.AuditQuery) -> rest.AuditPage:
        """One page, the oldest entries first. Raises BadRequest for days in the wrong order or a wrong cursor."""
        first, last = _day(query.first), _day(query.last)
        if not 0 <= (last - first).days < LONGEST_DAYS or last == date.max:
            raise BadRequest
        found: list[Happening] = []
        cursor = ""
        for looked, (place, entry) in enumerate(self._from(by.trust, query, first, last), 1):
            if entry is not None and _fits(entry, query):
                found.append(entry)
            if len(found) == PAGE or looked == LOOKED_THROUGH:
                cursor = place
                break
        page = rest.AuditPage(entries=self._shown(by.trust, found), cursor=cursor)
        self._trail.trust_did(by, "audit_read", {"entries": len(found)})
        return page

    # ------------------------------------------------------------ parts

    def _from(
        self, trust: str, query: rest.AuditQuery, first: date, last: date
    ) -> Iterator[tuple[str, Happening | None]]:
        """Entries behind the cursor, each with its own place, and each day's end as a place without an entry."""
        day, behind = first, ""
        if query.cursor:
            begun, _, behind = query.cursor.partition("/")
            day = _day(begun)
            if not first <= day <= last:
                raise BadRequest
        if query.reference:
            yield from self._of(trust, query.reference, f"{day}/{behind}", first, last)
            return
        while day <= last:
            while entries := self._store.listed(Happening, trail_day(trust, day.isoformat()), behind, PAGE):
                for entry in entries:
                    yield _place(entry), entry
                behind = entries[-1].day_key()[1]
            day, behind = day + timedelta(days=1), ""
            if day <= last:
                yield f"{day}/", None

    def _of(
        self, trust: str, typed: str, behind: str, first: date, last: date
    ) -> Iterator[tuple[str, Happening | None]]:
        """The entries of the consultation with a reference, of those days."""
        referred = self._store.get(Referred, Referred(trust=trust, reference=normal(typed)).key())
        for entry in self._trail.happened(trust, referred.consultation) if referred else []:
            if first.isoformat() <= entry.day <= last.isoformat() and _place(entry) > behind:
                yield _place(entry), entry

    def _shown(self, trust: str, entries: list[Happening]) -> list[rest.AuditEntry]:
        references = {e.consultation: self._reference(trust, e.consultation) for e in entries}
        names = {e.staff: self._name(trust, e.staff) for e in entries}
        return [
            rest.AuditEntry(
                at=instant(e.at),
                consultation=e.consultation,
                reference=references[e.consultation],
                number=e.number,
                what=e.what,
                role=e.role,
                staff=e.staff,
                name=names[e.staff],
                level=e.level,
                state=e.state or "",
                hash=e.hash,
            )
            for e in entries
        ]

    def _reference(self, trust: str, consultation: str) -> str:
        if not consultation:
            return ""
        found = self._store.get(Consultation, (consultation_key(trust, consultation), "CONSULTATION"))
        return found.reference if found else ""

    def _name(self, trust: str, staff: str) -> str:
        try:
            return self._register.staff(trust, staff).name if staff else ""
        except NotFound:
            return ""  # no longer in the register


def _fits(entry: Happening, query: rest.AuditQuery) -> bool:
    return query.staff in ("", entry.staff) and query.what in ("", entry.what)


def _place(entry: Happening) -> str:
    return f"{entry.day}/{entry.day_key()[1]}"


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadRequest from None
