"""`make soak-worker`: calls that come and go in one worker for as long as one likes, and whether its memory grows.

Calls of two and of six, with lost packets, people who leave and come back, change networks or vanish without a word.
"""

import asyncio
import json
import random
import statistics
import sys
from typing import Final

import msgspec

from chalicelib.protocol import Seat
from client.caller import Caller
from local.template import BUILD
from tests.media.running import Running, running

CROWDS: Final = (2, 2, 2, 6)
"""People of the calls that run at a time."""
SHORTEST, LONGEST = 8.0, 30.0
"""Seconds a call lasts."""
LOSSES: Final = (0.0, 0.01, 0.05)
SAMPLE_SECONDS: Final = 5.0
WARM_SECONDS: Final = 480.0
"""Until some hundreds have come and gone it grows, then no more; growth is told from then on, or from half time on."""
MOST_GROWTH: Final = 5.0
"""Percent between the first and the last fifth after that: the garbage collector leaves that much to chance."""


class Counts(msgspec.Struct):
    """What happened."""

    calls: int = 0
    joins: int = 0
    returns: int = 0
    restarts: int = 0
    vanished: int = 0
    packets: int = 0


class Table:
    """A place where one call follows the other."""

    def __init__(self, worker: Running, number: int, people: int, counts: Counts) -> None:
        self._worker = worker
        self._number = number
        self._people = people
        self._counts = counts
        self._chance = random.Random(number)  # noqa: S311  # nosec B311 # predictable is what we want

    async def run(self) -> None:
        """Until cancelled."""
        for at in range(sys.maxsize):
            room = f"trust.table{self._number}.{at}"
            length = self._chance.uniform(SHORTEST, LONGEST)
            async with asyncio.TaskGroup() as group:
                for seat in list(Seat)[: self._people]:
                    group.create_task(self._sit(room, seat, length))
            await self._worker.end(room)
            self._counts.calls += 1

    async def _sit(self, room: str, seat: Seat, length: float) -> None:
        chance = self._chance
        late = chance.uniform(0, length / 4)
        await asyncio.sleep(late)
        caller = await self._join(room, seat)
        for stretch in (length - late) / 2, (length - late) / 2:
            await caller.talk(stretch)
            match chance.randrange(6):
                case 0:
                    self._counts.returns += 1
                    await self._leave(caller)
                    caller = await self._join(room, seat)
                case 1:
                    self._counts.restarts += 1
                    await caller.move(await self._worker.answer(room, seat, caller.offer()))
                case 2:
                    self._counts.vanished += 1
                    await self._leave(caller, politely=False)
                    caller = await self._join(room, seat)
                case _:
                    pass
        await self._leave(caller)

    async def _join(self, room: str, seat: Seat) -> Caller:
        caller = Caller(others=self._people - 1, channel=True, loss=self._chance.choice(LOSSES))
        await caller.connect(await self._worker.answer(room, seat, caller.offer()))
        self._counts.joins += 1
        return caller

    async def _leave(self, caller: Caller, *, politely: bool = True) -> None:
        self._counts.packets += sum(len(heard.numbers) for heard in caller.heard.values())
        await caller.close(politely=politely)


def growth(sizes: list[int]) -> float:
    """Percent by which the last fifth of these is larger than the first."""
    fifth = max(1, len(sizes) // 5)
    return (statistics.median(sizes[-fifth:]) / statistics.median(sizes[:fifth]) - 1) * 100


async def soak(minutes: float) -> bool:
    """Whether memory stayed where it was."""
    counts, sizes, files = Counts(), [], 0
    loop = asyncio.get_running_loop()
    async with running() as worker:
        tables = [Table(worker, at, people, counts) for at, people in enumerate(CROWDS)]
        busy = [asyncio.create_task(table.run()) for table in tables]
        begun = said = loop.time()
        print(f"{'minute':>7} {'memory':>10} {'calls':>6} {'joins':>6} {'packets':>9}")
        while loop.time() < begun + 60 * minutes:
            done, _ = await asyncio.wait(busy, timeout=SAMPLE_SECONDS)
            for task in done:
                task.result()  # none ends by itself
            sizes.append(worker.resident())
            if loop.time() >= said + 60 or len(sizes) == 1:
                said = loop.time()
                row = f"{counts.calls:>6} {counts.joins:>6} {counts.packets:>9}"
                print(f"{(said - begun) / 60:>7.1f} {sizes[-1] / 1e6:>7.1f} MB {row}", flush=True)
        for task in busy:
            task.cancel()
        await asyncio.gather(*busy, return_exceptions=True)
        files = worker.files()
    grown = growth(sizes[min(len(sizes) // 2, int(WARM_SECONDS / SAMPLE_SECONDS)) :])
    holds = grown < MOST_GROWTH
    report = {
        "minutes": minutes,
        "growth_percent": round(grown, 2),
        "holds": holds,
        "megabytes": [round(size / 1e6, 1) for size in sizes],
        "seconds_between": SAMPLE_SECONDS,
        "files": files,
        **msgspec.structs.asdict(counts),
    }
    out = BUILD / "bench" / "soak-worker.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(report, indent=1) + "\n")
    print(f"{'Memory stayed' if holds else 'MEMORY GREW'}: {grown:+.1f} % after warming up; {out}")
    return holds


if __name__ == "__main__":
    sys.exit(not asyncio.run(soak(float(sys.argv[1]))))
