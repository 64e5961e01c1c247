"""How much of its one CPU the worker uses."""

import time
from typing import Final

MOST: Final = 64.0
"""What a heartbeat may say at most."""
MIN_SECONDS: Final = 2.0
"""A share measured over less time is chance."""


class Load:
    """The share of one CPU used lately."""

    def __init__(self) -> None:
        self._since = (time.monotonic(), time.process_time())
        self._share = 0.0

    def share(self) -> float:
        """Used since the last answer that is at least MIN_SECONDS old."""
        now = (time.monotonic(), time.process_time())
        passed, used = now[0] - self._since[0], now[1] - self._since[1]
        if passed >= MIN_SECONDS:
            self._since, self._share = now, min(MOST, used / passed)
        return self._share
