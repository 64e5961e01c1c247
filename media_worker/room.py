"""One call: who sits in it, and when it is over."""

import asyncio
from collections.abc import Callable

import msgspec

from chalicelib.errors import BadSdp
from chalicelib.protocol import Seat
from media_worker.description import read_call
from media_worker.forward import Endpoint
from media_worker.participant import TICK_SECONDS, Participant, Seats


class Timing(msgspec.Struct, frozen=True):
    """Seconds: for a connection to come up; for a room to be without anybody before it ends."""

    connect: float = 30.0
    empty: float = 120.0


class Room:
    """One call on this worker."""

    def __init__(self, endpoint: Endpoint, on_empty: Callable[[], None], timing: Timing) -> None:
        """``on_empty``: nobody has been here for the time allowed; the owner closes the room."""
        self._endpoint = endpoint
        self._on_empty = on_empty
        self._timing = timing
        self._seats = Seats(self._changed, self._left)
        self._leaving: set[asyncio.Task[None]] = set()
        self._empty: asyncio.TimerHandle | None = None
        self._closed = False
        self._ticking = asyncio.create_task(self._tick())
        self._changed()

    async def answer(self, seat: Seat, sdp: str) -> str:
        """Take an offer: a new connection, or an ICE restart of the present one.

        Raises BadSdp; then, and when no port can be bound (OSError), whoever sits there stays.
        """
        offer = read_call(sdp)
        present = self._seats.get(seat)
        if present is not None and present.continues(offer.remote):
            return await present.answer(offer)
        participant = Participant(self._seats, seat, offer, self._endpoint, self._timing.connect)
        try:
            text = await participant.answer(offer)
        except ValueError:  # fingerprints or ICE parameters that only the libraries find fault with
            await participant.close()
            raise BadSdp from None
        except OSError:
            await participant.close()
            raise
        former = self._seats.sit(participant)
        if former is not None:
            await former.close()
        return text

    async def close(self) -> None:
        """Everybody out; no task or socket stays. May be called twice."""
        self._closed = True
        if self._empty is not None:
            self._empty.cancel()
        self._ticking.cancel()
        await asyncio.gather(
            self._ticking, *(p.close() for p in self._seats.all()), *self._leaving, return_exceptions=True
        )

    def _changed(self) -> None:
        anybody = any(participant.is_up for participant in self._seats.all())
        if self._empty is not None and (anybody or self._closed):
            self._empty.cancel()
            self._empty = None
        elif self._empty is None and not anybody and not self._closed:
            self._empty = asyncio.get_running_loop().call_later(self._timing.empty, self._on_empty)

    def _left(self, participant: Participant) -> None:
        task = asyncio.create_task(participant.close())
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(TICK_SECONDS)
            for participant in self._seats.all():
                participant.tick(loop.time())
