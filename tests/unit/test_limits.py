"""Limits: so many in a window, a wait that is true, and nobody's address in the table."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import limits
from chalicelib.errors import TooManyAttempts
from chalicelib.limits import Limit, Limits
from chalicelib.rings import Ring
from tests.fakes.store import FakeStore

FEW = Limit("few", 3, 60)
ALL = [value for value in vars(limits).values() if isinstance(value, Limit)]


class Counted:
    """Limits at a time that a test sets."""

    def __init__(self, time: int = 1_800_000_000) -> None:
        self.time = time
        self.store = FakeStore(lambda: self.time)
        self.limits = Limits(self.store, lambda: Ring(("pepper",)), lambda: self.time)

    def wait(self, *who: str) -> int:
        """Try once; how long to wait, 0 when it was let through."""
        try:
            self.limits.count(FEW, *who)
        except TooManyAttempts as enough:
            return enough.wait_seconds
        return 0


@given(st.integers(1_800_000_000, 1_800_000_600))
def test_whoever_waits_as_long_as_told_may_try_again(time: int) -> None:
    counted = Counted(time)
    assert [counted.wait("a") for _ in range(FEW.most)] == [0, 0, 0]
    wait = counted.wait("a")
    assert 0 < wait <= FEW.seconds
    counted.time += wait - 1
    assert counted.wait("a") == 1
    counted.time += 1
    assert counted.wait("a") == 0


def test_each_is_counted_alone() -> None:
    counted = Counted()
    for _ in range(FEW.most + 1):
        counted.wait("a", "b")
    assert counted.wait("a", "b") > 0
    assert (counted.wait("ab"), counted.wait("b", "a"), counted.wait("a")) == (0, 0, 0)


def test_names_of_counters_tell_nobody_who_was_counted() -> None:
    counted = Counted()
    counted.wait("192.0.2.1", "+4790000000")
    (name,) = counted.store.counters
    assert "192.0" not in name
    assert "90000000" not in name


def test_no_two_limits_share_a_counter() -> None:
    assert len({limit.name for limit in ALL}) == len(ALL)


@pytest.mark.parametrize("limit", ALL, ids=lambda limit: limit.name)
def test_nobody_is_kept_out_for_long(limit: Limit) -> None:
    assert limit.seconds <= 15 * 60 or limit is limits.DAY_CODES
