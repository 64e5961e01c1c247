"""A page without a browser: its side of the protocol on a real socket, and numbered packets instead of pictures.

It does what web/src/shared/{connection,conversation,call}.ts do: tickets, pings, the next socket beside the old one,
and a call that moves is taken up at the new place before the old one is left.
"""

import asyncio
import contextlib
import random
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final, TypeVar

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from chalicelib import protocol as p
from chalicelib.rest import Ticket
from client.caller import PATIENCE, SOUND, Caller
from media_worker import feedback

T = TypeVar("T", bound=p.Message)

LOST: Final = (OSError, TimeoutError, ConnectionClosed, InvalidHandshake)
AGAIN_SECONDS: Final = 1.0
"""Between two attempts to reach the service, spread."""
OFFER_SECONDS: Final = 3.0
"""After which an offer without an answer is said again."""
CALM_SECONDS: Final = 10.0
"""A service that is slow is not asked more often than this; who waits for a line loses the place after 15 s."""
SEAT_SECONDS: Final = (2.0, 20.0)
"""After which `hello` is said again when it was refused: at first, and at the most."""
SILENT_SECONDS: Final = 2.0
"""After which a page asks what is the matter,"""
FIRST_SECONDS: Final = 15.0
"""while a call has no line yet, after this,"""
ASK_SECONDS: Final = 5.0
"""and then this often: what asks faster than it is answered makes a slow service slower."""
LINGER_SECONDS: Final = 20.0
"""An old line is kept for so long, for what others still need of it."""
HEARD: Final = 2_000
_decoder = msgspec.json.Decoder(p.ToPatient | p.ToClinician)


class Line(Caller):
    """One call's media; ``sounds`` and ``pictures`` are when packets of each came, in the loop's seconds."""

    def __init__(self, came: asyncio.Event, frames_per_second: float) -> None:
        """``came`` is set with each packet."""
        super().__init__(channel=True)
        self._came = came
        self.sounds: deque[float] = deque(maxlen=HEARD)
        self.pictures: deque[float] = deque(maxlen=HEARD)
        self._rate = frames_per_second

    def arrived(self, payload_type: int) -> None:
        """Note when."""
        moments = self.sounds if payload_type == SOUND else self.pictures
        moments.append(asyncio.get_running_loop().time())
        self._came.set()

    @property
    def last(self) -> float:
        """When something came last; 0 when nothing has."""
        return max((*list(self.sounds)[-1:], *list(self.pictures)[-1:], 0.0))

    async def send(self) -> None:
        """Sound and pictures, until cancelled."""
        at = 0
        while True:
            self.frame()
            self.say()
            if at % 10 == 0:
                self.send_rtcp(feedback.remb(self.picture.ssrc, 0, 3_000_000))
            at += 1
            await asyncio.sleep(1 / self._rate)

    def settle(self) -> None:
        """Tell the worker that the call goes on elsewhere."""
        if self.channel is not None and self.channel.readyState == "open":
            self.channel.send(p.encode(p.Settled()).decode())


class Page:
    """One person at the service. `run` it beside whatever the person does."""

    def __init__(
        self,
        socket: str,
        ticket: Callable[[], Awaitable[Ticket]],
        *,
        twice: float = 0.0,
        frames_per_second: float = 10.0,
        line: Callable[[p.Join, asyncio.Event, float], Line] = lambda _, came, rate: Line(came, rate),
    ) -> None:
        """``socket``: the WebSocket API; ``twice``: the share of messages that are said twice; ``line`` makes one, by
        what the functions said of it."""
        self.last: dict[type[p.Message], p.Message] = {}
        """The last message of each kind."""
        self.views: dict[str, p.ConsultationView] = {}
        """To a clinician: her consultations."""
        self.line: Line | None = None
        self.lines = 0
        """How many there have been."""
        self.sockets = 0
        self.losses = 0
        """Sockets that ended before their time."""
        self.errors: Counter[str] = Counter()
        """Codes that the functions answered with."""
        self.took: dict[str, list[float]] = {"ticket": [], "hello": []}
        """Seconds until there was a pass, and from dialling until the first message."""
        self._socket, self._ticket = socket, ticket
        self._twice, self._rate, self._make = twice, frames_per_second, line
        self._news = asyncio.Event()
        self._came = asyncio.Event()
        self._open: ClientConnection | None = None
        self._call = ("", 0)
        self._broken = False  # its line ended: the next word of the same call makes another
        self._n = int(time.time())  # of its last offer: after those of a page that was here before
        self._words = 0
        self._holding: dict[Line, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._refused = 0  # how often, since the socket was opened, its `hello` may have been
        self._greeting: asyncio.Task[None] | None = None

    # ------------------------------------------------------------ what a person does

    async def say(self, message: p.Message) -> None:
        """Say something, if there is a socket just now; pages say again what nobody answered."""
        data = p.encode(message).decode()
        with contextlib.suppress(*LOST):
            if self._open is not None:
                for _ in range(2 if random.random() < self._twice else 1):  # noqa: S311  # nosec B311 # chance, no secret
                    await self._open.send(data)

    async def until(self, holds: Callable[[], bool], *say: p.Message, seconds: float = PATIENCE) -> None:
        """Say this, again and again but more and more calmly, until something holds. Raises TimeoutError."""
        pause = OFFER_SECONDS
        async with asyncio.timeout(seconds):
            while not holds():
                for message in say:
                    await self.say(message)
                self._news.clear()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        while not holds():
                            await self._news.wait()
                            self._news.clear()
                pause = min(2 * pause, CALM_SECONDS)

    def note(self) -> None:
        """Something has changed that somebody may wait for with `until`."""
        self._news.set()

    def told(self, kind: type[T]) -> T | None:
        """The last message of this kind."""
        message = self.last.get(kind)
        return message if isinstance(message, kind) else None

    @property
    def visit(self) -> p.VisitView | None:
        """To a patient: the visit as it stands."""
        told = self.told(p.Visit)
        return told.visit if told is not None else None

    def hears(self, since: float) -> bool:
        """Whether sound and pictures have come after that."""
        line = self.line
        return line is not None and all(moments and moments[-1] > since for moments in (line.sounds, line.pictures))

    async def until_heard(self, seconds: float = PATIENCE) -> None:
        """Until sound and pictures come, from now on. Raises TimeoutError."""
        since = asyncio.get_running_loop().time()
        async with asyncio.timeout(seconds):
            while not self.hears(since):
                self._came.clear()
                await self._came.wait()

    async def hang_up(self) -> None:
        """Leave the line, without a word to the functions."""
        self._call, self.line = ("", 0), None
        holding = list(self._holding.values())
        for task in holding:
            task.cancel()
        await asyncio.gather(*holding, return_exceptions=True)

    # ------------------------------------------------------------ the socket

    async def run(self) -> None:
        """Until cancelled: there is always a socket, as far as it is in our power."""
        watching = asyncio.create_task(self._look())
        try:
            while True:
                try:
                    await self._keep_a_socket()
                except LOST:
                    self.losses += 1
                await asyncio.sleep(AGAIN_SECONDS * random.uniform(0.5, 1.0))  # noqa: S311  # nosec B311 # chance, no secret
        finally:
            for task in (watching, *self._tasks):
                task.cancel()
            await asyncio.gather(watching, *self._tasks, return_exceptions=True)
            await self.hang_up()

    async def _keep_a_socket(self) -> None:
        """One after the other, each opened before the one before it ends, until one is lost."""
        old: asyncio.Task[None] | None = None
        tasks: set[asyncio.Task[Any]] = set()
        try:
            while True:
                begun = asyncio.get_running_loop().time()
                ticket = await self._ticket()
                self.took["ticket"].append(asyncio.get_running_loop().time() - begun)
                heard = asyncio.Event()
                task = asyncio.create_task(self._session(ticket, heard))
                alive = asyncio.create_task(heard.wait())
                tasks |= {task, alive}
                await asyncio.wait({task, alive}, return_when=asyncio.FIRST_COMPLETED)
                if old is not None:
                    old.cancel()
                old = task
                await asyncio.wait({task}, timeout=ticket.socket_seconds)
                if task.done():
                    task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _session(self, ticket: Ticket, heard: asyncio.Event) -> None:
        begun = asyncio.get_running_loop().time()
        async with connect(
            f"{self._socket}?ticket={ticket.ticket}",
            open_timeout=PATIENCE,
            ping_interval=None,
            proxy=None,
            max_size=None,
        ) as socket:
            self.sockets += 1
            self._refused = 0
            await socket.send('{"type":"hello"}')
            pinging = asyncio.create_task(self._ping(socket, ticket.ping_seconds))
            try:
                async for data in socket:
                    self._open = socket
                    if not heard.is_set():
                        self.took["hello"].append(asyncio.get_running_loop().time() - begun)
                    heard.set()
                    await self._hear(_decoder.decode(data))
            finally:
                heard.set()
                pinging.cancel()
                if self._open is socket:
                    self._open = None
        raise ConnectionError

    async def _ping(self, socket: ClientConnection, seconds: float) -> None:
        with contextlib.suppress(ConnectionClosed):
            while True:
                await asyncio.sleep(seconds)
                await socket.send('{"type":"ping"}')

    async def _hear(self, message: p.Message) -> None:
        match message:
            case p.Visit(visit) if self.visit is not None and visit.version < self.visit.version:
                return
            case p.Board(consultations=views):
                for view in views:  # what it lacks stays: it may have been read before a booking that was told first
                    self._learn(view)
            case p.Changed(consultation=view):
                self._learn(view)
            case p.Join():
                self._join(message)
                await self._say_unable(message.consultation, message.call, set(message.seats) - {message.seat})
            case p.PeerHandshake(consultation, call, seat, parcel) if parcel.able:
                await self._say_unable(consultation, call, {seat})
            case p.Error(code=code, retry=retry, about=about):
                self.errors[code] += 1
                if retry and about in ("", "hello") and (self._greeting is None or self._greeting.done()):
                    self._greeting = self._start(self._greet_later())
            case p.CallEnded(consultation, call) if self._call[0] == consultation and call >= self._call[1]:
                await self.hang_up()
            case _:
                pass
        self.last[type(message)] = message
        self.note()

    def _learn(self, view: p.ConsultationView) -> None:
        """Unless what is known is newer: a list may arrive after a change that came about after it was read."""
        known = self.views.get(view.consultation)
        if known is None or known.version <= view.version:
            self.views[view.consultation] = view

    # ------------------------------------------------------------ the call

    def _join(self, join: p.Join) -> None:
        late = self._call[0] == join.consultation and join.call < self._call[1]
        if late or (self._call == (join.consultation, join.call) and not self._broken):
            return  # what is under way is said again until it is answered
        self._call, self._broken = (join.consultation, join.call), False
        self._start(self._take(join))

    def _start(self, doing: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(doing)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _greet_later(self) -> None:
        """Without `hello` there is no seat, though the socket lives; what was refused unread may have been that."""
        first, most = SEAT_SECONDS
        pause = min(most, first * 2.0**self._refused)
        self._refused += 1
        await asyncio.sleep(pause * random.uniform(1.0, 1.5))  # noqa: S311  # nosec B311 # chance, no secret
        await self.say(p.Hello())

    async def _say_unable(self, consultation: str, call: int, to: set[p.Seat]) -> None:
        """Numbered packets cannot be sealed: whoever could agrees on no keys with this page, and goes on openly.

        Two such pages have nothing more to say to each other.
        """
        self._words += 1
        parcel = p.Parcel(attempt="", about="", n=self._words, able=False)
        if to:
            await self.say(p.Handshake(consultation, call, dict.fromkeys(to, parcel)))

    async def _take(self, join: p.Join) -> None:
        """Make the new line, and another one until it is up or the call is elsewhere; then break with the old one."""
        mine = (join.consultation, join.call)
        line = None
        while line is None and self._call == mine:
            line = await self._connected(join)
        if line is None:
            return
        old, self.line = self.line, line
        self.lines += 1
        self.note()
        holding = self._holding[line] = asyncio.create_task(self._hold(line))
        holding.add_done_callback(lambda _: self._holding.pop(line, None))
        if old is not None:
            with contextlib.suppress(TimeoutError):
                await self.until(lambda: line.last > 0, seconds=LINGER_SECONDS)
            old.settle()
            asyncio.get_running_loop().call_later(LINGER_SECONDS, self._let_go, old)

    async def _connected(self, join: p.Join) -> Line | None:
        """A line that is up; None when it did not come up in time, or the call is elsewhere."""
        line = self._make(join, self._came, self._rate)
        self._n = (self._n + 1) % p.OFFER_NUMBERS
        n, mine = self._n, (join.consultation, join.call)
        offer = p.Offer(join.consultation, join.call, n, line.offer())

        def answered() -> bool:
            answer = self.told(p.Answer)
            return self._call != mine or (answer is not None and (answer.call, answer.n) == (join.call, n))

        await self.until(answered, offer, seconds=3_600)
        answer = self.told(p.Answer)
        if self._call == mine and answer is not None:
            with contextlib.suppress(TimeoutError, OSError):
                async with asyncio.timeout(FIRST_SECONDS):
                    await line.connect(answer.sdp)
                return line
        await line.close(politely=False)
        return None

    async def _hold(self, line: Line) -> None:
        """Send on a line until the worker ends it."""
        sending = asyncio.create_task(line.send())
        try:
            await line.down.wait()
            self._broken = self._broken or line is self.line
        finally:
            sending.cancel()
            await line.close()

    def _let_go(self, line: Line) -> None:
        holding = self._holding.get(line)
        if holding is not None:
            holding.cancel()

    async def _look(self) -> None:
        """Ask what is the matter when nothing comes in a call."""
        loop = asyncio.get_running_loop()
        of, since, asked = self._call, loop.time(), 0.0
        while True:
            await asyncio.sleep(SILENT_SECONDS)
            now = loop.time()
            if self._call != of:
                of, since = self._call, now
            heard, patience = (self.line.last, SILENT_SECONDS) if self.line else (since, FIRST_SECONDS)
            if of[1] and now > max(heard + patience, asked + ASK_SECONDS):
                asked = now
                await self.say(p.Trouble(*of))
