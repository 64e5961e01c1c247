"""What a receiver lost of all its streams, by their packets."""

from media_worker.arrivals import SECONDS, Arrivals
from media_worker.feedback import Received


def block(ssrc: int, highest: int, fraction: float) -> Received:
    return Received(ssrc, fraction, 0, highest, 0, 0, 0)


def test_a_thin_stream_weighs_little() -> None:
    arrivals = Arrivals()
    for ssrc in (1, 2):
        assert arrivals.add(block(ssrc, 100, 0.5), 0.0) is None, "of how many is not known yet"
    assert arrivals.add(block(1, 190, 0.0), 0.1) == 0.0
    assert arrivals.add(block(2, 110, 0.5), 0.2) is None, "only just told"
    assert arrivals.add(block(1, 280, 0.0), 0.1 + SECONDS) == 0.05


def test_a_stream_that_began_anew_says_nothing() -> None:
    arrivals = Arrivals()
    for highest in (70_000, 3, 140_000):
        assert arrivals.add(block(1, highest, 1.0), 1.0) is None
