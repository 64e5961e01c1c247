"""The worker's socket to the API: it dials out, registers, beats, and comes back when the socket is lost.

Media goes on while the socket is away; what was to be said meanwhile is said after registering again.
"""

import asyncio
import contextlib
import random
import time
from collections import deque
from collections.abc import Callable
from typing import Final

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI

from chalicelib.errors import VenteromError
from chalicelib.protocol import (
    MAX_MESSAGE,
    Error,
    FromWorker,
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
from media_worker.load import Load
from media_worker.log import say
from media_worker.settings import Settings
from media_worker.worker import Worker

MAX_UNSENT: Final = 1_000
"""Messages kept while the socket is away; the oldest go."""
SILENT_BEATS: Final = 3
"""Every heartbeat is answered; without a word for so many of them the socket is dead."""


STANDING: Final = ("register", "heartbeat")
"""What an error must be about to mean that we are not on the list (any more)."""


class Forgotten(ConnectionError):
    """The functions do not know this worker: dial and register again."""


class Patience(msgspec.Struct, frozen=True):
    """Seconds: for dialling and being registered; between the first two attempts; between later ones at most; for the
    last words at the end."""

    register: float = 10.0
    first: float = 0.5
    longest: float = 15.0
    goodbye: float = 5.0


class Link:
    """Keeps a worker on the functions' list until it has drained."""

    def __init__(
        self,
        settings: Settings,
        make_worker: Callable[[Callable[[FromWorker], None]], Worker],
        patience: Patience | None = None,
    ) -> None:
        """``make_worker`` is given the function through which the worker speaks."""
        self._settings = settings
        self._patience = patience or Patience()
        self._unsent: deque[FromWorker] = deque(maxlen=MAX_UNSENT)
        self._said = asyncio.Event()  # nothing left to send
        self._news = asyncio.Event()  # something to send
        self._draining = asyncio.Event()
        self._empty = asyncio.Event()  # no room, while draining
        self._tasks: set[asyncio.Task[None]] = set()
        self._tries = 0
        self._registered = False
        self._load = Load()
        self.worker = make_worker(self.send)

    def send(self, message: FromWorker) -> None:
        """Say something to the functions, now or when the socket is back."""
        self._unsent.append(message)
        self._said.clear()
        self._news.set()
        self._look_whether_empty()

    @property
    def is_well(self) -> bool:
        """Whether it is of use: on the functions' list, or draining, or with people talking while the API is away."""
        return self._registered or self._draining.is_set() or bool(self.worker.rooms)

    def drain(self) -> None:
        """Take no new call; `run` ends when the last one is over."""
        if not self._draining.is_set():
            say("draining", rooms=len(self.worker.rooms))
            self._draining.set()
            self._news.set()
            self._look_whether_empty()

    async def run(self) -> None:
        """Be a worker until drained. Cancelling it ends all calls at once."""
        staying = asyncio.create_task(self._stay_connected())
        try:
            await self._draining.wait()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._settings.drain_seconds):
                    await self._empty.wait()
            await self.worker.close()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._patience.goodbye):
                    await self._said.wait()
        finally:
            staying.cancel()
            await asyncio.gather(staying, return_exceptions=True)
            await self.worker.close()
            await asyncio.gather(*self._tasks)

    # ------------------------------------------------------------ the socket

    async def _stay_connected(self) -> None:
        while True:
            try:
                await self._session()
            except (OSError, TimeoutError, ConnectionClosed, InvalidHandshake, InvalidURI) as error:
                say("socket_lost", code=type(error).__name__, tries=self._tries)
            pause = min(self._patience.longest, self._patience.first * 2**self._tries)
            self._tries = min(self._tries + 1, 10)
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311  # nosec B311 # no secret: workers shall not come back all at once

    async def _session(self) -> None:
        """One connection, from dialling to its loss, which comes as an exception."""
        settings = self._settings
        ticket = worker_pass(read(settings.worker_key).current, settings.worker_id, time.time())
        async with connect(
            f"{settings.socket}?ticket={ticket}",
            max_size=MAX_MESSAGE,
            open_timeout=self._patience.register,
            ping_interval=None,  # the functions answer each heartbeat: that proves more than a gateway's pong
            proxy=None,
        ) as socket:
            async with asyncio.timeout(self._patience.register):
                registered = await self._register(socket)
            self._tries = 0
            self._registered = True
            say("registered", rooms=len(self.worker.rooms), capacity=settings.capacity)
            beating = asyncio.create_task(self._beat(socket, registered.heartbeat_seconds))
            speaking = asyncio.create_task(self._speak(socket))
            try:
                while True:
                    silence = SILENT_BEATS * registered.heartbeat_seconds
                    async with asyncio.timeout(silence):  # in Python 3.11 wait_for may lose being cancelled
                        data = await socket.recv()
                    self._hear(data)
            finally:
                self._registered = False
                for task in (beating, speaking):
                    task.cancel()
                await asyncio.gather(beating, speaking, return_exceptions=True)

    async def _register(self, socket: ClientConnection) -> Registered:
        draining = self._draining.is_set()
        settings = self._settings
        await _put(socket, Register(settings.worker_id, settings.capacity, self.worker.rooms, draining))
        while True:
            message = self._parse(await socket.recv())
            if isinstance(message, Registered):
                return message
            self._do(message)

    async def _beat(self, socket: ClientConnection, seconds: float) -> None:
        while True:
            await _put(socket, Heartbeat(self._load.share(), len(self.worker.rooms), self._draining.is_set()))
            # draining is news that cannot wait for the next beat
            if self._draining.is_set():
                await asyncio.sleep(seconds)
            else:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(seconds):
                        await self._draining.wait()

    async def _speak(self, socket: ClientConnection) -> None:
        while True:
            while self._unsent:
                message = self._unsent.popleft()
                try:
                    await _put(socket, message)
                except BaseException:  # cancelled too: better said twice than never
                    self._unsent.appendleft(message)
                    raise
            self._said.set()
            self._news.clear()
            await self._news.wait()

    # ------------------------------------------------------------ what comes in

    def _hear(self, data: str | bytes) -> None:
        self._do(self._parse(data))

    def _parse(self, data: str | bytes) -> ToWorker | None:
        try:
            return parse_to_worker(data)
        except VenteromError as error:
            say("message_not_understood", code=error.code)
            return None

    def _do(self, message: ToWorker | None) -> None:
        if message is None:
            return
        if isinstance(message, Error) and message.about in STANDING:
            raise Forgotten
        # a task each: an answer takes some milliseconds, and the calls have nothing to do with each other
        task = asyncio.create_task(self._take(message))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _take(self, message: ToWorker) -> None:
        try:
            await self.worker.take(message)
        # whatever one call does wrong must not take the others along
        except Exception as error:  # noqa: BLE001
            say("message_failed", code=type(error).__name__)

    # ------------------------------------------------------------ figures

    def _look_whether_empty(self) -> None:
        if self._draining.is_set() and not self.worker.rooms:
            self._empty.set()


async def _put(socket: ClientConnection, message: Message) -> None:
    await socket.send(encode(message).decode())
