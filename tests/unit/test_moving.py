"""A call survives its worker: it moves when the worker's socket closes, falls silent, drains or is lost."""

from typing import Any

import msgspec
import pytest

from chalicelib import protocol as p
from chalicelib.crew import LATE_SECONDS
from chalicelib.lifecycle import State
from chalicelib.protocol import EndReason, Message, Seat
from chalicelib.records import Consultation, Worker
from chalicelib.store import Put
from chalicelib.workers import MOVING_SECONDS
from tests.fakes.clinic import SETTINGS, Clinic
from tests.unit.test_protocol import SDP
from tests.unit.test_refused import places, room
from tests.unit.test_signaling import all_of, last

CAME = f"00-{'a' * 32}-{'b' * 16}-01"


@pytest.fixture
def clinic() -> Clinic:
    return Clinic()


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


def test_a_call_that_moves_by_itself_is_opened_on_behalf_of_the_clinicians_page(clinic: Clinic) -> None:
    called = clinic.talking()
    clinic.worker("X", "w2")
    socket = clinic.services.sockets.known("C")
    assert socket is not None
    clinic.store.write([Put(msgspec.structs.replace(socket, trace=CAME))])
    clinic.leave("W")
    opened = last(clinic, "X", p.OpenRoom)
    assert (opened.room, opened.trace) == (room(called, 2), CAME)


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


def test_when_its_worker_is_silent_a_page_in_trouble_moves_it(clinic: Clinic, called: Consultation) -> None:
    clinic.worker("X", "w2")
    clinic.clock.time += SETTINGS.heartbeat_seconds + LATE_SECONDS
    clinic.say("X", p.Heartbeat(load=0, rooms=0))
    clinic.say("P", p.Trouble(consultation=called.id, call=1))
    is_with(clinic, called, "w1", 1)
    clinic.clock.time += 1
    clinic.say("P", p.Trouble(consultation=called.id, call=1))
    is_with(clinic, called, "w2", 2)
    assert last(clinic, "W", p.CloseRoom) == p.CloseRoom(room=room(called, 1), moved=True), "in case it hears"


def test_where_all_workers_are_late_calls_stay_until_a_lease_is_out(clinic: Clinic, called: Consultation) -> None:
    clinic.worker("X", "w2")
    clinic.clock.time += SETTINGS.heartbeat_seconds + LATE_SECONDS + 1
    clinic.say("P", p.Trouble(consultation=called.id, call=1))
    is_with(clinic, called, "w1", 1)
    clinic.clock.time += SETTINGS.lease_seconds
    clinic.say("P", p.Trouble(consultation=called.id, call=1))
    is_with(clinic, called, "w1", 1)
    clinic.say("X", p.Heartbeat(load=0, rooms=0))
    clinic.say("P", p.Trouble(consultation=called.id, call=1))
    is_with(clinic, called, "w2", 2)


def test_what_moved_from_one_that_is_only_late_stays_for_a_lease(clinic: Clinic, called: Consultation) -> None:
    """Where functions are slow one heartbeat is late, and then the other."""
    clinic.worker("X", "w2")
    late = SETTINGS.heartbeat_seconds + LATE_SECONDS + 1
    clinic.clock.time += late
    clinic.say("X", p.Heartbeat(load=0, rooms=0))
    clinic.say("P", p.Trouble(consultation=called.id, call=1))
    is_with(clinic, called, "w2", 2)
    clinic.clock.time += late
    clinic.say("W", p.Heartbeat(load=0, rooms=0))
    clinic.say("P", p.Trouble(consultation=called.id, call=2))
    clinic.services.workers.sweep()
    is_with(clinic, called, "w2", 2)
    clinic.clock.time += SETTINGS.lease_seconds - late
    clinic.say("W", p.Heartbeat(load=0, rooms=0))
    clinic.say("P", p.Trouble(consultation=called.id, call=2))
    is_with(clinic, called, "w1", 3)


def test_an_offer_that_cannot_be_delivered_moves_the_call(clinic: Clinic, called: Consultation) -> None:
    clinic.worker("X", "w2")
    clinic.push.gone.add("W")
    assert clinic.say("C", p.Offer(consultation=called.id, call=1, n=2, sdp=SDP)) == "overtaken"
    is_with(clinic, called, "w2", 2)
    clinic.leave("W")
    is_with(clinic, called, "w2", 2)


def test_what_else_a_worker_carried_moves_when_its_socket_is_told_to_have_closed(clinic: Clinic) -> None:
    first, other = clinic.two_calls()
    clinic.worker("X", "w2", capacity=2)
    clinic.push.gone.add("W")
    clinic.say("P", p.Trouble(consultation=first.id, call=1))
    assert clinic.say("P", p.Accept(consultation=first.id, call=1)) == "accept"
    assert clinic.say("P", p.Offer(consultation=first.id, call=1, n=1, sdp=SDP)) == "overtaken"
    assert places(clinic) == {"w1": {room(other, 1)}, "w2": {room(first, 2)}}
    clinic.services.signaling.disconnect("W")
    assert places(clinic) == {"w1": frozenset(), "w2": {room(first, 2), room(other, 2)}}


@pytest.mark.parametrize("noticed", ["sweep", "trouble", "newcomer"])
def test_when_its_workers_lease_has_run_out_it_moves(clinic: Clinic, called: Consultation, noticed: str) -> None:
    clinic.leave("W")
    clinic.clock.time += SETTINGS.lease_seconds
    clinic.worker("X", "w2")
    if noticed == "sweep":
        assert clinic.services.workers.sweep() == 0
    elif noticed == "trouble":
        clinic.say("C", p.Trouble(consultation=called.id, call=1))
    is_with(clinic, called, "w2", 2)


def test_who_comes_takes_over_what_had_no_place(clinic: Clinic, called: Consultation) -> None:
    clinic.leave("W")
    clinic.worker("X", "w2")
    is_with(clinic, called, "w2", 2)


def test_the_worker_from_which_it_moved_learns_it_when_it_is_back(clinic: Clinic, called: Consultation) -> None:
    clinic.worker("X", "w2")
    clinic.leave("W")
    clinic.worker("W2", "w1", rooms=(room(called, 1), "elvenes.nothing.1"))
    told = {m.room: m.moved for m in all_of(clinic, "W2", p.CloseRoom)}
    assert told == {room(called, 1): True, "elvenes.nothing.1": False}
    is_with(clinic, called, "w2", 2)
    clinic.say("C", p.WithdrawCall(consultation=called.id, call=2))
    clinic.say("C", p.HangUp(consultation=called.id, call=2))
    clinic.worker("W3", "w1", rooms=(room(called, 1),))
    assert last(clinic, "W3", p.CloseRoom) == p.CloseRoom(room=room(called, 1))


@pytest.mark.parametrize("by", ["heartbeat", "register"])
def test_a_worker_that_drains_gives_all_its_calls_away(clinic: Clinic, by: str) -> None:
    first, other = clinic.two_calls()
    clinic.worker("X", "w2")
    rooms = [room(first, 1), room(other, 1)]

    def drains() -> None:
        if by == "heartbeat":
            clinic.say("W", p.Heartbeat(load=0, rooms=2, draining=True))
        else:
            clinic.say("W", p.Register(worker="w1", capacity=2, rooms=rooms, draining=True))

    drains()
    moved = places(clinic)["w2"]
    assert len(moved) == 1, "it has one place"
    assert len(places(clinic)["w1"]) == 1, "the other stays"
    assert all_of(clinic, "W", p.CloseRoom) == [
        p.CloseRoom(room=r, moved=True) for r in rooms if r not in places(clinic)["w1"]
    ]
    drains()
    assert places(clinic)["w2"] == moved
    clinic.worker("Y", "w3")
    drains()
    assert places(clinic)["w1"] == frozenset()
    assert {clinic.now(first).call, clinic.now(other).call} == {2}
    assert clinic.say("C", p.Call(consultation=clinic.book().id)) == "illegal_transition"


def test_who_drains_is_not_chosen_by_itself_or_others(clinic: Clinic) -> None:
    called = clinic.calling()
    clinic.worker("X", "w2")
    clinic.say("X", p.Heartbeat(load=0, rooms=0, draining=True))
    clinic.say("W", p.Heartbeat(load=0, rooms=1, draining=True))
    assert places(clinic) == {"w1": {room(called, 1)}, "w2": frozenset()}


def test_what_the_old_worker_still_says_changes_nothing(clinic: Clinic, called: Consultation) -> None:
    clinic.worker("X", "w2")
    clinic.say("W", p.Heartbeat(load=0, rooms=1, draining=True))
    is_with(clinic, called, "w2", 2)
    before, told = clinic.now(called), [len(clinic.push.to(c)) for c in "CPX"]
    old = room(called, 1)
    clinic.say("W", p.RelayAnswer(room=old, seat=Seat.CLINICIAN, n=1, sdp=SDP))
    clinic.say("W", p.RelayRefused(room=old, seat=Seat.CLINICIAN, n=1, code="gone"))
    clinic.say("W", p.RoomRefused(room=old))
    clinic.say("W", p.RoomQuality(room=old, participants=2, good=60, fair=0, poor=0))
    clinic.say("W", p.RoomEnded(room=old))
    assert clinic.now(called) == before
    assert [len(clinic.push.to(c)) for c in "CPX"] == told
    assert places(clinic) == {"w1": frozenset(), "w2": {room(called, 2)}}


def test_one_that_fails_does_not_keep_the_others_from_moving(
    clinic: Clinic, capsys: pytest.CaptureFixture[str]
) -> None:
    first, other = clinic.two_calls()
    clinic.worker("X", "w2", capacity=2)
    place = clinic.services.placing._place_again

    def fails_once(*_: Any, **__: Any) -> Consultation:
        clinic.services.placing._place_again = place  # type: ignore[method-assign]
        raise RuntimeError("Kari Testesen")

    clinic.services.placing._place_again = fails_once  # type: ignore[method-assign]
    clinic.leave("W")
    assert sorted(len(rooms) for rooms in places(clinic).values()) == [1, 1]
    logged = capsys.readouterr().out
    assert '"door": "move"' in logged
    assert "RuntimeError" in logged
    assert "Kari" not in logged
    clinic.services.workers.sweep()
    assert places(clinic) == {"w1": frozenset(), "w2": {room(first, 2), room(other, 2)}}


def test_a_function_stops_moving_before_its_time_is_over(clinic: Clinic) -> None:
    first, other = clinic.two_calls()
    clinic.worker("X", "w2", capacity=2)
    send = clinic.push.send

    def slowly(connection: str, message: Message) -> bool:
        clinic.clock.time += isinstance(message, p.OpenRoom) * (MOVING_SECONDS + 1)
        return send(connection, message)

    clinic.push.send = slowly  # type: ignore[method-assign]
    clinic.leave("W")
    assert sorted(len(rooms) for rooms in places(clinic).values()) == [1, 1]
    clinic.services.workers.sweep()
    assert places(clinic) == {"w1": frozenset(), "w2": {room(first, 2), room(other, 2)}}


def test_trouble_and_disconnect_at_once_move_it_once(clinic: Clinic, called: Consultation) -> None:
    clinic.worker("X", "w2")
    clinic.worker("Y", "w3")
    clinic.push.gone.add("W")
    clinic.services.store.unplug("w1", "W")

    def other_first() -> None:
        clinic.services.signaling.disconnect("W")

    place = clinic.services.placing._place_again

    def meanwhile(*given: Any, **more: Any) -> Consultation:
        clinic.services.placing._place_again = place  # type: ignore[method-assign]
        clinic.store.before_write = other_first
        return place(*given, **more)

    clinic.services.placing._place_again = meanwhile  # type: ignore[method-assign]
    assert clinic.say("P", p.Trouble(consultation=called.id, call=1)) == "trouble"
    is_with(clinic, called, clinic.now(called).worker, 2)
    assert [m.call for m in all_of(clinic, "C", p.Join)] == [1, 2]
    assert sum(len(rooms) for rooms in places(clinic).values()) == 1


def test_registering_again_while_it_moves_leaves_no_ghost(clinic: Clinic, called: Consultation) -> None:
    clinic.worker("X", "w2")
    enlist = clinic.store.enlist

    def moves_first(row: Worker) -> Worker:
        clinic.store.enlist = enlist
        clinic.leave("W")
        return enlist(row)  # type: ignore[no-any-return]

    clinic.store.enlist = moves_first
    clinic.worker("W2", "w1", rooms=(room(called, 1),))
    is_with(clinic, called, "w2", 2)
    assert last(clinic, "W2", p.CloseRoom) == p.CloseRoom(room=room(called, 1), moved=True)
    assert places(clinic) == {"w1": frozenset(), "w2": {room(called, 2)}}


def test_a_function_that_dies_between_moving_and_telling_is_made_up_for(clinic: Clinic, called: Consultation) -> None:
    clinic.worker("X", "w2")
    clinic.services.placing._open = _die  # type: ignore[method-assign,assignment]
    clinic.push.gone.add("W")
    with pytest.raises(Died):
        clinic.services.signaling.disconnect("W")
    del clinic.services.placing._open
    assert places(clinic) == {"w1": {room(called, 1)}, "w2": {room(called, 2)}}
    for page in "CP":
        clinic.say(page, p.Trouble(consultation=called.id, call=1))
    is_with(clinic, called, "w2", 2)
    clinic.clock.time += SETTINGS.lease_seconds
    clinic.say("X", p.Heartbeat(load=0, rooms=1))
    clinic.services.workers.sweep()
    assert places(clinic) == {"w2": {room(called, 2)}}, "nothing is left of the lost worker"


def test_when_all_workers_lose_their_sockets_at_once_no_call_is_lost(clinic: Clinic, called: Consultation) -> None:
    clinic.worker("X", "w2")
    for socket in "WX":
        clinic.push.gone.add(socket)
    for socket in "WX":
        clinic.services.signaling.disconnect(socket)
    assert clinic.now(called).state is called.state
    clinic.worker("X2", "w2")
    clinic.worker("W2", "w1", rooms=(room(called, 1),))
    present = clinic.now(called)
    is_with(clinic, called, present.worker, present.call)
    assert last(clinic, {"w1": "W2", "w2": "X2"}[present.worker], p.OpenRoom).room == room(called, present.call)
    assert last(clinic, "W2", p.CloseRoom) == p.CloseRoom(room=room(called, 1), moved=True)


def test_workers_whose_heartbeats_are_late_altogether_keep_their_calls(clinic: Clinic, called: Consultation) -> None:
    """The functions may be what is slow: people who talk notice nothing of that, and are not to."""
    clinic.worker("X", "w2")
    clinic.clock.time += SETTINGS.lease_seconds + 1
    for _ in range(2):
        assert clinic.services.workers.sweep() == 0
    assert clinic.now(called) == called
    assert clinic.say("W", p.Heartbeat(load=0, rooms=1)) == "heartbeat"
    assert clinic.services.workers.sweep() == 0
    is_with(clinic, called, "w1", 1)


def test_the_only_worker_dies_and_its_call_goes_on_where_the_next_one_comes(
    clinic: Clinic, called: Consultation
) -> None:
    clinic.leave("W")
    clinic.clock.time += SETTINGS.lease_seconds + SETTINGS.rescue_seconds - 1
    assert clinic.services.workers.sweep() == 0
    for page in "CP":
        clinic.say(page, p.Trouble(consultation=called.id, call=1))
    assert clinic.now(called).state is called.state
    clinic.worker("X", "w2")
    is_with(clinic, called, "w2", 2)


def test_a_lost_workers_row_goes_once_nothing_is_left_of_it(clinic: Clinic, called: Consultation) -> None:
    clinic.leave("W")
    clinic.clock.time += SETTINGS.lease_seconds + SETTINGS.rescue_seconds
    assert clinic.services.workers.sweep() == 1
    assert clinic.workers() == []
    lost = p.CallEnded(consultation=called.id, call=1, reason=EndReason.WORKER_LOST)
    assert last(clinic, "P", p.CallEnded) == last(clinic, "C", p.CallEnded) == lost
    clinic.services.workers.sweep()
    assert all_of(clinic, "P", p.CallEnded) == [lost]


def test_what_is_said_of_the_number_before_the_move_is_meant_for_the_call(clinic: Clinic) -> None:
    called = clinic.calling()
    clinic.worker("X", "w2")
    clinic.leave("W")
    assert clinic.say("P", p.Accept(consultation=called.id, call=1)) == "accept"
    assert (clinic.now(called).state, last(clinic, "P", p.Join).call) == (State.IN_CALL, 2)
    assert clinic.say("P", p.HangUp(consultation=called.id, call=1)) == "hang_up"
    assert clinic.now(called).state is State.ENDED
    assert last(clinic, "C", p.CallEnded).call == 2
    assert places(clinic)["w2"] == frozenset()


def test_what_is_said_of_an_earlier_call_is_not_meant_for_one_that_moved(clinic: Clinic) -> None:
    called = clinic.calling()
    clinic.say("C", p.WithdrawCall(consultation=called.id, call=1))
    clinic.say("C", p.Call(consultation=called.id))
    clinic.worker("X", "w2")
    clinic.leave("W")
    assert clinic.now(called).call == 3
    assert clinic.say("P", p.Accept(consultation=called.id, call=1)) == "overtaken"
    assert clinic.say("C", p.WithdrawCall(consultation=called.id, call=1)) == "overtaken"
    assert clinic.now(called).state is State.CALLING
    assert clinic.say("P", p.Accept(consultation=called.id, call=2)) == "accept"


def test_a_call_that_could_not_be_ended_keeps_its_place(clinic: Clinic, called: Consultation) -> None:
    def overtake() -> None:
        clinic.services.consultations.note(clinic.by, called.id, "guest_admitted", lambda _: {})
        clinic.store.before_write = overtake

    clinic.store.before_write = overtake  # somebody is faster every time
    clinic.say("W", p.RoomEnded(room=room(called, 1)))
    clinic.store.before_write = lambda: None
    is_with(clinic, called, "w1", 1)
    clinic.say("W", p.RoomEnded(room=room(called, 1)))
    assert places(clinic) == {"w1": frozenset()}
    assert clinic.now(called).state is State.CHECKED_IN


def test_a_guest_moves_along(clinic: Clinic) -> None:
    talking, _ = clinic.joined()
    clinic.worker("X", "w2")
    clinic.leave("W")
    assert [last(clinic, page, p.Join).call for page in "CPG"] == [2, 2, 2]
    assert clinic.now(talking).guests[0].call == 2


class Died(BaseException):
    """The function was cut off here."""


def _die(*_: object) -> bool:
    raise Died
