"""Media workers come, beat, carry calls, and are lost."""

import pytest

from chalicelib import protocol as p
from chalicelib.lifecycle import State
from chalicelib.protocol import EndReason
from chalicelib.tokens import worker_pass
from tests.fakes.clinic import SETTINGS, Clinic
from tests.unit.test_protocol import SDP
from tests.unit.test_signaling import all_of, last


@pytest.fixture
def clinic() -> Clinic:
    return Clinic()


def test_a_worker_is_told_how_often_to_beat(clinic: Clinic) -> None:
    clinic.worker("W", "w1", capacity=4)
    registered = p.Registered(SETTINGS.heartbeat_seconds, SETTINGS.lease_seconds, SETTINGS.socket_seconds)
    assert clinic.push.to("W") == [registered]
    clinic.say("W", p.Heartbeat(load=0.5, rooms=0))
    assert clinic.push.to("W")[-1] == p.Pong()


def test_a_worker_is_told_where_it_comes_from_and_nobody_else_is_remembered_so(clinic: Clinic) -> None:
    services = clinic.services
    services.signaling.connect("W", worker_pass("worker", "w1", clinic.clock()), "203.0.113.7")
    clinic.say("W", p.Register(worker="w1", capacity=1, rooms=[]))
    assert last(clinic, "W", p.Registered).address == "203.0.113.7"
    session, _ = services.sessions.begin_visit(clinic.book())
    services.signaling.connect("P", services.tickets.issue(session).ticket, "203.0.113.8")
    patient = services.sockets.find("P")
    assert patient is not None
    assert patient.address == ""


@pytest.mark.parametrize("why", ["full", "draining", "lost", "without a socket", "loaded"])
def test_a_worker_that_cannot_is_not_chosen(clinic: Clinic, why: str) -> None:
    waiting = clinic.waiting()
    if why == "full":
        clinic.worker("W", "w1", capacity=0)
    elif why == "draining":
        clinic.say("W", p.Heartbeat(load=0, rooms=0, draining=True))
    elif why == "loaded":
        clinic.say("W", p.Heartbeat(load=0.81, rooms=0))
    elif why == "lost":
        clinic.clock.time += SETTINGS.lease_seconds
    else:
        clinic.leave("W")
    clinic.say("C", p.Call(consultation=waiting.id))
    assert last(clinic, "C", p.Queued).consultation == waiting.id
    assert clinic.now(waiting).state is State.CHECKED_IN


def test_a_call_goes_where_most_places_are_free(clinic: Clinic) -> None:
    waiting = clinic.waiting()
    clinic.worker("X", "w2", capacity=3)
    clinic.worker("Y", "w3", capacity=9)
    clinic.say("Y", p.Heartbeat(load=0.9, rooms=0))
    clinic.say("C", p.Call(consultation=waiting.id))
    assert clinic.now(waiting).worker == "w2", "the largest has no strength left"


def test_a_worker_that_reconnects_is_as_loaded_as_it_was(clinic: Clinic) -> None:
    clinic.worker("W", "w1")
    clinic.say("W", p.Heartbeat(load=0.7, rooms=0))
    clinic.worker("W2", "w1")
    assert [w.load for w in clinic.workers()] == [0.7]


def test_a_heartbeat_keeps_a_worker(clinic: Clinic) -> None:
    waiting = clinic.waiting()
    for _ in range(5):
        clinic.clock.time += SETTINGS.lease_seconds - 1
        clinic.say("W", p.Heartbeat(load=0, rooms=0))
    assert clinic.say("C", p.Call(consultation=waiting.id)) == "call"


@pytest.mark.parametrize("accepted", [False, True])
@pytest.mark.parametrize("noticed", ["sweep", "trouble"])
def test_a_killed_worker_is_noticed_and_both_sides_are_told(clinic: Clinic, accepted: bool, noticed: str) -> None:
    called = clinic.calling()
    if accepted:
        clinic.say("P", p.Accept(consultation=called.id, call=1))
    clinic.leave("W")
    clinic.say("P", p.Trouble(consultation=called.id, call=1))
    assert clinic.now(called).state in (State.CALLING, State.IN_CALL), "it may be back"
    clinic.clock.time += SETTINGS.lease_seconds
    assert clinic.services.workers.sweep() == 0, "or another one may come"
    clinic.clock.time += SETTINGS.rescue_seconds
    if noticed == "sweep":
        assert clinic.services.workers.sweep() == 1
        assert clinic.services.workers.sweep() == 0
    else:
        clinic.say("P", p.Trouble(consultation=called.id, call=1))
    lost = p.CallEnded(consultation=called.id, call=1, reason=EndReason.WORKER_LOST)
    assert last(clinic, "P", p.CallEnded) == last(clinic, "C", p.CallEnded) == lost
    assert last(clinic, "C", p.Changed).consultation.state is State.CHECKED_IN

    clinic.worker("X", "w2")
    assert clinic.say("C", p.Call(consultation=called.id)) == "call"
    assert last(clinic, "P", p.Ringing).call == 2


def test_an_offer_to_a_lost_worker_says_so(clinic: Clinic) -> None:
    called = clinic.calling()
    clinic.clock.time += SETTINGS.lease_seconds + SETTINGS.rescue_seconds
    assert clinic.say("C", p.Offer(consultation=called.id, call=1, n=1, sdp=SDP)) == "worker_lost"
    assert clinic.now(called).state is State.CHECKED_IN


def test_a_worker_that_reconnects_keeps_its_calls_and_closes_what_is_over(clinic: Clinic) -> None:
    called = clinic.calling()
    room = f"elvenes.{called.id}.1"
    clinic.leave("W")
    clinic.worker("W2", "w1", rooms=(room, "elvenes.gone.1", f"elvenes.{called.id}.0"))
    assert {m.room for m in all_of(clinic, "W2", p.CloseRoom)} == {"elvenes.gone.1", f"elvenes.{called.id}.0"}
    assert clinic.workers()[0].rooms == {room}
    clinic.say("C", p.Offer(consultation=called.id, call=1, n=1, sdp=SDP))
    assert last(clinic, "W2", p.RelayOffer).room == room


def test_a_worker_that_started_anew_is_given_its_calls_again_under_their_next_number(clinic: Clinic) -> None:
    called = clinic.calling()
    clinic.worker("W2", "w1")
    assert clinic.now(called).state is State.CALLING
    assert clinic.workers()[0].rooms == {f"elvenes.{called.id}.2"}
    assert last(clinic, "W2", p.OpenRoom).room == f"elvenes.{called.id}.2"
    assert last(clinic, "C", p.Join).call == last(clinic, "P", p.Ringing).call == 2


def test_a_worker_that_started_anew_without_room_for_them_loses_its_calls(clinic: Clinic) -> None:
    called = clinic.calling()
    clinic.say("W", p.Heartbeat(load=1.0, rooms=1))
    clinic.worker("W2", "w1")
    assert last(clinic, "C", p.CallEnded).reason is EndReason.WORKER_LOST
    assert clinic.now(called).state is State.CHECKED_IN
    assert clinic.workers()[0].rooms == frozenset()


def test_a_register_that_comes_late_from_an_old_socket_is_mended_by_the_next_heartbeat(clinic: Clinic) -> None:
    waiting = clinic.waiting()
    clinic.worker("W2", "w1")
    clinic.say("W", p.Register(worker="w1", capacity=1))
    clinic.push.gone.add("W")
    assert clinic.say("W2", p.Heartbeat(load=0, rooms=0)) == "not_found"
    clinic.say("W2", p.Register(worker="w1", capacity=1))
    assert clinic.say("C", p.Call(consultation=waiting.id)) == "call"
    assert last(clinic, "W2", p.OpenRoom)


def test_a_room_that_ended_by_itself_gives_the_call_back(clinic: Clinic) -> None:
    called = clinic.calling()
    clinic.say("P", p.Accept(consultation=called.id, call=1))
    clinic.say("W", p.RoomEnded(room=f"elvenes.{called.id}.1"))
    assert clinic.now(called).state is State.CHECKED_IN
    assert clinic.workers()[0].rooms == frozenset()


def test_a_worker_cannot_touch_a_call_that_another_carries(clinic: Clinic) -> None:
    called = clinic.calling()
    clinic.worker("X", "w2")
    room = f"elvenes.{called.id}.1"
    before = len(clinic.push.to("C"))
    clinic.say("X", p.RelayAnswer(room=room, seat=p.Seat.CLINICIAN, n=1, sdp=SDP))
    clinic.say("X", p.RoomEnded(room=room))
    assert len(clinic.push.to("C")) == before
    assert clinic.now(called).state is State.CALLING


def test_an_offer_for_a_room_that_is_over_gives_the_call_back(clinic: Clinic) -> None:
    called = clinic.talking()
    clinic.worker("X", "w2")
    room = f"elvenes.{called.id}.1"
    gone = p.RelayRefused(room=room, seat=p.Seat.CLINICIAN, n=1, code="gone")
    clinic.say("X", gone)
    assert clinic.now(called).state is State.IN_CALL, "another worker's word"
    assert clinic.say("W", gone) == "relay_refused"
    assert clinic.now(called).state is State.CHECKED_IN
    assert last(clinic, "P", p.CallEnded) == last(clinic, "C", p.CallEnded)
    clinic.say("C", p.Call(consultation=called.id))
    clinic.say("W", gone)
    assert clinic.now(called).state is State.CALLING, "it comes late, of the call before"


def test_an_offer_for_a_room_without_a_place_moves_the_call(clinic: Clinic) -> None:
    called = clinic.talking()
    clinic.worker("X", "w2")
    room = f"elvenes.{called.id}.1"
    for _ in range(2):
        clinic.say("W", p.RelayRefused(room=room, seat=p.Seat.CLINICIAN, n=1, code="unavailable"))
        present = clinic.now(called)
        assert (present.state, present.call, present.worker) == (State.IN_CALL, 2, "w2")


def test_the_sweep_asks_for_the_room_of_a_call_whose_clinician_is_not_there(clinic: Clinic) -> None:
    called = clinic.talking()
    clinic.services.workers.sweep()
    assert len(all_of(clinic, "W", p.OpenRoom)) == 1, "her page asks for it by its offers"
    clinic.leave("C")
    clinic.services.workers.sweep()
    assert [told.room for told in all_of(clinic, "W", p.OpenRoom)] == [f"elvenes.{called.id}.1"] * 2
    assert clinic.now(called).state is State.IN_CALL
    clinic.say("W", p.RoomOpened(room=f"elvenes.{called.id}.1"))
    assert clinic.now(called).state is State.IN_CALL


def test_what_a_worker_refuses_is_told_with_its_code(clinic: Clinic) -> None:
    called = clinic.calling()
    room = f"elvenes.{called.id}.1"
    clinic.say("W", p.RelayRefused(room=room, seat=p.Seat.CLINICIAN, n=1, code="bad_sdp"))
    told = last(clinic, "C", p.Error)
    assert (told.code, told.about) == ("bad_sdp", "offer")
