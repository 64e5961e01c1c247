"""Fuzz targets of what people are sent."""

from datetime import UTC, datetime, timedelta

from chalicelib.alphabet import measure
from chalicelib.calendar_file import LINE, Appointment, calendar_file
from chalicelib.protocol import Language, MessageKind, Way
from chalicelib.wording import check
from chalicelib.words import Notice
from tests.fuzz.picks import Fuzzed


def calendar(data: bytes) -> None:
    """A calendar file: each line short enough, and no text makes a line of its own (RFC 5545 section 3.1)."""
    pick = Fuzzed(data)
    uid, organizer, summary, description, link, reminder = (pick.words() for _ in range(6))
    starts = datetime(2027, 1, 15, tzinfo=UTC) + timedelta(minutes=pick.data.ConsumeIntInRange(0, 10**6))
    text = calendar_file(
        Appointment(
            uid, pick.data.ConsumeIntInRange(0, 99), organizer, starts, pick.data.ConsumeIntInRange(5, 240),
            summary, description, link, reminder, cancelled=pick.yes(),
        ),
        starts,
    )  # fmt: skip
    lines = text.split("\r\n")
    assert lines.pop() == ""
    assert "\n" not in text.replace("\r\n", "")
    assert "\r" not in text.replace("\r\n", "")
    for line in lines:
        assert len(line.encode(errors="surrogatepass")) <= LINE
        assert line[0] == " " or line.partition(":")[0].partition(";")[0].replace("-", "").isupper(), line


def wording(data: bytes) -> None:
    """A trust's own words: what is wrong with them is said, and what is right can be sent."""
    pick = Fuzzed(data)
    fields = (
        "{link}",
        "{phone}",
        "{day}",
        "{clock}",
        "{department}",
        "{code}",
        "{x}",
        "{",
        "}",
        "{link!r}",
        "{day:>9}",
    )
    text = "".join(pick.one((*fields, " ", pick.words())) for _ in range(pick.data.ConsumeIntInRange(0, 12)))
    notice = Notice(
        pick.one(list(MessageKind)), "uid", "https://v.example/i#x", pick.one(list(Language)), pick.words(),
        "+4755500100", pick.words(), "Europe/Oslo", datetime(2027, 1, 15, tzinfo=UTC), 30,
    )  # fmt: skip
    way = pick.one(list(Way))
    checked = check(text, notice, way)
    if way is Way.SMS and not checked.problems:
        measured = measure(checked.preview)
        assert measured.parts >= 1
        assert len(checked.preview) <= measured.length
