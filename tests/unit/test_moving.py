"""A call survives its worker: it moves when the worker's socket closes, falls silent, drains or is lost."""

import pytest

from chalicelib import protocol as p
from chalicelib.lifecycle import State
from chalicelib.records import Consultation
from tests.fakes.clinic import Clinic
from tests.unit.test_protocol import SDP
from tests.unit.test_signaling import all_of, last


@pytest.fixture
def clinic() -> Clinic:
    return Clinic()


def room(consultation: Consultation, call: int) -> str:
    return f"elvenes.{consultation.id}.{call}"


def places(clinic: Clinic) -> dict[str, frozenset[str]]:
    return {w.id: w.rooms for w in clinic.workers()}


def is_with(clinic: Clinic, consultation: Consultation, worker: str, call: int) -> None:
    """It goes on at ``worker`` under number ``call``, and both have been told."""
    present = clinic.now(consultation)
    assert (present.worker, present.call, present.state) == (worker, call, consultation.state)
    assert [w for w, rooms in places(clinic).items() if room(consultation, call) in rooms] == [worker]
    assert last(clinic, "C", p.Join).call == call
    told = last(clinic, "P", p.Join) if present.state is State.IN_CALL else last(clinic, "P", p.Ringing)
    assert told.call == call
    assert not all_of(clinic, "P", p.CallEnded)


@pytest.fixture(params=["calling", "talking"])
def called(request: pytest.FixtureRequest, clinic: Clinic) -> Consultation:
    made: Consultation = getattr(clinic, request.param)()
    return made


def test_when_its_workers_socket_closes_it_moves_at_once(clinic: Clinic, called: Consultation) -> None:
    clinic.worker("X", "w2")
    clinic.leave("W")
    is_with(clinic, called, "w2", 2)
    assert places(clinic) == {"w1": frozenset(), "w2": {room(called, 2)}}
    assert last(clinic, "X", p.OpenRoom).room == room(called, 2)
    assert clinic.services.trail.entries(called)[-1].what == "moved"
    assert clinic.say("C", p.Offer(consultation=called.id, call=1, n=2, sdp=SDP)) == "overtaken"
    assert clinic.say("C", p.Offer(consultation=called.id, call=2, n=1, sdp=SDP)) == "offer"
    assert last(clinic, "X", p.RelayOffer).room == room(called, 2)


def test_an_older_socket_that_closes_moves_nothing(clinic: Clinic, called: Consultation) -> None:
    clinic.worker("X", "w2")
    clinic.worker("W2", "w1", rooms=(room(called, 1),))
    clinic.leave("W")
    is_with(clinic, called, "w1", 1)
    clinic.say("W2", p.Heartbeat(load=0, rooms=1))
    assert clinic.say("C", p.Offer(consultation=called.id, call=1, n=2, sdp=SDP)) == "offer"


def test_a_late_word_from_an_older_socket_does_not_take_the_newer_ones_place(clinic: Clinic) -> None:
    clinic.waiting()
    clinic.worker("W2", "w1")
    assert clinic.say("W", p.Heartbeat(load=0, rooms=0)) == "not_found"
    assert [w.connection for w in clinic.workers()] == ["W2"]


def test_without_another_worker_it_stays_and_the_worker_may_be_back(clinic: Clinic, called: Consultation) -> None:
    clinic.leave("W")
    assert clinic.say("P", p.Trouble(consultation=called.id, call=1)) == "trouble"
    assert clinic.say("C", p.Offer(consultation=called.id, call=1, n=2, sdp=SDP)) == "unavailable"
    is_with(clinic, called, "w1", 1)
    clinic.worker("W2", "w1", rooms=(room(called, 1),))
    is_with(clinic, called, "w1", 1)
    assert clinic.say("C", p.Offer(consultation=called.id, call=1, n=2, sdp=SDP)) == "offer"
    assert not all_of(clinic, "W2", p.CloseRoom)
