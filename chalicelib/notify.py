"""Messages to patients and guests, as SMS and e-mail: their words, the calendar file, the way out through SNS and SES.

The text holds time, department, link and telephone number; never a diagnosis, nor the reason for the visit.
"""

import html
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from functools import cache
from pathlib import Path
from typing import Any, Final, Protocol
from zoneinfo import ZoneInfo

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.calendar_file import Appointment, calendar_file
from chalicelib.errors import BadRequest
from chalicelib.protocol import GuestKind
from chalicelib.records import News
from chalicelib.settings import Settings

TEXTS: Final = Path(__file__).with_name("texts")
MESSAGE: Final = SMTP.clone(cte_type="7bit")  # what every mail server takes
COUNTRY_CODE: Final = "47"
RIGHT_TO_LEFT: Final = frozenset({"ar"})


class Invitation(msgspec.Struct, frozen=True):
    """What a message tells: that one is invited, or, by ``news``, that the time is another or that it is cancelled.

    ``starts`` is in UTC and shown in ``time_zone``, the trust's; ``link`` is a secret, empty when it is cancelled.
    ``uid`` names the entry in the receiver's calendar, the same in every message about it, and ``sequence`` grows with
    each of them. ``guest``: as what a guest is invited; None to the patient.
    """

    uid: str
    link: str
    language: str
    department_name: str
    department_phone: str
    clinician_name: str
    time_zone: str
    starts: datetime
    minutes: int
    sequence: int = 0
    news: News = News.INVITED
    guest: GuestKind | None = None


class NotSent(Exception):
    """A message was not taken. The text is AWS's error code; ``retry`` says whether another try can help."""

    def __init__(self, code: str, *, retry: bool) -> None:
        super().__init__(code)
        self.retry = retry


class Carrier(Protocol):
    """What takes messages to people. Both return the message's id and raise NotSent."""

    def send_sms(self, number: str, text: str) -> str:
        """Send to a number in E.164."""

    def send_mail(self, message: EmailMessage) -> str:
        """Send to the message's To."""


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is said in one kind of message only; ``how``, ``help`` and ``calendar`` when it differs from the others."""

    sms: str
    subject: str
    when: str
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
    moved: Words
    cancelled: Words
    guest: Words
    kinds: dict[GuestKind, str]
    greeting: str
    how: str
    button: str
    secret: str
    help: str
    calendar: str
    noreply: str
    event: str
    reminder: str


@cache
def all_texts() -> dict[str, Texts]:
    """The words of every language there is."""
    return {path.stem: msgspec.json.decode(path.read_bytes(), type=Texts) for path in TEXTS.glob("*.json")}


def sms_text(invitation: Invitation) -> str:
    """The text of the SMS."""
    texts = _texts(invitation)
    return _words(texts, invitation).sms.format(**_facts(texts, invitation, texts.sms_day))


def mail(invitation: Invitation, sender: str, recipient: str, *, written: datetime | None = None) -> EmailMessage:
    """The e-mail: text, simple HTML, and a calendar file. Raises NotSent when an address is none."""
    texts = _texts(invitation)
    words, facts = _words(texts, invitation), _facts(texts, invitation, texts.day)
    message = EmailMessage(policy=MESSAGE)
    message["Subject"] = words.subject.format(**facts)
    try:
        message["From"] = Address(invitation.department_name, addr_spec=sender)
        message["To"] = Address(addr_spec=recipient)
    except (ValueError, IndexError, MessageError):
        raise NotSent("address", retry=False) from None
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
    opening, closing = [texts.greeting, words.when], [words.help or texts.help, words.calendar or texts.calendar]
    if invitation.link:
        opening, closing = [*opening, words.how or texts.how], [texts.secret, *closing]
    sentences = [text.format(**facts) for text in opening]
    last = [text.format(**facts) for text in (*closing, texts.noreply)]
    button = [f"{texts.button}:\n{invitation.link}"] if invitation.link else []
    message.set_content("\n\n".join([*sentences, *button, *last]) + "\n")
    message.add_alternative(_html(invitation, texts.button, sentences, last), subtype="html")
    cancelled = invitation.news is News.CANCELLED
    appointment = Appointment(
        uid=f"{invitation.uid}@{sender.rpartition('@')[2]}",
        sequence=invitation.sequence,
        organizer=sender,
        starts=invitation.starts,
        minutes=invitation.minutes,
        summary=texts.event.format(**facts),
        description="\n".join(filter(None, (invitation.link, (words.help or texts.help).format(**facts)))),
        link=invitation.link,
        reminder=texts.reminder,
        cancelled=cancelled,
    )
    message.add_attachment(
        calendar_file(appointment, written or datetime.now(UTC)).encode(),
        maintype="text",
        subtype="calendar",
        filename="cancel.ics" if cancelled else "invite.ics",
        params={"method": appointment.method, "charset": "utf-8"},
    )
    message["Content-Language"] = invitation.language  # last: what is set before goes to the first part only
    return message


def e164(phone: str) -> str:
    """A telephone number as ITU-T E.164 writes it, ``+4790000000``; one without a country code is Norwegian.

    Raises BadRequest when it cannot be a number.
    """
    number = re.sub(r"[\s().\-\u2010-\u2015]", "", phone)
    number = re.sub(r"^00", "+", number)
    if re.fullmatch(r"[2-9][0-9]{7}", number):
        number = f"+{COUNTRY_CODE}{number}"
    if not re.fullmatch(r"\+[1-9][0-9]{6,14}", number, re.ASCII):
        raise BadRequest
    if number.startswith(f"+{COUNTRY_CODE}") and not re.fullmatch(r"\+47[2-9][0-9]{7}", number, re.ASCII):
        raise BadRequest
    return number


class AwsCarrier:
    """`Carrier` over SNS and SES, given boto3's clients of both. What it raises holds no number, address or text."""

    def __init__(self, sns: Any, ses: Any, settings: Settings) -> None:
        self._sns = sns
        self._ses = ses
        self._settings = settings

    def send_sms(self, number: str, text: str) -> str:
        """Publish to one phone: transactional, so it goes by the surest route, under the trust's name."""
        attributes = {"AWS.SNS.SMS.SMSType": "Transactional", "AWS.SNS.SMS.SenderID": self._settings.sms_sender}
        return _sent(
            self._sns.publish,
            PhoneNumber=number,
            Message=text,
            MessageAttributes={k: {"DataType": "String", "StringValue": v} for k, v in attributes.items()},
        )

    def send_mail(self, message: EmailMessage) -> str:
        """Send as it is, with its parts."""
        return _sent(
            self._ses.send_raw_email,
            Source=self._settings.mail_sender,
            Destinations=[message["To"].addresses[0].addr_spec],
            RawMessage={"Data": message.as_bytes()},
        )


def _sent(send: Any, **request: Any) -> str:
    try:
        return str(send(**request)["MessageId"])
    except ClientError as error:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        code = str(error.response.get("Error", {}).get("Code", "unknown"))
        raise NotSent(code, retry=status >= 500 or "Thrott" in code) from None
    except BotoCoreError as error:
        raise NotSent(type(error).__name__, retry=True) from None


def _texts(invitation: Invitation) -> Texts:
    texts = all_texts()
    return texts.get(invitation.language, texts["nb"])


def _words(texts: Texts, invitation: Invitation) -> Words:
    """A guest is told of another time or of the end in the same words as the patient."""
    if invitation.news is News.INVITED:
        return texts.guest if invitation.guest else texts.invited
    return texts.moved if invitation.news is News.MOVED else texts.cancelled


def _facts(texts: Texts, invitation: Invitation, day: str) -> dict[str, str]:
    there = invitation.starts.astimezone(ZoneInfo(invitation.time_zone))
    month = there.month
    return {
        "day": day.format(
            weekday=texts.weekdays[there.weekday()],
            day=there.day,
            month=texts.months[month - 1],
            number=month,
            year=there.year,
        ),
        "clock": there.strftime(texts.clock),
        "department": invitation.department_name,
        "clinician": invitation.clinician_name,
        "phone": readable(invitation.department_phone),
        "link": invitation.link,
        "kind": texts.kinds[invitation.guest] if invitation.guest else "",
    }


def readable(number: str) -> str:
    """A Norwegian number in pairs, ``+47 55 50 01 00``; any other as it is."""
    digits = re.fullmatch(r"\+47([0-9]{8})", number)
    return " ".join(("+47", *re.findall("..", digits[1]))) if digits else number


def _html(invitation: Invitation, button: str, sentences: Sequence[str], closing: Sequence[str]) -> str:
    def paragraphs(texts: Sequence[str]) -> str:
        return "".join(f"<p>{html.escape(text)}</p>\n" for text in texts)

    link, title = html.escape(invitation.link), html.escape(button)
    direction = "rtl" if invitation.language in RIGHT_TO_LEFT else "ltr"
    way_in = f"""\
<p><a href="{link}" style="display: inline-block; padding: 12px 24px; border-radius: 4px; \
background: #0b5a8a; color: #ffffff">{title}</a></p>
<p dir="ltr" style="word-break: break-all">{link}</p>
"""
    return f"""\
<!doctype html>
<html lang="{html.escape(invitation.language)}" dir="{direction}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title></head>
<body dir="{direction}" style="margin: 0 auto; padding: 24px; max-width: 36em; font: 16px/1.5 Arial, sans-serif; \
color: #1c1f23">
{paragraphs(sentences)}{way_in if link else ""}{paragraphs(closing)}</body>
</html>
"""
