"""Threats to what people are sent, and by it."""

import base64
from datetime import UTC, datetime

import pytest

from chalicelib.calendar_file import Appointment, calendar_file
from chalicelib.errors import Unauthenticated
from chalicelib.gateway import Gateway
from chalicelib.mail import NoAddress, mail
from chalicelib.outcomes import of_gateway, signature
from chalicelib.protocol import Language, MessageKind
from chalicelib.records import Consultation
from chalicelib.telling import telling_words
from chalicelib.words import Notice
from tests.fakes.clinic import Clinic

STARTS = datetime(2027, 1, 15, 10, tzinfo=UTC)


def notice(name: str = "Medisinsk") -> Notice:
    return Notice(
        MessageKind.INVITED, "uid", "https://v.example/i#x", Language.BOKMAL, name, "+4755500100", "Ingrid",
        "Europe/Oslo", STARTS, 30,
    )  # fmt: skip


def test_t70_no_message_tells_why_somebody_is_treated() -> None:
    """T-70. Guard: a list of words that tell, looked for in every text."""
    assert telling_words("Time ved kreftavdelingen", Language.BOKMAL)
    assert not telling_words("Time ved medisinsk poliklinikk", Language.BOKMAL)


def test_t71_no_word_is_hidden_from_the_list() -> None:
    """T-71. Guard: what is not seen on a phone is taken out before words are looked for."""
    assert telling_words("Time ved kr\u00adeft\u200bavdelingen", Language.BOKMAL)


def test_t72_a_name_adds_no_line_to_a_calendar() -> None:
    """T-72. Guard: line breaks are escaped (RFC 5545)."""
    text = calendar_file(Appointment("u", 1, "a@b", STARTS, 30, "x\r\nATTENDEE:evil", "d", "", "r"), STARTS)
    assert "\r\nATTENDEE" not in text


def test_t73_an_address_adds_no_receiver() -> None:
    """T-73. Guard: the address must be one, for the library that writes the header."""
    with pytest.raises(NoAddress):
        mail(notice(), "no-reply@v.example", "a@b.example\r\nBcc: evil@x.example")


def test_t74_no_sms_goes_over_a_line_in_clear() -> None:
    """T-74. Guard: the gateway's address must be HTTPS."""
    with pytest.raises(ValueError, match="HTTPS"):
        Gateway("http://gateway.example", "token")


def test_t75_a_message_goes_once_though_its_function_dies(clinic: Clinic) -> None:
    """T-75. Guard: what was handed over to the carrier is not handed over again."""
    clinic.carrier.fail = SystemExit()
    with pytest.raises(SystemExit):
        clinic.book()
    clinic.carrier.fail = None
    (booked,) = (row for row in clinic.store.rows.values() if isinstance(row, Consultation))
    for _ in range(3):
        clinic.clock.time += 60
        clinic.deliver(booked, booked.reason)
    assert clinic.carrier.texts == []


def test_t76_a_secret_link_stands_in_no_address_that_reaches_a_server(clinic: Clinic) -> None:
    """T-76. Guard: the secret is the fragment, which browsers keep to themselves."""
    clinic.book()
    link = next(word for word in clinic.carrier.texts[-1][1].split() if "://" in word)
    address, _, secret = link.partition("#")
    assert len(secret) == 22
    assert secret not in address


RECEIPT, SECRET = b'{"message":"id-1","delivered":true}', base64.b64encode(b"receipts").decode()


def receipt(signed_with: str, sent: int, now: int) -> None:
    """Take a receipt. Raises Unauthenticated."""
    signed = {"webhook-id": "r1", "webhook-timestamp": str(sent)}
    signed["webhook-signature"] = "v1," + signature(signed_with, "r1", str(sent), RECEIPT)
    of_gateway(RECEIPT, lambda name: signed.get(name, ""), SECRET, now)


def test_t77_nobody_else_says_what_became_of_a_message() -> None:
    """T-77. Guard: a receipt's signature."""
    receipt(SECRET, 1000, 1000)
    with pytest.raises(Unauthenticated):
        receipt(base64.b64encode(b"guess").decode(), 1000, 1000)


def test_t78_an_old_receipt_says_nothing() -> None:
    """T-78. Guard: a receipt's time."""
    with pytest.raises(Unauthenticated):
        receipt(SECRET, 1000, 1000 + 86400)
