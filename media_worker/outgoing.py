"""What is to be said to the functions: kept in order while no socket is there, said by one socket at a time."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

from chalicelib.protocol import FromWorker

MAX_UNSENT: Final = 1_000
"""Messages kept while the socket is away; the oldest go."""


class Outgoing:
    """A queue that outlives sockets."""

    def __init__(self) -> None:
        self.said = asyncio.Event()
        """Nothing is left to be said."""
        self.said.set()
        self._unsent: deque[FromWorker] = deque(maxlen=MAX_UNSENT)
        self._news = asyncio.Event()
        self._turn = asyncio.Lock()

    def put(self, message: FromWorker) -> None:
        """To be said after all that was put here before."""
        self._unsent.append(message)
        self.said.clear()
        self._news.set()

    def look_up(self) -> None:
        """Have the socket that speaks see whether it still may."""
        self._news.set()

    async def speak(self, send: Callable[[FromWorker], Awaitable[None]], may: Callable[[], bool]) -> None:
        """Say all there is and all that comes, once nobody else does and as long as ``may`` is true."""
        async with self._turn:
            while may():
                if self._unsent:
                    await self._say(self._unsent.popleft(), send)
                else:
                    self.said.set()
                    self._news.clear()
                    await self._news.wait()

    async def _say(self, message: FromWorker, send: Callable[[FromWorker], Awaitable[None]]) -> None:
        try:
            await send(message)
        except BaseException:  # cancelled too: better said twice than never
            self._unsent.appendleft(message)
            raise
