"""Threats to sockets, to signalling and to the media worker."""

import base64
import json

import pytest
from aioice import stun

from chalicelib import protocol as p
from chalicelib.errors import TicketInvalid, TooLarge, VenteromError
from chalicelib.floods import MOST
from chalicelib.lifecycle import Role
from chalicelib.tokens import worker_pass
from chalicelib.turn import credentials
from media_worker import ice
from tests.fakes.clinic import Clinic
from tests.unit.test_protocol import SDP


def ticket(clinic: Clinic) -> str:
    session, _ = clinic.services.sessions.begin_visit(clinic.book())
    return clinic.services.tickets.issue(session).ticket


def test_t30_a_ticket_opens_one_socket(clinic: Clinic) -> None:
    """T-30. Guard: a ticket is taken as it is used."""
    pass_ = ticket(clinic)
    clinic.services.signaling.connect("P", pass_)
    with pytest.raises(TicketInvalid):
        clinic.services.signaling.connect("thief", pass_)


def test_t31_an_old_ticket_opens_nothing(clinic: Clinic) -> None:
    """T-31. Guard: a ticket expires after half a minute."""
    pass_ = ticket(clinic)
    clinic.clock.time += 31
    with pytest.raises(TicketInvalid):
        clinic.services.signaling.connect("late", pass_)


def test_t32_nobody_else_is_a_worker(clinic: Clinic) -> None:
    """T-32. Guard: a worker's pass is signed."""
    with pytest.raises(TicketInvalid):
        clinic.services.signaling.connect("W", worker_pass("guess", "w1", clinic.clock()))


def test_t33_a_workers_pass_works_once(clinic: Clinic) -> None:
    """T-33. Guard: its nonce is remembered."""
    good = worker_pass("worker", "w1", clinic.clock())
    clinic.services.signaling.connect("W", good)
    with pytest.raises(TicketInvalid):
        clinic.services.signaling.connect("X", good)


def test_t34_a_patient_says_nothing_that_clinicians_say(clinic: Clinic) -> None:
    """T-34. Guard: each role has its own parser."""
    called = clinic.waiting()
    assert clinic.say("P", p.Call(consultation=called.id)) == "unknown_message"


def test_t35_a_patient_is_in_no_other_consultation(clinic: Clinic) -> None:
    """T-35. Guard: the consultation is the socket's own, whatever a message says."""
    called, other = clinic.calling(), clinic.book(patient_name="Nils")
    clinic.patient("Q", other)
    assert clinic.say("Q", p.Accept(consultation=called.id, call=1)) == "forbidden"


def test_t36_a_message_is_not_endless(clinic: Clinic) -> None:
    """T-36. Guard: longer messages than API Gateway takes are refused before they are parsed."""
    with pytest.raises(TooLarge):
        p.parse_patient(json.dumps({"type": "ping", "more": "x" * p.MAX_MESSAGE}))


def test_t37_what_is_no_description_goes_to_no_worker(clinic: Clinic) -> None:
    """T-37. Guard: a session description must look like one."""
    called = clinic.calling()
    offer = {"type": "offer", "consultation": called.id, "call": 1, "n": 1, "sdp": "<html>"}
    assert clinic.services.signaling.message("C", json.dumps(offer)) == "bad_sdp"


def test_t38_a_worker_answers_for_its_own_calls_only(clinic: Clinic) -> None:
    """T-38. Guard: a room is the worker's that carries it."""
    called = clinic.calling()
    clinic.worker("V", "w2")
    clinic.say("V", p.RelayAnswer(room=f"elvenes.{called.id}.1", seat=p.Seat.CLINICIAN, n=1, sdp=SDP))
    assert not any(isinstance(told, p.Answer) for told in clinic.push.to("C"))


def test_t39_a_guest_who_was_not_let_in_is_in_no_call(clinic: Clinic) -> None:
    """T-39. Guard: a guest rings only when admitted."""
    talking = clinic.talking()
    clinic.guest("G", talking, clinic.invite(talking))
    clinic.say("G", p.CheckIn(devices=p.DeviceReport()))
    assert clinic.say("G", p.Accept(consultation=talking.id, call=1)) == "overtaken"


def test_t40_a_worker_writes_no_words_to_a_page(clinic: Clinic) -> None:
    """T-40. Guard: of a worker's codes only our own are handed on."""
    called = clinic.calling()
    refused = p.RelayRefused(room=f"elvenes.{called.id}.1", seat=p.Seat.CLINICIAN, n=1, code="Kari-Testesen")
    clinic.say("W", refused)
    assert clinic.push.to("C")[-1] == p.Error(code="internal", message=VenteromError.text, retry=True, about="offer")


def test_t41_a_logged_out_page_hears_nothing_more(clinic: Clinic) -> None:
    """T-41. Guard: logging out closes the session's sockets."""
    booked = clinic.book()
    session, _ = clinic.services.sessions.begin_visit(booked)
    clinic.services.signaling.connect("P", clinic.services.tickets.issue(session).ticket)
    clinic.services.sessions.log_out(session)
    assert "P" in clinic.push.gone


def test_t42_turn_credentials_end(clinic: Clinic) -> None:
    """T-42. Guard: the user name holds when it ends, and the password is over it."""
    (server,) = credentials("secret", ["turn:t"], "x", 1000, 60)
    assert server.username == "1060:x"
    assert len(base64.b64decode(server.credential)) == 20


def test_t43_who_does_not_know_the_password_takes_no_line() -> None:
    """T-43. Guard: the integrity of each check."""
    request = stun.Message(message_method=stun.Method.BINDING, message_class=stun.Class.REQUEST)
    request.attributes["USERNAME"] = "wxyz:abcd"
    request.add_message_integrity(b"guess")
    check = ice.read(bytes(request))
    assert check is not None
    assert ice.answer(check, ice.Credentials("wxyz", "v" * 24), ("127.0.0.1", 1)) is None


def test_t44_a_worker_speaks_for_itself(clinic: Clinic) -> None:
    """T-44. Guard: the worker's name is its pass's."""
    good = worker_pass("worker", "w1", clinic.clock())
    assert clinic.services.signaling.connect("W", good) is Role.WORKER
    clinic.say("W", p.Register(worker="somebody-else", capacity=1))
    assert [worker.id for worker in clinic.workers()] == ["w1"]


def test_t99_a_socket_is_not_heard_without_end(clinic: Clinic) -> None:
    """T-99. Guard: the messages of a socket are counted."""
    clinic.waiting()
    assert {clinic.say("P", p.Ping()) for _ in range(MOST + 5)} > {"ping"}


PARCEL = p.Parcel(attempt="a" * 22, about="", n=1, commitment="c" * 43)


def test_t103_nobody_outside_the_call_agrees_on_keys(clinic: Clinic) -> None:
    """T-103. Guard: who has not answered the call says nothing in it."""
    called = clinic.calling()
    said = p.Handshake(consultation=called.id, call=1, parcels={p.Seat.CLINICIAN: PARCEL})
    assert clinic.say("P", said) == "overtaken"
    assert not [m for m in clinic.push.to("C") if isinstance(m, p.PeerHandshake)]


def test_t104_nobody_outside_the_call_is_told_of_keys(clinic: Clinic) -> None:
    """T-104. Guard: it is passed on to those who are in the call, and to nobody who waits."""
    talking = clinic.talking()
    guest = clinic.invite(talking)
    clinic.guest("G", talking, guest)
    clinic.say("C", p.Handshake(consultation=talking.id, call=1, parcels={guest.seat: PARCEL}))
    assert not [m for m in clinic.push.to("G") if isinstance(m, p.PeerHandshake)]
