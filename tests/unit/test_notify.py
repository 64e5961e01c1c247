"""Invitations: their words, the e-mail's parts, the calendar file read back, numbers, what SNS and SES are sent."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Any

import msgspec
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import calendar_file
from chalicelib.errors import BadRequest
from chalicelib.notify import AwsCarrier, Invitation, NotSent, all_texts, e164, mail, sms_text
from chalicelib.protocol import GuestKind, Language
from chalicelib.records import News
from chalicelib.settings import Settings

LINK = "https://video.elvenes.example/i#abcdefghijklmnopqrstuv"
INVITATION = Invitation(
    uid="c7Qm",
    link=LINK,
    language="nb",
    department_name="Medisinsk poliklinikk",
    department_phone="+4755500100",
    clinician_name="Ingrid Berg",
    time_zone="Europe/Oslo",
    starts=datetime(2026, 11, 24, 8, 30, tzinfo=UTC),
    minutes=30,
)
WRITTEN = datetime(2026, 11, 22, 7, 0, 1, tzinfo=UTC)
SENDER = "ikke-svar@elvenes.example"
# 3GPP TS 23.038: the basic alphabet and its extension, whose characters count twice.
GSM_BASIC = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENDED = set("\f^{}\\[~]|€")


def invitation(**changes: Any) -> Invitation:
    return msgspec.structs.replace(INVITATION, **changes)


def read_back(text: str) -> list[tuple[str, str]]:
    """Unfold and split content lines as RFC 5545 section 3.1 says."""
    assert text.endswith("\r\n")
    unfolded = text.replace("\r\n ", "").removesuffix("\r\n")
    return [(line.split(":", 1)[0], line.split(":", 1)[1]) for line in unfolded.split("\r\n")]


def unescape(value: str) -> str:
    return re.sub(r"\\(.)", lambda m: {"n": "\n", "N": "\n"}.get(m[1], m[1]), value)


def sent(message: EmailMessage) -> EmailMessage:
    """The message as the receiver's program reads it."""
    received = message_from_bytes(message.as_bytes(), policy=policy.default)
    assert isinstance(received, EmailMessage)
    return received


# ---------------------------------------------------------------- words


def test_every_language_has_its_texts() -> None:
    assert set(all_texts()) == {language.value for language in Language}
    for texts in all_texts().values():
        assert (len(texts.weekdays), len(texts.months)) == (7, 12)
        assert set(texts.kinds) == set(GuestKind)


@pytest.mark.parametrize(
    ("language", "starts", "shown"),
    [
        ("nb", datetime(2026, 11, 24, 8, 30, tzinfo=UTC), "tirsdag 24. november 2026 kl. 09.30"),
        ("nb", datetime(2026, 7, 1, 6, 0, tzinfo=UTC), "onsdag 1. juli 2026 kl. 08.00"),
        ("nb", datetime(2026, 12, 31, 23, 15, tzinfo=UTC), "fredag 1. januar 2027 kl. 00.15"),
        ("nb", datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "søndag 25. oktober 2026 kl. 02.30"),
        ("nb", datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "søndag 25. oktober 2026 kl. 02.30"),
        ("nn", datetime(2026, 11, 24, 8, 30, tzinfo=UTC), "tysdag 24. november 2026 kl. 09.30"),
        ("en", datetime(2026, 11, 24, 8, 30, tzinfo=UTC), "Tuesday 24 November 2026 at 09:30"),
        ("se", datetime(2026, 11, 24, 8, 30, tzinfo=UTC), "24.11.2026 dii. 09.30"),
        ("pl", datetime(2026, 11, 24, 8, 30, tzinfo=UTC), "24.11.2026 godz. 09:30"),
        ("uk", datetime(2026, 11, 24, 8, 30, tzinfo=UTC), "24.11.2026 о 09:30"),
        ("ar", datetime(2026, 11, 24, 8, 30, tzinfo=UTC), "24.11.2026 الساعة 09:30"),
    ],
)
def test_the_time_is_the_trusts_in_the_languages_form(language: str, starts: datetime, shown: str) -> None:
    assert shown in sms_text(invitation(language=language, starts=starts))


KINDS: dict[str, dict[str, Any]] = {
    "invited": {},
    "moved": {"news": News.MOVED},
    "cancelled": {"news": News.CANCELLED, "link": ""},
    "companion": {"guest": GuestKind.COMPANION},
    "interpreter": {"guest": GuestKind.INTERPRETER},
}
EVERY_MESSAGE = [pytest.param(lang, kind, id=f"{lang}-{name}") for lang in Language for name, kind in KINDS.items()]


def parts(text: str) -> int:
    """How many messages carry a text, 3GPP TS 23.040: one letter outside the alphabet makes all two bytes wide."""
    if set(text) <= GSM_BASIC | GSM_EXTENDED:
        size, alone, each = sum(2 if c in GSM_EXTENDED else 1 for c in text), 160, 153
    else:
        size, alone, each = len(text.encode("utf-16-be")) // 2, 70, 67
    return 1 if size <= alone else -(-size // each)


@pytest.mark.parametrize(("language", "kind"), EVERY_MESSAGE)
def test_sms_holds_what_it_must_and_few_parts_carry_it(language: Language, kind: dict[str, Any]) -> None:
    told = invitation(language=language, **kind)
    text = sms_text(told)
    for needed in ("09", "24", "2026", "Medisinsk poliklinikk", told.link, "+47 55 50 01 00"):
        assert needed in text
    assert ("https" in text) is bool(told.link)
    letters_cost_twice = language in (Language.NORTHERN_SAMI, Language.UKRAINIAN, Language.ARABIC)
    assert parts(text) <= (3 if letters_cost_twice else 2)


def test_a_guest_is_told_as_what_and_moving_and_cancelling_are_said() -> None:
    as_companion, as_interpreter = (sms_text(invitation(guest=kind)) for kind in GuestKind)
    assert "som ledsager" in as_companion
    assert "som tolk" in as_interpreter
    for guest in (None, GuestKind.INTERPRETER):
        assert "flyttet til tirsdag 24. november" in sms_text(invitation(news=News.MOVED, guest=guest))
        assert "avlyst" in sms_text(invitation(news=News.CANCELLED, link="", guest=guest))


def test_an_unknown_language_gets_bokmal() -> None:
    assert sms_text(invitation(language="tlh")) == sms_text(INVITATION)


# ---------------------------------------------------------------- e-mail


@pytest.mark.parametrize(("language", "kind"), EVERY_MESSAGE)
def test_mail_has_text_html_and_calendar(language: Language, kind: dict[str, Any]) -> None:
    told = invitation(language=language, **kind)
    received = sent(mail(told, SENDER, "kari@pasient.example"))
    assert received["To"] == "kari@pasient.example"
    assert received["From"] == f"Medisinsk poliklinikk <{SENDER}>"
    assert received["Content-Language"] == language
    plain, rich = received.get_body(("plain",)), received.get_body(("html",))
    assert plain is not None
    assert rich is not None
    for body in (plain.get_content(), rich.get_content()):
        for needed in ("Medisinsk poliklinikk", told.link, "+47 55 50 01 00", "2026"):
            assert needed in body
        assert (LINK in body) is bool(told.link)
        assert "{" not in body
    assert f'<html lang="{language}" dir="{"rtl" if language is Language.ARABIC else "ltr"}">' in rich.get_content()
    (attachment,) = received.iter_attachments()
    cancelled = told.news is News.CANCELLED
    assert attachment.get_filename() == ("cancel.ics" if cancelled else "invite.ics")
    assert attachment.get_content_type() == "text/calendar"
    assert attachment.get_param("method") == ("CANCEL" if cancelled else "PUBLISH")


def test_mail_is_seven_bits_wide() -> None:
    raw = mail(invitation(department_name="Øre-nese-hals Kárášjohka"), SENDER, "kari@pasient.example").as_bytes()
    assert max(raw) < 128
    assert "Øre-nese-hals Kárášjohka" in str(message_from_bytes(raw, policy=policy.default)["From"])


class Page(HTMLParser):
    """What a browser makes of a page: elements, addresses, words."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.addresses: list[str] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.addresses += [value or "" for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        self.words += data


@given(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=40))
def test_names_cannot_become_markup(name: str) -> None:
    received = mail(invitation(clinician_name=name), SENDER, "kari@pasient.example", written=WRITTEN)
    body = received.get_body(("html",))
    assert body is not None
    page = Page(body.get_content())
    assert page.elements == {"html", "head", "meta", "title", "body", "p", "a"}
    assert page.addresses == [LINK]
    assert name in page.words


@pytest.mark.parametrize(
    ("recipient", "department"),
    [
        ("kari", "Medisinsk"),
        ("kari@x.example\nBcc: all@x.example", "Medisinsk"),
        ("", "Medisinsk"),
        ("kari@x.example", "Med\r\nBcc: all@x.example"),
        ("a@b, c@d", "Medisinsk"),
    ],
)
def test_what_is_no_address_is_not_sent(recipient: str, department: str) -> None:
    with pytest.raises(NotSent) as refused:
        mail(invitation(department_name=department), SENDER, recipient)
    assert not refused.value.retry


# ---------------------------------------------------------------- the calendar file


def calendar_of(message: EmailMessage) -> str:
    (attachment,) = message.iter_attachments()
    payload = attachment.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode()


def test_the_calendar_file_reads_back() -> None:
    text = calendar_of(sent(mail(INVITATION, SENDER, "kari@pasient.example", written=WRITTEN)))
    lines = read_back(text)
    assert lines[0] == ("BEGIN", "VCALENDAR")
    assert lines[-1] == ("END", "VCALENDAR")
    event = dict(lines[lines.index(("BEGIN", "VEVENT")) + 1 : lines.index(("BEGIN", "VALARM"))])
    assert event["UID"] == "c7Qm@elvenes.example"
    assert event["DTSTAMP"] == "20261122T070001Z"
    assert event["DTSTART"] == "20261124T083000Z"
    assert event["DTEND"] == "20261124T090000Z"
    assert event["URL"] == LINK
    assert unescape(event["SUMMARY"]) == "Videotime – Medisinsk poliklinikk"
    assert unescape(event["DESCRIPTION"]).splitlines()[0] == LINK
    assert ("METHOD", "PUBLISH") in lines
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))


def test_a_cancelled_appointment_leaves_the_calendar() -> None:
    """RFC 5546 section 3.2.5: the same UID, a higher SEQUENCE, the organizer, and a status that says so."""
    invited = dict(read_back(calendar_of(mail(INVITATION, SENDER, "kari@pasient.example"))))
    told = invitation(news=News.CANCELLED, link="", sequence=INVITATION.sequence + 1)
    cancelled = dict(read_back(calendar_of(mail(told, SENDER, "kari@pasient.example"))))
    assert (invited["METHOD"], cancelled["METHOD"]) == ("PUBLISH", "CANCEL")
    assert cancelled["STATUS"] == "CANCELLED"
    assert cancelled["UID"] == invited["UID"]
    assert int(cancelled["SEQUENCE"]) > int(invited["SEQUENCE"])
    assert cancelled["ORGANIZER"] == invited["ORGANIZER"] == f"mailto:{SENDER}"
    assert "STATUS" not in invited
    assert not {"URL", "TRIGGER"} & set(cancelled)


def test_a_second_copy_is_the_same_appointment() -> None:
    first, second = (
        dict(read_back(calendar_of(mail(invitation(language=language), SENDER, "a@x.example"))))
        for language in ("nb", "en")
    )
    assert first["UID"] == second["UID"]


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_survives_escaping_and_folding(text: str) -> None:
    folded = calendar_file.fold("DESCRIPTION:" + calendar_file.escape(text))
    pieces = folded.split("\r\n")
    assert all(len(piece.encode()) <= 75 for piece in pieces)
    assert all(piece.startswith(" ") for piece in pieces[1:])
    ((name, value),) = read_back(folded + "\r\n")
    assert name == "DESCRIPTION"
    kept = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(c for c in kept if c in "\n\t" or (ord(c) >= 32 and ord(c) != 127))
    assert unescape(value) == kept


# ---------------------------------------------------------------- telephone numbers


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("90000001", "+4790000001"),
        ("900 00 001", "+4790000001"),
        ("55 50 01 00", "+4755500100"),
        ("+47 900 00 001", "+4790000001"),
        ("004790000001", "+4790000001"),
        ("+46 70 123 45 67", "+46701234567"),
        ("(+44) 20-7946-0958", "+442079460958"),
        ("900\u00a000\u00a0001", "+4790000001"),
    ],
)
def test_numbers_become_e164(typed: str, number: str) -> None:
    assert e164(typed) == number


@pytest.mark.parametrize(
    "typed",
    ["", "123", "110", "+47 1234 5678", "+4790000", "ring meg", "+0123456789", "9000000a", "+" + "9" * 16, "٩٠٠٠٠٠٠١"],
)
def test_what_is_no_number_is_refused(typed: str) -> None:
    with pytest.raises(BadRequest):
        e164(typed)


@given(st.text(max_size=30))
def test_a_number_is_e164_or_refused(typed: str) -> None:
    try:
        number = e164(typed)
    except BadRequest:
        return
    assert re.fullmatch(r"\+[1-9][0-9]{6,14}", number)
    assert e164(number) == number


# ---------------------------------------------------------------- the way out


class Service:
    """A boto3 client that notes its calls, or fails."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.calls: list[dict[str, Any]] = []
        self._failure = failure

    def publish(self, **request: Any) -> dict[str, str]:
        if self._failure:
            raise self._failure
        self.calls.append(request)
        return {"MessageId": f"m{len(self.calls)}"}

    send_raw_email = publish


SETTINGS = Settings.load(
    {f"VENTEROM_{name.upper()}": "x" for name in Settings.__struct_fields__[: -len(Settings.__struct_defaults__)]}
    | {"VENTEROM_MAIL_SENDER": SENDER, "VENTEROM_SMS_SENDER": "Elvenes HF"}
)


def test_sms_goes_as_transactional_under_the_trusts_name() -> None:
    sns = Service()
    assert AwsCarrier(sns, Service(), SETTINGS).send_sms("+4790000001", "Hei") == "m1"
    (request,) = sns.calls
    assert (request["PhoneNumber"], request["Message"]) == ("+4790000001", "Hei")
    values = {name: value["StringValue"] for name, value in request["MessageAttributes"].items()}
    assert values == {"AWS.SNS.SMS.SMSType": "Transactional", "AWS.SNS.SMS.SenderID": "Elvenes HF"}


def test_mail_goes_whole() -> None:
    ses = Service()
    message = mail(INVITATION, SENDER, "kari@pasient.example")
    assert AwsCarrier(Service(), ses, SETTINGS).send_mail(message) == "m1"
    (request,) = ses.calls
    assert (request["Source"], request["Destinations"]) == (SENDER, ["kari@pasient.example"])
    assert message_from_bytes(request["RawMessage"]["Data"])["Subject"] == message["Subject"]


def refusal(code: str, status: int) -> ClientError:
    """What boto3 raises; AWS's messages repeat the number they were given."""
    error = {"Code": code, "Message": "Invalid parameter: PhoneNumber +4790000001"}
    return ClientError({"Error": error, "ResponseMetadata": {"HTTPStatusCode": status}}, "Publish")


@pytest.mark.parametrize(
    ("failure", "retry"),
    [
        (refusal("InvalidParameter", 400), False),
        (refusal("Throttling", 400), True),
        (refusal("InternalError", 500), True),
        (ConnectTimeoutError(endpoint_url="https://sns.example"), True),
    ],
)
def test_failures_say_whether_to_try_again_and_name_nobody(failure: Exception, retry: bool) -> None:
    carrier = AwsCarrier(Service(failure), Service(failure), SETTINGS)
    message = mail(INVITATION, SENDER, "kari@pasient.example")
    sends: list[Callable[[], str]] = [
        lambda: carrier.send_sms("+4790000001", "Hei"),
        lambda: carrier.send_mail(message),
    ]
    for send in sends:
        with pytest.raises(NotSent) as refused:
            send()
        assert refused.value.retry is retry
        assert "90000001" not in str(refused.value)
        assert "kari" not in str(refused.value)
        assert refused.value.__suppress_context__
