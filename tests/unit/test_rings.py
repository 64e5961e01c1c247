"""The keys of a secret: each is known before it is used and after it was, and rings stay small."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.rings import Ring, read
from chalicelib.tokens import keyed, mint

KEEP = 4
rotations = st.integers(0, 12)


def rotated(times: int) -> list[Ring]:
    """A ring made by a template, and what it became at each rotation."""
    rings = [read("plain")]
    for _ in range(times):
        rings.append(read(rings[-1].turned(KEEP).text()))
    return rings


def test_what_a_template_makes_is_the_only_key() -> None:
    for text in ("plain", "12", '"quoted"', "{}", '{"keys": 1}', "[]", '{"keys": []}'):
        assert read(text).keys == (text,)


@given(rotations)
def test_whoever_has_the_ring_of_before_knows_the_key_that_is_in_use(times: int) -> None:
    rings = rotated(times)
    for before, after in pairwise(rings):
        if len(before.keys) > 1:
            assert after.current == before.keys[1]
        assert before.fits(after.hash("number"), "number")
        assert after.fits(before.hash("number"), "number")


@given(rotations)
def test_a_ring_stays_small_and_each_key_has_its_turn_once(times: int) -> None:
    rings = rotated(times)
    assert all(len(ring.keys) <= KEEP for ring in rings)
    used = [ring.current for ring in rings[1:]]
    assert len(set(used)) == len(used)


def test_what_is_written_is_found_while_its_key_is_kept() -> None:
    ring = read("plain")
    written = ring.hash("elvenes", "12838421065")
    assert written == keyed("plain", "elvenes", "12838421065")
    for _ in range(KEEP - 1):
        ring = ring.turned(KEEP)
        assert written in ring.hashes("elvenes", "12838421065")
        assert ring.fits(written, "elvenes", "12838421065")
        assert not ring.fits(written, "elvenes", "30915131103")
    assert not ring.turned(KEEP).turned(KEEP).fits(written, "elvenes", "12838421065")


def test_a_key_that_was_given_away_is_out_of_use_at_once() -> None:
    ring = read("leaked").turned(KEEP)
    assert set(ring.replaced(2).keys).isdisjoint(ring.keys)
    kept = ring.replaced(KEEP)
    assert kept.current not in ring.keys
    assert kept.fits(ring.hash("number"), "number"), "what was hashed with it is still found"


@given(st.text())
def test_nothing_made_up_fits(written: str) -> None:
    assert not Ring((mint(), mint())).fits(written, "number")
