"""What is asked for again, when, and when no more."""

from hypothesis import given
from hypothesis import strategies as st

from media_worker import feedback
from media_worker.losses import (
    LONGEST_GAP,
    MAX_SECONDS,
    MAX_TRIES,
    MIN_ROUND_TRIP,
    MOST,
    PATIENCE,
    REORDER_SECONDS,
    Losses,
)

SOON = REORDER_SECONDS


def test_what_was_only_overtaken_is_not_asked_for() -> None:
    losses = Losses()
    losses.gap(65_535, 3, 10.0)
    assert losses.due(10.0, 0.05) == []
    assert losses.arrived(0) is False
    assert losses.due(10.0 + SOON, 0.05) == [65_535, 1]


def test_what_does_not_come_is_asked_for_each_time_it_could_have_come() -> None:
    losses = Losses()
    losses.gap(7, 1, 0.0)
    now, again = SOON, 0.05 * PATIENCE
    assert losses.due(now, 0.05) == [7]
    assert losses.due(now + again * 0.9, 0.05) == []
    assert losses.due(now + again, 0.05) == [7]
    assert losses.arrived(7) is True
    assert (losses.due(now + 3 * again, 0.05), len(losses), losses.given_up) == ([], 0, 0)


def test_it_is_given_up_after_some_tries() -> None:
    losses = Losses()
    losses.gap(7, 1, 0.0)
    step = PATIENCE * MIN_ROUND_TRIP
    asked = [losses.due(SOON + i * step * 1.001, 0.0) for i in range(MAX_TRIES + 2)]
    assert asked == [[7]] * MAX_TRIES + [[], []]
    assert (losses.given_up, len(losses)) == (1, 0)


def test_it_is_given_up_when_it_is_of_no_use_any_more() -> None:
    losses = Losses()
    losses.gap(7, 2, 0.0)
    assert losses.due(SOON, 0.6) == [7, 8]
    assert losses.due(MAX_SECONDS + 0.01, 0.6) == []
    assert losses.given_up == 2


def test_a_long_gap_is_a_reset() -> None:
    losses = Losses()
    losses.gap(7, 2, 0.0)
    losses.gap(100, LONGEST_GAP + 1, 0.0)
    assert (len(losses), losses.given_up) == (0, 1)
    losses.gap(500, 1, 0.0)
    assert losses.due(SOON, 0.0) == [500]


@given(st.integers(0, 65_535), st.lists(st.tuples(st.integers(0, 300), st.integers(1, 60)), max_size=60))
def test_memory_is_bounded_and_one_packet_asks_for_all(at: int, gaps: list[tuple[int, int]]) -> None:
    losses = Losses()
    for count, came in gaps:
        losses.gap(at % 65_536, count, 0.0)
        at += count + came
        assert len(losses) <= MOST
    asked = losses.due(SOON, 0.0)
    assert len(asked) == len(set(asked)) <= MOST
    if asked:
        packet = feedback.nack(1, 2, asked)
        assert len(packet) <= 12 + 4 * MOST
        assert list(feedback.parse(packet)) == [feedback.Lost(2, tuple(asked))]
