"""The socket's messages, as the people in the call meet them."""

from typing import TypeVar, get_args

import pytest

from chalicelib import protocol as p
from chalicelib.clinician_messages import ClinicianMessages
from chalicelib.guest_messages import GuestMessages
from chalicelib.lifecycle import State
from chalicelib.patient_messages import PatientMessages
from chalicelib.protocol import DeviceReport, EndReason, Message, Seat
from chalicelib.records import Watcher
from chalicelib.rest import Feedback, Impression
from chalicelib.rights import patient
from chalicelib.secretary_messages import SecretaryMessages
from chalicelib.visit_messages import PROBES_PER_HOUR
from chalicelib.worker_messages import WorkerMessages
from tests.fakes.clinic import Clinic
from tests.unit.test_protocol import SDP

M = TypeVar("M", bound=Message)


@pytest.fixture
def clinic() -> Clinic:
    return Clinic()


def all_of(clinic: Clinic, connection: str, kind: type[M]) -> list[M]:
    return [m for m in clinic.push.to(connection) if isinstance(m, kind)]


def last(clinic: Clinic, connection: str, kind: type[M]) -> M:
    return all_of(clinic, connection, kind)[-1]


def test_from_booking_to_feedback(clinic: Clinic) -> None:
    clinic.worker("W", "w1")
    clinic.clinician("C")
    booked = clinic.book()
    assert booked.state is State.INVITED
    assert last(clinic, "C", p.Changed).consultation.sms is p.Delivery.SENT, "seen without reloading"

    clinic.patient("P", booked)
    visit = last(clinic, "P", p.Visit).visit
    assert (visit.state, visit.clinician_present, visit.logged_in) == (State.INVITED, True, True)
    assert last(clinic, "C", p.Changed).consultation.patient_present

    devices = DeviceReport(camera=p.Answer3.YES, speaker=p.Answer3.NO)
    network = p.NetworkReport(verdict=p.Verdict.GOOD, transport=p.Transport.DIRECT, rtt_ms=20)
    clinic.say("P", p.CheckIn(devices=devices, network=network))
    seen = last(clinic, "C", p.Changed).consultation
    assert (seen.state, seen.devices, seen.network) == (State.CHECKED_IN, devices, network)
    assert seen.checked_in_at is not None
    assert last(clinic, "P", p.Visit).visit.state is State.CHECKED_IN

    clinic.say("C", p.Call(consultation=booked.id))
    room = f"elvenes.{booked.id}.1"
    opened = last(clinic, "W", p.OpenRoom)
    assert opened.room == room
    assert last(clinic, "P", p.Ringing) == p.Ringing(consultation=booked.id, call=1)
    join = last(clinic, "C", p.Join)
    assert (join.call, join.seat, join.seats) == (1, Seat.CLINICIAN, [Seat.PATIENT, Seat.CLINICIAN])
    assert join.ice_servers[0].urls == ["turn:turn.example?transport=udp"]
    assert booked.id not in join.ice_servers[0].username

    clinic.say("C", p.Offer(consultation=booked.id, call=1, n=1, sdp=SDP))
    assert last(clinic, "W", p.RelayOffer) == p.RelayOffer(room=room, seat=Seat.CLINICIAN, n=1, sdp=SDP)
    clinic.say("W", p.RelayAnswer(room=room, seat=Seat.CLINICIAN, n=1, sdp=SDP))
    assert last(clinic, "C", p.Answer) == p.Answer(consultation=booked.id, call=1, n=1, sdp=SDP)
    clinic.say("C", p.Media(consultation=booked.id, call=1, camera=True, microphone=True))

    clinic.say("P", p.Accept(consultation=booked.id, call=1))
    assert last(clinic, "P", p.Join).seat is Seat.PATIENT
    assert last(clinic, "P", p.PeerMedia).camera, "who joins later learns what the other already sends"
    clinic.say("P", p.Offer(consultation=booked.id, call=1, n=1, sdp=SDP))
    clinic.say("W", p.RelayAnswer(room=room, seat=Seat.PATIENT, n=1, sdp=SDP))
    assert last(clinic, "P", p.Answer).n == 1
    clinic.say("P", p.Media(consultation=booked.id, call=1, camera=False, microphone=True, screen=True))
    told = last(clinic, "C", p.PeerMedia)
    assert (told.seat, told.camera, told.microphone, told.screen) == (Seat.PATIENT, False, True, True)
    assert last(clinic, "P", p.PeerMedia).seat is Seat.CLINICIAN, "nobody is told of what they send themselves"
    assert last(clinic, "C", p.Changed).consultation.state is State.IN_CALL

    clinic.say("P", p.HangUp(consultation=booked.id, call=1))
    ended = p.CallEnded(consultation=booked.id, call=1, reason=EndReason.HANG_UP)
    assert last(clinic, "C", p.CallEnded) == last(clinic, "P", p.CallEnded) == ended
    assert last(clinic, "W", p.CloseRoom).room == room
    clinic.say("W", p.RoomEnded(room=room))
    assert clinic.now(booked).state is State.ENDED
    assert clinic.workers()[0].rooms == frozenset()

    clinic.services.consultations.feedback(patient("elvenes"), booked.id, Feedback(quality=Impression.GOOD))
    assert last(clinic, "P", p.Visit).visit.feedback_given

    trail = clinic.services.trail.entries(booked)
    assert [(e.what, e.who) for e in trail] == [
        ("booked", "ingrid-berg"),
        ("sending", "system"),
        ("sms_sent", "system"),
        ("invite", "system"),
        ("check_in", "patient"),
        ("call", "ingrid-berg"),
        ("accept", "patient"),
        ("hang_up", "patient"),
        ("feedback", "patient"),
    ]


@pytest.mark.parametrize(
    ("union", "messages"),
    [
        (p.FromPatient, PatientMessages),
        (p.FromGuest, GuestMessages),
        (p.FromClinician, ClinicianMessages),
        (p.FromSecretary, SecretaryMessages),
        (p.FromWorker, WorkerMessages),
    ],
)
def test_every_message_has_its_handler_and_every_handler_its_message(union: object, messages: type) -> None:
    tags = {f"_on_{message.__struct_config__.tag}" for message in get_args(union)}
    assert {name for name in dir(messages) if name.startswith("_on_")} == tags


def test_what_the_others_send_is_told_to_who_comes_back(clinic: Clinic) -> None:
    called = clinic.calling()
    clinic.say("C", p.Media(consultation=called.id, call=1, camera=True, microphone=True, screen=True))
    clinic.say("P", p.Accept(consultation=called.id, call=1))
    for connection in ("P", "P2"):
        if connection == "P2":
            clinic.patient("P2", called)
        assert last(clinic, connection, p.PeerMedia) == p.PeerMedia(
            consultation=called.id, call=1, seat=Seat.CLINICIAN, camera=True, microphone=True, screen=True
        )


def test_the_newest_page_takes_the_seat_and_the_older_is_told(clinic: Clinic) -> None:
    called = clinic.calling()
    clinic.say("P", p.Accept(consultation=called.id, call=1))
    clinic.patient("P2", called)
    assert all_of(clinic, "P", p.SeatTaken)
    assert last(clinic, "P2", p.Join).call == 1, "a reload in a call goes on with it"
    assert clinic.say("P", p.Offer(consultation=called.id, call=1, n=1, sdp=SDP)) == "overtaken"
    assert clinic.say("P2", p.Offer(consultation=called.id, call=1, n=1, sdp=SDP)) == "offer"


def test_a_clinician_who_reloads_is_back_in_the_call(clinic: Clinic) -> None:
    called = clinic.calling()
    clinic.say("P", p.Accept(consultation=called.id, call=1))
    clinic.leave("C")
    clinic.clinician("C2")
    assert last(clinic, "C2", p.Join).call == 1
    assert clinic.say("C2", p.HangUp(consultation=called.id, call=1)) == "hang_up"


def test_a_patient_who_reloads_while_it_rings_hears_it_again(clinic: Clinic) -> None:
    called = clinic.calling()
    clinic.leave("P")
    clinic.patient("P2", called)
    assert last(clinic, "P2", p.Ringing).call == 1


def test_presence_follows_the_patients_socket(clinic: Clinic) -> None:
    waiting = clinic.waiting()
    assert last(clinic, "C", p.Changed).consultation.patient_present
    clinic.leave("P")
    seen = last(clinic, "C", p.Changed).consultation
    assert not seen.patient_present
    assert seen.state is State.CHECKED_IN, "a lost network is no leaving"
    clinic.patient("P2", waiting)
    assert last(clinic, "C", p.Changed).consultation.patient_present


def test_who_waits_sees_whether_the_clinician_is_there(clinic: Clinic) -> None:
    clinic.waiting()
    clinic.leave("C")
    assert not last(clinic, "P", p.Visit).visit.clinician_present
    clinic.clinician("C2")
    assert last(clinic, "P", p.Visit).visit.clinician_present


def test_withdrawing_a_call_stops_the_ringing_and_it_can_be_called_again(clinic: Clinic) -> None:
    called = clinic.calling()
    clinic.say("C", p.WithdrawCall(consultation=called.id, call=1))
    ended = last(clinic, "P", p.CallEnded)
    assert (ended.call, ended.reason) == (1, EndReason.WITHDRAWN)
    assert clinic.say("P", p.Accept(consultation=called.id, call=1)) == "overtaken"
    clinic.say("C", p.Call(consultation=called.id))
    assert last(clinic, "P", p.Ringing).call == 2


def test_whats_late_from_an_older_call_goes_nowhere(clinic: Clinic) -> None:
    called = clinic.calling()
    clinic.say("C", p.WithdrawCall(consultation=called.id, call=1))
    clinic.say("C", p.Call(consultation=called.id))
    clinic.push.sent.clear()
    assert clinic.say("C", p.Offer(consultation=called.id, call=1, n=1, sdp=SDP)) == "overtaken"
    assert clinic.say("C", p.HangUp(consultation=called.id, call=1)) == "overtaken"
    clinic.say("W", p.RelayAnswer(room=f"elvenes.{called.id}.1", seat=Seat.CLINICIAN, n=1, sdp=SDP))
    clinic.say("W", p.RoomEnded(room=f"elvenes.{called.id}.1"))
    assert [type(m) for _, m in clinic.push.sent] == [p.Error, p.Error]
    assert (clinic.now(called).state, clinic.now(called).call) == (State.CALLING, 2)


def test_a_message_that_comes_twice_is_answered_as_if_done(clinic: Clinic) -> None:
    called = clinic.calling()
    for message in (p.CheckIn(devices=DeviceReport()), p.Accept(consultation=called.id, call=1)):
        assert clinic.say("P", message) != "illegal_transition"
    assert clinic.say("P", p.Accept(consultation=called.id, call=1)) == "accept"
    version = clinic.now(called).version
    for _ in range(2):
        assert clinic.say("P", p.HangUp(consultation=called.id, call=1)) == "hang_up"
    assert clinic.now(called).version == version + 1


def test_a_board_shows_one_day_and_leaves_out_other_clinicians(clinic: Clinic) -> None:
    booked = clinic.book()
    clinic.clinician("C")
    board = last(clinic, "C", p.Board)
    assert [c.consultation for c in board.consultations] == [booked.id]
    clinic.say("C", p.Watch(day="2031-01-01"))
    assert last(clinic, "C", p.Board) == p.Board(
        day="2031-01-01", clinician=clinic.staff, consultations=[], delay_minutes=0
    )


def test_a_gone_socket_loses_its_own_rows_and_only_those(clinic: Clinic) -> None:
    waiting = clinic.waiting()
    clinic.clinician("D")
    clinic.push.gone.add("C")
    clinic.say("P", p.Leave())
    watching = {row.connection for row in clinic.store.rows.values() if isinstance(row, Watcher)}
    assert watching == {"D"}
    assert last(clinic, "D", p.Changed).consultation.state is State.INVITED
    assert clinic.now(waiting).state is State.INVITED


def test_the_network_test_goes_to_a_worker_and_back(clinic: Clinic) -> None:
    booked = clinic.book()
    clinic.worker("W", "w1")
    clinic.patient("P", booked)
    clinic.say("P", p.ProbeStart())
    ready = last(clinic, "P", p.ProbeReady)
    clinic.say("P", p.ProbeOffer(probe=ready.probe, sdp=SDP))
    relayed = last(clinic, "W", p.ProbeRelay)
    assert (relayed.reply_to, relayed.probe) == ("P", ready.probe)
    clinic.say("W", p.ProbeAnswered(reply_to=relayed.reply_to, probe=relayed.probe, sdp=SDP))
    assert last(clinic, "P", p.ProbeAnswer) == p.ProbeAnswer(probe=ready.probe, sdp=SDP)


def test_a_network_test_that_a_worker_refuses_is_answered_at_once(clinic: Clinic) -> None:
    clinic.worker("W", "w1")
    clinic.patient("P", clinic.book())
    clinic.say("P", p.ProbeOffer(probe="x", sdp=SDP))
    asked = last(clinic, "W", p.ProbeRelay)
    clinic.say("W", p.ProbeRefused(reply_to=asked.reply_to, probe=asked.probe, code="unavailable"))
    told = last(clinic, "P", p.Error)
    assert (told.code, told.retry, told.about) == ("unavailable", True, "probe_offer")
    clinic.leave("P")
    assert clinic.say("W", p.ProbeRefused(reply_to="P", probe="x", code="unavailable")) == "probe_refused"


def test_network_tests_are_limited_by_visit_and_hour(clinic: Clinic) -> None:
    booked, other = clinic.book(), clinic.book()
    clinic.worker("W", "w1")
    clinic.patient("P", booked)
    clinic.patient("Q", other)
    for message in (p.ProbeStart(), p.ProbeOffer(probe="x", sdp=SDP)):
        said = [clinic.say("P", message) for _ in range(PROBES_PER_HOUR + 1)]
        assert set(said[:-1]) == {message.__struct_config__.tag}
        assert said[-1] == "too_many_attempts"
        assert clinic.say("Q", message) == message.__struct_config__.tag
    assert len(all_of(clinic, "W", p.ProbeRelay)) == PROBES_PER_HOUR + 1
    clinic.clock.time += 3600
    clinic.patient("P", booked)
    assert clinic.say("P", p.ProbeStart()) == "probe_start"


def test_a_network_test_without_a_worker_says_so(clinic: Clinic) -> None:
    clinic.patient("P", clinic.book())
    assert clinic.say("P", p.ProbeOffer(probe="x", sdp=SDP)) == "no_worker"


def test_a_ping_is_answered(clinic: Clinic) -> None:
    clinic.clinician("C")
    clinic.say("C", p.Ping())
    assert clinic.push.to("C")[-1] == p.Pong()
