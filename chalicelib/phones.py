"""Telephone numbers: as ITU-T E.164 writes them, and as people read them. Pure."""

import re
from typing import Final

from chalicelib.errors import BadRequest

COUNTRY_CODE: Final = "47"


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


def readable(number: str) -> str:
    """A Norwegian number in pairs, ``+47 55 50 01 00``; any other as it is."""
    digits = re.fullmatch(r"\+47([0-9]{8})", number)
    return " ".join(("+47", *re.findall("..", digits[1]))) if digits else number
