"""How calls went: added up by trust and day, each room once, and of nobody."""

import msgspec
import pytest
from hypothesis import given

from chalicelib import protocol as p
from chalicelib.figures import Figures
from chalicelib.protocol import Cause, RoomQuality
from chalicelib.records import Consultation, DayFigures
from tests.fakes.clinic import Clinic
from tests.unit.test_protocol import build

DAY = "2027-01-15"  # of the fake clock


@pytest.fixture
def clinic() -> Clinic:
    return Clinic()


def went(consultation: Consultation, call: int = 1, **figures) -> RoomQuality:
    given = {"participants": 2, "good": 100, "fair": 20, "poor": 0, "rtt_ms": 50, "loss": 0.01, "megabytes": 30}
    return RoomQuality(room=f"elvenes.{consultation.id}.{call}", **given | figures)


def figures(clinic: Clinic) -> Figures:
    return clinic.services.figures


def test_a_day_without_calls_is_all_zeros(clinic: Clinic) -> None:
    none = figures(clinic).day("elvenes", DAY)
    assert none == DayFigures(trust="elvenes", day=DAY)
    assert (none.seconds, none.rtt_ms, none.loss) == (0, 0, 0)


def test_rooms_are_added_up_and_means_weighted_by_seconds(clinic: Clinic) -> None:
    called = clinic.calling()
    clinic.say("C", p.WithdrawCall(consultation=called.id, call=1))
    clinic.say("C", p.Call(consultation=called.id))
    clinic.say("W", went(called, causes={Cause.LOSS_UP: 20}, freezes=1))
    clinic.say("W", went(called, 2, good=0, fair=0, poor=40, rtt_ms=450, loss=0.09, causes={Cause.DELAY: 40}))
    day = figures(clinic).day("elvenes", DAY)
    assert (day.calls, day.participants, day.good, day.fair, day.poor) == (2, 4, 100, 20, 40)
    assert day.causes == {Cause.LOSS_UP: 20, Cause.DELAY: 40}
    assert (day.megabytes, day.freezes, day.seconds) == (60, 1, 160)
    assert day.rtt_ms == (50 * 120 + 450 * 40) / 160
    assert day.loss == pytest.approx((0.01 * 120 + 0.09 * 40) / 160)


def test_a_room_is_counted_once(clinic: Clinic) -> None:
    called = clinic.calling()
    for _ in range(3):
        assert clinic.say("W", went(called)) == "room_quality"
    assert figures(clinic).day("elvenes", DAY).calls == 1


def test_the_same_room_at_once_is_counted_once(clinic: Clinic) -> None:
    called = clinic.calling()
    clinic.store.before_write = lambda: clinic.say("W", went(called))
    clinic.say("W", went(called))
    assert figures(clinic).day("elvenes", DAY).calls == 1


def test_two_rooms_at_once_are_both_counted(clinic: Clinic) -> None:
    called = clinic.calling()
    clinic.say("C", p.WithdrawCall(consultation=called.id, call=1))
    clinic.say("C", p.Call(consultation=called.id))
    clinic.store.before_write = lambda: clinic.say("W", went(called, 2))
    clinic.say("W", went(called, 1))
    assert figures(clinic).day("elvenes", DAY).calls == 2


def test_it_is_counted_also_after_the_call(clinic: Clinic) -> None:
    called = clinic.calling()
    clinic.say("P", p.Accept(consultation=called.id, call=1))
    clinic.say("P", p.HangUp(consultation=called.id, call=1))
    clinic.say("W", went(called))
    assert figures(clinic).day("elvenes", DAY).calls == 1


def test_a_worker_reports_what_it_carries_and_nothing_else(clinic: Clinic) -> None:
    called = clinic.calling()
    clinic.worker("X", "w2")
    clinic.say("X", went(called))
    clinic.say("W", went(called, 2))
    assert clinic.say("W", RoomQuality(room="elvenes.nothing.1", participants=1, good=1, fair=0, poor=0)) == "not_found"
    assert figures(clinic).day("elvenes", DAY).calls == 0


def test_the_day_is_the_trusts_own(clinic: Clinic) -> None:
    called = clinic.calling()
    clinic.clock.time = 1_800_054_000  # 23:00 UTC
    clinic.worker("W2", "w1", rooms=(f"elvenes.{called.id}.1",))
    clinic.say("W2", went(called))
    assert figures(clinic).day("elvenes", "2027-01-16").calls == 1


@given(said=build(RoomQuality))
def test_what_is_kept_names_nobody(said: RoomQuality) -> None:
    clinic = Clinic()
    called = clinic.calling()
    clinic.say("W", msgspec.structs.replace(said, room=f"elvenes.{called.id}.1"))
    kept = figures(clinic).day("elvenes", DAY)
    assert kept.calls == 1
    text = msgspec.json.encode(kept).decode()
    for secret in (called.id, called.reference, called.patient_name, called.phone, clinic.staff, "w1"):
        assert secret not in text
