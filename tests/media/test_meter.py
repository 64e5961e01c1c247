"""Whose fault it is not: pictures that are small because somebody wishes it, and people who have fallen silent."""

from types import SimpleNamespace
from typing import Any

import pytest

from chalicelib.protocol import Appetite, Cause, Grade, Seat, SeatQuality, Watching
from media_worker.arrivals import Arrivals
from media_worker.downlink import NO_LIMIT
from media_worker.meter import Meter

SECONDS = 3.0


class Person:
    """A participant who sends a small picture of 100 kbit/s."""

    def __init__(self) -> None:
        counters = SimpleNamespace(height=180, width=320, jitter=0, octets=0, packets=1, first=0, highest=0)
        layer = SimpleNamespace(incoming=SimpleNamespace(counters=counters), comes=lambda now: True)
        self.camera = SimpleNamespace(layers={"": layer})
        self.screen = self.audio = None
        self.sources = [self.camera]
        self.sinks: list[Any] = []
        self.seat = Seat.PATIENT
        self.frozen = 0
        self.watching = Watching()
        self.view = SimpleNamespace(appetite=Appetite.ALL, smaller=False, withheld=False)
        self.arrivals = Arrivals()
        self.rtt = self.silence = 0.0
        self.held_to = NO_LIMIT
        self.is_up = True
        self.counters = counters

    def silent_for(self, now: float) -> float:
        return self.silence

    def quality(self) -> SeatQuality:
        """What is said of it after a while."""
        meter = Meter(self, 0.0)  # type: ignore[arg-type]
        for at in range(1, 5):
            self.counters.octets += int(SECONDS * 100_000 / 8)
            quality, seconds = meter.read(at * SECONDS)
            assert seconds == SECONDS
        return quality


def test_a_small_picture_tells_of_a_narrow_way_up() -> None:
    quality = Person().quality()
    assert (quality.grade, quality.cause, quality.up_kbps) == (Grade.POOR, Cause.NARROW_UP, 100)


@pytest.mark.parametrize("appetite", [Appetite.LOW, Appetite.NONE])
def test_but_not_of_somebody_who_saves_data(appetite: Appetite) -> None:
    person = Person()
    person.view.appetite = appetite
    assert person.quality().grade is Grade.GOOD


def test_nor_of_somebody_who_was_told_to_send_no_more() -> None:
    person = Person()
    person.held_to = 150_000
    assert person.quality().grade is Grade.GOOD
    person.held_to = 1_000_000
    assert person.quality().cause is Cause.NARROW_UP


def test_silence_is_noticed_long_before_the_connection_ends() -> None:
    person = Person()
    person.silence = 6.0
    assert person.quality().cause is Cause.NOTHING_ARRIVES


def test_losses_are_counted_over_the_whole_time() -> None:
    person = Person()
    meter = Meter(person, 0.0)  # type: ignore[arg-type]
    person.counters.highest, person.counters.packets = 100, 76
    person.arrivals.expected, person.arrivals.lost = 200, 10.0
    quality, _ = meter.read(SECONDS)
    assert (quality.loss_up, quality.loss_down) == (0.25, 0.05)
    quality, _ = meter.read(2 * SECONDS)
    assert (quality.loss_up, quality.loss_down) == (0.0, 0.0)


def test_a_freeze_is_told_once() -> None:
    person = Person()
    meter = Meter(person, 0.0)  # type: ignore[arg-type]
    person.frozen = 2
    assert [meter.read(at * SECONDS)[0].freezes for at in (1, 2)] == [2, 0]
