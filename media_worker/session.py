"""One socket to the API, from dialling to its end: it registers, beats, hears, and says what is to be said."""

import asyncio
import contextlib
import time
from typing import Final, Protocol

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI

from chalicelib.errors import VenteromError
from chalicelib.protocol import (
    MAX_MESSAGE,
    Error,
    Heartbeat,
    Message,
    Register,
    Registered,
    ToWorker,
    encode,
    parse_to_worker,
)
from chalicelib.rings import read
from chalicelib.tokens import worker_pass
from media_worker.log import say
from media_worker.outgoing import Outgoing
from media_worker.settings import Settings

SILENT_BEATS: Final = 3
"""Every heartbeat is answered; without a word for so many of them the socket may be dead, or the functions are slow."""
DEAD_BEATS: Final = 12
"""Without a word for so many it is dead."""
OVERLAP_BEATS: Final = 2
"""A socket with a successor is heard for so many beats more: functions that began before know no other."""
STANDING: Final = ("register", "heartbeat")
"""What an error must be about to mean that we are not on the list (any more)."""


class Forgotten(ConnectionError):
    """The functions do not know this worker: dial and register again."""


LOST: Final = (OSError, TimeoutError, ConnectionClosed, InvalidHandshake, InvalidURI)
"""How a socket fails."""


class Patience(msgspec.Struct, frozen=True):
    """Seconds: for dialling and being registered; before the first attempt after a loss at most; between the next two;
    between later ones at most; for the last words."""

    register: float = 10.0
    at_once: float = 0.2
    first: float = 0.5
    longest: float = 15.0
    goodbye: float = 5.0


class Owner(Protocol):
    """Whose socket it is."""

    outgoing: Outgoing
    draining: asyncio.Event
    opening: bool
    """Whether another socket is being opened."""

    def register(self) -> Register:
        """Who we are and what we carry, now."""

    def heartbeat(self) -> Heartbeat:
        """How we do, now."""

    def hear(self, message: ToWorker) -> None:
        """Something was said to us."""


class Session:
    """One socket, registered; made by `open`."""

    def __init__(self, socket: ClientConnection, owner: Owner) -> None:
        self.registered = Registered(0, 0, 0)
        """What the functions asked of it."""
        self._socket = socket
        self._owner = owner
        self.doubted = asyncio.Event()
        """It has been silent, and its successor had better be opened; until that is there it may yet be heard."""
        self._retired = False
        self._until: asyncio.Timeout | None = None

    @classmethod
    async def open(cls, settings: Settings, owner: Owner, patience: Patience) -> "Session":
        """Dial and register. Raises one of LOST."""
        ticket = worker_pass(read(settings.worker_key).current, settings.worker_id, time.time())
        socket = await connect(
            f"{settings.socket}?ticket={ticket}",
            max_size=MAX_MESSAGE,
            open_timeout=patience.register,
            ping_interval=None,  # the functions answer each heartbeat: that proves more than a gateway's pong
            proxy=None,
        )
        session = cls(socket, owner)
        try:
            async with asyncio.timeout(patience.register):
                await session._register()
        except BaseException:
            await socket.close()
            raise
        return session

    async def talk(self) -> None:
        """Until the socket is lost, or has a successor and nothing more comes."""
        tasks = [asyncio.create_task(self._beat()), asyncio.create_task(self._speak())]
        try:
            await self._listen()
        except LOST as error:
            if not self._retired:
                say("socket_lost", code=type(error).__name__)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._socket.close()

    def retire(self) -> None:
        """Another socket has registered: say nothing new, hear what is still under way, and close."""
        self._retired = True
        self._owner.outgoing.look_up()
        if self._until is not None and not self._until.expired():
            overlap = OVERLAP_BEATS * self.registered.heartbeat_seconds
            self._until.reschedule(asyncio.get_running_loop().time() + overlap)

    async def _register(self) -> None:
        await self._put(self._owner.register())
        while True:
            message = _parse(await self._socket.recv())
            if isinstance(message, Registered):
                self.registered = message
                return
            if _forgets(message):
                raise Forgotten
            self._take(message)

    async def _listen(self) -> None:
        try:
            async with asyncio.timeout(None) as self._until:
                while True:
                    data = await self._hear()
                    message = _parse(data)
                    # else a beat of this one came after the next one had registered
                    if _forgets(message) and not self._retired and not self._owner.opening:
                        raise Forgotten
                    self._take(message)
        finally:
            self._until = None

    async def _hear(self) -> str | bytes:
        """The next message. Raises TimeoutError when none has come for so long that there will be none."""
        beat = self.registered.heartbeat_seconds
        async with asyncio.timeout(DEAD_BEATS * beat):
            try:
                # To end the socket now would have its calls moved, though perhaps it is the functions that are slow.
                async with asyncio.timeout(SILENT_BEATS * beat):
                    return await self._socket.recv()
            except TimeoutError:
                self.doubted.set()
            return await self._socket.recv()

    async def _beat(self) -> None:
        draining = self._owner.draining
        while not self._retired:
            await self._put(self._owner.heartbeat())
            # draining is news that cannot wait for the next beat
            if draining.is_set():
                await asyncio.sleep(self.registered.heartbeat_seconds)
            else:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self.registered.heartbeat_seconds):
                        await draining.wait()

    async def _speak(self) -> None:
        await self._owner.outgoing.speak(self._put, lambda: not self._retired)

    def _take(self, message: ToWorker | None) -> None:
        if message is not None and not _forgets(message):
            self._owner.hear(message)

    async def _put(self, message: Message) -> None:
        await self._socket.send(encode(message).decode())


def _forgets(message: ToWorker | None) -> bool:
    return isinstance(message, Error) and message.about in STANDING


def _parse(data: str | bytes) -> ToWorker | None:
    try:
        return parse_to_worker(data)
    except VenteromError as error:
        say("message_not_understood", code=error.code)
        return None
