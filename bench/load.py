"""`make bench-load`: how the local system bears load: REST, sockets, bookings, and the table's units by operation.

Bounded in count and time, on 127.0.0.1 only. The embedded AWS, DynamoDB Local and who asks share this machine's cores:
the figures are this machine's, not AWS's; they tell when one of our own paths has become slow.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec
from websockets.asyncio.client import connect

from bench.faults import percentile
from bench.metered import Metered, Reading, metered, operations, write
from bench.rush import Member, staff
from chalicelib.rest import Ticket
from local.template import BUILD
from tests.faults.clinic import Desk

AT_ONCE: Final = 4
"""As many of staff, each of whom asks one thing at a time."""
REQUESTS: Final = 200
PINGS: Final = 200
BOOKINGS: Final = 60
MOST_SECONDS: Final = 60.0
"""After which no more of a kind is asked, however many are left."""
WARM: Final = 8

Ask = Callable[[int], Awaitable[object]]


class Load:
    """What is asked, by whom."""

    def __init__(self, system: Metered, desks: list[Desk], members: list[Member]) -> None:
        self._system, self._desks, self._members = system, desks, members

    async def run(self, reading: Reading) -> dict[str, Any]:
        """All kinds, one after the other."""
        today = datetime.now(UTC).date().isoformat()
        begun = time.time()
        kinds: dict[str, tuple[Ask, int]] = {
            "rest_me": (lambda at: self._get(at, "me"), REQUESTS),
            "rest_list": (lambda at: self._get(at, f"consultations?day={today}"), REQUESTS),
            "booking": (lambda at: asyncio.to_thread(self._desks[at].send_link), BOOKINGS),
        }
        found = {}
        for name, (ask, count) in kinds.items():
            await timed(ask, WARM)
            found[name] = await timed(ask, count)
            print(f"  {name}: {found[name]}", flush=True)
        found["socket"] = await self._pings()
        print(f"  socket: {found['socket']}", flush=True)
        return {**found, "table_units": operations(reading.between(begun, time.time()))}

    async def _get(self, at: int, path: str) -> None:
        await asyncio.to_thread(self._members[at].get, path)

    async def _pings(self) -> dict[str, float]:
        sockets = []
        for member in self._members:
            ticket = msgspec.convert(await asyncio.to_thread(member.post, "ticket", {}), Ticket)
            address = f"{self._system.addresses['socket']}?ticket={ticket.ticket}"
            sockets.append(await connect(address, ping_interval=None, proxy=None, open_timeout=60))

        async def ping(at: int) -> None:
            await sockets[at].send('{"type":"ping"}')
            while json.loads(await sockets[at].recv())["type"] != "pong":
                pass

        try:
            await timed(ping, WARM)
            return await timed(ping, PINGS)
        finally:
            for socket in sockets:
                await socket.close()


async def timed(ask: Ask, count: int) -> dict[str, float]:
    """Ask so often, `AT_ONCE` at a time and for `MOST_SECONDS` at most: ms of one, and how many a second."""
    took: list[float] = []
    begun = time.perf_counter()
    left = iter(range(count))

    async def one_after_the_other(at: int) -> None:
        for _ in left:
            if time.perf_counter() - begun > MOST_SECONDS:
                return
            asked = time.perf_counter()
            await ask(at)
            took.append(time.perf_counter() - asked)

    await asyncio.gather(*map(one_after_the_other, range(AT_ONCE)))
    a_second = len(took) / (time.perf_counter() - begun)
    shares = {f"p{share}_ms": round(percentile(took, share / 100) * 1000, 1) for share in (50, 99)}
    return {"count": len(took)} | shares | {"a_second": round(a_second, 1)}


async def measure(system: Metered, reading: Reading) -> dict[str, Any]:
    """Raises what went wrong for anybody."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(AT_ONCE * 2))
    desks = await asyncio.to_thread(staff, system, AT_ONCE)
    members = [desk.api for desk in desks]
    return await Load(system, desks, [one for one in members if isinstance(one, Member)]).run(reading)


def main() -> int:
    argparse.ArgumentParser(description=__doc__).parse_args()
    before = os.getloadavg()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, metered(Path(folder)) as (system, reading):
        figures = asyncio.run(measure(system, reading))
    at = {"at_once": AT_ONCE, "cores": os.cpu_count(), "load_average_before": before}
    target = BUILD / "bench" / "load.json"
    write(target, figures | at)
    for name, units in figures["table_units"].items():
        print(f"  {name}: {units}")
    print(f"load before: {before[0]:.1f}; {target}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
