"""Somebody leaves or is shown out while the others talk on, comes back, or leaves the seat to another."""

import asyncio
import math
from itertools import permutations

import pytest

from chalicelib.protocol import CloseSeat, RelayAnswer, RelayOffer, Seat
from client.caller import PATIENCE, Caller
from media_worker.port import planes
from tests.media.peers import ROOM, Calls

APART = 1_000_000


class Speaker(Caller):
    """A caller whose packets are told from others' by their numbers, and who talks until they stop."""

    def __init__(self, begin: int) -> None:
        super().__init__(others=2)
        self.sound.number = self.picture.number = self._begin = begin * APART
        self._talking: asyncio.Task[None] | None = None

    async def enter(self, calls: Calls, seat: Seat, n: int) -> None:
        await self.connect(await calls.answer(seat, n, self.offer()))
        self.begin()

    def begin(self) -> None:
        self._talking = asyncio.create_task(self.talk(math.inf))

    async def stop(self) -> None:
        assert self._talking is not None
        self._talking.cancel()
        await asyncio.gather(self._talking, return_exceptions=True)

    def of(self, other: "Speaker") -> list[int]:
        """The streams on which the other's packets have come."""
        mine = range(other._begin, other._begin + APART)
        return [ssrc for ssrc, heard in self.heard.items() if max(heard.numbers, default=-1) in mine]

    async def follows(self, other: "Speaker") -> None:
        """Waits until the other is heard and seen."""
        async with asyncio.timeout(PATIENCE):
            while len(self.of(other)) < 2:
                self._news.clear()
                await self._news.wait()


async def follow_each_other(*people: Speaker) -> None:
    await asyncio.gather(*(one.follows(other) for one, other in permutations(people, 2)))


@pytest.mark.parametrize("plane", planes())
def test_one_seat_is_closed_and_the_others_lose_nothing(plane: str) -> None:
    async def test() -> None:
        calls = Calls(plane=plane)
        patient, clinician, guest, another = (Speaker(begin) for begin in range(4))
        await patient.enter(calls, Seat.PATIENT, 1)
        await clinician.enter(calls, Seat.CLINICIAN, 1)
        await guest.enter(calls, Seat.GUEST_1, 9)
        await follow_each_other(patient, clinician, guest)

        for _ in range(2):
            await calls.worker.take(CloseSeat(ROOM, Seat.GUEST_1))
        await asyncio.wait_for(guest.down.wait(), PATIENCE)
        await asyncio.gather(*(caller.stop() for caller in (patient, clinician, guest)))
        for one, other in permutations((patient, clinician)):
            await one.all_heard(other)
            assert [one.heard[ssrc].lost() for ssrc in one.of(other)] == [0, 0]
        assert calls.sent.empty(), "the room goes on"

        for caller in (patient, clinician):
            caller.begin()
        await another.enter(calls, Seat.GUEST_1, 1)  # numbered by a clock of their own
        await follow_each_other(patient, clinician, another)
        everybody = (patient, clinician, guest, another)
        await asyncio.gather(*(caller.stop() for caller in everybody))
        await asyncio.gather(*(caller.close() for caller in everybody), calls.close())
        assert (calls.port._ears, calls.port._peers) == ({}, {})

    asyncio.run(test())


def test_a_seat_is_closed_before_its_connection_is_up() -> None:
    async def test() -> None:
        calls, guest = Calls(), Caller(others=2)
        await calls.worker.take(RelayOffer(ROOM, Seat.GUEST_1, 1, guest.offer()))
        await calls.worker.take(CloseSeat(ROOM, Seat.GUEST_1))
        assert isinstance(await calls.next(), RelayAnswer)
        assert (calls.port._ears, calls.port._peers) == ({}, {})
        await calls.close()

    asyncio.run(test())
