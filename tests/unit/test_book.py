"""The book's sums follow whatever happens to consultations, and a recount mends them where they do not."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import probing
from chalicelib import protocol as p
from chalicelib.book import COUNTED_SECONDS, KEPT_SECONDS, time_of
from chalicelib.consultations import instant
from chalicelib.lifecycle import Event
from chalicelib.records import Consultation, Slot
from chalicelib.recount import SHOWN_SECONDS
from chalicelib.rest import Arrival, HandOver, Move
from chalicelib.rights import system
from chalicelib.scaling import Booked
from chalicelib.store import Delete, Put
from tests.fakes.clinic import Clinic
from tests.fakes.effects import Effects
from tests.invariants.always import the_book_adds_up

HOUR = 3600
DAY = 24 * HOUR


@pytest.fixture
def clinic() -> Clinic:
    return Clinic()


def booked(clinic: Clinic) -> list[Booked]:
    """All that is booked near now, the book held against the consultations."""
    assert list(the_book_adds_up(clinic.table())) == []
    return clinic.services.book.booked(clinic.clock.time - DAY, clinic.clock.time + 3 * DAY)


def slots(clinic: Clinic) -> list[Slot]:
    return [row for row in clinic.store.rows.values() if isinstance(row, Slot)]


def move(clinic: Clinic, consultation: Consultation, ahead: int, minutes: int = 30) -> Consultation:
    starts = instant(clinic.clock.time + ahead)
    return clinic.services.desk.move(clinic.by, consultation.id, Move(starts=starts, minutes=minutes))


def test_those_who_begin_together_and_take_as_long_are_one_sum(clinic: Clinic) -> None:
    starts = clinic.clock.time + HOUR
    for minutes in (30, 30, 60):
        clinic.book(minutes=minutes)
    assert booked(clinic) == [Booked(starts, 30, 2), Booked(starts, 60, 1)]


def test_what_is_moved_counts_where_it_is(clinic: Clinic) -> None:
    one, _ = clinic.book(), clinic.book()
    now = clinic.clock.time
    move(clinic, one, 2 * HOUR, 45)
    assert booked(clinic) == [Booked(now + HOUR, 30, 1), Booked(now + 2 * HOUR, 45, 1)]
    move(clinic, one, 2 * HOUR, 45)
    assert len(booked(clinic)) == 2, "moved there again it is there once"
    move(clinic, one, HOUR)
    assert booked(clinic) == [Booked(now + HOUR, 30, 2)]


@pytest.mark.parametrize("end", ["cancel", "phone"])
def test_what_takes_no_line_does_not_count(clinic: Clinic, end: str) -> None:
    made = clinic.book()
    for _ in range(2):
        getattr(clinic.services.desk, end)(clinic.by, made.id)
    assert booked(clinic) == []


def test_what_happens_on_its_day_changes_no_sum(clinic: Clinic) -> None:
    talking = clinic.talking()
    before = slots(clinic)
    clinic.say("C", p.HangUp(consultation=talking.id, call=1))
    other = clinic.book(starts=instant(talking.starts + HOUR))
    clinic.services.desk.hand_over(clinic.by, other.id, HandOver(staff=clinic.staff))
    clinic.services.consultations.happen(system(clinic.trust), other.id, Event.MISS)
    assert before[0] in slots(clinic)
    assert [number for *_, number in booked(clinic)] == [1, 1]


def test_who_drops_in_counts_when_given_a_time(clinic: Clinic) -> None:
    arrival = Arrival(name="Nils", clinician=clinic.staff, phone="90000009")
    arrived = clinic.services.bookings.arrive(clinic.trust, "medisinsk", arrival)
    assert booked(clinic) == []
    move(clinic, arrived, HOUR)
    assert booked(clinic) == [Booked(clinic.clock.time + HOUR, 30, 1)]


def test_what_the_probe_holds_asks_for_no_worker(clinic: Clinic) -> None:
    made = clinic.book()
    assert time_of(msgspec.structs.replace(made, trust=probing.TRUST)) is None


def test_what_is_removed_does_not_count(clinic: Clinic) -> None:
    made = clinic.book()
    assert clinic.services.consultations.end(clinic.by, made.id, "purged", lambda _: True)
    assert booked(clinic) == []


def test_a_sum_is_kept_until_nobody_reads_it_and_then_goes(clinic: Clinic) -> None:
    made = clinic.book()
    clinic.clock.time = made.starts + COUNTED_SECONDS
    clinic.services.desk.phone(clinic.by, made.id)
    assert [slot.number for slot in slots(clinic)] == [1], "it is over; nobody looks"
    clinic.clock.time = made.starts + KEPT_SECONDS - 1
    assert clinic.services.book.slots(made.starts, made.starts)
    clinic.clock.time += 1
    assert not clinic.services.book.slots(made.starts, made.starts)


@given(st.integers(0, 3 * DAY), st.integers(0, 2 * DAY))
def test_what_begins_in_between_is_read_whatever_the_day(first: int, long: int) -> None:
    clinic = Clinic()
    now = clinic.clock.time
    starts = [now + n * DAY // 4 for n in range(-3, 17)]
    clinic.store.write([Put(clinic.services.book.slot((at, 30), 1)) for at in starts])
    found = clinic.services.book.booked(now + first, now + first + long)
    assert [at for at, _, _ in found] == [at for at in starts if now + first <= at <= now + first + long]
    clinic.store.rows.clear()


def recount(clinic: Clinic, days: int = 2) -> tuple[int, int]:
    """How many were mended, and how many left."""
    found = clinic.services.recount.run(days)
    return found.mended, found.left


def test_a_table_that_had_no_sums_has_them(clinic: Clinic) -> None:
    for ahead in (HOUR, HOUR, 26 * HOUR, 90 * HOUR):
        clinic.book(starts=instant(clinic.clock.time + ahead))
    right = booked(clinic)
    clinic.store.write([Delete(slot.key()) for slot in slots(clinic)])
    assert recount(clinic) == (2, 0)
    assert clinic.services.recount.run(5).mended == 1
    assert booked(clinic) == [one for one in right if one.starts <= clinic.clock.time + 3 * DAY]
    assert recount(clinic) == (0, 0)


def test_what_was_changed_before_it_was_counted_is_mended(clinic: Clinic) -> None:
    made = clinic.book()
    clinic.store.write([Delete(slot.key()) for slot in slots(clinic)])
    clinic.services.desk.cancel(clinic.by, made.id)
    assert [slot.number for slot in slots(clinic)] == [-1]
    clinic.clock.time += SHOWN_SECONDS
    assert recount(clinic) == (1, 0)
    assert slots(clinic) == []


def test_parts_that_are_wrong_become_one_that_is_right(clinic: Clinic) -> None:
    for _ in range(3):
        clinic.book()
    (right,) = slots(clinic)
    for part, number in ((1, 5), (2, -2)):
        clinic.store.write([Put(msgspec.structs.replace(right, part=part, number=number))])
    clinic.clock.time += SHOWN_SECONDS
    assert recount(clinic) == (1, 0)
    assert [(slot.part, slot.number) for slot in slots(clinic)] == [(0, 3)]


def test_parts_that_add_up_are_left_as_they_are(clinic: Clinic) -> None:
    clinic.book()
    (right,) = slots(clinic)
    for part, number in ((1, 1), (2, -1)):
        clinic.store.write([Put(msgspec.structs.replace(right, part=part, number=number))])
    clinic.clock.time += SHOWN_SECONDS
    assert recount(clinic) == (0, 0)
    assert len(slots(clinic)) == 3


def test_what_has_changed_just_now_is_left_for_the_next_time(clinic: Clinic) -> None:
    clinic.book()
    (right,) = slots(clinic)
    clinic.store.write([Put(msgspec.structs.replace(right, number=7))])
    clinic.clock.time += SHOWN_SECONDS - 1
    assert recount(clinic) == (0, 1)
    clinic.clock.time += 1
    assert recount(clinic) == (1, 0)


def test_what_changes_while_it_is_mended_is_left_for_the_next_time(clinic: Clinic) -> None:
    clinic.book()
    (right,) = slots(clinic)
    clinic.store.write([Put(msgspec.structs.replace(right, number=7))])
    clinic.clock.time += SHOWN_SECONDS
    clinic.store.before_write = lambda: clinic.book(starts=instant(right.starts))
    assert recount(clinic) == (0, 1)
    assert [slot.number for slot in slots(clinic)] == [8]
    clinic.clock.time += SHOWN_SECONDS
    assert recount(clinic) == (1, 0)
    assert [number for *_, number in booked(clinic)] == [2]


def test_cut_off_it_has_mended_some_and_the_next_run_mends_the_others(clinic: Clinic) -> None:
    for minutes in (30, 45, 60):
        clinic.book(minutes=minutes)
    clinic.store.write([Delete(slot.key()) for slot in slots(clinic)])
    effects = Effects(clinic)
    assert effects.run(lambda: recount(clinic), at=3) is None, "before the second sum"
    assert [slot.minutes for slot in slots(clinic)] == [30]
    assert recount(clinic) == (2, 0)
    assert len(booked(clinic)) == 3
