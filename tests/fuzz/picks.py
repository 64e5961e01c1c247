"""Values picked by the fuzzer's bytes: mostly what a type takes, at the edge of it, and at times anything."""

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final, TypeVar

import atheris
from msgspec import inspect as m

from tests.fakes.shapes import fits

T = TypeVar("T")

SDP: Final = (
    "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n"
    "c=IN IP4 0.0.0.0\r\na=mid:0\r\na=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\na=setup:actpass\r\n"
)
# Texts that some pattern of ours takes, though perhaps nothing behind it does.
SAMPLES: Final = (
    "", "a", "clinician", "secretary", "elvenes", "medisinsk", "kirurgisk", "w1", "elvenes.c.1", "a.b.99999999999",
    "2027-01-15", "2027-02-30", "0000-00-00", "9999-12-31", "2027-99-99", "2027-01-15\n", "٢٠٢٧-٠١-١٥",
    "2027-01-15T10:00:00Z", "2027-01-15T99:99:99Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z",
    "2027-02-30T10:00:00Z", "٢٠٢٧-٠١-١٥T١٠:٠٠:٠٠Z", "2027-01-15T10:00:00Z\n",
    "+4790000000", "90000000", "+1 212 555 0100", "+00000000", "00000000000000000000", "900 00 000",
    "kari@example.no", "a@b.c", "æ@ø.å", "a@b.c\n", "x\x00@b.c", "a@" + "b" * 200 + ".no",
    "123456", "000000", "١٢٣٤٥٦", "12838421065", "00000000000", "Kari Testesen", "x" * 100, "\u202e", "\U0001f600", "{",
    "{link} {phone} {time}", "{code}", "{0}", "{link.__class__}", "https://venterom.example/i#x {phone}", "<script>",
    SDP, "v=0\r\n", "v=0\nm=audio",
)  # fmt: skip
ODD: Final = (-1, 0, 1, 2**31, 2**53, 2**63, 10**30)


class Fuzzed:
    """Picks by the fuzzer's bytes. See `tests.fakes.shapes.Pick`."""

    def __init__(self, data: bytes) -> None:
        self.data = atheris.FuzzedDataProvider(data)

    def text(self, limits: m.StrType, field: str) -> str:
        fitting = samples(limits.min_length, limits.max_length, limits.pattern)
        if fitting and self.data.ConsumeIntInRange(0, 7):
            return self.one(fitting)
        return self.words()

    def anything(self) -> str:
        """Any text, half a surrogate pair included."""
        return str(self.data.ConsumeUnicode(self.data.ConsumeIntInRange(0, 40)))

    def words(self) -> str:
        """Any text that JSON can bring: whole characters only."""
        return self.anything().encode(errors="replace").decode()

    def number(self, low: int, high: int) -> int:
        if not self.data.ConsumeIntInRange(0, 15):
            return self.one(ODD)
        return int(self.data.ConsumeIntInRange(low, high))

    def one(self, options: Sequence[T]) -> T:
        found: T = options[self.data.ConsumeIntInRange(0, len(options) - 1)]
        return found

    def yes(self) -> bool:
        return bool(self.data.ConsumeBool())

    def some(self, most: int = 200) -> bytes:
        """Any bytes."""
        return bytes(self.data.ConsumeBytes(self.data.ConsumeIntInRange(0, most)))

    def json(self, value: Any) -> bytes:
        """A value as JSON, now and then with something wrong."""
        text = json.dumps(value).encode()
        if self.data.ConsumeIntInRange(0, 5):
            return text
        at = self.data.ConsumeIntInRange(0, len(text))
        return text[:at] + self.some(8) + text[at + self.data.ConsumeIntInRange(0, 4) :]


@lru_cache(maxsize=256)
def samples(low: int | None, high: int | None, pattern: str | None) -> tuple[str, ...]:
    """Those that a type takes."""
    limits = m.StrType(min_length=low, max_length=high, pattern=pattern)
    return tuple(text for text in SAMPLES if fits(text, limits))
