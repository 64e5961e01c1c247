"""How the worker itself does, as a line for CloudWatch each minute: what no heartbeat says and nobody else can see.

Its load and its calls go with the heartbeat, and the functions measure them (`chalicelib.metrics`).
"""

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from chalicelib.metrics import Metric, measure

TICK: Final = 0.1
"""Seconds between two looks at the clock: what holds the event loop up is seen but for so much of it at most."""
STATM: Final = Path("/proc/self/statm")
"""proc(5): its second figure is the resident memory, in pages."""


def resident() -> int:
    """The memory of this process, bytes. Raises OSError where there is no /proc."""
    return int(STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Vitals:
    """Those of one worker."""

    def __init__(
        self,
        *,
        dropped: Callable[[], int],
        lost: Callable[[], int],
        memory: Callable[[], int] = resident,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """``dropped`` packets and ``lost`` sockets are told in all, ``memory`` in bytes; ``now`` in seconds."""
        self._counts = {Metric.PACKETS_DROPPED: dropped, Metric.SOCKETS_LOST: lost}
        self._memory = memory
        self._now = now
        self._sleep = sleep

    async def tell(self, seconds: float) -> None:
        """Write a line after each so many seconds, until cancelled; the first one after the first of them."""
        before = self._counted()
        while True:
            late = await self._latest(seconds)
            counted = self._counted()
            news = {metric: count - before[metric] for metric, count in counted.items()}
            before = counted
            measure({Metric.WORKER_MEMORY: self._memory() / 1e6, Metric.WORKER_DELAY: 1000 * late, **news})
            sys.stdout.flush()

    def _counted(self) -> dict[Metric, float]:
        return {metric: count() for metric, count in self._counts.items()}

    async def _latest(self, seconds: float) -> float:
        """By how many seconds the event loop was late at worst, in so many seconds."""
        end, worst = self._now() + seconds, 0.0
        while (asked := self._now()) < end:
            await self._sleep(TICK)
            worst = max(worst, self._now() - asked - TICK)
        return worst
