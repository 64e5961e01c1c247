"""Floods on one socket, as one process sees them: counted in memory, for to write each message down would cost more.

API Gateway bounds all sockets together, and the number that Lambda runs at once bounds how many processes count.
"""

from collections import Counter
from collections.abc import Callable
from typing import Final

SECONDS: Final = 10
MOST: Final = 200
"""Messages of one socket in that time; an honest page says a few in a second at most."""


class Floods:
    """Counts messages by connection and forgets them all every few seconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._window = 0
        self._counts: Counter[str] = Counter()

    def beyond(self, connection: str) -> bool:
        """Count one more; whether it is too many."""
        window = int(self._now()) // SECONDS
        if window != self._window:
            self._window, self._counts = window, Counter()
        self._counts[connection] += 1
        return self._counts[connection] > MOST
