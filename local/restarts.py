"""When a media worker that ended by itself is started again: at once, later if it ends soon again, at last no more."""

from typing import Final

STEADY_SECONDS: Final = 10
"""Who has lived for so long has come up well, and somebody may have ended it to see its calls move."""
PAUSES: Final = (0, 2, 4, 8)
"""Seconds before another start, when it lived shorter than that so many times in a row."""


class Restarts:
    """Of all parts of the local system."""

    def __init__(self) -> None:
        self._short_lives: dict[str, int] = {}

    def pause(self, part: str, lived: float) -> int | None:
        """Seconds to wait before this part, which ended after ``lived`` seconds, is started again; None: it is not."""
        if not part.startswith("worker"):
            return None
        short = self._short_lives[part] = 0 if lived >= STEADY_SECONDS else self._short_lives.get(part, 0) + 1
        return PAUSES[short] if short < len(PAUSES) else None
