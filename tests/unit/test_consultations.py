"""Booking, arriving, cancelling, closing, feedback, and the trail."""

import msgspec
import pytest

from chalicelib import protocol as p
from chalicelib.errors import BadRequest, Conflict, Forbidden, IllegalTransition, NotFound
from chalicelib.lifecycle import State
from chalicelib.protocol import LoginLevel
from chalicelib.records import Consultation
from chalicelib.rest import Arrival, Booking, Feedback, Impression
from chalicelib.rights import patient
from tests.fakes.clinic import SETTINGS, Clinic


@pytest.fixture
def clinic() -> Clinic:
    return Clinic()


def booking(clinic: Clinic) -> Booking:
    return Booking(department="medisinsk", patient_name="Kari", starts="2027-03-01T10:00:00Z", phone="90000000")


def closing(consultation: Consultation) -> str:
    """The reason for which a consultation's end is planned."""
    return f"close-{consultation.ends + SETTINGS.link_grace_seconds}"


def test_the_same_key_books_once_and_plans_again(clinic: Clinic) -> None:
    book = clinic.services.bookings.book
    first = book(clinic.by, booking(clinic), "key")
    clinic.scheduler.planned.clear()
    assert book(clinic.by, booking(clinic), "key").id == first.id
    assert {reason for _, reason in clinic.scheduler.planned} == {
        closing(first),
        "invite-1",
        f"remind-{first.starts}-1",
        f"missing-{first.starts}-1",
    }
    assert book(clinic.by, booking(clinic), "another").id != first.id
    assert book(clinic.as_("omar-haddad"), booking(clinic), "key").id != first.id


def test_two_with_the_same_key_at_once_book_once(clinic: Clinic) -> None:
    book = clinic.services.bookings.book
    made = []
    clinic.store.before_write = lambda: made.append(book(clinic.by, booking(clinic), "key"))
    second = book(clinic.by, booking(clinic), "key")
    assert [c.id for c in made] == [second.id]
    assert len(clinic.services.consultations.day(clinic.by, clinic.staff, "2027-03-01")) == 1


def test_an_identity_number_is_kept_as_a_keyed_hash_only(clinic: Clinic) -> None:
    booked = clinic.book(national_id="12838421065", login_level=LoginLevel.HIGH)
    assert booked.person
    assert not any("12838421065" in str(row) for row in clinic.store.rows.values())


def test_a_clinician_books_in_her_own_departments_only(clinic: Clinic) -> None:
    with pytest.raises(Forbidden):
        clinic.book(department="kirurgisk")


def test_the_day_is_that_of_the_trusts_time_zone(clinic: Clinic) -> None:
    assert clinic.book(starts="2027-03-01T23:30:00Z").day == "2027-03-02"


def test_a_patient_at_the_fixed_address_is_expected_at_once(clinic: Clinic) -> None:
    clinic.clinician("C")
    arrival = Arrival(clinician=clinic.staff, name="Nils", phone="+47 90 00 00 01")
    made = clinic.services.bookings.arrive(clinic.trust, "medisinsk", arrival)
    assert (made.state, made.drop_in, made.login_level) == (State.INVITED, True, LoginLevel.NONE)
    told = clinic.push.to("C")[-1]
    assert isinstance(told, p.Changed)
    assert told.consultation.drop_in
    assert [e.what for e in clinic.services.trail.entries(made)] == ["arrived"]


@pytest.mark.parametrize(
    ("department", "clinician", "phone", "error"),
    [
        ("nowhere", "ingrid-berg", "90000000", Forbidden),
        ("medisinsk", "nobody", "90000000", NotFound),
        ("medisinsk", "sunniva-lie", "90000000", Forbidden),
        ("medisinsk", "ingrid-berg", "", BadRequest),
    ],
)
def test_an_arrival_that_cannot_be(clinic: Clinic, department: str, clinician: str, phone: str, error) -> None:
    with pytest.raises(error):
        clinic.services.bookings.arrive(
            clinic.trust, department, Arrival(clinician=clinician, name="Nils", phone=phone)
        )


def test_cancelling_twice_is_cancelling_once_and_not_in_a_call(clinic: Clinic) -> None:
    booked, called = clinic.book(), clinic.calling()
    for _ in range(2):
        assert clinic.services.desk.cancel(clinic.by, booked.id).state is State.CANCELLED
    with pytest.raises(IllegalTransition):
        clinic.services.desk.cancel(clinic.by, called.id)
    with pytest.raises(NotFound):
        clinic.services.desk.cancel(clinic.as_("omar-haddad"), booked.id)


def test_who_never_came_is_missed_and_may_still_come(clinic: Clinic) -> None:
    booked = clinic.book()
    clinic.clock.time = clinic.scheduler.planned[booked.id, closing(booked)]
    assert clinic.clock.time == booked.ends + SETTINGS.link_grace_seconds
    for _ in range(2):
        clinic.deliver(booked, closing(booked))
    assert clinic.now(booked).state is State.MISSED
    clinic.patient("P", booked)
    clinic.say("P", p.CheckIn(devices=p.DeviceReport()))
    assert clinic.now(booked).state is State.CHECKED_IN


def test_closing_leaves_what_took_place_alone(clinic: Clinic) -> None:
    called = clinic.calling()
    clinic.deliver(called, closing(called))
    assert clinic.now(called).state is State.CALLING


def test_feedback_is_taken_once_and_after_the_end_only(clinic: Clinic) -> None:
    called = clinic.calling()
    give = clinic.services.consultations.feedback
    with pytest.raises(Conflict):
        give(patient(clinic.trust), called.id, Feedback(quality=Impression.GOOD))
    clinic.say("P", p.Accept(consultation=called.id, call=1))
    clinic.say("C", p.HangUp(consultation=called.id, call=1))
    for quality in (Impression.GOOD, Impression.POOR):
        give(patient(clinic.trust), called.id, Feedback(quality=quality))
    (kept,) = [row for key, row in clinic.store.rows.items() if key[1] == "FEEDBACK"]
    assert kept.feedback.quality is Impression.GOOD


def test_the_trail_is_for_the_own_clinician(clinic: Clinic) -> None:
    booked = clinic.book()
    with pytest.raises(NotFound):
        clinic.services.trail.read(clinic.as_("omar-haddad"), booked.id)
    with pytest.raises(NotFound):
        clinic.services.trail.read(msgspec.structs.replace(clinic.by, trust="another"), booked.id)
