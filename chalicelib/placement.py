"""Which media worker takes a call. Pure."""

from collections.abc import Iterable

from chalicelib.records import Worker


def choose(workers: Iterable[Worker], now: float) -> list[Worker]:
    """The workers that can take a call, the emptiest first; equals by id, so that the order is the same everywhere."""
    able = [w for w in workers if w.lease > now and not w.draining and len(w.rooms) < w.capacity]
    return sorted(able, key=lambda w: (len(w.rooms) / w.capacity, w.id))
