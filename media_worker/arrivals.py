"""How much of what a receiver was sent it says it lost, all its streams together. Pure."""

from typing import Final

from media_worker.feedback import Received

SECONDS: Final = 0.8
"""Browsers report of every stream by itself, about once a second: a few packets of one stream say little."""
MOST: Final = 1 << 15
"""Packets from one block to the next; more is a stream that began anew."""


class Arrivals:
    """Weighs report blocks by their packets. Times in seconds of a steady clock."""

    def __init__(self) -> None:
        self.expected = 0
        """Packets that were to come, in all."""
        self.lost = 0.0
        """And those of them that did not."""
        self._highest: dict[int, int] = {}
        self._before = (0, 0.0)
        self._told = float("-inf")

    def add(self, report: Received, now: float) -> float | None:
        """A block came: the share (0–1) lost since the last answer, None when that was only just."""
        expected = report.highest - self._highest.get(report.ssrc, report.highest)
        self._highest[report.ssrc] = report.highest
        if 0 < expected < MOST:
            self.expected += expected
            self.lost += report.fraction_lost * expected
        since, lost = self._before
        if self.expected == since or now - self._told < SECONDS:
            return None
        self._before, self._told = (self.expected, self.lost), now
        return (self.lost - lost) / (self.expected - since)
