"""Everything somebody could try at the socket: a stable code and a human text, nothing changed, the socket lives on."""

import json

import pytest

from chalicelib import protocol as p
from chalicelib.errors import LinkWithdrawn, TicketInvalid
from chalicelib.floods import MOST, SECONDS
from chalicelib.lifecycle import Role, State
from chalicelib.records import Consultation
from chalicelib.store import Create
from chalicelib.tokens import worker_pass
from tests.fakes.clinic import Clinic
from tests.unit.test_protocol import SDP
from tests.unit.test_signaling import last

PARCELS = {p.Seat.CLINICIAN: p.Parcel(attempt="a" * 22, about="", n=1)}


@pytest.fixture
def clinic() -> Clinic:
    return Clinic()


def refused(clinic: Clinic, connection: str, data: str | bytes, code: str) -> None:
    """``data`` is answered with ``code`` and changes no row."""
    rows = dict(clinic.store.rows)
    assert clinic.services.signaling.message(connection, data) == code
    assert clinic.store.rows == rows
    told = last(clinic, connection, p.Error)
    assert told.code == code
    assert told.message
    assert told.message[0].isupper()
    clinic.say(connection, p.Ping())
    assert clinic.push.to(connection)[-1] == p.Pong(), "the socket lives on"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ("{", "not_json"),
        ("", "not_json"),
        (b"\x00\xff", "not_json"),
        ("\ud800", "not_json"),
        ('{"type":"open_the_door"}', "unknown_message"),
        ('{"type":"hello","role":"clinician"}', "unknown_message"),
        (json.dumps({"type": "ping", "more": "x" * p.MAX_MESSAGE}), "too_large"),
        ('{"type":"watch","day":"2026-01-01"}', "unknown_message"),
        ('{"type":"call","consultation":"any"}', "unknown_message"),
        ('{"type":"register","worker":"w9","capacity":9}', "unknown_message"),
        ('{"type":"room_ended","room":"elvenes.c.1"}', "unknown_message"),
    ],
)
def test_a_patient_sends_what_is_no_message_of_hers(clinic: Clinic, data: str | bytes, code: str) -> None:
    clinic.waiting()
    refused(clinic, "P", data, code)


def test_sdp_that_is_none(clinic: Clinic) -> None:
    called = clinic.calling()
    for sdp in ("hello", "<html>", "v=1", "v=0\r\nnonsense"):
        offer = {"type": "offer", "consultation": called.id, "call": 1, "n": 1, "sdp": sdp}
        refused(clinic, "C", json.dumps(offer), "bad_sdp")


def test_a_patient_at_somebody_elses_consultation(clinic: Clinic) -> None:
    called, other = clinic.calling(), clinic.book(patient_name="Nils")
    clinic.patient("Q", other)
    for message in (
        p.Accept(consultation=called.id, call=1),
        p.HangUp(consultation=called.id, call=1),
        p.Offer(consultation=called.id, call=1, n=1, sdp=SDP),
        p.Media(consultation=called.id, call=1, camera=True, microphone=True),
        p.Handshake(consultation=called.id, call=1, parcels=PARCELS),
        p.Trouble(consultation=called.id, call=1),
        p.Accept(consultation="doesnotexist", call=1),
    ):
        refused(clinic, "Q", p.encode(message), "forbidden")


@pytest.mark.untrue("a consultation that nobody booked")
def test_a_clinician_at_a_colleagues_consultation_learns_nothing_of_it(clinic: Clinic) -> None:
    clinic.clinician("C")
    theirs = Consultation(
        trust="elvenes", id="theirs", version=1, state=State.CHECKED_IN, starts=clinic.clock.time, minutes=30,
        day="2027-01-15", department="kirurgisk", staff="sunniva-lie", patient_name="Nils",
    )  # fmt: skip
    clinic.store.write([Create(theirs)])
    for id_ in ("theirs", "doesnotexist"):
        refused(clinic, "C", p.encode(p.Call(consultation=id_)), "not_found")
        refused(clinic, "C", p.encode(p.HangUp(consultation=id_, call=0)), "not_found")


def test_what_cannot_happen_now(clinic: Clinic) -> None:
    booked = clinic.book()
    clinic.worker("W", "w1")
    clinic.clinician("C")
    refused(clinic, "C", p.encode(p.Call(consultation=booked.id)), "illegal_transition")
    clinic.patient("P", booked)
    refused(clinic, "P", p.encode(p.Accept(consultation=booked.id, call=0)), "overtaken")


def test_a_call_that_cannot_be_takes_no_seat_from_another_page(clinic: Clinic) -> None:
    called = clinic.calling()
    clinic.say("P", p.Accept(consultation=called.id, call=1))
    clinic.say("C", p.HangUp(consultation=called.id, call=1))
    clinic.clinician("D")
    refused(clinic, "D", p.encode(p.Call(consultation=called.id)), "illegal_transition")
    assert p.SeatTaken() not in clinic.push.to("C")


def test_a_socket_that_was_never_let_in(clinic: Clinic) -> None:
    assert clinic.say("nobody", p.Hello()) == "ended"


def test_a_ticket_works_once_and_for_half_a_minute(clinic: Clinic) -> None:
    tickets, signaling = clinic.services.tickets, clinic.services.signaling
    session, _ = clinic.services.sessions.begin_visit(clinic.book())
    ticket = tickets.issue(session).ticket
    assert signaling.connect("P", ticket) is Role.PATIENT
    with pytest.raises(TicketInvalid):
        signaling.connect("thief", ticket)
    late = tickets.issue(session)
    clinic.clock.time += late.seconds
    with pytest.raises(TicketInvalid):
        signaling.connect("late", late.ticket)
    assert clinic.services.sockets.find("thief") is None
    assert clinic.services.sockets.find("late") is None


def test_two_with_the_same_ticket_at_once_one_gets_in(clinic: Clinic) -> None:
    tickets, signaling = clinic.services.tickets, clinic.services.signaling
    session, _ = clinic.services.sessions.begin_visit(clinic.book())
    ticket = tickets.issue(session).ticket
    clinic.store.before_write = lambda: signaling.connect("first", ticket)
    with pytest.raises(TicketInvalid):
        signaling.connect("second", ticket)
    assert clinic.services.sockets.find("first")


def test_a_workers_pass_works_once_and_only_with_the_right_key(clinic: Clinic) -> None:
    signaling = clinic.services.signaling
    good = worker_pass("worker", "w1", clinic.clock())
    assert signaling.connect("W", good) is Role.WORKER
    for bad in (good, worker_pass("guess", "w1", clinic.clock()), worker_pass("worker", "w1", clinic.clock() - 31)):
        with pytest.raises(TicketInvalid):
            signaling.connect("X", bad)


def test_a_worker_speaks_for_itself_whatever_it_says(clinic: Clinic) -> None:
    clinic.worker("W", "w1")
    clinic.say("W", p.Register(worker="somebody-else", capacity=1))
    assert [w.id for w in clinic.workers()] == ["w1"]


def test_a_guest_says_nothing_but_what_guests_say(clinic: Clinic) -> None:
    talking, guest = clinic.joined()
    other = clinic.book(patient_name="Nils")
    messages: tuple[p.Message, ...] = (
        p.Tested(devices=p.DeviceReport()),
        p.RunningLate(minutes=5),
        p.Delay(minutes=5),
        p.Watch(day="2027-01-15"),
        p.Call(consultation=talking.id),
        p.WithdrawCall(consultation=talking.id, call=1),
        p.Admit(consultation=talking.id, guest=guest.id),
        p.RoomEnded(room=f"elvenes.{talking.id}.1"),
    )
    for message in messages:
        refused(clinic, "G", p.encode(message), "unknown_message")
    messages = (
        p.Accept(consultation=other.id, call=0),
        p.HangUp(consultation=other.id, call=0),
        p.Offer(consultation=other.id, call=0, n=1, sdp=SDP),
        p.Pause(consultation=other.id, call=0, paused=True),
        p.Handshake(consultation=other.id, call=0, parcels=PARCELS),
        p.Trouble(consultation=other.id, call=0),
    )
    for message in messages:
        refused(clinic, "G", p.encode(message), "forbidden")
    refused(clinic, "G", p.encode(p.HangUp(consultation=talking.id, call=0)), "overtaken")
    refused(clinic, "G", p.encode(p.Leave()), "illegal_transition")
    refused(clinic, "P", p.encode(p.Admit(consultation=talking.id, guest=guest.id)), "unknown_message")


def test_a_guest_who_was_not_let_in_is_in_no_call(clinic: Clinic) -> None:
    talking = clinic.talking()
    clinic.guest("G", talking, clinic.invite(talking))
    clinic.say("G", p.CheckIn(devices=p.DeviceReport()))
    for message in (
        p.Accept(consultation=talking.id, call=1),
        p.Offer(consultation=talking.id, call=1, n=1, sdp=SDP),
        p.Media(consultation=talking.id, call=1, camera=True, microphone=True),
        p.Handshake(consultation=talking.id, call=1, parcels=PARCELS),
        p.Pause(consultation=talking.id, call=1, paused=True),
        p.Trouble(consultation=talking.id, call=1),
    ):
        refused(clinic, "G", p.encode(message), "overtaken")


def test_a_ticket_of_a_guest_who_was_shown_out_opens_nothing(clinic: Clinic) -> None:
    booked = clinic.book()
    guest = clinic.invite(booked)
    session, _ = clinic.services.sessions.begin_guest_visit(clinic.now(booked), guest.id)
    ticket = clinic.services.tickets.issue(session).ticket
    clinic.remove(booked, guest)
    with pytest.raises(LinkWithdrawn):
        clinic.services.signaling.connect("G", ticket)
    assert clinic.services.sockets.find("G") is None


def test_a_flood_on_one_socket_ends_that_socket_and_no_other(clinic: Clinic) -> None:
    booked = clinic.book()
    clinic.patient("P", booked)
    clinic.clinician("C")
    clinic.clock.time += SECONDS - clinic.clock.time % SECONDS
    said = [clinic.say("P", p.Ping()) for _ in range(MOST + 1)]
    assert said == ["ping"] * MOST + ["too_many_attempts"]
    assert "P" in clinic.push.gone
    assert clinic.say("C", p.Ping()) == "ping"
    clinic.push.gone.discard("P")
    clinic.clock.time += SECONDS
    clinic.patient("P", booked)
    assert clinic.say("P", p.Ping()) == "ping"
