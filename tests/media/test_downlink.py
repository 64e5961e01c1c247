"""The budget of one receiver on ways of every kind, with a browser's estimate as Chromium makes it."""

import math
from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.protocol import Appetite
from media_worker.downlink import FIRST_WAIT, FLOOR, NO_LIMIT, SETTLE_SECONDS, START, TRIAL_SECONDS, Downlink
from media_worker.layers import SOUND, Offer, ceiling, plan, room

STEP = 0.1
VOICE = Offer((40_000.0,), audio=True)
LMH = (150_000.0, 500_000.0, 1_500_000.0)


class Browser:
    """A receiver behind a way of so many bits a second, with a buffer of so many seconds: draft-ietf-rmcat-gcc-02 in
    short (5 s to begin, 8 % a second, at most 1.5 times what arrives, 0.85 times that when the queue grows)."""

    def __init__(self, capacity: float, buffer: float = 0.5, random_loss: float = 0.0) -> None:
        self.capacity = capacity
        self._buffer = buffer
        self._random = random_loss
        self._queue = 0.0  # bits
        self._held_until = 0.0
        self._arrived: deque[float] = deque(maxlen=10)
        self._lost: deque[float] = deque(maxlen=10)
        self.estimate: float | None = None

    def take(self, rate: float, now: float) -> None:
        came = rate * (1 - self._random)
        before, total = self._queue, self._queue + came * STEP
        out = min(total, self.capacity * STEP)
        self._queue = min(total - out, self._buffer * self.capacity)
        dropped = total - out - self._queue
        self._arrived.append(out)
        self._lost.append(1 - (came * STEP - dropped) / (rate * STEP) if rate else 0.0)
        arriving = sum(self._arrived) / (len(self._arrived) * STEP)
        if self.estimate is None:
            self.estimate = arriving if now >= 5 else None
            return
        if self._queue > before + 1 or self._queue > 0.9 * self._buffer * self.capacity:
            self.estimate = min(self.estimate, 0.85 * arriving)
            self._held_until = now + 1
        elif now >= self._held_until:
            self.estimate = max(self.estimate, min(self.estimate * 1.08**STEP, 1.5 * arriving + 10_000))

    @property
    def loss(self) -> float:
        return sum(self._lost) / len(self._lost)


class Call:
    """One receiver of some pictures, measured and planned for every so many STEPs; a switch takes 0.3 s."""

    def __init__(self, browser: Browser, pictures: list[tuple[float, ...]], remb: bool = True, every: int = 1) -> None:
        self.browser = browser
        self.downlink = Downlink()
        self.remb = remb
        self.every = every
        self.pictures = pictures
        self.chosen: list[int | None] = [None for _ in pictures]
        self.changes: list[tuple[float, list[int | None]]] = []
        self.limit = float(NO_LIMIT)
        self.now = 0.0
        self._rates: deque[float] = deque(maxlen=10)
        self._on_the_way = deque([self.chosen] * 3, maxlen=4)
        self._ticks = 0
        self._told = 0.0

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds / STEP)):
            self._tick()

    def sent(self) -> float:
        layers = self._on_the_way[0]
        return 40_000 + sum(p[i] for p, i in zip(self.pictures, layers, strict=True) if i is not None)

    def _tick(self) -> None:
        self._ticks += 1
        self.now = self._ticks * STEP
        rate = self.sent()
        self._rates.append(rate)
        self.browser.take(rate, self.now)
        estimate = self.browser.estimate
        if self.remb and estimate is not None and (self._ticks % 10 == 0 or estimate < 0.97 * self._told):
            self.downlink.estimate(int(estimate), self.now)
            self._told = estimate
        if self._ticks % 10 == 5:
            self.downlink.loss(self.browser.loss, self.now)
        if self._ticks % self.every == 0:
            self._plan()
        self._on_the_way.append(self.chosen)

    def _plan(self) -> None:
        self.downlink.sent(sum(self._rates) / len(self._rates), self.now)
        offers = [VOICE, *(Offer(p, current=i) for p, i in zip(self.pictures, self.chosen, strict=True))]
        step = plan(offers, self.downlink.budget(self.now), Appetite.ALL).next
        budget = self.downlink.budget(self.now, step)
        made = plan(offers, budget, Appetite.ALL)
        if made.layers[1:] != self.chosen:
            self.chosen = made.layers[1:]
            self.changes.append((self.now, self.chosen))
        self.limit = ceiling([room(offers, 1, budget, Appetite.ALL)])


@pytest.mark.parametrize("remb", [True, False])
def test_on_a_wide_way_the_picture_is_there_at_once_and_soon_at_its_best(remb: bool) -> None:
    call = Call(Browser(20_000_000), [LMH], remb)
    call.run(0.2)
    assert call.chosen == [1]
    call.run(10)
    assert call.chosen == [2]
    call.run(300)
    assert [layers for _, layers in call.changes] == [[1], [2]]


def test_five_people_come_in_and_climb_one_by_one() -> None:
    call = Call(Browser(50_000_000), [LMH] * 5)
    call.run(0.2)
    assert None not in call.chosen
    call.run(120)
    assert call.chosen == [2] * 5
    assert all(
        sum((new or 0) - (old or 0) for new, old in zip(after, before, strict=True)) == 1
        for (_, before), (_, after) in zip(call.changes, call.changes[1:], strict=False)
    )


@pytest.mark.parametrize("remb", [True, False])
@pytest.mark.parametrize(("capacity", "layer"), [(300_000, 0), (800_000, 1), (2_500_000, 2)])
@pytest.mark.parametrize("buffer", [0.1, 0.5, 2.0])
@pytest.mark.parametrize("every", [1, 10])
def test_it_settles_at_what_the_way_carries(capacity: float, layer: int, buffer: float, every: int, remb: bool) -> None:
    call = Call(Browser(capacity, buffer), [LMH], remb, every)
    call.run(60)
    at = {0: 0.0, 1: 0.0, 2: 0.0}
    trials = 0
    for _ in range(1_200):
        before = call.chosen
        call.run(STEP)
        assert call.chosen != [None]
        at[call.chosen[0] or 0] += STEP
        trials += (call.chosen[0] or 0) > (before[0] or 0)
    assert max(at, key=lambda key: at[key]) == layer
    assert at[layer] > 100
    assert trials <= 4


def test_a_way_that_narrows_is_followed_at_once_and_back_when_it_widens() -> None:
    browser = Browser(10_000_000)
    call = Call(browser, [LMH])
    call.run(30)
    browser.capacity = 400_000
    call.run(5)
    assert call.chosen == [0]
    call.run(25)
    assert call.chosen == [0]
    browser.capacity = 10_000_000
    call.run(70)
    assert call.chosen == [2]


@pytest.mark.parametrize("share", [0.03, 0.12, 0.2])
@pytest.mark.parametrize("every", [1, 10])
def test_loss_that_no_cut_cures_does_not_take_the_picture(share: float, every: int) -> None:
    call = Call(Browser(10_000_000, random_loss=share), [LMH], every=every)
    call.run(60)
    assert call.chosen[0] is not None
    assert call.chosen[0] >= 1
    before = len(call.changes)
    call.run(120)
    assert call.chosen == [2]
    assert len(call.changes) - before <= 3


def test_rates_that_vary_do_not_make_the_picture_come_and_go() -> None:
    call = Call(Browser(500_000), [LMH])
    for tenth in range(2_400):
        varied = 1 + 0.2 * math.sin(tenth / 17)
        call.pictures = [tuple(rate * varied for rate in LMH)]
        call.run(STEP)
    assert all(layers != [None] for _, layers in call.changes)
    assert len([1 for when, _ in call.changes if when > 30]) <= 10


def test_a_sender_without_layers_is_held_to_what_arrives() -> None:
    browser = Browser(700_000)
    call = Call(browser, [(900_000.0,)])
    for _ in range(900):
        call.run(STEP)
        (rate,) = call.pictures[0]
        call.pictures = [(min(rate * 1.01, call.limit - SOUND, 2_500_000),)]
    assert 350_000 < call.pictures[0][0] < 800_000
    assert call.chosen == [0]


def test_a_sender_without_layers_is_not_held_back_on_a_wide_way() -> None:
    call = Call(Browser(20_000_000), [(300_000.0,)])
    for _ in range(400):
        call.run(STEP)
        (rate,) = call.pictures[0]
        call.pictures = [(min(rate * 1.01, call.limit - SOUND, 2_500_000),)]
    assert call.pictures[0][0] == 2_500_000


def test_a_trial_gives_the_step_that_is_wished_for_and_no_more() -> None:
    downlink = Downlink()
    downlink.sent(600_000, 0.0)
    assert downlink.budget(1.0, 1_700_000) == START  # not yet steady
    now = TRIAL_SECONDS
    assert downlink.budget(now) == downlink.budget(now, 900_000) == START
    assert downlink.budget(now, 1_700_000) == 1_700_000
    assert downlink.budget(now + 1, 9_000_000) == downlink.budget(now + 1) == 1_700_000
    downlink.sent(1_600_000, now + TRIAL_SECONDS)
    assert downlink.budget(now + TRIAL_SECONDS) == 1_600_000 * 1.25


def test_each_trial_that_fails_doubles_the_wait() -> None:
    downlink, now, waits = Downlink(), 0.0, []
    downlink.sent(900_000, now)
    for _ in range(6):
        began = now
        while downlink.budget(now, 1_700_000) < 1_700_000:
            now += 0.25
        waits.append(now - began)
        downlink.sent(1_500_000, now + 1)
        downlink.estimate(1_600_000, now + 1)
        downlink.estimate(1_400_000, now + 1.5)
        downlink.estimate(1_100_000, now + 2)
        assert downlink.budget(now + 2, None) == pytest.approx(1_125_000)
        downlink.sent(900_000, now + 2.5)
        now += 2
    assert waits == [TRIAL_SECONDS, FIRST_WAIT, 10.0, 20.0, 40.0, 60.0]


def test_nothing_is_tried_before_anything_is_sent() -> None:
    assert Downlink().budget(0.0, 5_000_000) == START


def test_an_estimate_that_only_lags_behind_a_step_up_is_no_congestion() -> None:
    downlink = Downlink()
    downlink.sent(200_000, 0.0)
    downlink.estimate(200_000, 0.0)
    downlink.sent(600_000, 1.0)
    for second in range(1, 15):
        downlink.estimate(int(200_000 * 1.08**second), float(second))
    assert downlink.budget(15.0, 0.0) >= START


def test_the_effect_of_a_cut_is_awaited() -> None:
    downlink = Downlink()
    downlink.sent(900_000, 0.0)
    downlink.estimate(1_000_000, 0.0)
    downlink.estimate(500_000, 0.5)
    assert downlink.budget(0.5) == 500_000
    downlink.estimate(300_000, 1.0)
    assert downlink.budget(1.0) == 500_000
    downlink.sent(500_000, 0.5 + SETTLE_SECONDS)
    downlink.estimate(250_000, 0.5 + SETTLE_SECONDS)
    assert downlink.budget(0.5 + SETTLE_SECONDS) == 250_000


events = st.one_of(
    st.tuples(st.just("sent"), st.floats(0, 1e8)),
    st.tuples(st.just("estimate"), st.integers(0, 2**80)),
    st.tuples(st.just("loss"), st.floats(0, 1)),
    st.tuples(st.just("budget"), st.one_of(st.none(), st.floats(0, 1e9))),
)


@given(st.lists(st.tuples(st.floats(0, 20), events), max_size=60))
def test_whatever_is_told_the_budget_stays_within_reason(series: list[tuple[float, tuple[str, float]]]) -> None:
    downlink, now = Downlink(), 0.0
    for passed, (what, value) in series:
        now += passed
        getattr(downlink, what)(*((now, value) if what == "budget" else (value, now)))
        assert FLOOR <= downlink.budget(now) <= NO_LIMIT
