"""A worker that has no strength for a call gives it back, and another one takes it."""

import pytest

from chalicelib import protocol as p
from chalicelib.lifecycle import State
from chalicelib.protocol import EndReason, Message, Seat
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


def test_another_worker_takes_it_while_it_rings(clinic: Clinic) -> None:
    called = clinic.calling()
    clinic.worker("X", "w2")
    assert clinic.say("W", p.RoomRefused(room=room(called, 1))) == "room_refused"
    present = clinic.now(called)
    assert (present.state, present.call, present.worker) == (State.CALLING, 2, "w2")
    assert places(clinic) == {"w1": frozenset(), "w2": {room(called, 2)}}
    assert last(clinic, "X", p.OpenRoom).room == room(called, 2)
    assert last(clinic, "W", p.CloseRoom).room == room(called, 1)
    assert last(clinic, "C", p.Join).call == 2
    assert last(clinic, "P", p.Ringing).call == 2
    assert not all_of(clinic, "P", p.Join)
    assert not all_of(clinic, "C", p.CallEnded)
    trail = clinic.services.trail.entries(called)
    assert (trail[-1].what, trail[-1].who) == ("moved", "system")

    assert clinic.say("C", p.Offer(consultation=called.id, call=1, n=1, sdp=SDP)) == "overtaken"
    assert clinic.say("C", p.Offer(consultation=called.id, call=2, n=1, sdp=SDP)) == "offer"
    assert last(clinic, "X", p.RelayOffer).room == room(called, 2)
    assert clinic.say("P", p.Accept(consultation=called.id, call=2)) == "accept"


def test_another_worker_takes_it_while_they_talk(clinic: Clinic) -> None:
    called = clinic.calling()
    clinic.say("C", p.Media(consultation=called.id, call=1, camera=True, microphone=True, screen=True))
    clinic.say("P", p.Accept(consultation=called.id, call=1))
    clinic.worker("X", "w2")
    clinic.say("W", p.RoomRefused(room=room(called, 1)))
    assert clinic.now(called).state is State.IN_CALL
    assert last(clinic, "C", p.Join).call == last(clinic, "P", p.Join).call == 2
    assert len(all_of(clinic, "P", p.Ringing)) == 1
    seen = last(clinic, "P", p.PeerMedia)
    assert (seen.call, seen.seat, seen.screen) == (2, Seat.CLINICIAN, True)


def test_without_another_worker_the_call_is_lost_and_both_are_told(clinic: Clinic) -> None:
    called = clinic.calling()
    clinic.say("W", p.RoomRefused(room=room(called, 1)))
    lost = p.CallEnded(consultation=called.id, call=1, reason=EndReason.WORKER_LOST)
    assert last(clinic, "P", p.CallEnded) == last(clinic, "C", p.CallEnded) == lost
    assert clinic.now(called).state is State.CHECKED_IN
    assert places(clinic) == {"w1": frozenset()}
    clinic.say("C", p.Call(consultation=called.id))
    assert clinic.now(called).state is State.CHECKED_IN, "it has just said that it cannot"
    clinic.say("W", p.Heartbeat(load=0.5, rooms=0))
    clinic.say("C", p.Call(consultation=called.id))
    assert clinic.now(called).state is State.CALLING


def test_two_that_refuse_do_not_pass_it_to_and_fro(clinic: Clinic) -> None:
    called = clinic.calling()
    clinic.worker("X", "w2")
    clinic.say("W", p.RoomRefused(room=room(called, 1)))
    clinic.say("X", p.RoomRefused(room=room(called, 2)))
    present = clinic.now(called)
    assert (present.state, present.call) == (State.CHECKED_IN, 2)
    assert last(clinic, "P", p.CallEnded) == p.CallEnded(consultation=called.id, call=2, reason=EndReason.WORKER_LOST)
    assert places(clinic) == {"w1": frozenset(), "w2": frozenset()}


def test_those_that_are_gone_without_a_word_are_passed_over(clinic: Clinic) -> None:
    called = clinic.calling()
    clinic.worker("X", "w2", capacity=9)
    clinic.worker("Y", "w3")
    clinic.push.gone.add("X")
    clinic.say("W", p.RoomRefused(room=room(called, 1)))
    present = clinic.now(called)
    assert (present.state, present.call, present.worker) == (State.CALLING, 3, "w3")
    assert places(clinic) == {"w1": frozenset(), "w2": frozenset(), "w3": {room(called, 3)}}
    assert last(clinic, "C", p.Join).call == 3


def test_when_all_others_are_gone_it_is_lost(clinic: Clinic) -> None:
    called = clinic.calling()
    clinic.worker("X", "w2")
    clinic.push.gone.add("X")
    clinic.say("W", p.RoomRefused(room=room(called, 1)))
    assert clinic.now(called).state is State.CHECKED_IN
    assert places(clinic) == {"w1": frozenset(), "w2": frozenset()}
    assert last(clinic, "C", p.CallEnded).call == last(clinic, "P", p.CallEnded).call == 2


def test_said_twice_it_moves_once(clinic: Clinic) -> None:
    called = clinic.calling()
    clinic.worker("X", "w2")
    clinic.worker("Y", "w3")
    clinic.say("W", p.RoomRefused(room=room(called, 1)))
    moved, told = clinic.now(called), len(clinic.push.sent)
    clinic.say("W", p.RoomRefused(room=room(called, 1)))
    assert clinic.now(called) == moved
    assert len(clinic.push.sent) == told


def test_nobody_refuses_what_another_worker_carries(clinic: Clinic) -> None:
    called = clinic.calling()
    clinic.worker("X", "w2")
    clinic.worker("Y", "w3")
    for name in (room(called, 1), room(called, 2), "elvenes.nothing.1"):
        clinic.say("X", p.RoomRefused(room=name))
    assert clinic.now(called) == called
    assert places(clinic)["w1"] == {room(called, 1)}


def test_who_filled_up_meanwhile_is_passed_over(clinic: Clinic) -> None:
    called, other = clinic.calling(), clinic.book()
    clinic.worker("X", "w2")
    clinic.patient("Q", other)
    clinic.say("Q", p.CheckIn(devices=p.DeviceReport()))

    def other_call_first() -> None:
        clinic.store.before_write = lambda: clinic.say("C", p.Call(consultation=other.id))

    clinic.store.before_write = other_call_first  # before the load is noted; the next write is the move
    clinic.say("W", p.RoomRefused(room=room(called, 1)))
    assert clinic.now(other).worker == "w2"
    assert clinic.now(called).state is State.CHECKED_IN
    assert places(clinic) == {"w1": frozenset(), "w2": {room(other, 1)}}


@pytest.mark.parametrize("ended", [p.HangUp, p.WithdrawCall])
def test_hung_up_before_it_moves(clinic: Clinic, ended: type[Message]) -> None:
    called = clinic.calling()
    clinic.worker("X", "w2")
    if ended is p.HangUp:
        clinic.say("P", p.Accept(consultation=called.id, call=1))
    clinic.store.before_write = lambda: clinic.say("C", ended(consultation=called.id, call=1))
    joins = len(all_of(clinic, "C", p.Join))
    clinic.say("W", p.RoomRefused(room=room(called, 1)))
    assert clinic.now(called).state is (State.ENDED if ended is p.HangUp else State.CHECKED_IN)
    assert places(clinic) == {"w1": frozenset(), "w2": frozenset()}
    assert len(all_of(clinic, "C", p.Join)) == joins


@pytest.mark.parametrize("accepted", [False, True])
def test_ended_while_it_is_told_the_last_word_is_the_true_one(clinic: Clinic, accepted: bool) -> None:
    called = clinic.calling()
    clinic.worker("X", "w2")
    if accepted:
        clinic.say("P", p.Accept(consultation=called.id, call=1))
    send = clinic.push.send

    def ends_first(connection: str, message: Message) -> bool:
        if isinstance(message, p.OpenRoom):
            clinic.push.send = send  # type: ignore[method-assign]
            ended = p.HangUp if accepted else p.WithdrawCall
            clinic.say("C", ended(consultation=called.id, call=2))
        return send(connection, message)

    clinic.push.send = ends_first  # type: ignore[method-assign]
    clinic.say("W", p.RoomRefused(room=room(called, 1)))
    assert clinic.now(called).state is (State.ENDED if accepted else State.CHECKED_IN)
    assert places(clinic) == {"w1": frozenset(), "w2": frozenset()}
    reason = EndReason.HANG_UP if accepted else EndReason.WITHDRAWN
    for connection in ("P", "C"):
        news = [m for m in clinic.push.to(connection) if isinstance(m, p.Join | p.Ringing | p.CallEnded)]
        assert news[-1] == p.CallEnded(consultation=called.id, call=2, reason=reason)


@pytest.mark.parametrize("alone", [False, True])
def test_a_refusal_that_overtakes_the_ringing(clinic: Clinic, alone: bool) -> None:
    waiting = clinic.waiting()
    if not alone:
        clinic.worker("X", "w2")
    send = clinic.push.send

    def refuses_at_once(connection: str, message: Message) -> bool:
        if isinstance(message, p.OpenRoom):
            clinic.push.send = send  # type: ignore[method-assign]
            clinic.say("W", p.RoomRefused(room=message.room))
        return send(connection, message)

    clinic.push.send = refuses_at_once  # type: ignore[method-assign]
    assert clinic.say("C", p.Call(consultation=waiting.id)) == "call"
    if alone:
        for connection in ("P", "C"):
            news = [m for m in clinic.push.to(connection) if isinstance(m, p.Join | p.Ringing | p.CallEnded)]
            assert isinstance(news[-1], p.CallEnded), "nobody is left ringing"
        return
    present = clinic.now(waiting)
    assert (present.call, present.worker) == (2, "w2")
    assert last(clinic, "C", p.Join).call == 2
    assert last(clinic, "P", p.Ringing).call == 2


def test_who_never_heard_that_it_moved_is_told_when_nothing_arrives(clinic: Clinic) -> None:
    called = clinic.calling()
    clinic.worker("X", "w2")
    clinic.say("W", p.RoomRefused(room=room(called, 1)))
    clinic.push.sent.clear()
    for connection in ("C", "P"):
        assert clinic.say(connection, p.Trouble(consultation=called.id, call=1)) == "trouble"
    assert last(clinic, "C", p.Join).call == 2
    assert last(clinic, "P", p.Ringing).call == 2
