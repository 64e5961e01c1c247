"""Whether the worker is well: it beats into a file while it is, and `python -m media_worker.health` looks how long ago.

A file needs no port that somebody else could ask.
"""

import asyncio
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from media_worker.log import say

BEAT: Final = 3.0
"""Seconds between two beats."""
STALE: Final = 15.0
"""Seconds after which the last beat proves nothing."""


async def beat(file: Path, well: Callable[[], bool]) -> None:
    """Beat until cancelled, whenever ``well``; a loop that is stuck cannot. Ends if the file cannot be written."""
    while True:
        if well():
            try:
                file.touch()  # noqa: ASYNC240 - in memory
            except OSError as error:
                say("health_not_written", code=type(error).__name__)
                return
        await asyncio.sleep(BEAT)


def fresh(file: Path, now: float) -> bool:
    """Whether the last beat was at ``now`` (seconds since 1970) or shortly before it."""
    try:
        return abs(now - file.stat().st_mtime) < STALE
    except FileNotFoundError:
        return False


def main() -> int:
    """Exit code 0 if the worker that beats into ``VENTEROM_HEALTH_FILE`` is well, otherwise 1."""
    return 0 if fresh(Path(os.environ.get("VENTEROM_HEALTH_FILE", "")), time.time()) else 1


if __name__ == "__main__":
    sys.exit(main())
