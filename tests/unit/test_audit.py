"""The auditor finds every entry that she asks for, once and in order, in whatever pages; and leaves a trace."""

from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.audit import PAGE
from chalicelib.errors import BadRequest
from chalicelib.lifecycle import Role
from chalicelib.protocol import LoginLevel
from chalicelib.records import Consultation, Happening
from chalicelib.rest import AuditEntry, AuditQuery
from chalicelib.rights import Actor, system
from tests.fakes.clinic import Clinic

BY = Actor(Clinic.trust, Role.AUDITOR, "auditor", level=LoginLevel.HIGH)


def day(clinic: Clinic) -> str:
    return datetime.fromtimestamp(clinic.clock.time, UTC).date().isoformat()


def search(clinic: Clinic, **query: str) -> list[AuditEntry]:
    """All pages."""
    asked: dict[str, Any] = {"first": "2027-01-01", "last": day(clinic), **query}
    found, cursor = [], ""
    while True:
        page = clinic.services.audit.search(BY, AuditQuery(**asked, cursor=cursor))
        assert len(page.entries) <= PAGE
        found += page.entries
        cursor = page.cursor
        if not cursor:
            return found


def entries(clinic: Clinic) -> list[Happening]:
    rows = [row for row in clinic.store.rows.values() if isinstance(row, Happening)]
    return sorted(rows, key=lambda e: (e.at, e.consultation, e.number))


def test_everything_is_found_once_and_in_order_page_by_page() -> None:
    clinic = Clinic()
    clinic.talking()
    for _ in range(2 * PAGE + 10):
        clinic.services.trail.trust_did(system(clinic.trust), "registered")
    clinic.clock.time += 3 * 86400
    clinic.book(phone="90000002")
    before = entries(clinic)
    clinic.clock.time += 1
    found = search(clinic)
    assert [(e.consultation, e.number, e.hash) for e in found][: len(before)] == [
        (e.consultation, e.number, e.hash) for e in before
    ]
    assert {e.what for e in found[len(before) :]} <= {"audit_read"}


def test_an_entry_says_who_did_what_to_which_consultation() -> None:
    clinic = Clinic()
    booked = clinic.book()
    (entry,) = search(clinic, what="booked")
    assert (entry.consultation, entry.reference, entry.number) == (booked.id, booked.reference, 1)
    assert (entry.role, entry.staff, entry.name) == (Role.CLINICIAN, clinic.staff, "Ingrid Berg")
    assert (entry.level, entry.state) == (clinic.by.level, "booked")


def test_only_what_fits_is_found() -> None:
    clinic = Clinic()
    one, _ = clinic.book(), clinic.book(phone="90000002")
    clinic.services.trail.read(clinic.by, one.id)
    today = day(clinic)
    clinic.clock.time += 86400
    assert {e.consultation for e in search(clinic, what="booked", reference=one.reference.lower())} == {one.id}
    assert {e.staff for e in search(clinic, staff=clinic.staff)} == {clinic.staff}
    assert [e.what for e in search(clinic, reference=one.reference)][-1] == "trail_read"
    assert search(clinic, reference="000000") == []
    assert search(clinic, first=day(clinic), what="booked") == []
    assert len(search(clinic, last=today, what="booked")) == 2


def test_a_consultation_is_read_by_its_reference_in_pages_too() -> None:
    clinic = Clinic()
    booked = clinic.book()
    for _ in range(PAGE + 5):
        clinic.services.consultations.note(clinic.by, booked.id, "paused", lambda _: {})
    found = search(clinic, reference=booked.reference)
    assert [e.number for e in found] == list(range(1, clinic.now(booked).version + 1))


def test_each_look_leaves_an_entry() -> None:
    clinic = Clinic()
    clinic.book()
    number = len(search(clinic, what="booked"))
    last = clinic.services.trail.happened(clinic.trust, "")[-1]
    assert (last.what, last.role, last.staff, last.counts) == (
        "audit_read",
        Role.AUDITOR,
        "auditor",
        {"entries": number},
    )


@pytest.mark.untrue("takes a consultation away by hand")
def test_what_is_gone_from_the_register_and_the_table_leaves_its_entries_readable() -> None:
    clinic = Clinic()
    booked = clinic.book()
    del clinic.store.rows[clinic.services.register.staff(clinic.trust, clinic.staff).key()]
    found = clinic.store.get(Consultation, booked.key())
    assert found is not None
    del clinic.store.rows[booked.key()]
    (entry,) = search(clinic, what="booked")
    assert (entry.name, entry.reference, entry.staff) == ("", "", clinic.staff)


def test_another_trust_finds_nothing() -> None:
    clinic = Clinic()
    booked = clinic.book()
    other = Actor("another", Role.AUDITOR, "auditor")
    for query in ({}, {"reference": booked.reference}):
        page = clinic.services.audit.search(other, AuditQuery(first="2027-01-01", last="2027-02-01", **query))
        assert page.entries == []


@pytest.mark.parametrize(
    "changes",
    [
        {"first": "2027-01-16"},
        {"first": "2000-01-01"},
        {"first": "2027-02-30"},
        {"cursor": "x"},
        {"cursor": "2027-01-16/"},
        {"cursor": "2026-01-16/"},
    ],
)
def test_what_makes_no_sense_is_refused(changes: dict[str, str]) -> None:
    asked = {"first": "2027-01-15", "last": "2027-01-15", **changes}
    with pytest.raises(BadRequest):
        Clinic().services.audit.search(BY, AuditQuery(**asked))
