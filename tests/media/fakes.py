"""Stand-ins for the media side and for the functions."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from chalicelib.errors import BadSdp, TicketInvalid, Unavailable
from chalicelib.protocol import FromWorker, Message, RoomQuality, Seat, encode, parse_worker
from chalicelib.tokens import check_worker_pass

PATIENCE = 60
M = TypeVar("M")


def reply(sdp: str) -> str:
    """What the fakes answer to an offer."""
    return "v=0\r\ns=answer to " + sdp.replace("\r\n", " ") + "\r\n"


class FakeRoom:
    """Answers with what it was offered; `hold` keeps it busy."""

    def __init__(self, on_empty: Callable[[], None]) -> None:
        self.on_empty = on_empty
        self.offers: list[tuple[Seat, str]] = []
        self.dismissed: list[Seat] = []
        self.closed = 0
        self.participants = 0
        self.hold = asyncio.Event()
        self.hold.set()
        self.settled = asyncio.Event()

    async def answer(self, seat: Seat, sdp: str) -> str:
        self.offers.append((seat, sdp))
        await self.hold.wait()
        if sdp == "bad":
            raise BadSdp
        return reply(sdp)

    async def dismiss(self, seat: Seat) -> None:
        self.dismissed.append(seat)

    async def moved(self) -> None:
        await self.settled.wait()

    def quality(self, name: str) -> RoomQuality:
        return RoomQuality(room=name, participants=self.participants, good=0, fair=0, poor=0)

    async def close(self) -> None:
        self.closed += 1


class FakeProbes:
    """Answers with what it was offered, as long as there are free places."""

    def __init__(self, free: int = 10) -> None:
        self.running: list[str] = []
        self.free = free
        self._freed = asyncio.Event()

    def runs(self, probe: str) -> bool:
        return probe in self.running

    async def answer(self, probe: str, sdp: str) -> str:
        if probe not in self.running:
            if not self.free:
                raise Unavailable
            if sdp == "bad":
                raise BadSdp
            self.free -= 1
            self.running.append(probe)
        return reply(sdp)

    async def freed(self) -> None:
        self._freed.clear()
        await self._freed.wait()

    def end(self, probe: str) -> None:
        """A test is over."""
        self.running.remove(probe)
        self.free += 1
        self._freed.set()


class Session:
    """One connection of a worker to the functions."""

    def __init__(self, socket: ServerConnection, worker: str) -> None:
        self._socket = socket
        self.worker = worker

    async def hear(self) -> FromWorker:
        return parse_worker(await asyncio.wait_for(self._socket.recv(), PATIENCE))

    async def hear_a(self, kind: type[M]) -> M:
        """The next message of this kind; others are passed over."""
        while True:
            message = await self.hear()
            if isinstance(message, kind):
                return message

    async def say(self, message: Message | str) -> None:
        await self._socket.send(message if isinstance(message, str) else encode(message).decode())

    async def closed(self) -> None:
        """Waits until the worker has closed it."""
        await asyncio.wait_for(self._socket.wait_closed(), PATIENCE)

    async def drop(self) -> None:
        """As a lost network or a stage that is deployed anew."""
        self._socket.transport.abort()
        await self._socket.wait_closed()


class FakeFunctions:
    """The WebSocket API as a worker sees it: checks the pass, hands each connection to the test."""

    def __init__(self, key: str) -> None:
        self._key = key
        self._nonces: set[str] = set()
        self._sessions: asyncio.Queue[Session] = asyncio.Queue()
        self.refused: asyncio.Queue[str] = asyncio.Queue()
        self.address = ""
        self.away = False
        """Whether no further connection is let in."""

    @property
    def waiting(self) -> int:
        """Connections that no test has looked at."""
        return self._sessions.qsize()

    async def session(self) -> Session:
        """The next connection."""
        return await asyncio.wait_for(self._sessions.get(), PATIENCE)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["FakeFunctions"]:
        """Serves on loopback until the block ends."""
        async with serve(self._connected, "127.0.0.1", 0, process_request=self._check, ping_interval=None) as server:
            self.address = f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}/ws"
            yield self

    def _check(self, socket: ServerConnection, request: Request) -> Response | None:
        ticket = request.path.partition("?ticket=")[2]
        if self.away:
            return socket.respond(503, "")
        try:
            worker, nonce = check_worker_pass([self._key], ticket, 0)
            if nonce in self._nonces:
                raise TicketInvalid
        except TicketInvalid as error:
            self.refused.put_nowait(error.code)
            return socket.respond(401, "")
        self._nonces.add(nonce)
        socket.username = worker
        return None

    async def _connected(self, socket: ServerConnection) -> None:
        self._sessions.put_nowait(Session(socket, socket.username or ""))
        await socket.wait_closed()
