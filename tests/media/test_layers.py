"""Who gets which layer, checked against what must hold for any offers and any budget."""

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.protocol import Appetite
from media_worker.downlink import GROWTH, NO_LIMIT
from media_worker.layers import (
    LEAST_PICTURE,
    LOW_PICTURE,
    SOUND,
    SPARE,
    TOLERABLE,
    Offer,
    brought_down,
    ceiling,
    choose,
    plan,
    room,
)

ALL, LOW, NONE = Appetite.ALL, Appetite.LOW, Appetite.NONE
VOICE = Offer((40_000.0,), audio=True)
LMH = (150_000.0, 500_000.0, 1_500_000.0)

rates = st.one_of(st.just(0.0), st.floats(10_000, 4_000_000))
current = st.one_of(st.none(), st.integers(0, 2))
pictures = st.builds(
    Offer,
    layers=st.one_of(st.tuples(rates), st.tuples(rates, rates), st.tuples(rates, rates, rates)),
    screen=st.booleans(),
    current=current,
)
voices = st.builds(Offer, layers=st.tuples(st.floats(0, 80_000)), audio=st.just(True))
offers = st.lists(st.one_of(pictures, voices), max_size=10)
budgets = st.floats(0, 12_000_000)
appetites = st.sampled_from(Appetite)


def spent(wanted: list[Offer], chosen: list[int | None]) -> float:
    sound = sum(max(SOUND, offer.layers[0]) for offer in wanted if offer.audio)
    taken = (o.layers[i] for o, i in zip(wanted, chosen, strict=True) if i is not None and not o.audio)
    return sound + sum(taken)


def single(offer: Offer) -> bool:
    return len(offer.layers) == 1 and not offer.audio


@given(offers, budgets, appetites)
def test_the_budget_is_kept_but_for_one_smallest_picture(
    wanted: list[Offer], budget: float, appetite: Appetite
) -> None:
    chosen = choose(wanted, budget, appetite)
    if any(i is not None and not o.audio for o, i in zip(wanted, chosen, strict=True)):
        over = max(next((rate for rate in o.layers if rate), 0.0) for o in wanted if not o.audio) * (1 - TOLERABLE)
        assert spent(wanted, chosen) <= budget + over + 1


@given(offers, budgets, appetites)
def test_sound_is_never_given_up(wanted: list[Offer], budget: float, appetite: Appetite) -> None:
    chosen = choose(wanted, budget, appetite)
    assert all(i == 0 for o, i in zip(wanted, chosen, strict=True) if o.audio)


@given(offers, budgets, appetites)
def test_only_what_comes_is_chosen(wanted: list[Offer], budget: float, appetite: Appetite) -> None:
    for offer, layer in zip(wanted, choose(wanted, budget, appetite), strict=True):
        assert offer.audio or layer is None or offer.layers[layer] > 0


@given(offers, budgets, budgets, appetites)
def test_a_larger_budget_takes_nothing_away(wanted: list[Offer], a: float, b: float, appetite: Appetite) -> None:
    less, more = (choose(wanted, budget, appetite) for budget in sorted((a, b)))
    assert all(x is None or (y is not None and x <= y) for x, y in zip(less, more, strict=True))


@given(offers, budgets, appetites)
def test_what_was_chosen_stays(wanted: list[Offer], budget: float, appetite: Appetite) -> None:
    chosen = choose(wanted, budget, appetite)
    again = [Offer(o.layers, o.screen, o.audio, i) for o, i in zip(wanted, chosen, strict=True)]
    kept = choose(again, budget, appetite)
    assert all(x is None or (y is not None and x <= y) for x, y in zip(chosen, kept, strict=True))


@given(offers, budgets, appetites)
def test_the_next_step_is_taken_with_the_budget_it_names_and_not_below(
    wanted: list[Offer], budget: float, appetite: Appetite
) -> None:
    now = plan(wanted, budget, appetite)
    if now.next is None or now.next == GROWTH * budget:
        assert choose(wanted, 1e12, appetite) == now.layers
        assert (now.next is not None) == (appetite is ALL and any(map(single, wanted)))
    else:
        assert now.next > budget
        assert choose(wanted, (now.next + budget) / 2, appetite) == now.layers
        assert choose(wanted, now.next, appetite) != now.layers


@given(offers, budgets)
def test_who_wants_no_pictures_gets_none_and_who_saves_gets_the_smallest(wanted: list[Offer], budget: float) -> None:
    for offer, layer in zip(wanted, choose(wanted, budget, NONE), strict=True):
        assert offer.audio or layer is None
    for offer, layer in zip(wanted, choose(wanted, budget, LOW), strict=True):
        assert offer.audio or layer is None or not any(offer.layers[:layer])


@given(offers, budgets)
def test_everybodys_smallest_comes_before_anybodys_larger(wanted: list[Offer], budget: float) -> None:
    cameras = [(o, i) for o, i in zip(wanted, choose(wanted, budget, ALL), strict=True) if not o.audio and not o.screen]
    if any(i is not None and any(o.layers[:i]) for o, i in cameras):
        assert all(i is not None for o, i in cameras if any(o.layers))


def test_two_people_climb_with_the_budget() -> None:
    wanted = [VOICE, Offer(LMH)]
    steps = [(200_000 * SPARE, 0), (550_000 * SPARE, 1), (1_550_000 * SPARE, 2)]
    assert choose(wanted, steps[0][0] - 1, ALL) == [0, None]
    for budget, layer in steps:
        assert choose(wanted, budget + 1, ALL) == [0, layer]


def test_what_is_sent_already_need_only_fit() -> None:
    wanted = [VOICE, Offer(LMH, current=1)]
    assert choose(wanted, 550_000, ALL) == [0, 1]
    assert choose(wanted, 549_999, ALL) == [0, 0]
    wanted = [VOICE, Offer(LMH, current=0)]
    assert choose(wanted, 140_001, ALL) == [0, 0]
    assert choose(wanted, 139_999, ALL) == [0, None]


def test_the_shared_screen_comes_first() -> None:
    wanted = [VOICE, Offer(LMH), Offer((800_000.0,), screen=True)]
    assert choose(wanted, 1_000_000, ALL) == [0, None, 0]
    assert choose(wanted, 1_200_000, ALL) == [0, 0, 0]


def test_a_layer_that_does_not_come_is_passed_over() -> None:
    wanted = [Offer((150_000.0, 0.0, 900_000.0), current=1), Offer((0.0, 0.0, 0.0)), Offer(())]
    assert choose(wanted, 5_000_000, ALL) == [2, None, None]
    assert choose(wanted, 500_000, ALL) == [0, None, None]


def test_equal_cameras_do_not_take_turns() -> None:
    first = [Offer((150_000.0, 500_000.0), current=1), Offer((150_000.0, 490_000.0), current=0)]
    assert choose(first, 700_000, ALL) == [1, 0]


def test_a_picture_without_layers_is_shown_while_its_sender_is_brought_down() -> None:
    wanted = [VOICE, Offer((1_000_000.0,), current=0)]
    assert choose(wanted, 700_000, ALL) == [0, 0]
    assert choose(wanted, 600_000, ALL) == [0, None]
    assert room(wanted, 1, 600_000, ALL) == 550_000
    assert ceiling([550_000]) == 600_000


def test_a_picture_that_is_too_large_is_shown_while_its_sender_comes_down() -> None:
    wanted = [VOICE, Offer((1_500_000.0,), current=0)]
    assert choose(wanted, 600_000, ALL) == [0, None]
    down = brought_down(wanted, 600_000, ALL)
    assert [offer.layers for offer in down] == [VOICE.layers, (550_000,)]
    assert choose(down, 600_000, ALL) == [0, 0]
    assert choose(brought_down(wanted, 90_000, ALL), 90_000, ALL) == [0, None]
    assert brought_down([VOICE, Offer(LMH)], 300_000, ALL) == [VOICE, Offer(LMH)]


@given(offers, budgets, appetites)
def test_nobody_is_brought_below_what_is_worth_looking_at(
    wanted: list[Offer], budget: float, appetite: Appetite
) -> None:
    for before, after in zip(wanted, brought_down(wanted, budget, appetite), strict=True):
        assert after == before or LEAST_PICTURE <= after.layers[0] < before.layers[0]


@given(offers, budgets, appetites, st.data())
def test_room_is_for_pictures_without_layers(
    wanted: list[Offer], budget: float, appetite: Appetite, data: st.DataObject
) -> None:
    if wanted:
        index = data.draw(st.integers(0, len(wanted) - 1))
        found = room(wanted, index, budget, appetite)
        assert (found == NO_LIMIT) >= (appetite is NONE or not single(wanted[index]))
        assert 0 <= found <= max(budget, NO_LIMIT)


def test_who_sends_little_leaves_room_and_nobody_is_squeezed_below_an_equal_share() -> None:
    wanted = [Offer((100_000.0,)), Offer((900_000.0,))]
    assert room(wanted, 0, 1_000_000, ALL) == 500_000
    assert room(wanted, 1, 1_000_000, ALL) == 900_000
    assert room(wanted, 1, 1_000_000, LOW) == LOW_PICTURE


def test_a_sender_is_held_to_what_its_worst_receiver_can_see_at_all() -> None:
    assert ceiling([]) == ceiling([NO_LIMIT, NO_LIMIT]) == NO_LIMIT
    assert ceiling([900_000, 300_000, NO_LIMIT], rest=70_000) == 370_000
    assert ceiling([900_000, 60_000]) == 950_000
    assert ceiling([60_000, NO_LIMIT]) == NO_LIMIT
    assert ceiling([60_000]) == LEAST_PICTURE + SOUND
