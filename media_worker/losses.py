"""Which packets of one source are missing, and when to ask for them (again) by NACK (RFC 4585 section 6.2.1). Pure.

A retransmission is lost as easily as the packet was, so what does not come is asked for again on a schedule of our own,
not only when the next gap shows.
"""

from typing import Final

import msgspec

LONGEST_GAP: Final = 256
"""A longer one is a pause or a reset of the source, not loss."""
MOST: Final = 256
"""Missing at a time; however they lie, one NACK with all of them has no more than 1,036 bytes."""
REORDER_SECONDS: Final = 0.01
"""What was only overtaken comes within this time, for bursts last a few milliseconds; then it is not sent twice."""
MIN_ROUND_TRIP: Final = 0.02
"""Seconds: a sender needs some time to answer, however near it is."""
PATIENCE: Final = 1.2
"""Ask again after so many round trips: they vary."""
MAX_TRIES: Final = 10
MAX_SECONDS: Final = 1.0
"""Later, no receiver's jitter buffer has a use for it."""


class _Missing(msgspec.Struct):
    since: float
    due: float
    tries: int = 0


class Losses:
    """What is missing of one source. Times in seconds of a steady clock, sequence numbers of 16 bits."""

    def __init__(self) -> None:
        self._missing: dict[int, _Missing] = {}  # in their order, for gaps are found in it
        self.given_up = 0
        """Packets no longer waited for (a reset counts as one): when this grows, a picture needs a keyframe."""

    def __len__(self) -> int:
        """How many are missing that may still come."""
        return len(self._missing)

    def gap(self, first: int, count: int, now: float) -> None:
        """So many numbers from ``first`` on were passed over."""
        if count > LONGEST_GAP:
            self._missing.clear()
            self.given_up += 1
            return
        for number in range(first, first + count):
            self._missing.setdefault(number % 65536, _Missing(now, now + REORDER_SECONDS))
        while len(self._missing) > MOST:
            self._give_up(next(iter(self._missing)))

    def arrived(self, sequence: int) -> bool:
        """It came late, or again; whether it had been asked for."""
        missing = self._missing.pop(sequence, None)
        return missing is not None and missing.tries > 0

    def due(self, now: float, round_trip: float) -> list[int]:
        """What to ask for now, ascending modulo 65,536; asked for once this returns. ``round_trip`` to the source, in
        seconds, 0 where unknown."""
        again = now + PATIENCE * max(round_trip, MIN_ROUND_TRIP)
        asked = []
        for sequence, missing in list(self._missing.items()):
            if now - missing.since > MAX_SECONDS:
                self._give_up(sequence)
            elif now < missing.due:
                continue
            elif missing.tries == MAX_TRIES:
                self._give_up(sequence)
            else:
                missing.tries += 1
                missing.due = again
                asked.append(sequence)
        return asked

    def _give_up(self, sequence: int) -> None:
        del self._missing[sequence]
        self.given_up += 1
