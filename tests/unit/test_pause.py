"""The privacy pause: anybody in the call asks for it, only they take it back; it outlives neither them nor the call."""

import pytest

from chalicelib import protocol as p
from chalicelib.lifecycle import State
from chalicelib.protocol import Seat
from chalicelib.records import Consultation
from tests.fakes.clinic import Clinic
from tests.unit.test_protocol import SDP
from tests.unit.test_signaling import all_of, last


@pytest.fixture
def clinic() -> Clinic:
    return Clinic()


def pause(clinic: Clinic, connection: str, of: Consultation, *, on: bool = True, call: int = 1) -> str:
    return clinic.say(connection, p.Pause(consultation=of.id, call=call, paused=on))


def trail(clinic: Clinic, of: Consultation) -> list[tuple[str, str]]:
    entries = clinic.services.trail.entries(of)
    return [(e.what, e.who) for e in entries if e.what in ("paused", "resumed")]


def test_everybody_in_the_call_sees_who_paused_and_that_it_goes_on(clinic: Clinic) -> None:
    talking, _ = clinic.joined()
    for paused, by in ((True, Seat.PATIENT), (False, None)):
        for _ in range(2):
            assert pause(clinic, "P", talking, on=paused) == "pause"
        for connection in "PCG":
            assert last(clinic, connection, p.Paused) == p.Paused(consultation=talking.id, call=1, by=by)
        assert last(clinic, "P", p.Visit).visit.paused_by is by
        assert last(clinic, "G", p.Visit).visit.paused_by is by
        assert last(clinic, "C", p.Changed).consultation.paused_by is by
    assert trail(clinic, talking) == [("paused", "patient"), ("resumed", "patient")]


@pytest.mark.parametrize("other", ["P", "G"])
def test_nobody_else_can_end_it(clinic: Clinic, other: str) -> None:
    talking, _ = clinic.joined()
    pause(clinic, "C", talking)
    pause(clinic, other, talking, on=False)
    assert clinic.now(talking).paused_by is Seat.CLINICIAN
    assert last(clinic, other, p.Paused).by is Seat.CLINICIAN, "the page is told how it is"
    assert trail(clinic, talking) == [("paused", clinic.staff)]


def test_of_two_who_pause_each_is_safe_until_they_say_so(clinic: Clinic) -> None:
    talking, _ = clinic.joined()
    pause(clinic, "C", talking)
    pause(clinic, "P", talking)
    assert last(clinic, "P", p.Paused).by is Seat.CLINICIAN
    pause(clinic, "C", talking, on=False)
    for connection in "PCG":
        assert last(clinic, connection, p.Paused).by is Seat.PATIENT
    pause(clinic, "P", talking, on=False)
    assert last(clinic, "G", p.Paused).by is None


def test_two_who_pause_at_once(clinic: Clinic) -> None:
    talking = clinic.talking()
    clinic.store.before_write = lambda: pause(clinic, "C", talking)
    pause(clinic, "P", talking)
    assert clinic.now(talking).pausers == (Seat.CLINICIAN, Seat.PATIENT)


def test_the_last_word_about_it_is_the_true_one(clinic: Clinic) -> None:
    talking = clinic.talking()
    pause(clinic, "P", talking)
    send = clinic.push.send

    def pauses_again_while_it_is_told(connection: str, message: p.Message) -> bool:
        if isinstance(message, p.Paused) and message.by is None:
            clinic.push.send = send  # type: ignore[method-assign]
            pause(clinic, "P", talking)
        return send(connection, message)

    clinic.push.send = pauses_again_while_it_is_told  # type: ignore[method-assign]
    pause(clinic, "P", talking, on=False)
    for connection in "PC":
        assert last(clinic, connection, p.Paused).by is Seat.PATIENT


@pytest.mark.parametrize("end", ["hang_up", "shown_out"])
def test_it_ends_with_the_guest_who_asked_for_it(clinic: Clinic, end: str) -> None:
    talking, guest = clinic.joined()
    pause(clinic, "G", talking)
    assert last(clinic, "P", p.Paused).by is Seat.GUEST_1
    if end == "hang_up":
        clinic.say("G", p.HangUp(consultation=talking.id, call=1))
    else:
        clinic.remove(talking, guest)
    for connection in "PC":
        assert last(clinic, connection, p.Paused).by is None
    assert clinic.now(talking).pausers == ()


def test_a_lost_socket_ends_nothing_and_who_comes_back_is_told(clinic: Clinic) -> None:
    talking = clinic.talking()
    pause(clinic, "P", talking)
    clinic.leave("P")
    clinic.patient("P2", talking)
    assert last(clinic, "P2", p.Visit).visit.paused_by is Seat.PATIENT
    assert last(clinic, "P2", p.Paused).by is Seat.PATIENT
    pause(clinic, "P2", talking, on=False)
    assert last(clinic, "C", p.Paused).by is None


def test_who_joins_a_paused_call_is_told(clinic: Clinic) -> None:
    talking = clinic.talking()
    pause(clinic, "P", talking)
    clinic.join("G", talking, clinic.invite(talking))
    told = [type(m) for m in clinic.push.to("G") if isinstance(m, p.Join | p.Paused)]
    assert told == [p.Join, p.Paused]


def test_it_ends_with_the_call(clinic: Clinic) -> None:
    talking = clinic.talking()
    pause(clinic, "P", talking)
    clinic.say("W", p.RoomEnded(room=f"elvenes.{talking.id}.1"))
    assert clinic.now(talking).pausers == ()
    clinic.say("C", p.Call(consultation=talking.id))
    assert pause(clinic, "P", talking) == "overtaken"
    assert [told.call for told in all_of(clinic, "C", p.Paused)] == [1]
    clinic.say("P", p.Accept(consultation=talking.id, call=2))
    pause(clinic, "C", talking, call=2)
    clinic.say("P", p.HangUp(consultation=talking.id, call=2))
    ended = clinic.now(talking)
    assert (ended.state, ended.pausers) == (State.ENDED, ())
    assert pause(clinic, "P", talking, call=2) == "overtaken"


def test_it_stays_when_the_call_moves(clinic: Clinic) -> None:
    talking = clinic.talking()
    pause(clinic, "P", talking)
    clinic.worker("X", "w2")
    clinic.say("W", p.RoomRefused(room=f"elvenes.{talking.id}.1"))
    assert last(clinic, "C", p.Paused) == p.Paused(consultation=talking.id, call=2, by=Seat.PATIENT)
    pause(clinic, "P", talking, on=False, call=2)
    assert last(clinic, "C", p.Paused).by is None


def test_hanging_up_while_it_is_asked_for_leaves_no_pause(clinic: Clinic) -> None:
    talking = clinic.talking()
    clinic.store.before_write = lambda: clinic.say("C", p.HangUp(consultation=talking.id, call=1))
    assert pause(clinic, "P", talking) == "overtaken"
    assert clinic.now(talking).pausers == ()


def test_a_guest_who_is_not_in_the_call_pauses_nothing(clinic: Clinic) -> None:
    talking = clinic.talking()
    guest = clinic.invite(talking)
    clinic.guest("G", talking, guest)
    clinic.say("C", p.Admit(consultation=talking.id, guest=guest.id))
    clinic.say("G", p.CheckIn(devices=p.DeviceReport()))
    assert pause(clinic, "G", talking) == "overtaken"
    assert clinic.say("G", p.Offer(consultation=talking.id, call=1, n=1, sdp=SDP)) == "overtaken"
    assert clinic.now(talking).pausers == ()


def test_an_older_page_of_the_same_person_pauses_nothing(clinic: Clinic) -> None:
    talking = clinic.talking()
    clinic.patient("P2", talking)
    assert pause(clinic, "P", talking) == "overtaken"
