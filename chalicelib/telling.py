"""Words that tell why somebody is treated: illnesses, treatments, clinics whose names say it. Pure.

The lists are ``chalicelib/telling_words/{language}.txt``: a pattern a line, ``*`` for any letters, so that compound and
inflected words are found. A name tells in Norwegian whatever the language of the message around it.
"""

import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import Final

from chalicelib.protocol import Language

LISTS: Final = Path(__file__).with_name("telling_words")
NORWEGIAN: Final = (Language.BOKMAL, Language.NYNORSK)
WORD: Final = re.compile(r"[^\W_]+(?:[-'’ʼ][^\W_]+)*")
UNSEEN: Final = re.compile(r"[\u00ad\u0640\u064b-\u065f\u0670\u200b-\u200f\u2060-\u2069\ufeff]")
"""Soft hyphens, joiners, marks of direction, Arabic vowel signs and lengthenings: they hide a word from a list only."""
ALEF: Final = str.maketrans("أإآٱىة", "ااااي" + "ه")
ARTICLE: Final = re.compile(r"^[وف]?[بكل]?ال|^لل")


def telling_words(text: str, language: Language) -> list[str]:
    """The words of a text that tell, as they stand in it, each once."""
    lists = dict.fromkeys((language, *NORWEGIAN))
    found = (word[0] for word in WORD.finditer(UNSEEN.sub("", text)))
    return list(dict.fromkeys(word for word in found if any(_tells(word, listed) for listed in lists)))


def tells(name: str) -> bool:
    """Whether a name of a department or a sender tells."""
    return bool(telling_words(name, Language.NORTHERN_SAMI) or telling_words(name, Language.ENGLISH))


def _tells(word: str, language: Language) -> bool:
    plain = _plain(word)
    parts = [plain, *plain.split("-")]
    return any(_pattern(language).fullmatch(form) for part in parts for form in (part, ARTICLE.sub("", part)) if form)


def _plain(word: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKC", word).casefold().translate(ALEF))


@cache
def _pattern(language: Language) -> re.Pattern[str]:
    lines = (line.strip() for line in (LISTS / f"{language}.txt").read_text("utf-8").splitlines())
    globs = [_plain(line) for line in lines if line and not line.startswith("#")]
    return re.compile("|".join(re.escape(glob).replace(r"\*", ".*") for glob in globs))
