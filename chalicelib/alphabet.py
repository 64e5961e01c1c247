"""How long an SMS is: the alphabets of 3GPP TS 23.038, and the parts that carry a text by 3GPP TS 23.040. Pure."""

from typing import Final

import msgspec

# TS 23.038 section 6.2.1; its table's escape character, which is no letter, is left out.
BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED: Final = frozenset("\f^{}\\[~]|€")
"""Section 6.2.1.1: these come after an escape, and so count twice."""
GSM_ALONE, GSM_PART = 160, 153
UCS_ALONE, UCS_PART = 70, 67
"""Characters that one message holds, and each of several: those begin with a header of six octets."""


class Measure(msgspec.Struct, frozen=True):
    """``unicode``: in UCS-2 instead of GSM-7; ``length`` in characters of that alphabet; ``parts`` that carry it."""

    unicode: bool
    length: int
    parts: int


def measure(text: str) -> Measure:
    """How long a text is as SMS: a single character outside GSM-7 makes all of it two octets wide."""
    if BASIC.union(EXTENDED).issuperset(text):
        sizes, alone, part = [2 if c in EXTENDED else 1 for c in text], GSM_ALONE, GSM_PART
        return Measure(False, sum(sizes), _parts(sizes, alone, part))
    sizes = [2 if ord(c) > 0xFFFF else 1 for c in text]  # a pair of surrogates
    return Measure(True, sum(sizes), _parts(sizes, UCS_ALONE, UCS_PART))


def _parts(sizes: list[int], alone: int, part: int) -> int:
    """How many parts; what counts twice is not divided between two of them."""
    if sum(sizes) <= alone:
        return 1
    parts, used = 1, 0
    for size in sizes:
        if used + size > part:
            parts, used = parts + 1, 0
        used += size
    return parts
