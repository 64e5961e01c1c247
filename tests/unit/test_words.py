"""Messages: their words, the e-mail's parts, the calendar file read back."""

import re
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import calendar_file
from chalicelib.alphabet import measure
from chalicelib.mail import ABOUT_NOW, NoAddress, mail
from chalicelib.protocol import GuestKind, Language, MessageKind
from chalicelib.words import Notice, all_texts, code_text, sms_text

LINK = "https://video.elvenes.example/i#abcdefghijklmnopqrstuv"
INVITATION = Notice(
    kind=MessageKind.INVITED,
    uid="c7Qm",
    link=LINK,
    language=Language.BOKMAL,
    department_name="Medisinsk poliklinikk",
    department_phone="+4755500100",
    clinician_name="Ingrid Berg",
    time_zone="Europe/Oslo",
    starts=datetime(2026, 11, 24, 8, 30, tzinfo=UTC),
    minutes=30,
)
WRITTEN = datetime(2026, 11, 22, 7, 0, 1, tzinfo=UTC)
SENDER = "ikke-svar@elvenes.example"


def invitation(**changes: Any) -> Notice:
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
    assert set(all_texts()) == set(Language)
    for texts in all_texts().values():
        assert (len(texts.weekdays), len(texts.months)) == (7, 12)
        assert set(texts.kinds) == set(GuestKind)


@pytest.mark.parametrize(
    ("language", "starts", "shown"),
    [
        (Language("nb"), datetime(2026, 11, 24, 8, 30, tzinfo=UTC), "tirsdag 24. november 2026 kl. 09.30"),
        (Language("nb"), datetime(2026, 7, 1, 6, 0, tzinfo=UTC), "onsdag 1. juli 2026 kl. 08.00"),
        (Language("nb"), datetime(2026, 12, 31, 23, 15, tzinfo=UTC), "fredag 1. januar 2027 kl. 00.15"),
        (Language("nb"), datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "søndag 25. oktober 2026 kl. 02.30"),
        (Language("nb"), datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "søndag 25. oktober 2026 kl. 02.30"),
        (Language("nn"), datetime(2026, 11, 24, 8, 30, tzinfo=UTC), "tysdag 24. november 2026 kl. 09.30"),
        (Language("en"), datetime(2026, 11, 24, 8, 30, tzinfo=UTC), "Tuesday 24 November 2026 at 09:30"),
        (Language("se"), datetime(2026, 11, 24, 8, 30, tzinfo=UTC), "24.11.2026 dii. 09.30"),
        (Language("pl"), datetime(2026, 11, 24, 8, 30, tzinfo=UTC), "24.11.2026 godz. 09:30"),
        (Language("uk"), datetime(2026, 11, 24, 8, 30, tzinfo=UTC), "24.11.2026 о 09:30"),
        (Language("ar"), datetime(2026, 11, 24, 8, 30, tzinfo=UTC), "24.11.2026 الساعة 09:30"),
    ],
)
def test_the_time_is_the_trusts_in_the_languages_form(language: Language, starts: datetime, shown: str) -> None:
    assert shown in sms_text(invitation(language=language, starts=starts))


KINDS: dict[str, dict[str, Any]] = {
    "invited": {},
    "reminder": {"kind": MessageKind.REMINDER},
    "missing": {"kind": MessageKind.MISSING},
    "moved": {"kind": MessageKind.MOVED},
    "cancelled": {"kind": MessageKind.CANCELLED, "link": ""},
    "suspended": {"kind": MessageKind.SUSPENDED, "link": ""},
    "companion": {"kind": MessageKind.GUEST, "guest": GuestKind.COMPANION},
    "interpreter": {"kind": MessageKind.GUEST, "guest": GuestKind.INTERPRETER},
}
EVERY_MESSAGE = [pytest.param(lang, kind, id=f"{lang}-{name}") for lang in Language for name, kind in KINDS.items()]


# As long as they come: a department's full name, a trust's own address.
LONGEST = {
    "department_name": "Øre-nese-hals-poliklinikken, Elvenes",
    "clinician_name": "Aleksander-Magnus Kristoffersen Hålogaland",
    "link": "https://video.elvenes-sykehus.no/i#abcdefghijklmnopqrstuv",
}
YEAR = [datetime(2026, 1, 1, 9, 45, tzinfo=UTC) + timedelta(days=day) for day in range(365)]


@pytest.mark.parametrize(("language", "kind"), EVERY_MESSAGE)
def test_sms_holds_what_it_must(language: Language, kind: dict[str, Any]) -> None:
    told = invitation(language=language, **kind)
    text = sms_text(told)
    when = ("09",) if told.kind in ABOUT_NOW else ("09", "24", "2026")
    for needed in (*when, "Medisinsk poliklinikk", told.link, "+47 55 50 01 00"):
        assert needed in text
    assert ("https" in text) is bool(told.link)


@pytest.mark.parametrize(("language", "kind"), EVERY_MESSAGE)
def test_three_parts_carry_the_longest_sms(language: Language, kind: dict[str, Any]) -> None:
    days = (sms_text(invitation(language=language, **{**LONGEST, "starts": starts, **kind})) for starts in YEAR)
    length = max((measure(text) for text in days), key=lambda measured: measured.length)
    assert length.parts <= 3
    norwegian = language in (Language.BOKMAL, Language.NYNORSK)
    if norwegian or language in (Language.ENGLISH, Language.POLISH):
        assert not length.unicode
        assert length.parts <= 2


@pytest.mark.parametrize("language", Language)
def test_a_code_comes_in_one_part_and_names_nobody(language: Language) -> None:
    text = code_text(language, "049152")
    assert "049152" in text
    assert measure(text).parts == 1
    assert "http" not in text


def test_a_guest_is_told_as_what_and_moving_and_cancelling_are_said() -> None:
    as_companion, as_interpreter = (sms_text(invitation(kind=MessageKind.GUEST, guest=kind)) for kind in GuestKind)
    assert "som ledsager" in as_companion
    assert "som tolk" in as_interpreter
    for guest in (None, GuestKind.INTERPRETER):
        assert "flyttet til tirsdag 24. november" in sms_text(invitation(kind=MessageKind.MOVED, guest=guest))
        assert "avlyst" in sms_text(invitation(kind=MessageKind.CANCELLED, link="", guest=guest))


def test_a_trusts_own_words_stand_instead_of_ours() -> None:
    own = "Time {day}, {clock}: {link} {phone}"
    assert sms_text(invitation(own=own)) == f"Time tirsdag 24. november 2026, 09.30: {LINK} +47 55 50 01 00"
    plain = sent(mail(invitation(own="Velkommen {day}."), SENDER, "kari@pasient.example")).get_body(("plain",))
    assert plain is not None
    assert "Velkommen tirsdag 24. november 2026." in plain.get_content()


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
        for needed in ("Medisinsk poliklinikk", told.link, "+47 55 50 01 00", "09"):
            assert needed in body
        assert (LINK in body) is bool(told.link)
        assert "{" not in body
    assert f'<html lang="{language}" dir="{"rtl" if language is Language.ARABIC else "ltr"}">' in rich.get_content()
    cancelled = told.kind is MessageKind.CANCELLED
    if told.kind in ABOUT_NOW:
        assert not list(received.iter_attachments())
        return
    (attachment,) = received.iter_attachments()
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
    with pytest.raises(NoAddress):
        mail(invitation(department_name=department), SENDER, recipient)


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
    told = invitation(kind=MessageKind.CANCELLED, link="", sequence=INVITATION.sequence + 1)
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
        for language in (Language.BOKMAL, Language.ENGLISH)
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
