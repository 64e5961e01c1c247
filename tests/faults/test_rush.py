"""Many at once: nobody is refused, and who gets no line at once gets one in turn."""

import asyncio
from pathlib import Path

from bench.rush import Size, rush
from local.system import Ports, System

CAPACITY = 2  # calls of each of two workers


def test_more_call_at_once_than_there_are_lines(tmp_path: Path) -> None:
    with System(tmp_path / "state", Ports.free(), workers=2, worker_settings={"capacity": str(CAPACITY)}) as system:
        size = Size(patients=24, waiting=12, calls=6, seconds=6)
        tally = asyncio.run(rush(system, size))
    assert not tally.refused
    assert len(tally.took["opening"]) == size.patients
    assert len(tally.took["accept to media"]) == size.calls, "all get their call in the end"
    assert tally.queued >= size.calls - 2 * CAPACITY
