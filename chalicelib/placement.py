"""Which media worker takes a call, and which a network test. Pure."""

from collections.abc import Iterable
from typing import Final

from chalicelib.records import Worker

# A worker forwards packets in one thread. Above this share of a core they begin to wait for each other, so it takes no
# new call before its load has fallen; what it carries may still grow a little by itself.
MOST_LOAD: Final = 0.8


def choose(workers: Iterable[Worker], now: float, *, goes_on: bool = False) -> list[Worker]:
    """The workers that can take a call: most free places first, of equals the least loaded, then by id.

    The id makes the order the same wherever it is chosen. Who rests takes none; but last of all one that ``goes_on``,
    for no call ends to save money.
    """
    able = [w for w in alive(workers, now) if len(w.rooms) < w.capacity and w.load <= MOST_LOAD]
    there = [w for w in able if goes_on or not w.resting]
    return sorted(there, key=lambda w: (w.resting, len(w.rooms) - w.capacity, w.load, w.id))


def free(workers: Iterable[Worker], now: float) -> int:
    """How many places there are for further calls."""
    return sum(worker.capacity - len(worker.rooms) for worker in choose(workers, now))


def choose_for_probe(workers: Iterable[Worker], now: float) -> list[Worker]:
    """The workers that can take a network test, full or not: the least loaded first, for it is not to be measured.

    Who rests may be stopped meanwhile, and comes last.
    """
    return sorted(alive(workers, now), key=lambda w: (w.resting, w.load, len(w.rooms), w.id))


def alive(workers: Iterable[Worker], now: float) -> list[Worker]:
    """Those that can be spoken to and go on working."""
    return [w for w in workers if w.lease > now and w.connection and not w.draining]
