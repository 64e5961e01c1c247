"""What participants say to each other to agree on keys: passed on unread, from who is in a call to who is in it."""

import json
from typing import Final

import pytest

from chalicelib import protocol as p
from chalicelib.floods import MOST, SECONDS
from chalicelib.protocol import Encryption, Parcel, Seat
from chalicelib.records import Consultation
from chalicelib.rest import Rules, TrustRules
from tests.fakes.clinic import Clinic
from tests.unit.test_signaling import all_of, last

PARCEL: Final = Parcel(attempt="a" * 22, about="b" * 22, n=3, commitment="c" * 43, public="d" * 87, sealed="e" * 8_000)
UNABLE: Final = Parcel(attempt="", about="", n=1, able=False)


@pytest.fixture
def clinic() -> Clinic:
    return Clinic()


def handshake(of: Consultation, *to: Seat, call: int = 1, parcel: Parcel = PARCEL) -> p.Handshake:
    return p.Handshake(consultation=of.id, call=call, parcels=dict.fromkeys(to, parcel))


def heard(clinic: Clinic, connection: str) -> list[p.PeerHandshake]:
    return all_of(clinic, connection, p.PeerHandshake)


def test_each_is_told_what_is_meant_for_them_and_by_whom(clinic: Clinic) -> None:
    talking, _ = clinic.joined()
    rows = dict(clinic.store.rows)
    said = p.Handshake(consultation=talking.id, call=1, parcels={Seat.CLINICIAN: PARCEL, Seat.GUEST_1: UNABLE})
    assert clinic.say("P", said) == "handshake"
    assert heard(clinic, "C") == [p.PeerHandshake(talking.id, 1, Seat.PATIENT, PARCEL)]
    assert heard(clinic, "G") == [p.PeerHandshake(talking.id, 1, Seat.PATIENT, UNABLE)]
    assert heard(clinic, "P") == []
    clinic.say("G", handshake(talking, Seat.CLINICIAN))
    assert last(clinic, "C", p.PeerHandshake).seat is Seat.GUEST_1
    assert clinic.store.rows == rows, "nothing of it is kept"


def test_what_is_said_twice_is_passed_on_twice_for_its_number_tells(clinic: Clinic) -> None:
    talking = clinic.talking()
    for _ in range(2):
        clinic.say("C", handshake(talking, Seat.PATIENT))
    assert len(heard(clinic, "P")) == 2


def test_nobody_speaks_for_another_or_to_a_seat_that_is_not_in_the_call(clinic: Clinic) -> None:
    talking, _ = clinic.joined()
    assert clinic.say("P", handshake(talking, Seat.PATIENT, Seat.GUEST_2, Seat.GUEST_4)) == "handshake"
    assert not any(heard(clinic, connection) for connection in "PCG")


def test_who_has_not_answered_the_call_neither_speaks_nor_hears(clinic: Clinic) -> None:
    called = clinic.calling()
    assert clinic.say("P", handshake(called, Seat.CLINICIAN)) == "overtaken"
    assert clinic.say("C", handshake(called, Seat.PATIENT)) == "handshake"
    assert not heard(clinic, "P")
    assert not heard(clinic, "C")
    clinic.say("P", p.Accept(consultation=called.id, call=1))
    assert clinic.say("P", handshake(called, Seat.CLINICIAN)) == "handshake"
    assert heard(clinic, "C")


def test_a_guest_who_waits_or_was_shown_out_neither_speaks_nor_hears(clinic: Clinic) -> None:
    talking = clinic.talking()
    guest = clinic.invite(talking)
    clinic.guest("G", talking, guest)
    assert clinic.say("G", handshake(talking, Seat.CLINICIAN)) == "overtaken"
    clinic.say("C", handshake(talking, guest.seat))
    assert not heard(clinic, "G")
    clinic.remove(talking, guest)
    assert clinic.say("G", handshake(talking, Seat.CLINICIAN)) in ("ended", "link_withdrawn")
    assert not heard(clinic, "C")


@pytest.mark.parametrize("call", [0, 2])
def test_what_names_another_call_is_late(clinic: Clinic, call: int) -> None:
    talking = clinic.talking()
    assert clinic.say("P", handshake(talking, Seat.CLINICIAN, call=call)) == "overtaken"
    assert last(clinic, "P", p.Error).about == "handshake"
    assert not heard(clinic, "C")


def test_after_the_call_there_is_nobody_to_say_it_to(clinic: Clinic) -> None:
    talking = clinic.talking()
    clinic.say("C", p.HangUp(consultation=talking.id, call=1))
    assert clinic.say("P", handshake(talking, Seat.CLINICIAN)) == "overtaken"
    assert not heard(clinic, "C")


def test_a_newer_page_hears_and_the_older_one_speaks_no_more(clinic: Clinic) -> None:
    talking = clinic.talking()
    clinic.patient("P2", talking)
    clinic.say("C", handshake(talking, Seat.PATIENT))
    assert heard(clinic, "P2")
    assert not heard(clinic, "P")
    assert clinic.say("P", handshake(talking, Seat.CLINICIAN)) != "handshake"
    assert not heard(clinic, "C")


@pytest.mark.parametrize(
    "parcels",
    [
        {},
        {"patient": None},
        {"nobody": {"attempt": "", "about": "", "n": 1}},
        {"patient": {"attempt": "short", "about": "", "n": 1}},
        {"patient": {"attempt": "", "about": "", "n": -1}},
        {"patient": {"attempt": "", "about": "", "n": 1, "sealed": "é"}},
        {"patient": {"attempt": "", "about": "", "n": 1, "sealed": "a" * 8_001}},
        {"patient": {"attempt": "", "about": "", "n": 1, "name": "Kari"}},
        {seat: {"attempt": "", "about": "", "n": 1} for seat in Seat},
    ],
)
def test_what_is_no_parcel_is_no_message(clinic: Clinic, parcels: object) -> None:
    talking = clinic.talking()
    said = {"type": "handshake", "consultation": talking.id, "call": 1, "parcels": parcels}
    assert clinic.services.signaling.message("C", json.dumps(said)) in ("unknown_message", "bad_request")
    assert not heard(clinic, "P")


def test_a_call_of_six_agrees_without_being_a_flood(clinic: Clinic) -> None:
    """Everybody answers each of the others through all rounds of an agreement, and says twice that keys have changed,
    in the same ten seconds."""
    talking = clinic.talking()
    guests = []
    for number in range(1, 5):
        guest = clinic.invite(talking, once=str(number))
        connection = f"G{number}"
        clinic.guest(connection, talking, guest)
        clinic.say(connection, p.CheckIn(devices=p.DeviceReport()))
        clinic.say("C", p.Admit(consultation=talking.id, guest=guest.id))
        clinic.say(connection, p.Accept(consultation=talking.id, call=1))
        guests.append(connection)
    everybody = {"P": Seat.PATIENT, "C": Seat.CLINICIAN} | dict(zip(guests, list(Seat)[2:], strict=True))
    clinic.clock.time += SECONDS - clinic.clock.time % SECONDS
    rounds = 4
    for connection, seat in everybody.items():
        others = [other for other in Seat if other is not seat]
        said = [handshake(talking, *others, parcel=UNABLE) for _ in range(SECONDS // 2 + 2)]
        said += [handshake(talking, other, parcel=UNABLE) for other in others for _ in range(rounds)]
        assert len(said) < MOST / 2
        assert {clinic.say(connection, message) for message in said} == {"handshake"}
    assert len(heard(clinic, "P")) == 5 * (SECONDS // 2 + 2 + rounds)


@pytest.mark.parametrize("rule", list(Encryption))
def test_everybody_who_is_asked_into_a_call_is_told_the_trusts_rule(clinic: Clinic, rule: Encryption) -> None:
    version = clinic.services.rules.read(clinic.trust).version
    clinic.services.rules.change(clinic.by, TrustRules(version=version, rules=Rules(encryption=rule)))
    clinic.joined()
    assert {last(clinic, connection, p.Join).encryption for connection in "PCG"} == {rule}


def test_a_trust_that_has_decided_nothing_prefers_encryption(clinic: Clinic) -> None:
    clinic.talking()
    assert last(clinic, "P", p.Join).encryption is Encryption.PREFERRED
