"""Which worker takes a call."""

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.placement import choose
from chalicelib.records import Worker

NOW = 1_000
workers = st.lists(
    st.builds(
        Worker,
        id=st.text("abcdef", min_size=1, max_size=4),
        connection=st.just("x"),
        capacity=st.integers(0, 4),
        lease=st.integers(NOW - 2, NOW + 2),
        draining=st.booleans(),
        rooms=st.frozensets(st.sampled_from("123456"), max_size=5),
    ),
    unique_by=lambda w: w.id,
)


@given(workers)
def test_only_those_that_can_are_chosen_the_emptiest_first(everybody: list[Worker]) -> None:
    chosen = choose(everybody, NOW)
    able = [w for w in everybody if w.lease > NOW and not w.draining and len(w.rooms) < w.capacity]
    assert sorted(w.id for w in chosen) == sorted(w.id for w in able)
    shares = [len(w.rooms) / w.capacity for w in chosen]
    assert shares == sorted(shares)


@given(workers, st.randoms())
def test_the_order_is_the_same_wherever_it_is_chosen(everybody: list[Worker], random) -> None:
    shuffled = list(everybody)
    random.shuffle(shuffled)
    assert choose(everybody, NOW) == choose(shuffled, NOW)
