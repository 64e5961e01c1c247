"""Keeps a worker on the functions' list: one socket after the other, the next before the last one ends, until drained.

Media goes on while no socket is there; what was to be said meanwhile is said after registering again.
"""

import asyncio
import contextlib
import random
from collections.abc import Callable
from typing import Final

from chalicelib.protocol import FromWorker, Heartbeat, Pong, Register, ToWorker
from media_worker.load import Load
from media_worker.log import say
from media_worker.outgoing import Outgoing
from media_worker.session import LOST, Patience, Session
from media_worker.settings import Settings
from media_worker.worker import Worker

SPREAD: Final = 0.9, 1.0
"""The shares of a socket's age at which its successor is opened: workers that started together shall not renew so."""


class Link:
    """One worker's."""

    def __init__(
        self,
        settings: Settings,
        make_worker: Callable[[Callable[[FromWorker], None]], Worker],
        patience: Patience | None = None,
        seen_from: Callable[[str], None] = lambda _: None,
    ) -> None:
        """``make_worker`` is given the function through which the worker speaks; ``seen_from`` is told from where the
        functions see it come."""
        self.outgoing = Outgoing()
        self.draining = asyncio.Event()
        self.opening = False
        self.lost = 0
        """Sockets that ended without a successor, in all."""
        self._settings = settings
        self._patience = patience or Patience()
        self._seen_from = seen_from
        self._empty = asyncio.Event()  # no room, while draining
        self._tasks: set[asyncio.Task[None]] = set()
        self._talks: set[asyncio.Task[None]] = set()  # the sockets that are open
        self._session: Session | None = None  # the one that speaks
        self._tries = 0
        self._load = Load()
        self.worker = make_worker(self.send)

    def send(self, message: FromWorker) -> None:
        """Say something to the functions, now or when the socket is back."""
        self.outgoing.put(message)
        self._look_whether_empty()

    @property
    def is_well(self) -> bool:
        """Whether it is of use: on the functions' list, or draining, or with people talking while the API is away."""
        return bool(self._talks) or self.draining.is_set() or bool(self.worker.rooms)

    def drain(self) -> None:
        """Take no new call, so that those there are move; `run` ends when the last one is over."""
        if not self.draining.is_set():
            say("draining", rooms=len(self.worker.rooms))
            self.draining.set()
            self._look_whether_empty()

    async def run(self) -> None:
        """Be a worker until drained. Cancelling it ends all calls at once."""
        staying = asyncio.create_task(self._stay_connected())
        try:
            await self.draining.wait()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._settings.drain_seconds):
                    await self._empty.wait()
            await self.worker.close()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._patience.goodbye):
                    await self.outgoing.said.wait()
        finally:
            for task in (staying, *self._talks):
                task.cancel()
            await asyncio.gather(staying, *self._talks, return_exceptions=True)
            await self.worker.close()
            await asyncio.gather(*self._tasks)

    # ------------------------------------------------------------ sockets

    async def _stay_connected(self) -> None:
        while True:
            session = await self._open()
            if session is not None:
                talk = self._take_over(session)
                age = session.registered.socket_seconds * random.uniform(*SPREAD)  # noqa: S311  # nosec B311 # no secret
                doubt = asyncio.create_task(session.doubted.wait())
                await asyncio.wait({talk, doubt}, timeout=age, return_when=asyncio.FIRST_COMPLETED)
                doubt.cancel()
                if not talk.done():
                    continue  # to its successor
                self.lost += 1
            await self._pause()

    async def _open(self) -> Session | None:
        self.opening = True
        try:
            return await Session.open(self._settings, self, self._patience)
        except LOST as error:
            say("socket_not_opened", code=type(error).__name__, tries=self._tries)
            return None
        finally:
            self.opening = False

    def _take_over(self, session: Session) -> asyncio.Task[None]:
        """This socket speaks from now on; the one that did hears what is under way to it, and ends."""
        say("registered", rooms=len(self.worker.rooms), capacity=self._settings.capacity)
        self._seen_from(session.registered.address)
        if self._session is not None:
            self._session.retire()
        self._session = session
        talk = asyncio.create_task(session.talk())
        self._talks.add(talk)
        talk.add_done_callback(self._talks.discard)
        return talk

    async def _pause(self) -> None:
        """Before the next attempt; over at once when the last socket there is gets lost meanwhile.

        The functions move the calls of a worker without a socket: it is soon back after a loss, and later each time
        that was in vain. Workers shall not come back all at once.
        """
        patience, tries = self._patience, self._tries
        self._tries = min(tries + 1, 10)
        if tries == 0:
            pause = random.uniform(0, patience.at_once)  # noqa: S311  # nosec B311 # no secret
        else:
            pause = min(patience.longest, patience.first * 2 ** (tries - 1)) * random.uniform(0.5, 1.0)  # noqa: S311  # nosec B311 # no secret
        if self._talks:
            await asyncio.wait(self._talks, timeout=pause)
        else:
            await asyncio.sleep(pause)

    # ------------------------------------------------------------ for the session

    def register(self) -> Register:
        """Who this is and what it carries."""
        settings = self._settings
        return Register(settings.worker_id, settings.capacity, self.worker.rooms, self.draining.is_set())

    def heartbeat(self) -> Heartbeat:
        """How it does."""
        return Heartbeat(self._load.share(), len(self.worker.rooms), self.draining.is_set())

    def hear(self, message: ToWorker) -> None:
        """Have the worker do it."""
        if isinstance(message, Pong):  # on the list for sure
            self._tries = 0
            return
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

    def _look_whether_empty(self) -> None:
        if self.draining.is_set() and not self.worker.rooms:
            self._empty.set()
