"""What a worker does about each message of the functions: messages in, messages out; media behind two ports."""

import asyncio
import contextlib
import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from typing import Any, Final, NamedTuple, Protocol

import msgspec

from chalicelib.errors import BadSdp, Gone, Unavailable
from chalicelib.protocol import (
    OFFER_NUMBERS,
    CloseRoom,
    CloseSeat,
    Error,
    FromWorker,
    OpenRoom,
    Pong,
    ProbeRelay,
    Registered,
    RelayAnswer,
    RelayOffer,
    RelayRefused,
    RoomEnded,
    RoomOpened,
    RoomQuality,
    RoomRefused,
    Seat,
    ToWorker,
)
from media_worker.log import say
from media_worker.waiting import ProbePort, Waiting

LONGEST: Final = 600_000
"""Milliseconds that may be said at most."""
REMEMBERED: Final = 1_000
"""Closed rooms whose late messages are recognised; a call's number is never used again."""
LATE_SECONDS: Final = 15.0
"""How late an offer comes at most: only who holds the seat may make one, and the function that hands it on has ten
seconds."""


class RoomPort(Protocol):
    """One call's media."""

    async def answer(self, seat: Seat, sdp: str) -> str:
        """Take an offer. Raises BadSdp."""

    async def dismiss(self, seat: Seat) -> None:
        """Whoever sits there is out."""

    def quality(self, name: str) -> RoomQuality:
        """How the call of this name went until now."""

    async def moved(self) -> None:
        """The call goes on elsewhere: waits until everybody here has said that they are settled there, or has left."""

    async def close(self) -> None:
        """Everybody out."""


class _Last(NamedTuple):
    """The last offer that was taken from a seat, when it came, and the word to it."""

    sdp: str
    came: float
    reply: RelayAnswer | RelayRefused

    def is_of(self, offer: RelayOffer) -> bool:
        """Whether it is this very one that comes again: another page at the seat may have come to the same number."""
        return (offer.n, offer.sdp) == (self.reply.n, self.sdp)

    def is_before(self, offer: RelayOffer, came: float) -> bool:
        """Whether one that ``came`` now was made later: by its number; or the number is that of another page, whose
        clock is behind, because nothing is as late as that."""
        ahead = (offer.n - self.reply.n) % OFFER_NUMBERS
        return 0 < ahead < OFFER_NUMBERS // 2 or came - self.came > LATE_SECONDS


class _Call:
    """A room, and the last offer of each seat in it."""

    def __init__(self) -> None:
        self.port: RoomPort | None = None
        self.last: dict[Seat, _Last] = {}
        self.lock = asyncio.Lock()
        self.moving: asyncio.Task[None] | None = None


class Worker:
    """Every handler may run twice, late and side by side with others; a room's messages are taken in order."""

    def __init__(
        self,
        open_room: Callable[[Callable[[], None]], RoomPort],
        probes: ProbePort,
        send: Callable[[FromWorker], None],
        most: int,
        busy: Callable[[], bool] = lambda: False,
        settle_seconds: float = 20.0,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """``open_room`` is given what to call when nobody has been there for too long. ``most``: rooms at once;
        ``busy``: whether there is no strength left for one more, whatever their number; ``settle_seconds``: how long
        a call that has moved may stay."""
        self._open_room = open_room
        self._settle_seconds = settle_seconds
        self._now = now
        self._waiting = Waiting(probes, send, busy)
        self._send = send
        self._most = most
        self._busy = busy
        self._calls: dict[str, _Call] = {}
        self._over: OrderedDict[str, None] = OrderedDict()
        self._ending: set[asyncio.Task[None]] = set()

    @property
    def rooms(self) -> list[str]:
        """The rooms it holds."""
        return list(self._calls)

    async def take(self, message: ToWorker) -> None:
        """Do what a message asks for."""
        match message:
            case OpenRoom(room):
                self._send(RoomOpened(room) if self._open(room, message.trace) else self._no(room))
            case RelayOffer():
                await self._relay(message)
            case CloseRoom(room, moved=True):
                self._move(room)
            case CloseRoom(room):
                await self._close(room)
            case CloseSeat(room, seat):
                await self._dismiss(room, seat)
            case ProbeRelay():
                await self._waiting.take(message)
            case Error(code):
                say("told_of_error", code=code)
            case Registered() | Pong():
                pass

    async def close(self) -> None:
        """End every room, and tell whoever waits."""
        await self._waiting.close()
        await asyncio.gather(*(self._close(room) for room in self.rooms), *self._ending, return_exceptions=True)

    def _open(self, room: str, trace: str) -> _Call | None:
        if room in self._over:
            return None
        call = self._calls.get(room)
        staying = sum(call.moving is None for call in self._calls.values())  # who has moved takes no place at the table
        if call is None and (staying >= self._most or self._busy()):
            say("room_refused", rooms=len(self._calls))
            return None
        if call is None:
            call = self._calls[room] = _Call()
            call.port = self._open_room(lambda: self._empty(room))
            say("room_opened", rooms=len(self._calls), trace=trace[3:35])
        return call

    def _no(self, room: str) -> FromWorker:
        """A room that is over, or that there is no place for: another worker may have one."""
        return RoomEnded(room) if room in self._over else RoomRefused(room)

    async def _relay(self, offer: RelayOffer) -> None:
        call = self._open(offer.room, offer.trace)
        if call is None:
            code = Gone.code if offer.room in self._over else Unavailable.code
            self._send(RelayRefused(offer.room, offer.seat, offer.n, code))
            return
        came = self._now()  # before its turn, or it would seem to have come later than it did
        async with call.lock:
            last = call.last.get(offer.seat)
            if last is not None and last.is_of(offer):
                self._send(last.reply)
            elif last is None or last.is_before(offer, came):
                self._send(await self._answer(call, offer, came))

    async def _answer(self, call: _Call, offer: RelayOffer, came: float) -> RelayAnswer | RelayRefused:
        refused = RelayRefused(offer.room, offer.seat, offer.n, Gone.code)
        if call.port is None:
            return refused
        reply: RelayAnswer | RelayRefused
        begun = self._now()
        try:
            sdp = await call.port.answer(offer.seat, offer.sdp)
            took = round(1000 * (self._now() - begun))
            say("offer_answered", milliseconds=took, trace=offer.trace[3:35])
            reply = RelayAnswer(offer.room, offer.seat, offer.n, sdp, offer.trace, min(took, LONGEST))
        except BadSdp as error:
            say("offer_refused", code=error.code, trace=offer.trace[3:35])
            reply = msgspec.structs.replace(refused, code=error.code)
        call.last[offer.seat] = _Last(offer.sdp, came, reply)
        return reply

    async def _dismiss(self, room: str, seat: Seat) -> None:
        call = self._calls.get(room)
        if call is None:
            return
        async with call.lock:
            # Whoever sits there next counts anew, and is not answered with what was said to another.
            call.last.pop(seat, None)
            if call.port is not None:
                await call.port.dismiss(seat)

    def _move(self, room: str) -> None:
        """The call goes on elsewhere; here it ends when nobody needs it any more."""
        self._forget(room)
        call = self._calls.get(room)
        if call is None:
            self._send(RoomEnded(room))
        elif call.moving is None and call.port is not None:
            say("room_moving", rooms=len(self._calls))
            call.moving = self._spawn(self._linger(room, call, call.port))

    async def _linger(self, room: str, call: _Call, port: RoomPort) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._settle_seconds):
                await port.moved()
        call.moving = None
        await self._close(room)

    def _forget(self, room: str) -> None:
        """Nobody comes here for this call any more."""
        self._over[room] = None
        if len(self._over) > REMEMBERED:
            self._over.popitem(last=False)

    async def _close(self, room: str) -> None:
        self._forget(room)
        call = self._calls.get(room)
        if call is not None:
            if call.moving is not None:
                call.moving.cancel()
            async with call.lock:
                port, call.port = call.port, None
                if port is not None:
                    quality = port.quality(room)
                    if quality.participants:
                        self._send(quality)
                    await port.close()
            self._calls.pop(room, None)
            say("room_closed", rooms=len(self._calls))
        self._send(RoomEnded(room))

    def _empty(self, room: str) -> None:
        self._spawn(self._close(room))

    def _spawn(self, what: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(what)
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)
        return task
