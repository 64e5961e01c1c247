"""The calendar file of a message: one appointment, or that there is none any more, in iCalendar (RFC 5545). Pure."""

from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

LINE: Final = 75  # octets in a line at most, section 3.1
REMIND: Final = "-PT15M"


class Appointment(msgspec.Struct, frozen=True):
    """What stands in the calendar. ``uid`` is the same each time and the highest ``sequence`` holds: a later copy
    replaces the one before. ``organizer`` is an e-mail address; ``link`` may be empty.
    """

    uid: str
    sequence: int
    organizer: str
    starts: datetime
    minutes: int
    summary: str
    description: str
    link: str
    reminder: str
    cancelled: bool = False

    @property
    def method(self) -> str:
        """What the file asks of the calendar, RFC 5546 section 3.2."""
        return "CANCEL" if self.cancelled else "PUBLISH"


def calendar_file(appointment: Appointment, written: datetime) -> str:
    """The file's text, lines ended by CRLF. ``starts`` and ``written`` carry a time zone; the file holds UTC."""
    ends = appointment.starts + timedelta(minutes=appointment.minutes)
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Venterom//Invitation//NO",
        f"METHOD:{appointment.method}",
        "BEGIN:VEVENT",
        f"UID:{escape(appointment.uid)}",
        f"SEQUENCE:{appointment.sequence}",
        f"ORGANIZER:mailto:{_one_line(appointment.organizer)}",
        f"DTSTAMP:{_utc(written)}",
        f"DTSTART:{_utc(appointment.starts)}",
        f"DTEND:{_utc(ends)}",
        f"SUMMARY:{escape(appointment.summary)}",
        f"DESCRIPTION:{escape(appointment.description)}",
        *([f"URL:{_one_line(appointment.link)}"] if appointment.link else []),
        "CLASS:PRIVATE",
        *(["STATUS:CANCELLED"] if appointment.cancelled else _alarm(appointment.reminder)),
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "".join(fold(line) + "\r\n" for line in lines)


def escape(text: str) -> str:
    """A value of type TEXT, section 3.3.11: ``\\``, ``;``, ``,`` and line breaks escaped, other controls left out."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = "".join(c for c in text if c in "\n\t" or not _control(c))
    for raw, escaped in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        text = text.replace(raw, escaped)
    return text


def fold(line: str) -> str:
    """A content line in pieces of at most 75 octets of UTF-8, section 3.1; no character is cut in two."""
    pieces, size = [""], 0
    for character in line:
        octets = len(character.encode())
        if size + octets > LINE:
            pieces.append("")
            size = 1  # the space that marks a continuation
        pieces[-1] += character
        size += octets
    return "\r\n ".join(pieces)


def _alarm(reminder: str) -> list[str]:
    return [
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        f"TRIGGER:{REMIND}",
        f"DESCRIPTION:{escape(reminder)}",
        "END:VALARM",
    ]


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _one_line(text: str) -> str:
    return "".join(c for c in text if not _control(c))


def _control(character: str) -> bool:
    return ord(character) < 32 or ord(character) == 127
