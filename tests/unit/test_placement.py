"""Which worker takes a call, and which a network test."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.placement import MOST_LOAD, choose, choose_for_probe
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
        load=st.floats(0, 2) | st.sampled_from([0, 0.5, MOST_LOAD]),
        rooms=st.frozensets(st.sampled_from("123456"), max_size=5),
    ),
    unique_by=lambda w: w.id,
)


def free(worker: Worker) -> int:
    return worker.capacity - len(worker.rooms)


@given(workers)
def test_all_that_can_are_chosen_and_no_others(everybody: list[Worker]) -> None:
    alive = [w for w in everybody if w.lease > NOW and not w.draining]
    able = [w for w in alive if free(w) > 0 and w.load <= MOST_LOAD]
    assert {w.id for w in choose(everybody, NOW)} == {w.id for w in able}
    assert {w.id for w in choose_for_probe(everybody, NOW)} == {w.id for w in alive}, "full or not"


@given(workers)
def test_most_free_places_come_first_and_of_equals_the_least_loaded(everybody: list[Worker]) -> None:
    for one, next_ in pairwise(choose(everybody, NOW)):
        assert free(one) >= free(next_)
        assert free(one) > free(next_) or one.load <= next_.load


@given(workers)
def test_a_network_test_goes_where_least_is_going_on(everybody: list[Worker]) -> None:
    loads = [w.load for w in choose_for_probe(everybody, NOW)]
    assert loads == sorted(loads)


@given(workers, st.randoms())
def test_the_order_is_the_same_wherever_it_is_chosen(everybody: list[Worker], random) -> None:
    shuffled = list(everybody)
    random.shuffle(shuffled)
    assert choose(everybody, NOW) == choose(shuffled, NOW)
    assert choose_for_probe(everybody, NOW) == choose_for_probe(shuffled, NOW)
