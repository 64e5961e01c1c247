"""How many workers are wanted by the book and by what goes on, who rests, and who may go."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.scaling import Booked, Policy, Standing, booked, over, resting, wanted

HOUR = 3600
NINE = 9 * HOUR
POLICY = Policy(calls_a_worker=60)

policies = st.builds(
    Policy,
    calls_a_worker=st.integers(1, 80),
    margin=st.floats(1, 2),
    spare=st.integers(0, 40),
    lead_seconds=st.integers(0, 900),
    late_seconds=st.integers(0, HOUR),
    minimum=st.integers(0, 3),
)
books = st.lists(
    st.builds(
        Booked,
        starts=st.integers(0, 96).map(lambda quarter: quarter * 900),
        minutes=st.integers(1, 16).map(lambda quarters: quarters * 15),
        number=st.integers(1, 200),
    ),
    max_size=12,
)
moments = st.integers(0, 24 * HOUR)
numbers = st.integers(0, 500)
crews = st.lists(
    st.builds(Standing, id=st.text("abcdef", min_size=1, max_size=4), calls=st.integers(0, 5), resting=st.booleans()),
    unique_by=lambda worker: worker.id,
)


@given(books, moments, st.integers(0, 4 * HOUR))
def test_the_most_at_one_moment_is_what_counting_at_every_change_finds(
    book: list[Booked], first: int, long: int
) -> None:
    last = first + long
    changes = [first, *(b.starts for b in book if first <= b.starts <= last)]
    most = max(sum(b.number for b in book if b.starts <= at < b.starts + b.minutes * 60) for at in changes)
    assert booked(book, first, last) == most


def test_who_follows_each_other_in_a_chair_is_one_at_a_time() -> None:
    book = [Booked(NINE, 30, 100), Booked(NINE + 1800, 30, 100)]
    assert booked(book, NINE, NINE + HOUR) == 100
    assert booked([*book, Booked(NINE + 900, 30)], NINE, NINE + HOUR) == 101


@given(books, numbers, numbers, moments, policies)
def test_never_fewer_than_the_calls_that_go_on_and_those_who_wait_need(
    book: list[Booked], calls: int, waiting: int, now: int, policy: Policy
) -> None:
    assert wanted(book, calls, waiting, now, policy) * policy.calls_a_worker >= calls + waiting


@given(books, books, numbers, numbers, moments, policies)
def test_more_in_the_book_more_calls_or_more_who_wait_never_want_fewer(
    book: list[Booked], further: list[Booked], calls: int, more: int, now: int, policy: Policy
) -> None:
    before = wanted(book, calls, 0, now, policy)
    assert wanted([*book, *further], calls, 0, now, policy) >= before
    assert wanted(book, calls + more, 0, now, policy) >= before
    assert wanted(book, calls, more, now, policy) == wanted(book, calls + more, 0, now, policy)


@given(books, numbers, moments, policies, st.integers(0, 5), st.integers(0, 600))
def test_more_caution_never_wants_fewer(
    book: list[Booked], calls: int, now: int, policy: Policy, more: int, seconds: int
) -> None:
    careful = Policy(
        calls_a_worker=policy.calls_a_worker,
        margin=policy.margin + more / 10,
        spare=policy.spare + more,
        lead_seconds=policy.lead_seconds + seconds,
        late_seconds=policy.late_seconds + seconds,
        minimum=policy.minimum + more,
    )
    assert wanted(book, calls, 0, now, careful) >= wanted(book, calls, 0, now, policy)


@given(books, moments, policies)
def test_what_is_booked_is_there_when_it_begins(book: list[Booked], now: int, policy: Policy) -> None:
    for soon in range(now, now + policy.lead_seconds + 1, 300):
        places = wanted(book, 0, 0, now, policy) * policy.calls_a_worker
        assert places >= math.ceil(booked(book, soon, soon) * policy.margin)


@given(moments, policies)
def test_nothing_booked_and_nobody_there_is_the_minimum(now: int, policy: Policy) -> None:
    assert wanted([], 0, 0, now, policy) == policy.minimum


def test_a_night_goes_to_none_and_the_day_is_met_before_it_begins() -> None:
    book = [Booked(NINE, 30, 600)]
    whole_fleet = math.ceil((600 * POLICY.margin + POLICY.spare) / 60)
    assert wanted(book, 0, 0, NINE - POLICY.lead_seconds - 1, POLICY) == 0
    assert wanted(book, 0, 0, NINE - POLICY.lead_seconds, POLICY) == whole_fleet
    end = NINE + 1800 + POLICY.late_seconds
    assert wanted(book, 0, 0, end - 1, POLICY) == whole_fleet, "who is late still comes"
    assert wanted(book, 0, 0, end, POLICY) == 0
    assert wanted(book, 0, 0, end, Policy(calls_a_worker=60, minimum=2)) == 2


def test_who_drops_in_at_night_has_one_started_and_it_stays_while_they_talk() -> None:
    assert wanted([], 0, 1, 3 * HOUR, POLICY) == 1
    assert wanted([], 1, 0, 3 * HOUR, POLICY) == 1
    assert wanted([], 0, 0, 3 * HOUR, POLICY) == 0


def test_who_drops_in_by_day_finds_a_place_before_another_is_started() -> None:
    for calls in range(1, 200):
        places = wanted([], calls, 0, NINE, POLICY) * 60
        assert places - calls >= POLICY.spare


@given(st.integers(1, 3_000), st.integers(0, HOUR))
def test_a_day_that_comes_an_hour_later_is_carried_by_what_goes_on(number: int, into: int) -> None:
    """The book says that all is over; they talk nonetheless."""
    book = [Booked(NINE, 30, number)]
    now = NINE + HOUR + into
    assert wanted(book, number, 0, now, POLICY) * 60 >= number * POLICY.margin
    assert wanted(book, 0, 0, now, POLICY) == 0, "and nothing is kept for who does not come"


@given(crews, st.integers(0, 12))
def test_those_with_the_fewest_calls_rest_and_as_many_as_wanted_work(crew: list[Standing], number: int) -> None:
    rest = resting(crew, number)
    work = [worker for worker in crew if worker not in rest]
    assert len(work) == min(number, len(crew))
    assert max((w.calls for w in rest), default=0) <= min((w.calls for w in work), default=5)
    told = [worker._replace(resting=worker in rest) for worker in crew]
    assert {w.id for w in resting(told, number)} == {w.id for w in rest}, "asked again nobody changes places"


def test_of_equals_who_rests_goes_on_to() -> None:
    for rests, works in (("a", "b"), ("b", "a")):
        crew = [Standing(rests, 0, resting=True), Standing(works, 0), Standing("c", 1)]
        assert [worker.id for worker in resting(crew, 2)] == [rests]


@given(crews)
def test_only_who_rests_and_carries_nothing_goes(crew: list[Standing]) -> None:
    assert over(crew) == [w for w in crew if w.resting and not w.calls]
    told = [worker._replace(resting=worker in resting(crew, 1)) for worker in crew]
    assert all(worker.calls == 0 for worker in over(told))


@pytest.mark.parametrize(
    "wrong",
    [
        {"calls_a_worker": 0},
        {"margin": 0.9},
        {"spare": -1},
        {"lead_seconds": -1},
        {"late_seconds": -1},
        {"minimum": -1},
    ],
)
def test_figures_that_nobody_can_scale_by_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"."):
        Policy(**{"calls_a_worker": 60, **wrong})  # type: ignore[arg-type]
