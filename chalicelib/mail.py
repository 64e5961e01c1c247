"""A message as e-mail: text, simple HTML and a calendar file. Pure."""

import html
from collections.abc import Sequence
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Final

from chalicelib.calendar_file import Appointment, calendar_file
from chalicelib.protocol import MessageKind, Way
from chalicelib.words import Notice, Texts, Words, all_texts, facts

MESSAGE: Final = SMTP.clone(cte_type="7bit")  # what every mail server takes
ABOUT_NOW: Final = frozenset({MessageKind.MISSING, MessageKind.SUSPENDED})
"""What changes nothing in a calendar: the time has begun, or stands and is by phone."""
RIGHT_TO_LEFT: Final = frozenset({"ar"})


class NoAddress(Exception):
    """What was given is no e-mail address; the text repeats nothing of it."""


def mail(notice: Notice, sender: str, recipient: str, *, written: datetime | None = None) -> EmailMessage:
    """The e-mail. Raises NoAddress."""
    texts = all_texts()[notice.language]
    words, said = texts.of(notice.kind), facts(notice, Way.MAIL)
    message = EmailMessage(policy=MESSAGE)
    message["Subject"] = words.subject.format(**said)
    try:
        message["From"] = Address(notice.department_name, addr_spec=sender)
        message["To"] = Address(addr_spec=recipient)
    except (ValueError, IndexError, MessageError):
        raise NoAddress from None
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
    sentences, last = _sentences(notice, texts, words, said)
    button = [f"{texts.button}:\n{notice.link}"] if notice.link else []
    message.set_content("\n\n".join([*sentences, *button, *last]) + "\n")
    message.add_alternative(_html(notice, texts.button, sentences, last), subtype="html")
    if notice.kind not in ABOUT_NOW:
        _attach(message, notice, texts, said, written or datetime.now(UTC), sender)
    message["Content-Language"] = notice.language  # last: what is set before goes to the first part only
    return message


def _sentences(notice: Notice, texts: Texts, words: Words, said: dict[str, str]) -> tuple[list[str], list[str]]:
    """What stands before the button, and what after it."""
    opening, closing = [texts.greeting, notice.own or words.when], [words.help or texts.help]
    if notice.kind not in ABOUT_NOW:
        closing.append(words.calendar or texts.calendar)
    if notice.link:
        opening, closing = [*opening, words.how or texts.how], [texts.secret, *closing]
    return [text.format(**said) for text in opening], [text.format(**said) for text in (*closing, texts.noreply)]


def _attach(
    message: EmailMessage, notice: Notice, texts: Texts, said: dict[str, str], written: datetime, sender: str
) -> None:
    cancelled = notice.kind is MessageKind.CANCELLED
    help_ = (texts.of(notice.kind).help or texts.help).format(**said)
    appointment = Appointment(
        uid=f"{notice.uid}@{sender.rpartition('@')[2]}",
        sequence=notice.sequence,
        organizer=sender,
        starts=notice.starts,
        minutes=notice.minutes,
        summary=texts.event.format(**said),
        description="\n".join(filter(None, (notice.link, help_))),
        link=notice.link,
        reminder=texts.alarm,
        cancelled=cancelled,
    )
    message.add_attachment(
        calendar_file(appointment, written).encode(),
        maintype="text",
        subtype="calendar",
        filename="cancel.ics" if cancelled else "invite.ics",
        params={"method": appointment.method, "charset": "utf-8"},
    )


def _html(notice: Notice, button: str, sentences: Sequence[str], closing: Sequence[str]) -> str:
    def paragraphs(texts: Sequence[str]) -> str:
        return "".join(f"<p>{html.escape(text)}</p>\n" for text in texts)

    link, title = html.escape(notice.link), html.escape(button)
    direction = "rtl" if notice.language in RIGHT_TO_LEFT else "ltr"
    way_in = f"""\
<p><a href="{link}" style="display: inline-block; padding: 12px 24px; border-radius: 4px; \
background: #0b5a8a; color: #ffffff">{title}</a></p>
<p dir="ltr" style="word-break: break-all">{link}</p>
"""
    return f"""\
<!doctype html>
<html lang="{html.escape(notice.language)}" dir="{direction}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title></head>
<body dir="{direction}" style="margin: 0 auto; padding: 24px; max-width: 36em; font: 16px/1.5 Arial, sans-serif; \
color: #1c1f23">
{paragraphs(sentences)}{way_in if link else ""}{paragraphs(closing)}</body>
</html>
"""
