"""No line is free: who wants to call is told her place, keeps it while she asks, and gets a line in turn."""

import pytest

from chalicelib import protocol as p
from chalicelib.lifecycle import State
from chalicelib.records import Consultation, Wanted
from tests.fakes.clinic import SETTINGS, Clinic
from tests.unit.test_signaling import last


@pytest.fixture
def clinic() -> Clinic:
    return Clinic()


def waiting(clinic: Clinic, name: str) -> Consultation:
    """A patient (socket of that ``name``) who waits, and a page of the clinician's (``C`` before it)."""
    booked = clinic.book()
    clinic.patient(name, booked)
    clinic.say(name, p.CheckIn(devices=p.DeviceReport()))
    clinic.clinician(f"C{name}")
    return booked


def place(clinic: Clinic, name: str, consultation: Consultation) -> int:
    """Say `call`; which place in the queue that gives, 0 for a line."""
    clinic.push.sent.clear()
    assert clinic.say(f"C{name}", p.Call(consultation=consultation.id)) == "call"
    if clinic.now(consultation).state is State.CALLING:
        return 0
    told = last(clinic, f"C{name}", p.Queued)
    assert told.consultation == consultation.id
    return told.place


def wanted(clinic: Clinic) -> list[str]:
    return [w.consultation for w in clinic.store.query(Wanted, Wanted.PARTITION, "")]


def free(clinic: Clinic, *ended: Consultation) -> None:
    clinic.say("W", p.Heartbeat(load=0, rooms=len(ended)))
    for consultation in ended:
        clinic.say("W", p.RoomEnded(room=f"elvenes.{consultation.id}.1"))


def three(clinic: Clinic) -> list[Consultation]:
    """A full worker, and three who want to call: A, B, D, in this order, a second apart."""
    talking = clinic.talking()
    them = [waiting(clinic, name) for name in "ABD"]
    for n, (name, consultation) in enumerate(zip("ABD", them, strict=True)):
        clinic.clock.time += 1
        assert place(clinic, name, consultation) == n + 1
    return [talking, *them]


def test_without_any_worker_she_waits_for_one_that_is_being_started(clinic: Clinic) -> None:
    booked = waiting(clinic, "P")
    assert place(clinic, "P", booked) == 1
    clinic.worker("W", "w1")
    assert place(clinic, "P", booked) == 0
    assert wanted(clinic) == []


def test_a_free_line_goes_to_who_asked_first_and_still_asks(clinic: Clinic) -> None:
    talking, a, b, d = three(clinic)
    free(clinic, talking)
    late = waiting(clinic, "E")
    clinic.clock.time += 1
    assert [place(clinic, "D", d), place(clinic, "E", late), place(clinic, "B", b)] == [3, 4, 2]
    assert place(clinic, "A", a) == 0
    assert [place(clinic, "B", b), place(clinic, "D", d), place(clinic, "E", late)] == [1, 2, 3]


def test_nobody_waits_for_others_when_there_are_lines_for_all(clinic: Clinic) -> None:
    _, a, b, d = three(clinic)
    clinic.worker("X", "w2", capacity=2)
    assert [place(clinic, "D", d), place(clinic, "B", b)] == [3, 0]
    assert [place(clinic, "D", d), place(clinic, "A", a)] == [2, 0]
    assert place(clinic, "D", d) == 1


def test_who_does_not_ask_again_loses_her_place(clinic: Clinic) -> None:
    talking, a, b, d = three(clinic)
    clinic.clock.time += SETTINGS.line_seconds - 3
    assert [place(clinic, "B", b), place(clinic, "D", d)] == [2, 3]
    clinic.clock.time += 3
    assert place(clinic, "D", d) == 2
    free(clinic, talking)
    assert place(clinic, "B", b) == 0
    assert wanted(clinic) == [d.id]
    assert place(clinic, "A", a) == 2


def test_who_withdraws_gives_her_place_up(clinic: Clinic) -> None:
    talking, a, b, _ = three(clinic)
    clinic.say("CA", p.WithdrawCall(consultation=a.id, call=0))
    assert a.id not in wanted(clinic)
    assert clinic.now(a).state is State.CHECKED_IN
    free(clinic, talking)
    assert place(clinic, "B", b) == 0


@pytest.mark.untrue("one of them takes a consultation away by hand")
@pytest.mark.parametrize("why", ["her page is closed", "the patient left", "it was cancelled", "it is gone"])
def test_who_has_gone_holds_nobody_up(clinic: Clinic, why: str) -> None:
    talking, a, b, d = three(clinic)
    free(clinic, talking)
    if why == "her page is closed":
        clinic.leave("CA")
    elif why == "the patient left":
        clinic.say("A", p.Leave())
    elif why == "it was cancelled":
        clinic.services.desk.cancel(clinic.by, a.id)
    else:
        clinic.services.consultations.end(clinic.by, a.id, "purged", lambda _: True)
    assert place(clinic, "D", d) > 0, "B is still before her"
    assert place(clinic, "B", b) == 0


def test_a_call_that_moves_goes_before_one_that_begins(clinic: Clinic) -> None:
    talking, a, *_ = three(clinic)
    clinic.leave("W")
    clinic.worker("X", "w2")
    assert clinic.now(talking).worker == "w2"
    assert place(clinic, "A", a) == 1


def test_pressing_call_again_in_a_call_takes_no_place(clinic: Clinic) -> None:
    talking, *others = three(clinic)
    assert clinic.say("C", p.Call(consultation=talking.id)) == "call"
    assert last(clinic, "C", p.Join).call == 1
    assert talking.id not in wanted(clinic)
    assert len(wanted(clinic)) == len(others)


def test_what_was_taken_between_asking_and_writing_is_waited_for(clinic: Clinic) -> None:
    clinic.worker("W", "w1")
    a, b = waiting(clinic, "A"), waiting(clinic, "B")
    seat = clinic.services.placing._place

    def other_first(*given: object) -> object:
        clinic.services.placing._place = seat  # type: ignore[method-assign]
        clinic.say("CB", p.Call(consultation=b.id))
        return seat(*given)  # type: ignore[arg-type]

    clinic.services.placing._place = other_first  # type: ignore[method-assign,assignment]
    assert place(clinic, "A", a) == 1
    assert clinic.now(b).state is State.CALLING
