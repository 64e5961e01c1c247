"""`make soak`: bookings, calls and random faults for as long as one likes; in the end all must be quiet and true.

Who talks are pages without browsers (client/page.py). Faults come from a seed, which is printed, with
the story of what happened when something fails.
"""

import argparse
import asyncio
import contextlib
import gc
import json
import os
import random
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, TypeVar

from bench.mischief import KINDS, Mischief, Story
from chalicelib import protocol as p
from chalicelib.lifecycle import WITH_CALL, State
from chalicelib.records import Socket, Worker
from client.page import LOST
from local.children import NotStarted
from local.system import Ports, System, worker_names
from local.template import BUILD
from tests.faults.clinic import DEPARTMENT, Desk, Guest
from tests.invariants import ALWAYS, AT_REST, Table, broken

T = TypeVar("T")

WORKERS: Final = 2
TALK: Final = (8.0, 40.0)
"""Seconds that two talk."""
PAUSE: Final = (2.0, 10.0)
"""Seconds between two patients of one clinician, and between two faults."""
TWICE: Final = 0.1
"""The share of what pages say that is said twice."""
PATIENCE: Final = 180.0
"""Seconds for a step, beyond which something is wrong and not only slow."""
SETTINGS: Final = {"ping_seconds": "5", "silence_seconds": "20", "socket_seconds": "60"}
"""Of the functions: shorter, so that what is rare comes often."""
MOST_GROWTH: Final = 10.0
"""Percent, from the second quarter of an hour or more to its end."""


class Untrue(Exception):
    """The table says what cannot be; the message says what."""


async def consult(desk: Desk, system: System, story: Story, chance: random.Random) -> None:
    """One consultation, from the booking to the end of the call. Raises TimeoutError where it does not go on."""
    consultation, link = await until_answered(lambda: asyncio.to_thread(desk.book))
    story.tell("booked", consultation)
    guest = Guest(system, twice=TWICE)
    await until_answered(lambda: guest.enter(link))
    coming = asyncio.create_task(guest.page.run())
    clinician = desk.page
    try:
        async with asyncio.timeout(PATIENCE):
            await guest.check_in()
            await clinician.until(lambda: desk.has(consultation, State.CHECKED_IN))
        story.tell("checked in", consultation)
        async with asyncio.timeout(PATIENCE):
            called = lambda: desk.has(consultation, *WITH_CALL)  # noqa: E731
            await clinician.until(called, p.Call(consultation), seconds=PATIENCE)
            await guest.accept()
            await asyncio.gather(clinician.until_heard(), guest.page.until_heard())
        story.tell("talking", consultation)
        await asyncio.sleep(chance.uniform(*TALK))
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(clinician.until_heard(), guest.page.until_heard())
            who = chance.choice((clinician, guest.page))
            while not desk.has(consultation, State.ENDED):
                with contextlib.suppress(TimeoutError):
                    await who.until(lambda: desk.has(consultation, State.ENDED), guest.hang_up(), seconds=5)
            await guest.page.until(lambda: guest.is_(State.ENDED))
        story.tell("ended", consultation)
    except TimeoutError:
        view = clinician.views.get(consultation)
        states = f"{view.state if view else 'unknown'}, {guest.page.visit.state if guest.page.visit else 'unknown'}"
        story.tell("STUCK", f"{consultation}: to her and the patient it is {states}")
        raise
    finally:
        await clinician.hang_up()
        coming.cancel()
        await asyncio.gather(coming, return_exceptions=True)


async def until_answered(asks: Callable[[], Awaitable[T]]) -> T:
    """What the service answers, asked again while it does not. Raises TimeoutError, which says why it did not."""
    why: Exception | None = None
    try:
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    return await asks()
                except (*LOST, AssertionError, NotStarted) as refused:
                    why = refused
                await asyncio.sleep(1)
    except TimeoutError as late:
        raise TimeoutError(f"Not answered for {PATIENCE:.0f} s; at last: {why!r}") from late


def resident(pid: int) -> int:
    """A process's memory, bytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS:"))


def sizes(system: System) -> dict[str, int]:
    """Of what should not grow; the workers come and go, so they are looked at together."""
    gc.collect()  # garbage is no growth
    living = [name for name in worker_names(WORKERS) if system.child(name).alive]
    found = {"front": resident(system.child("front").pid), "pages": resident(os.getpid())}
    with contextlib.suppress(OSError, StopIteration, ValueError):
        found["worker"] = max(resident(system.child(name).pid) for name in living)
    return found


@contextlib.asynccontextmanager
async def busy(system: System, story: Story, chance: random.Random) -> AsyncIterator[list[asyncio.Task[None]]]:
    """Every clinician sees one patient after the other until the block ends, and finishes with the last."""
    over = asyncio.Event()
    desks = [await asyncio.to_thread(Desk.of, system, person, twice=TWICE) for person in DEPARTMENT]
    pages = [asyncio.create_task(desk.page.run()) for desk in desks]

    async def day(desk: Desk, chance: random.Random) -> None:
        while not over.is_set():
            await consult(desk, system, story, chance)
            await asyncio.sleep(chance.uniform(*PAUSE))

    days = [asyncio.create_task(day(desk, random.Random(chance.random()))) for desk in desks]  # noqa: S311  # nosec B311
    try:
        yield days
        over.set()
        await asyncio.gather(*days)
    finally:
        for task in (*days, *pages):
            task.cancel()
        await asyncio.gather(*days, *pages, return_exceptions=True)


async def soak(system: System, minutes: float, seed: int) -> dict[str, Any]:
    """Raises whatever went wrong, after telling the story."""
    story, chance = Story(), random.Random(seed)  # noqa: S311  # nosec B311 # to be repeated
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(16))
    grown: dict[str, list[int]] = {}
    mischief = asyncio.create_task(Mischief(system, worker_names(WORKERS), story, random.Random(chance.random())).run())  # noqa: S311  # nosec B311
    print(f"seed {seed}")
    print(f"{'minute':>7} {'ended':>6} {'faults':>7} {'front':>9} {'worker':>9} {'pages':>9}", flush=True)
    try:
        async with busy(system, story, chance) as days:
            for minute in range(1, max(1, round(minutes)) + 1):
                done, _ = await asyncio.wait({*days, mischief}, timeout=60, return_when=asyncio.FIRST_EXCEPTION)
                for task in done:
                    task.result()
                for name, size in sizes(system).items():
                    grown.setdefault(name, []).append(size)
                faults = sum(story.counts[f] for f in KINDS)
                figures = " ".join(f"{grown[n][-1] / 1e6:>6.1f} MB" for n in ("front", "worker", "pages"))
                print(f"{minute:>7} {story.counts['ended']:>6} {faults:>7} {figures}", flush=True)
            mischief.cancel()
            await asyncio.gather(mischief, return_exceptions=True)
        await quiet(system)
    except BaseException:
        mischief.cancel()
        print(f"It failed with seed {seed}. What happened last:\n" + "\n".join(story.lines), flush=True)
        raise
    growth = {name: percent(sizes) for name, sizes in grown.items()}
    return {"seed": seed, "minutes": minutes, "growth_percent": growth, **story.counts}


def percent(sizes: list[int]) -> float:
    """Growth between the second quarter, when everything has warmed up, and the last."""
    quarter = max(1, len(sizes) // 4)
    return round(
        (statistics.median(sizes[-quarter:]) / statistics.median(sizes[quarter : 2 * quarter] or sizes) - 1) * 100, 1
    )


async def quiet(system: System) -> None:
    """Until what people left is gone, sockets and places; then everything must be true. Raises Untrue."""
    async with asyncio.timeout(PATIENCE):
        while left_over(table := await asyncio.to_thread(table_of, system)):  # noqa: ASYNC110 - nobody tells us
            await asyncio.sleep(1)
    wrong = broken(table, (*ALWAYS, *AT_REST))
    if wrong:
        raise Untrue("\n".join(wrong))


def table_of(system: System) -> Table:
    """As it stands."""
    outputs = system.aws.outputs() or {}
    return Table.scanned(system.aws.client("dynamodb"), outputs["Table"], time.time)


def left_over(table: Table) -> bool:
    """Whether there are sockets of people, or rooms."""
    return any(not socket.worker for socket in table.all(Socket)) or any(worker.rooms for worker in table.all(Worker))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("minutes", type=float)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        state = Path(folder) / "state"
        with System(state, Ports.free(), workers=WORKERS, settings=SETTINGS) as system:
            report = asyncio.run(soak(system, options.minutes, options.seed))
    flat = options.minutes < 30 or all(growth < MOST_GROWTH for growth in report["growth_percent"].values())
    out = BUILD / "bench" / "soak.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(report, indent=1) + "\n")
    print(f"{'All is quiet and true' if flat else 'MEMORY GREW'}: {report['growth_percent']}; {out}")
    return 0 if flat else 1


if __name__ == "__main__":
    sys.exit(main())
