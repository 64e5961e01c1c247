"""Invitations as SMS and e-mail: their words, the calendar file, and the way out through SNS and SES.

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
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.calendar_file import Appointment, calendar_file
from chalicelib.errors import BadRequest
from chalicelib.settings import Settings

TEXTS: Final = Path(__file__).with_name("texts")
MESSAGE: Final = SMTP.clone(cte_type="7bit")  # what every mail server takes
COUNTRY_CODE: Final = "47"


class Invitation(msgspec.Struct, frozen=True):
    """What an invitation tells. ``starts`` is in UTC and shown in ``time_zone``, the trust's; ``link`` is a secret."""

    consultation: str
    link: str
    language: str
    department_name: str
    department_phone: str
    clinician_name: str
    time_zone: str
    starts: datetime
    minutes: int


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


class Texts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The words of one language, ``chalicelib/texts/{language}.json``."""

    weekdays: list[str]
    months: list[str]
    day: str
    clock: str
    sms: str
    subject: str
    greeting: str
    when: str
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
    return texts.sms.format(**_words(texts, invitation))


def mail(invitation: Invitation, sender: str, recipient: str, *, written: datetime | None = None) -> EmailMessage:
    """The e-mail: text, simple HTML, and `invite.ics`. Raises NotSent when an address is none."""
    texts = _texts(invitation)
    words = _words(texts, invitation)
    message = EmailMessage(policy=MESSAGE)
    message["Subject"] = texts.subject.format(**words)
    try:
        message["From"] = Address(invitation.department_name, addr_spec=sender)
        message["To"] = Address(addr_spec=recipient)
    except (ValueError, IndexError, MessageError):
        raise NotSent("address", retry=False) from None
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
    message["Content-Language"] = invitation.language
    sentences = [text.format(**words) for text in (texts.greeting, texts.when, texts.how)]
    closing = [text.format(**words) for text in (texts.secret, texts.help, texts.calendar, texts.noreply)]
    message.set_content("\n\n".join([*sentences, f"{texts.button}:\n{invitation.link}", *closing]) + "\n")
    message.add_alternative(_html(invitation, texts, sentences, closing), subtype="html")
    appointment = Appointment(
        uid=f"{invitation.consultation}@{urlsplit(invitation.link).hostname}",
        starts=invitation.starts,
        minutes=invitation.minutes,
        summary=texts.event.format(**words),
        description="\n".join((invitation.link, texts.help.format(**words))),
        link=invitation.link,
        reminder=texts.reminder,
    )
    message.add_attachment(
        calendar_file(appointment, written or datetime.now(UTC)).encode(),
        maintype="text",
        subtype="calendar",
        filename="invite.ics",
        params={"method": "PUBLISH", "charset": "utf-8"},
    )
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


def _words(texts: Texts, invitation: Invitation) -> dict[str, str]:
    there = invitation.starts.astimezone(ZoneInfo(invitation.time_zone))
    day = texts.day.format(
        weekday=texts.weekdays[there.weekday()], day=there.day, month=texts.months[there.month - 1], year=there.year
    )
    return {
        "day": day,
        "clock": there.strftime(texts.clock),
        "department": invitation.department_name,
        "clinician": invitation.clinician_name,
        "phone": readable(invitation.department_phone),
        "link": invitation.link,
    }


def readable(number: str) -> str:
    """A Norwegian number in pairs, ``+47 55 50 01 00``; any other as it is."""
    digits = re.fullmatch(r"\+47([0-9]{8})", number)
    return " ".join(("+47", *re.findall("..", digits[1]))) if digits else number


def _html(invitation: Invitation, texts: Texts, sentences: Sequence[str], closing: Sequence[str]) -> str:
    def paragraphs(texts: Sequence[str]) -> str:
        return "".join(f"<p>{html.escape(text)}</p>\n" for text in texts)

    link, title = html.escape(invitation.link), html.escape(texts.button)
    return f"""\
<!doctype html>
<html lang="{html.escape(invitation.language)}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title></head>
<body style="margin: 0 auto; padding: 24px; max-width: 36em; font: 16px/1.5 Arial, sans-serif; color: #1c1f23">
{paragraphs(sentences)}<p><a href="{link}" style="display: inline-block; padding: 12px 24px; border-radius: 4px; \
background: #0b5a8a; color: #ffffff">{title}</a></p>
<p style="word-break: break-all">{link}</p>
{paragraphs(closing)}</body>
</html>
"""
