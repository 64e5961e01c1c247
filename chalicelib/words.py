"""What messages say: the words of every language, the facts that stand in them, and a trust's own words instead. Pure.

A message holds time, department, link and telephone number; never a diagnosis, nor the reason for the visit.
"""

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from chalicelib.phones import readable
from chalicelib.protocol import GuestKind, Language, MessageKind, Way

TEXTS: Final = Path(__file__).with_name("texts")
WITHOUT_LINK: Final = frozenset({MessageKind.CANCELLED, MessageKind.SUSPENDED})
"""What a link would lead to nothing in."""


class Notice(msgspec.Struct, frozen=True):
    """One message's facts.

    ``starts`` is in UTC and shown in ``time_zone``, the trust's; ``link`` is a secret, empty in what holds none.
    ``uid`` names the entry in the receiver's calendar, the same in every message about it, and ``sequence`` grows with
    each of them. ``guest``: as what a guest is invited; None to the patient. ``own``: the trust's own words.
    """

    kind: MessageKind
    uid: str
    link: str
    language: Language
    department_name: str
    department_phone: str
    clinician_name: str
    time_zone: str
    starts: datetime
    minutes: int
    sequence: int = 0
    guest: GuestKind | None = None
    own: str = ""


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is said in one kind of message only; ``how``, ``help`` and ``calendar`` when it differs from the others."""

    sms: str
    subject: str = ""
    when: str = ""
    how: str = ""
    help: str = ""
    calendar: str = ""


class Texts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The words of one language, ``chalicelib/texts/{language}.json``. ``sms_day`` is short where letters are dear."""

    weekdays: list[str]
    months: list[str]
    day: str
    sms_day: str
    clock: str
    invited: Words
    reminder: Words
    missing: Words
    moved: Words
    cancelled: Words
    guest: Words
    suspended: Words
    code: Words
    kinds: dict[GuestKind, str]
    greeting: str
    how: str
    button: str
    secret: str
    help: str
    calendar: str
    noreply: str
    event: str
    alarm: str

    def of(self, kind: MessageKind) -> Words:
        """The words of one kind of message. A guest is told what is new in the same words as the patient."""
        words: Words = getattr(self, kind.value)
        return words

    def standard(self, kind: MessageKind, way: Way) -> str:
        """Our words where a trust may have its own: all of an SMS, the sentence that opens an e-mail."""
        return self.of(kind).sms if way is Way.SMS else self.of(kind).when


@cache
def all_texts() -> dict[Language, Texts]:
    """The words of every language there is."""
    return {lang: msgspec.json.decode((TEXTS / f"{lang}.json").read_bytes(), type=Texts) for lang in Language}


def sms_text(notice: Notice) -> str:
    """The text of the SMS."""
    texts = all_texts()[notice.language]
    return (notice.own or texts.of(notice.kind).sms).format(**facts(notice, Way.SMS))


def code_text(language: Language, code: str, own: str = "") -> str:
    """The SMS with a one-time code; it names nobody and no department."""
    return (own or all_texts()[language].code.sms).format(code=code)


def facts(notice: Notice, way: Way) -> dict[str, str]:
    """What stands in a message's braces, in the receiver's language."""
    texts = all_texts()[notice.language]
    there = notice.starts.astimezone(ZoneInfo(notice.time_zone))
    day = texts.sms_day if way is Way.SMS else texts.day
    return {
        "day": day.format(
            weekday=texts.weekdays[there.weekday()],
            day=there.day,
            month=texts.months[there.month - 1],
            number=there.month,
            year=there.year,
        ),
        "clock": there.strftime(texts.clock),
        "department": notice.department_name,
        "clinician": notice.clinician_name,
        "phone": readable(notice.department_phone),
        "link": notice.link,
        "kind": texts.kinds[notice.guest] if notice.guest else "",
    }
