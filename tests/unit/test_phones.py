"""Telephone numbers, as typed and as kept."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import BadRequest
from chalicelib.phones import e164


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("90000001", "+4790000001"),
        ("900 00 001", "+4790000001"),
        ("55 50 01 00", "+4755500100"),
        ("+47 900 00 001", "+4790000001"),
        ("004790000001", "+4790000001"),
        ("+46 70 123 45 67", "+46701234567"),
        ("(+44) 20-7946-0958", "+442079460958"),
        ("900\u00a000\u00a0001", "+4790000001"),
    ],
)
def test_numbers_become_e164(typed: str, number: str) -> None:
    assert e164(typed) == number


@pytest.mark.parametrize(
    "typed",
    ["", "123", "110", "+47 1234 5678", "+4790000", "ring meg", "+0123456789", "9000000a", "+" + "9" * 16, "٩٠٠٠٠٠٠١"],
)
def test_what_is_no_number_is_refused(typed: str) -> None:
    with pytest.raises(BadRequest):
        e164(typed)


@given(st.text(max_size=30))
def test_a_number_is_e164_or_refused(typed: str) -> None:
    try:
        number = e164(typed)
    except BadRequest:
        return
    assert re.fullmatch(r"\+[1-9][0-9]{6,14}", number)
    assert e164(number) == number
