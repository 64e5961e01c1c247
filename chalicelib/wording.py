"""A trust's own words for a message: what they must hold, and what they must not tell. Pure.

An SMS is all of it: its way in, a number for who needs help, and at most three parts. Of an e-mail it is the sentence
that opens it; link and number have their own place there.
"""

import re
import unicodedata
from datetime import UTC, datetime, timedelta
from string import Formatter
from typing import Final

import msgspec

from chalicelib.alphabet import Measure, measure
from chalicelib.protocol import GuestKind, Language, MessageKind, Way
from chalicelib.rest import CheckedText, TextProblem
from chalicelib.telling import telling_words
from chalicelib.words import WITHOUT_LINK, Notice, all_texts, code_text, facts, sms_text

MOST_PARTS: Final = 3
CODE: Final = "000000"
A_YEAR: Final = tuple(datetime(2026, 1, 1, 12, tzinfo=UTC) + timedelta(days=day) for day in range(365))
# An address, or what phones make one of: a scheme, www, an at, a name with a dot and letters after it.
ADDRESS: Final = re.compile(r"://|//|\bwww\.|@|[^\W_][\w-]+\.[^\W\d_]{2,}|\b\d{1,3}(\.\d{1,3}){3}\b", re.IGNORECASE)
LINK_ALONE: Final = re.compile(r"(?<!\S)\{link\}(?!\S)")
P, K = TextProblem, MessageKind


def needed(kind: MessageKind, way: Way) -> dict[str, TextProblem]:
    """Which fields a text must hold, and what is wrong with one that does not."""
    if kind is K.CODE:
        return {"code": P.NO_CODE}
    if way is Way.MAIL:
        return {}
    return {"phone": P.NO_PHONE} if kind in WITHOUT_LINK else {"link": P.NO_LINK, "phone": P.NO_PHONE}


def allowed(kind: MessageKind, way: Way) -> set[str]:
    """Which fields a text may hold."""
    if kind is K.CODE:
        return {"code"}
    return {"day", "clock", "department", "clinician", "phone", *needed(kind, way)} | (
        {"kind"} if kind is K.GUEST else set()
    )


def refused(kind: MessageKind, way: Way, language: Language, text: str) -> tuple[list[TextProblem], list[str]]:
    """What is wrong with the words themselves, and which of them tell too much."""
    if kind is K.CODE and way is Way.MAIL:
        return [P.UNFIT], []  # codes go to telephones
    try:
        pieces = list(Formatter().parse(text))
    except ValueError:
        return [P.UNFIT], []
    found = {field for _, field, _, _ in pieces if field is not None}
    said = " ".join(literal for literal, *_ in pieces)
    plain = unicodedata.normalize("NFKC", said).replace("。", ".")
    words = telling_words(said, language)
    wrong = {
        P.UNKNOWN_FIELD: bool(found - allowed(kind, way)),
        P.UNFIT: _unfit(text, pieces, way),
        P.FOREIGN_LINK: ADDRESS.search(plain) is not None,
        P.TELLING: bool(words),
        **{problem: field not in found for field, problem in needed(kind, way).items()},
    }
    return [problem for problem in TextProblem if wrong.get(problem)], words


def check(text: str, notice: Notice, way: Way) -> CheckedText:
    """How a text looks, with the facts of ``notice`` and the day that takes most letters, and what is wrong with it."""
    kind, language = notice.kind, notice.language
    problems, words = refused(kind, way, language, text)
    if P.UNFIT in problems or P.UNKNOWN_FIELD in problems:
        return CheckedText(problems=problems, words=words, preview="", unicode=False, length=0, parts=0)
    if kind is K.CODE:
        preview = code_text(language, CODE, text)
    elif way is Way.SMS:
        preview = sms_text(msgspec.structs.replace(_longest(notice, way), own=text))
    else:
        preview = text.format(**facts(_longest(notice, way), way))
    length = measure(preview) if way is Way.SMS else Measure(unicode=False, length=len(preview), parts=0)
    if length.parts > MOST_PARTS:
        problems = [*problems, P.TOO_LONG]
    return CheckedText(
        problems=problems,
        words=words,
        preview=preview,
        unicode=length.unicode,
        length=length.length,
        parts=length.parts,
    )


def _unfit(text: str, pieces: list[tuple[str, str | None, str | None, str | None]], way: Way) -> bool:
    """Not to be filled in, or not to be shown: a field with more than a name, signs that no telephone shows, a link
    that runs into the words beside it."""
    formatted = any(spec or conversion for _, _, spec, conversion in pieces)
    lines = "\n" if way is Way.SMS else ""
    strange = any(unicodedata.category(c) in ("Cc", "Cs", "Co", "Cn") and c != lines for c in text)
    return formatted or strange or not text.strip() or text.count("{link}") != len(LINK_ALONE.findall(text))


def _longest(notice: Notice, way: Way) -> Notice:
    """The notice on the day, and to the kind of guest, that takes most letters."""

    def letters(given: Notice) -> int:
        return sum(len(fact) for fact in facts(given, way).values())

    days = (msgspec.structs.replace(notice, starts=day) for day in A_YEAR)
    longest = max(days, key=letters)
    if notice.kind is not K.GUEST:
        return longest
    return max((msgspec.structs.replace(longest, guest=guest) for guest in GuestKind), key=letters)


def standard(kind: MessageKind, way: Way, language: Language) -> str:
    """Our own words."""
    return all_texts()[language].standard(kind, way)
