"""The reference that a patient reads out: found however it is typed, telling nothing of the patient."""

import msgspec
import pytest

from chalicelib.consultations import TRIES
from chalicelib.errors import NotFound, Overtaken
from chalicelib.lifecycle import Role, State
from chalicelib.records import Consultation, Happening, Referred
from chalicelib.rights import Actor
from chalicelib.store import Create, Put
from tests.fakes.clinic import Clinic

SUPPORT = Actor(Clinic.trust, Role.SUPPORT, "lars-moe")


@pytest.fixture
def clinic() -> Clinic:
    return Clinic()


def test_support_sees_how_it_stands_and_of_whom_nothing(clinic: Clinic) -> None:
    waiting = clinic.waiting()
    found = clinic.services.references.look_up(SUPPORT, waiting.reference)
    assert (found.reference, found.state, found.patient_present) == (waiting.reference, State.CHECKED_IN, True)
    assert (found.department, found.clinician) == ("Medisinsk poliklinikk", "Ingrid Berg")
    assert [(e.what, e.who) for e in found.trail][-2:] == [("check_in", "patient"), ("looked_up", "lars-moe")]
    told = msgspec.json.encode(found).decode()
    for private in ("Kari", "90000000", waiting.id):
        assert private not in told


@pytest.mark.untrue("references of no consultation")
def test_however_it_is_typed(clinic: Clinic) -> None:
    booked = clinic.book()
    clinic.store.write([Create(Referred(trust=clinic.trust, reference="A01XYZ", consultation=booked.id))])
    for typed in ("A01XYZ", "a01xyz", " a01 xyz ", "a01-xyz", "AO1XYZ", "aolxyz", "a01%20xyz"):
        assert clinic.services.references.look_up(SUPPORT, typed).reference == booked.reference


@pytest.mark.parametrize("typed", ["", "ZZZZZZ", "A" * 500, "#", "æøå", "REF#A01XYZ", "%00"])
def test_what_is_none(clinic: Clinic, typed: str) -> None:
    clinic.book()
    with pytest.raises(NotFound):
        clinic.services.references.look_up(SUPPORT, typed)


def test_another_trusts_reference_is_none(clinic: Clinic) -> None:
    with pytest.raises(NotFound):
        clinic.services.references.look_up(msgspec.structs.replace(SUPPORT, trust="another"), clinic.book().reference)


def taken_by_others(clinic: Clinic, times: int) -> list[str]:
    """Let the next references that are drawn be taken already, so many of them; they are noted in the list."""
    write = clinic.store.write
    taken: list[str] = []

    def other_first(writes):
        records = [w.record for w in writes if isinstance(w, Create)]
        for drawn in records:
            if isinstance(drawn, Referred) and len(taken) < times:
                taken.append(drawn.reference)
                write([Put(msgspec.structs.replace(drawn, consultation="other"))])
        write(writes)

    clinic.store.write = other_first
    return taken


@pytest.mark.untrue("references of no consultation")
def test_two_consultations_never_share_a_reference(clinic: Clinic) -> None:
    taken = taken_by_others(clinic, 2)
    booked = clinic.book()
    assert len(taken) == 2
    assert booked.reference not in taken
    assert clinic.services.references.look_up(SUPPORT, booked.reference).reference == booked.reference
    assert [c.id for c in clinic.services.consultations.day(clinic.by, clinic.staff, booked.day)] == [booked.id]


@pytest.mark.untrue("references of no consultation")
def test_when_no_reference_is_free_nothing_is_booked(clinic: Clinic) -> None:
    taken_by_others(clinic, TRIES)
    with pytest.raises(Overtaken):
        clinic.book()
    assert not any(isinstance(row, Consultation | Happening) for row in clinic.store.rows.values())
    assert clinic.scheduler.planned == {}
