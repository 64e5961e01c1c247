"""How long an SMS is, by the letter of 3GPP TS 23.038 and 23.040."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.alphabet import BASIC, EXTENDED, Measure, measure


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Measure(False, 0, 1)),
        ("a" * 160, Measure(False, 160, 1)),
        ("a" * 161, Measure(False, 161, 2)),
        ("a" * 306, Measure(False, 306, 2)),
        ("a" * 307, Measure(False, 307, 3)),
        ("æøå ÆØÅ Ñ ñ à", Measure(False, 13, 1)),
        ("€" * 80, Measure(False, 160, 1)),
        ("{}[]", Measure(False, 8, 1)),
        ("a" * 152 + "€" + "a" * 10, Measure(False, 164, 2)),
        ("č" * 70, Measure(True, 70, 1)),
        ("č" * 71, Measure(True, 71, 2)),
        ("č" * 134, Measure(True, 134, 2)),
        ("č" * 135, Measure(True, 135, 3)),
        ("ç", Measure(True, 1, 1)),  # only the large one is in GSM-7
        ("😀" * 35, Measure(True, 70, 1)),
        ("😀" * 36, Measure(True, 72, 2)),
        # 33 pairs fill a part of 67 but for one place, which half a pair must not take.
        ("😀" * 67, Measure(True, 134, 3)),
        ("`", Measure(True, 1, 1)),
        ("\t", Measure(True, 1, 1)),
    ],
)
def test_lengths_at_every_edge(text: str, expected: Measure) -> None:
    assert measure(text) == expected


def test_an_escaped_character_is_not_divided_between_parts() -> None:
    assert measure("a" * 152 + "€" + "a" * 151) == Measure(False, 305, 2)
    assert measure("a" * 152 + "€" + "a" * 152) == Measure(False, 306, 3)


def test_the_alphabet_is_as_large_as_the_standard_says() -> None:
    assert len(BASIC) == 127  # 128 places, one of which is the escape
    assert len(EXTENDED) == 10


@given(st.text(max_size=800), st.text(max_size=20))
@example("{{", "\x1f")
def test_more_text_is_never_shorter(text: str, more: str) -> None:
    before, after = measure(text), measure(text + more)
    if after.unicode is before.unicode:  # what counts twice in GSM-7 counts once in UCS-2
        assert after.length >= before.length
    assert after.parts >= before.parts >= 1
    assert after.unicode or not before.unicode
