"""A worker as it is started, in a process of its own: offers in, answers out, and what it takes of the machine."""

import asyncio
import contextlib
import math
import sys
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import msgspec
from websockets.exceptions import ConnectionClosed

from chalicelib.protocol import (
    CloseRoom,
    FromWorker,
    Heartbeat,
    Pong,
    Register,
    Registered,
    RelayAnswer,
    RelayOffer,
    RelayRefused,
    RoomEnded,
    Seat,
)
from client.caller import Caller
from tests.media.fakes import PATIENCE, FakeFunctions, Session

KEY: Final = "only-for-this-test"
BYSTANDERS: Final = "trust.bystanders.1"


class Running:
    """Rooms are opened by the first offer for them."""

    def __init__(self, process: asyncio.subprocess.Process, session: Session) -> None:
        self.pid = process.pid
        self.said: list[dict[str, Any]] = []
        """Its log."""
        self._process = process
        self._session = session
        self._n = 0
        self._answers: dict[int, asyncio.Future[RelayAnswer | RelayRefused]] = {}
        self._ends: dict[str, asyncio.Event] = {}
        self._tasks = [asyncio.create_task(self._hear()), asyncio.create_task(self._read())]

    async def answer(self, room: str, seat: Seat, sdp: str) -> str:
        """To an offer. Raises ConnectionError when it is refused."""
        self._n += 1
        n, answer = self._n, asyncio.get_running_loop().create_future()
        self._answers[n] = answer
        await self._session.say(RelayOffer(room, seat, n, sdp))
        reply = await asyncio.wait_for(answer, PATIENCE)
        if isinstance(reply, RelayRefused):
            raise ConnectionError(reply.code)
        return str(reply.sdp)

    async def end(self, room: str) -> None:
        """Close a room."""
        ended = self.ends(room)
        await self._session.say(CloseRoom(room))
        await ended

    def ends(self, room: str) -> Awaitable[None]:
        """Waits until it has ended: everybody left, nobody came."""
        ended = self._ends[room] = asyncio.Event()

        async def wait() -> None:
            await asyncio.wait_for(ended.wait(), PATIENCE)
            del self._ends[room]

        return wait()

    def resident(self) -> int:
        """Its memory, bytes."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS:"))

    def files(self) -> int:
        """File descriptors that it has open."""
        return sum(1 for _ in Path(f"/proc/{self.pid}/fd").iterdir())

    async def stop(self) -> None:
        """End it and all calls."""
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        await asyncio.wait_for(self._process.wait(), PATIENCE)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _hear(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            while True:
                await self._take(await self._session.hear())

    async def _take(self, message: FromWorker) -> None:
        match message:
            case RelayAnswer(_, _, n) | RelayRefused(_, _, n):
                self._answers.pop(n).set_result(message)
            case RoomEnded(room) if room in self._ends:
                self._ends[room].set()
            case Heartbeat():
                await self._session.say(Pong())

    async def _read(self) -> None:
        assert self._process.stderr is not None
        async for line in self._process.stderr:
            self.said.append(msgspec.json.decode(line))


@asynccontextmanager
async def running(plane: str = "", **settings: float) -> AsyncIterator[Running]:
    """A worker on 127.0.0.1 until the block ends, its ``settings`` by their names. At the end nothing in it must have
    failed that nobody caught."""
    environment = {
        "VENTEROM_WORKER_KEY": KEY,
        "VENTEROM_ADDRESS": "127.0.0.1",
        "VENTEROM_PLANE": plane,
        "VENTEROM_DRAIN_SECONDS": "0",
        "VENTEROM_BUSY": "64",
    } | {f"VENTEROM_{name.upper()}": str(value) for name, value in settings.items()}
    async with FakeFunctions(KEY).running() as functions:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "media_worker",
            env=environment | {"VENTEROM_SOCKET": functions.address},
            stderr=asyncio.subprocess.PIPE,
        )
        session = await functions.session()
        await session.hear_a(Register)
        await session.say(Registered(10, 30, 6600))
        worker = Running(process, session)
        try:
            yield worker
        finally:
            await worker.stop()
    assert [line for line in worker.said if line["event"] in ("unforeseen", "message_failed")] == []


@asynccontextmanager
async def bystanders(worker: Running) -> AsyncIterator[None]:
    """A call of two that talk until the block ends; whatever happens in it, they must not lose a packet."""
    pair = Caller(), Caller()
    for caller, seat in zip(pair, (Seat.PATIENT, Seat.CLINICIAN), strict=True):
        await caller.connect(await worker.answer(BYSTANDERS, seat, caller.offer()))
    talking = [asyncio.create_task(caller.talk(math.inf)) for caller in pair]
    for caller in pair:
        await caller.hears()
    asked = [caller.keyframes_asked for caller in pair]
    yield
    for task in talking:
        task.cancel()
    await asyncio.gather(*talking, return_exceptions=True)
    for one, other in (pair, pair[::-1]):
        await one.all_heard(other)
        assert [heard.lost() for heard in one.heard.values()] == [0, 0]
    # once more at the beginning, perhaps, but for nothing that came later
    assert all(caller.keyframes_asked <= before + 2 for caller, before in zip(pair, asked, strict=True))
    for caller in pair:
        await caller.close()
    await worker.end(BYSTANDERS)
