"""One call: who sits in it, who is sent what of whom, how everybody's connection does, and when it is over."""

import asyncio
import secrets
import time
from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from chalicelib.errors import BadSdp
from chalicelib.protocol import Quality, RoomQuality, Seat, SeatQuality
from media_worker import layers
from media_worker.description import read_call
from media_worker.meter import Meter
from media_worker.participant import Participant
from media_worker.port import Port
from media_worker.quality import Tally
from media_worker.sinks import Sink
from media_worker.sources import Source

TICK_SECONDS: Final = 0.1
"""Between two transport-cc reports; Chromium's own receiver sends them every 50 to 250 ms."""
TICKS_PER_PLAN: Final = 10
TICKS_PER_QUALITY: Final = 30


class Timing(msgspec.Struct, frozen=True):
    """Seconds: for a connection to come up; for a room to be without anybody before it ends."""

    connect: float = 30.0
    empty: float = 120.0


class Room:
    """One call on this worker."""

    def __init__(self, port: Port, on_empty: Callable[[], None], timing: Timing) -> None:
        """``on_empty``: nobody has been here for the time allowed; the owner closes the room."""
        self._port = port
        self._on_empty = on_empty
        self._timing = timing
        self._seats: dict[Seat, Participant] = {}
        self._meters: dict[Participant, Meter] = {}
        self._tally = Tally()
        self._leaving: set[asyncio.Task[None]] = set()
        self._empty: asyncio.TimerHandle | None = None
        self._closed = False
        self._moving = False
        self._settled = asyncio.Event()  # everybody elsewhere, while moving
        # each room in its own moment, so that packets wait for one room's figures at most
        self._ticks = secrets.randbelow(TICKS_PER_QUALITY)
        first = TICK_SECONDS * secrets.randbelow(100) / 100
        self._ticking = asyncio.get_running_loop().call_later(first, self._tick)
        self._changed()

    async def answer(self, seat: Seat, sdp: str) -> str:
        """Take an offer: a new connection, more slots on the present one, or an ICE restart of it.

        Raises BadSdp; then whoever sits there stays.
        """
        offer = read_call(sdp)
        present = self._seats.get(seat)
        if present is not None and present.continues(offer.remote):
            text = present.answer(offer)
            self._arrange()
            return text
        participant = Participant(self, seat, self._port, self._timing.connect)
        try:
            text = participant.answer(offer)
        except ValueError:  # fingerprints or ICE parameters that only the libraries find fault with
            await participant.close()
            raise BadSdp from None
        self._seats[seat] = participant
        self._meters[participant] = Meter(participant, time.monotonic())
        self._arrange()
        if present is not None:
            await self._close(present)
        return text

    async def dismiss(self, seat: Seat) -> None:
        """Whoever sits there is out, the others go on; nothing when nobody does."""
        participant = self._seats.pop(seat, None)
        if participant is not None:
            self._arrange()
            self._changed()
            await self._close(participant)

    async def moved(self) -> None:
        """The call goes on elsewhere: waits until everybody here has said that they are settled there, or has left.

        Whoever is not connected just now has left: the way back leads to the other place.
        """
        self._moving = True
        for participant in list(self._seats.values()):
            if not participant.is_up:
                self.left(participant)
        self._changed()
        await self._settled.wait()

    def quality(self, name: str) -> RoomQuality:
        """How the call of this name went until now."""
        return self._tally.quality(name)

    async def close(self) -> None:
        """Everybody out; no task or socket stays. May be called twice."""
        self._closed = True
        if self._empty is not None:
            self._empty.cancel()
        self._ticking.cancel()
        people, self._seats = list(self._seats.values()), {}
        closing = [self._close(participant) for participant in people]
        await asyncio.gather(*closing, *self._leaving, return_exceptions=True)

    # ------------------------------------------------------------ the participants' news

    def came_up(self, who: Participant) -> None:
        """A connection is up (again): it needs pictures to start from."""
        self._plan(who)
        for sink in who.sinks:
            sink.ask_keyframe()
        self._changed()

    def went_down(self, who: Participant) -> None:
        """A path is lost; in a call that has moved nobody mends it."""
        if self._moving:
            self.left(who)
        self._changed()

    def settled(self, who: Participant) -> None:
        """It gets elsewhere what it got here."""
        self._changed()

    def left(self, who: Participant) -> None:
        """A connection is over."""
        if self._seats.get(who.seat) is who:
            del self._seats[who.seat]
            self._arrange()
        task = asyncio.create_task(self._close(who))
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)
        self._changed()

    def look_again(self, who: Participant) -> None:
        """It sends or wants something else, or its way down is full: look again who is sent what."""
        self._arrange()

    def sinks_of(self, source: Source) -> Iterator[tuple[Participant, Sink]]:
        """Who is sent something of this source."""
        for participant in self._seats.values():
            for sink in participant.sinks:
                if sink.source is source:
                    yield participant, sink

    # ------------------------------------------------------------ who is sent what

    def _arrange(self) -> None:
        """Give everybody the others at their places, and the screen that was shared last."""
        now = time.monotonic()
        screens = [p.screen for p in self._seats.values() if p.screen is not None and p.screen.is_on(now)]
        shared = max(screens, key=lambda screen: screen.begun, default=None)
        for viewer in self._seats.values():
            others = [seat for seat in Seat if seat is not viewer.seat]
            for (sound, picture), seat in zip(viewer.places, others, strict=False):
                other = self._seats.get(seat)
                sound.attach(other.audio if other is not None else None)
                picture.attach(other.camera if other is not None else None)
            if viewer.shared is not None:
                viewer.shared.attach(shared if shared is not viewer.screen else None)
            self._plan(viewer)

    def _plan(self, viewer: Participant) -> None:
        """Choose what fits this participant's way down."""
        if viewer.is_up:
            viewer.view.choose(viewer.sinks, viewer.shared, time.monotonic())

    def _hold(self, sender: Participant) -> None:
        """Hold a sender without layers to what its receivers have room for."""
        if sender.camera is None or sender.camera.slot.layers:
            return
        rooms = [viewer.view.room(sender.camera) for viewer, _ in self.sinks_of(sender.camera) if viewer.is_up]
        others = [source for source in (sender.audio, sender.screen) if source is not None]
        rest = sum(sum(source.rates(time.monotonic())) for source in others)
        sender.limit(layers.ceiling(rooms, max(layers.SOUND, rest)))

    # ------------------------------------------------------------ time

    def _tick(self) -> None:
        self._ticking = asyncio.get_running_loop().call_later(TICK_SECONDS, self._tick)
        self._ticks += 1
        now = time.monotonic()
        people = list(self._seats.values())
        for participant in people:
            participant.tick(now)
        if self._ticks % TICKS_PER_PLAN == 0:
            self._look(people, now)
        if self._ticks % TICKS_PER_QUALITY == 0:
            self._tell(people, now)
        self._port.plane.flush()

    def _look(self, people: list[Participant], now: float) -> None:
        """Every second: what arrived, and so what fits whom."""
        for participant in people:
            participant.report(now)
            participant.view.measure(participant.sinks, now)
        self._arrange()
        for participant in people:
            self._hold(participant)

    def _tell(self, people: list[Participant], now: float) -> None:
        """Every few seconds: everybody's quality to the clinician, their own to the others."""
        seats: list[SeatQuality] = []
        for participant in people:
            quality, seconds = self._meters[participant].read(now)
            self._tally.add(quality, seconds)
            seats.append(quality)
        for participant in people:
            all_of_them = participant.seat is Seat.CLINICIAN
            participant.tell(Quality([q for q in seats if all_of_them or q.seat is participant.seat]))

    # ------------------------------------------------------------ coming and going

    async def _close(self, participant: Participant) -> None:
        self._meters.pop(participant, None)
        await participant.close()

    def _changed(self) -> None:
        anybody = any(participant.is_up for participant in self._seats.values())
        if self._empty is not None and (anybody or self._closed):
            self._empty.cancel()
            self._empty = None
        elif self._empty is None and not anybody and not self._closed:
            self._empty = asyncio.get_running_loop().call_later(self._timing.empty, self._on_empty)
        if self._moving and all(participant.is_settled for participant in self._seats.values()):
            self._settled.set()
