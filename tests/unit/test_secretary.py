"""A secretary books, watches, moves, hands over and cancels for the clinicians of her departments, and for no other."""

import msgspec
import pytest

from chalicelib import protocol as p
from chalicelib.consultations import instant
from chalicelib.errors import BadRequest, Forbidden, NotFound
from chalicelib.lifecycle import Role, State
from chalicelib.protocol import Seat
from chalicelib.records import Consultation, Staff
from chalicelib.rest import Booking, HandOver, Move, WhichDay
from chalicelib.rights import Actor
from chalicelib.store import Put
from tests.fakes.clinic import TRUST, Clinic

DAY = "2027-01-15"
OMAR = "omar-haddad"  # who works in both departments


@pytest.fixture
def clinic() -> Clinic:
    return Clinic()


def berit(clinic: Clinic) -> Actor:
    return clinic.as_("berit-solli", Role.SECRETARY)


def book(clinic: Clinic, by: Actor, key: str = "key", **changes: str) -> Consultation:
    booking = {"department": "medisinsk", "patient_name": "Kari", "starts": instant(clinic.clock.time + 3600)}
    made = Booking(**booking | {"phone": "90000000", "clinician": clinic.staff} | changes)  # type: ignore[arg-type]
    return clinic.services.bookings.book(by, made, key)


def in_surgery(clinic: Clinic) -> Consultation:
    """One of Omar's that is not of the secretary's department."""
    return book(clinic, clinic.as_(OMAR), "surgery", department="kirurgisk", clinician=OMAR)


def registered(clinic: Clinic, staff: str, **changes: object) -> None:
    known = clinic.services.register.staff(clinic.trust, staff)
    clinic.store.write([Put(msgspec.structs.replace(known, **changes))])


def boards(clinic: Clinic, connection: str) -> list[p.Board]:
    return [m for m in clinic.push.to(connection) if isinstance(m, p.Board)]


def changed(clinic: Clinic, connection: str) -> list[str]:
    return [m.consultation.consultation for m in clinic.push.to(connection) if isinstance(m, p.Changed)]


def test_she_books_for_a_clinician_of_her_department_and_it_says_so(clinic: Clinic) -> None:
    booked = book(clinic, berit(clinic))
    assert (booked.staff, booked.state) == (clinic.staff, State.BOOKED)
    entry = clinic.services.trail.read(berit(clinic), booked.id).entries[0]
    assert (entry.what, entry.who) == ("booked", "berit-solli")
    assert book(clinic, berit(clinic)).id == booked.id, "the same key again"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"department": "kirurgisk", "clinician": OMAR}, Forbidden),
        ({"clinician": "sunniva-lie"}, NotFound),
        ({"clinician": "berit-solli"}, NotFound),
        ({"clinician": "turid-moe"}, NotFound),
        ({"clinician": "nobody"}, NotFound),
    ],
)
def test_for_whom_she_does_not_book(clinic: Clinic, changes: dict[str, str], error: type[Exception]) -> None:
    with pytest.raises(error):
        book(clinic, berit(clinic), **changes)


def test_she_must_say_for_whom_and_a_clinician_books_for_herself_only(clinic: Clinic) -> None:
    nobodys = Booking(department="medisinsk", patient_name="Kari", starts="2027-03-01T10:00:00Z", phone="90000000")
    with pytest.raises(BadRequest):
        clinic.services.bookings.book(berit(clinic), nobodys, "key")
    with pytest.raises(NotFound):
        book(clinic, clinic.by, clinician=OMAR)


def test_she_sees_of_a_list_what_is_of_her_department_and_hears_of_it(clinic: Clinic) -> None:
    theirs, hers = in_surgery(clinic), book(clinic, clinic.as_(OMAR), clinician=OMAR)
    clinic.secretary("S")
    assert clinic.say("S", p.Watch(day=DAY, clinician=OMAR)) == "watch"
    (board,) = boards(clinic, "S")
    assert (board.clinician, [c.consultation for c in board.consultations]) == (OMAR, [hers.id])
    for one in (theirs, hers):
        clinic.services.desk.cancel(clinic.as_(OMAR), one.id)
    assert set(changed(clinic, "S")) == {hers.id}
    clinic.clinician("O", OMAR)
    assert [len(board.consultations) for board in boards(clinic, "O")] == [2]


def test_the_register_as_it_is_now_counts(clinic: Clinic) -> None:
    booked = book(clinic, berit(clinic))
    clinic.secretary("S")
    clinic.say("S", p.Watch(day=DAY, clinician=clinic.staff))
    registered(clinic, "berit-solli", departments=("kirurgisk",))
    clinic.services.desk.cancel(clinic.by, booked.id)
    assert not changed(clinic, "S")
    assert clinic.say("S", p.Watch(day=DAY, clinician=clinic.staff)) == "not_found"
    registered(clinic, "berit-solli", departments=(), roles=())
    assert clinic.say("S", p.Watch(day=DAY, clinician=clinic.staff)) == "forbidden"


def test_who_is_no_secretary_any_more_hears_nothing_more(clinic: Clinic) -> None:
    booked = book(clinic, berit(clinic))
    clinic.clinician("C")
    clinic.secretary("S")
    clinic.say("S", p.Watch(day=DAY, clinician=clinic.staff))
    registered(clinic, "berit-solli", roles=(Role.SUPPORT,))
    heard = len(clinic.push.to("S"))
    clinic.say("C", p.Delay(10))
    clinic.services.desk.cancel(clinic.by, booked.id)
    assert clinic.push.to("S")[heard:] == []
    assert booked.id in changed(clinic, "C")


def test_another_list_takes_the_place_of_the_one_watched(clinic: Clinic) -> None:
    mine, omars = book(clinic, berit(clinic)), book(clinic, berit(clinic), "another", clinician=OMAR)
    clinic.secretary("S")
    for clinician in (clinic.staff, OMAR):
        clinic.say("S", p.Watch(day=DAY, clinician=clinician))
    for one in (mine, omars):
        clinic.services.desk.cancel(berit(clinic), one.id)
    assert set(changed(clinic, "S")) == {omars.id}
    clinic.leave("S")
    assert not [key for key in clinic.store.rows if key[1] == "CONN#S"]


def test_that_she_watches_is_not_the_clinician_being_there(clinic: Clinic) -> None:
    booked = clinic.book()
    clinic.secretary("S")
    clinic.say("S", p.Watch(day=DAY, clinician=clinic.staff))
    clinic.patient("P", booked)
    seen = [m.visit.clinician_present for m in clinic.push.to("P") if isinstance(m, p.Visit)]
    assert set(seen) == {False}
    clinic.clinician("C")
    assert clinic.services.sockets.watched(clinic.trust, clinic.staff)


@pytest.mark.parametrize(
    "message", [p.Call("c"), p.Delay(5), p.Admit("c", "g"), p.HangUp("c", 1), p.Offer("c", 1, 1, "v=0")]
)
def test_she_never_calls(clinic: Clinic, message: p.Message) -> None:
    clinic.secretary("S")
    assert clinic.say("S", message) == "unknown_message"


def test_she_moves_hands_over_phones_and_invites(clinic: Clinic) -> None:
    by, services = berit(clinic), clinic.services
    booked = book(clinic, by)
    clinic.clinician("C")
    assert services.desk.move(by, booked.id, Move(starts="2027-01-15T14:00:00Z", minutes=20)).minutes == 20
    assert services.invites.send_again(by, booked.id).state is State.INVITED
    for _ in range(2):
        services.desk.hand_over(by, booked.id, HandOver(staff=OMAR))
    told = p.HandedOver(consultation=booked.id, version=clinic.now(booked).version)
    assert [m for m in clinic.push.to("C") if isinstance(m, p.HandedOver)] == [told] * 2
    assert clinic.now(booked).staff == OMAR
    assert services.desk.phone(by, booked.id).by_phone
    assert services.consultations.did(booked, "handed_over", "berit-solli")


def test_what_is_handed_over_stays_in_the_new_list(clinic: Clinic) -> None:
    """Nobody who has it is told to drop it, also when it is asked for again."""
    booked = book(clinic, berit(clinic))
    clinic.clinician("O", OMAR)
    for _ in range(2):
        clinic.services.desk.hand_over(berit(clinic), booked.id, HandOver(staff=OMAR))
    assert not [m for m in clinic.push.to("O") if isinstance(m, p.HandedOver)]


def test_who_is_both_has_her_own_list_and_those_of_her_department(clinic: Clinic) -> None:
    registered(clinic, clinic.staff, roles=(Role.CLINICIAN, Role.SECRETARY))
    own, omars = clinic.book(), book(clinic, berit(clinic), clinician=OMAR)
    clinic.clinician("C")
    assert clinic.say("C", p.Watch(day=DAY, clinician=OMAR)) == "watch"
    assert [c.consultation for c in boards(clinic, "C")[-1].consultations] == [omars.id]
    assert clinic.services.sockets.watched(clinic.trust, clinic.staff), "she is there all the same"
    assert not clinic.services.sockets.watched(clinic.trust, OMAR)
    for one, by in ((own, clinic.by), (omars, berit(clinic))):
        clinic.services.desk.cancel(by, one.id)
    assert set(changed(clinic, "C")) == {own.id, omars.id}
    assert clinic.say("C", p.Call(consultation=omars.id)) == "not_found"
    assert clinic.say("C", p.Watch(day=DAY)) == "watch"
    assert boards(clinic, "C")[-1].clinician == clinic.staff


def test_a_clinician_watches_her_own_list_only(clinic: Clinic) -> None:
    clinic.clinician("C")
    assert clinic.say("C", p.Watch(day=DAY, clinician=OMAR)) == "not_found"
    assert clinic.say("C", p.Watch(day=DAY, clinician=clinic.staff)) == "watch"
    with pytest.raises(NotFound):
        clinic.services.lists.read(clinic.by, WhichDay(day=DAY, clinician=OMAR))


def test_whoever_has_left_keeps_her_name_and_no_right(clinic: Clinic) -> None:
    booked = clinic.waiting()
    without = {**TRUST, "staff": [one for one in TRUST["staff"] if one["id"] != clinic.staff]}
    clinic.services.register.enter(without)
    assert clinic.services.register.staff(clinic.trust, clinic.staff) == Staff(
        trust=clinic.trust, id=clinic.staff, name="Ingrid Berg", departments=(), roles=()
    )
    assert clinic.say("C", p.Call(consultation=booked.id)) == "forbidden"
    assert clinic.services.sockets.for_patient(booked, logged_in=True).clinician_name == "Ingrid Berg"
    listed = clinic.services.register.page(clinic.trust, "medisinsk", "").clinicians
    assert [one.id for one in listed] == [OMAR]
    clinic.services.register.enter(TRUST)
    assert clinic.say("C", p.Call(consultation=booked.id)) == "call"
    assert clinic.services.sockets.seat(clinic.trust, booked.id, Seat.CLINICIAN)


def test_what_she_booked_before_is_not_hers_any_more_in_another_department(clinic: Clinic) -> None:
    book(clinic, berit(clinic))
    registered(clinic, "berit-solli", departments=("kirurgisk",))
    with pytest.raises(NotFound):
        book(clinic, berit(clinic))
