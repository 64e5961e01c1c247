"""What a worker says of itself: since the last time, the worst, and in lines that CloudWatch understands."""

import asyncio
from collections.abc import Sequence

import pytest

from chalicelib.metrics import Metric
from media_worker.vitals import TICK, Vitals, resident
from tests.unit.test_metrics import read


class Over(Exception):
    """The test has seen enough."""


class Machine:
    """A clock that goes on by itself while somebody sleeps, and oversleeps when told so."""

    def __init__(self, late: Sequence[float]) -> None:
        self.time = 1000.0
        self.dropped, self.lost = 7, 1
        self._late = list(late)

    async def sleep(self, seconds: float) -> None:
        if not self._late:
            raise Over
        self.time += seconds + self._late.pop(0)
        self.dropped += 1

    def vitals(self) -> Vitals:
        return Vitals(
            dropped=lambda: self.dropped,
            lost=lambda: self.lost,
            memory=lambda: 81_000_000,
            now=lambda: self.time,
            sleep=self.sleep,
        )


def told(machine: Machine, seconds: float, capsys: pytest.CaptureFixture[str]) -> list[dict[str, float]]:
    with pytest.raises(Over):
        asyncio.run(machine.vitals().tell(seconds))
    return [{metric: line[metric] for metric in Metric if metric in line} for line in read(capsys.readouterr().out)]


def test_each_line_has_the_worst_delay_and_what_was_lost_since_the_last(capsys: pytest.CaptureFixture[str]) -> None:
    machine = Machine([0.0, 0.25, 0.0, 0.0, 0.0, 0.0])
    lines = told(machine, 3.5 * TICK, capsys)
    assert lines == [
        {"WorkerMemory": 81, "WorkerDelayMilliseconds": 250, "PacketsDropped": 2, "SocketsLost": 0},
        {"WorkerMemory": 81, "WorkerDelayMilliseconds": 0, "PacketsDropped": 4, "SocketsLost": 0},
    ]


def test_an_event_loop_that_stood_still_for_minutes_says_so_once(capsys: pytest.CaptureFixture[str]) -> None:
    (line,) = told(Machine([200.0]), 60, capsys)
    assert line["WorkerDelayMilliseconds"] == pytest.approx(200_000)


def test_it_says_nothing_before_its_time(capsys: pytest.CaptureFixture[str]) -> None:
    assert told(Machine([0.0] * 500), 60, capsys) == []


def test_it_is_of_the_system_and_of_nobody_else(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VENTEROM_SYSTEM", "venterom-elvenes-prod")
    with pytest.raises(Over):
        asyncio.run(Machine([1.0]).vitals().tell(1))
    (line,) = read(capsys.readouterr().out)
    assert line["System"] == "venterom-elvenes-prod"
    assert {*line} - {*Metric} == {"_aws", "System"}
    assert [directive["Dimensions"] for directive in line["_aws"]["CloudWatchMetrics"]] == [[["System"]]]


def test_memory_is_that_of_this_process() -> None:
    before = resident()
    held = bytearray(64 << 20)
    held[:: 1 << 12] = b"\1" * (len(held) >> 12)  # a page is resident once it was written to
    assert resident() - before > 32 << 20
    assert len(held) == 64 << 20
