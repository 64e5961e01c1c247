"""Honest waiting: places, a busy clinician, delays, running late, what was tested; also two things at once."""

import pytest

from chalicelib import protocol as p
from chalicelib.consultations import instant
from chalicelib.lifecycle import State
from chalicelib.protocol import Answer3, DeviceReport, NetworkReport, Transport, Verdict
from chalicelib.queues import Queue, Standing
from chalicelib.records import Consultation, Delay
from chalicelib.rest import HandOver, Move
from tests.fakes.clinic import Clinic

GOOD = NetworkReport(verdict=Verdict.GOOD, transport=Transport.DIRECT, rtt_ms=20, up_kbps=1500, down_kbps=1500)


@pytest.fixture
def clinic() -> Clinic:
    clinic = Clinic()
    clinic.worker("W", "w1", capacity=5)
    clinic.clinician("C")
    return clinic


def comes(clinic: Clinic, connection: str, minutes: int) -> Consultation:
    """A patient with an appointment in so many minutes who waits."""
    booked = clinic.book(starts=instant(clinic.clock.time + minutes * 60))
    clinic.patient(connection, booked)
    assert clinic.say(connection, p.CheckIn(devices=DeviceReport())) == "check_in"
    return booked


def seen(clinic: Clinic, connection: str) -> p.VisitView:
    """What a patient's page shows now."""
    return [m.visit for m in clinic.push.to(connection) if isinstance(m, p.Visit)][-1]


def places(clinic: Clinic, *connections: str) -> list[int]:
    return [seen(clinic, connection).place for connection in connections]


# ---------------------------------------------------------------- places


def test_places_go_by_the_time_of_the_appointment_not_of_coming(clinic: Clinic) -> None:
    comes(clinic, "late", 50)
    assert places(clinic, "late") == [1]
    comes(clinic, "early", 10)
    comes(clinic, "middle", 30)
    assert places(clinic, "early", "middle", "late") == [1, 2, 3]
    clinic.say("early", p.Leave())
    assert places(clinic, "early", "middle", "late") == [0, 1, 2]


def test_who_is_called_keeps_the_place_until_the_call_begins(clinic: Clinic) -> None:
    first, _ = comes(clinic, "A", 10), comes(clinic, "B", 20)
    clinic.say("C", p.Call(consultation=first.id))
    assert (places(clinic, "A", "B"), seen(clinic, "B").clinician_busy) == ([1, 2], True)
    assert not seen(clinic, "A").clinician_busy, "she calls this very patient"
    clinic.say("A", p.Accept(consultation=first.id, call=1))
    assert (places(clinic, "A", "B"), seen(clinic, "B").clinician_busy) == ([0, 1], True)
    clinic.say("C", p.HangUp(consultation=first.id, call=1))
    assert (places(clinic, "B"), seen(clinic, "B").clinician_busy) == ([1], False)


def test_others_of_other_clinicians_and_days_are_not_in_the_way(clinic: Clinic) -> None:
    here = comes(clinic, "A", 10)
    tomorrow = comes(clinic, "B", 10 + 24 * 60)
    assert places(clinic, "A", "B") == [1, 1]
    clinic.services.desk.hand_over(clinic.by, here.id, HandOver(staff="omar-haddad"))
    comes(clinic, "D", 20)
    assert places(clinic, "A", "B", "D") == [1, 1, 1]
    assert tomorrow.day != here.day


def test_who_is_handed_over_or_moved_makes_room(clinic: Clinic) -> None:
    first, second, _ = comes(clinic, "A", 10), comes(clinic, "B", 20), comes(clinic, "D", 30)
    clinic.services.desk.hand_over(clinic.by, first.id, HandOver(staff="omar-haddad"))
    assert places(clinic, "A", "B", "D") == [1, 1, 2]
    later = Move(starts=instant(second.starts + 3600), minutes=30)
    clinic.services.desk.move(clinic.by, second.id, later)
    assert places(clinic, "B", "D") == [2, 1]


def test_who_does_not_wait_is_told_of_no_others(clinic: Clinic) -> None:
    booked = clinic.book(starts=instant(clinic.clock.time + 1200))
    clinic.patient("A", booked)
    before = len(clinic.push.to("A"))
    comes(clinic, "B", 10)
    assert len(clinic.push.to("A")) == before
    assert (seen(clinic, "A").place, seen(clinic, "A").clinician_busy) == (0, False)


def test_the_day_is_read_for_all_not_for_each(clinic: Clinic) -> None:
    for n in range(6):
        comes(clinic, f"P{n}", 10 + n)
    reads: list[str] = []
    day, get = clinic.store.day, clinic.store.get

    def count_days(*place):
        reads.append("day")
        return day(*place)

    def count_delays(kind, key):
        reads.extend(["delay"] if kind is Delay else [])
        return get(kind, key)

    clinic.store.day, clinic.store.get = count_days, count_delays
    clinic.say("P0", p.Leave())
    # Once to tell, once to look whether it still holds; and one delay for the answer to who left.
    assert reads.count("day") == 2
    assert reads.count("delay") == 3
    assert places(clinic, "P1", "P5") == [1, 5]


def test_two_who_come_at_once_learn_their_true_places(clinic: Clinic) -> None:
    """The second comes while the first is being told."""
    early, late = (clinic.book(starts=instant(clinic.clock.time + 60 * m)) for m in (10, 20))
    clinic.patient("A", early)
    clinic.patient("B", late)
    send = clinic.push.send

    def comes_while_told(connection: str, message: p.Message) -> bool:
        if connection == "B" and isinstance(message, p.Visit) and message.visit.place:
            clinic.push.send = send  # type: ignore[method-assign]
            clinic.say("A", p.CheckIn(devices=DeviceReport()))
        return send(connection, message)

    clinic.push.send = comes_while_told  # type: ignore[method-assign]
    clinic.say("B", p.CheckIn(devices=DeviceReport()))
    assert places(clinic, "A", "B") == [1, 2]


def test_a_day_that_shows_a_change_late_does_not_hide_it(clinic: Clinic) -> None:
    """The index by day may lag behind what was just written."""
    first, _ = comes(clinic, "A", 10), comes(clinic, "B", 20)
    day = clinic.store.day

    def before_the_change(*place):
        return [old if c.id == first.id else c for c in day(*place)]

    old = clinic.now(first)
    clinic.store.day = before_the_change
    clinic.say("A", p.Leave())
    assert places(clinic, "A", "B") == [0, 1]


def test_without_a_page_open_nothing_breaks(clinic: Clinic) -> None:
    comes(clinic, "A", 10)
    comes(clinic, "B", 20)
    clinic.push.gone.add("A")
    clinic.say("B", p.Leave())
    comes(clinic, "D", 30)
    assert places(clinic, "D") == [2]


def test_a_standing_follows_from_the_day_alone() -> None:
    def one(id_: str, state: State, starts: int) -> Consultation:
        return Consultation(
            trust="t", id=id_, version=1, state=state, starts=starts, minutes=30, day="2027-01-15",
            department="d", staff="s", patient_name="n",
        )  # fmt: skip

    day = (one("a", State.IN_CALL, 1), one("b", State.CALLING, 2), one("c", State.CHECKED_IN, 2))
    queue = Queue((*day, one("d", State.INVITED, 3), one("e", State.ENDED, 4)), 15)
    standings = [queue.standing(c) for c in queue.day]
    assert [s.place for s in standings] == [0, 1, 2, 0, 0]
    assert [s.clinician_busy for s in standings] == [False, True, True, False, False]
    assert standings[-1] == Standing()
    assert [s.delay_minutes for s in standings] == [15, 15, 15, 15, 0]


# ---------------------------------------------------------------- how late she is


def test_a_delay_is_told_to_all_her_pages_and_all_open_pages_of_the_day(clinic: Clinic) -> None:
    clinic.clinician("C2")
    comes(clinic, "A", 10)
    clinic.patient("B", clinic.book(starts=instant(clinic.clock.time + 1200)))
    comes(clinic, "T", 10 + 24 * 60)
    assert clinic.say("C", p.Delay(minutes=15)) == "delay"
    today = "2027-01-15"
    for page in ("C", "C2"):
        assert clinic.push.to(page)[-1] == p.Delayed(day=today, clinician=clinic.staff, minutes=15)
    assert [seen(clinic, c).delay_minutes for c in ("A", "B", "T")] == [15, 15, 0]
    assert seen(clinic, "A").place == 1
    clinic.clinician("C3")
    (board,) = [m for m in clinic.push.to("C3") if isinstance(m, p.Board)]
    assert board.delay_minutes == 15
    clinic.patient("D", clinic.book())
    assert seen(clinic, "D").delay_minutes == 15


def test_a_delay_is_taken_back_and_said_twice_is_answered_twice(clinic: Clinic) -> None:
    comes(clinic, "A", 10)
    for minutes in (15, 15, 0):
        clinic.say("C", p.Delay(minutes=minutes))
    told = [m.minutes for m in clinic.push.to("C") if isinstance(m, p.Delayed)]
    assert told == [15, 15, 0]
    assert seen(clinic, "A").delay_minutes == 0


def test_a_delay_is_of_the_day_where_the_trust_is_and_goes_by_itself(clinic: Clinic) -> None:
    clinic.clock.time += 15 * 3600 + 1800  # 23:30 UTC: tomorrow in Oslo
    clinic.clinician("C")
    clinic.say("C", p.Delay(minutes=15))
    told = clinic.push.to("C")[-1]
    assert isinstance(told, p.Delayed)
    assert told.day == "2027-01-16"
    delay = clinic.services.queues.delay
    assert delay(clinic.trust, clinic.staff, "2027-01-16") == 15
    clinic.clock.time += 4 * 86400
    assert delay(clinic.trust, clinic.staff, "2027-01-16") == 0


def test_two_delays_at_once_end_as_the_one_that_is_kept(clinic: Clinic) -> None:
    comes(clinic, "A", 10)
    clinic.clinician("C2")
    send = clinic.push.send

    def another_meanwhile(connection: str, message: p.Message) -> bool:
        if isinstance(message, p.Delayed):
            clinic.push.send = send  # type: ignore[method-assign]
            clinic.say("C2", p.Delay(minutes=30))
        return send(connection, message)

    clinic.push.send = another_meanwhile  # type: ignore[method-assign]
    clinic.say("C", p.Delay(minutes=10))
    assert clinic.services.queues.delay(clinic.trust, clinic.staff, "2027-01-15") == 30
    assert [clinic.push.to(c)[-1] for c in ("C", "C2")] == [
        p.Delayed(day="2027-01-15", clinician=clinic.staff, minutes=30)
    ] * 2
    assert seen(clinic, "A").delay_minutes == 30


# ---------------------------------------------------------------- what the patient says


def test_running_late_is_kept_until_the_call_begins(clinic: Clinic) -> None:
    booked = clinic.book()
    clinic.patient("P", booked)
    version = clinic.now(booked).version
    for _ in range(2):
        assert clinic.say("P", p.RunningLate(minutes=10)) == "running_late"
    assert (clinic.now(booked).running_late, clinic.now(booked).version) == (10, version + 1)
    assert seen(clinic, "P").running_late == 10
    told = clinic.push.to("C")[-1]
    assert isinstance(told, p.Changed)
    assert told.consultation.running_late == 10
    clinic.say("P", p.CheckIn(devices=DeviceReport()))
    clinic.say("C", p.Call(consultation=booked.id))
    assert clinic.now(booked).running_late == 10
    clinic.say("P", p.Accept(consultation=booked.id, call=1))
    assert clinic.now(booked).running_late == 0
    clinic.say("P", p.RunningLate(minutes=10))
    assert clinic.now(booked).running_late == 0, "late, in the call"


def test_running_late_is_taken_back(clinic: Clinic) -> None:
    booked = clinic.book()
    clinic.patient("P", booked)
    for minutes in (10, 0):
        clinic.say("P", p.RunningLate(minutes=minutes))
    assert clinic.now(booked).running_late == 0


def test_what_was_tested_is_shown_and_adds_up(clinic: Clinic) -> None:
    booked = clinic.book()
    clinic.patient("P", booked)
    assert clinic.say("P", p.Tested(devices=DeviceReport(camera=Answer3.YES), network=GOOD)) == "tested"
    clinic.clock.time += 600
    clinic.say("P", p.Tested(devices=DeviceReport(microphone=Answer3.NO)))
    told = clinic.push.to("C")[-1]
    assert isinstance(told, p.Changed)
    view = told.consultation
    assert view.devices == DeviceReport(camera=Answer3.YES, microphone=Answer3.NO)
    assert (view.network, view.tested_at, view.state) == (GOOD, instant(clinic.clock.time), State.INVITED)
    clinic.say("P", p.CheckIn(devices=DeviceReport(microphone=Answer3.YES)))
    assert clinic.now(booked).devices == DeviceReport(camera=Answer3.YES, microphone=Answer3.YES)
    assert clinic.now(booked).network == GOOD


def test_the_same_results_come_twice_are_noted_once_but_another_day_again(clinic: Clinic) -> None:
    booked = clinic.book(starts=instant(clinic.clock.time + 5 * 86400))
    clinic.patient("P", booked)
    tested = p.Tested(devices=DeviceReport(camera=Answer3.YES), network=GOOD)
    clinic.say("P", tested)
    version = clinic.now(booked).version
    clinic.say("P", tested)
    assert clinic.now(booked).version == version
    clinic.clock.time += 7200
    clinic.patient("P", booked)
    clinic.say("P", tested)
    assert clinic.now(booked).tested_at == clinic.clock.time


def test_results_that_come_in_the_call_or_after_change_nothing(clinic: Clinic) -> None:
    waiting = comes(clinic, "P", 10)
    clinic.say("C", p.Call(consultation=waiting.id))
    version = clinic.now(waiting).version
    assert clinic.say("P", p.Tested(devices=DeviceReport(camera=Answer3.NO))) == "tested"
    assert clinic.now(waiting).version == version


def test_a_page_that_says_it_without_end_is_stopped(clinic: Clinic) -> None:
    booked = clinic.book()
    clinic.patient("P", booked)
    said = {clinic.say("P", p.RunningLate(minutes=n % 2)) for n in range(70)}
    assert said == {"running_late", "too_many_attempts"}
