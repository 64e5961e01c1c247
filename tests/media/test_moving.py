"""A call that has moved to another worker, on the one it leaves: who still needs it, and when it is over."""

import asyncio

from chalicelib.protocol import CloseRoom, FromWorker, RoomEnded, RoomQuality, Seat, Settled
from media_worker.participant import Participant
from media_worker.room import Room
from tests.media.peers import PATIENCE, ROOM, Calls, Peer
from tests.media.test_room import DARK, LIGHT, run


class Meeting:
    """Two who see and hear each other."""

    def __init__(self) -> None:
        self.calls = Calls()
        self.patient, self.clinician = Peer(Seat.PATIENT, DARK), Peer(Seat.CLINICIAN, LIGHT)
        self._settled: asyncio.Queue[Seat] = asyncio.Queue()

    async def begin(self) -> None:
        for peer in (self.patient, self.clinician):
            await self.calls.join(peer)
        room = self.room
        told = room.settled

        def settled(who: Participant) -> None:
            told(who)
            self._settled.put_nowait(who.seat)

        room.settled = settled  # type: ignore[method-assign]
        await self.see_and_hear()

    async def see_and_hear(self) -> None:
        patient, clinician = self.patient, self.clinician
        await asyncio.gather(patient.sees(LIGHT), clinician.sees(DARK), patient.hears(), clinician.hears())

    async def move(self) -> None:
        await self.calls.worker.take(CloseRoom(ROOM, moved=True))
        await asyncio.sleep(0)  # the room is told in its own task

    @property
    def room(self) -> Room:
        room = self.calls.worker._calls[ROOM].port
        assert isinstance(room, Room)
        return room

    async def settled(self, *seats: Seat) -> None:
        """Waits until these have said so and the room knows."""
        assert {await asyncio.wait_for(self._settled.get(), PATIENCE) for _ in seats} == set(seats)

    async def last_words(self) -> list[FromWorker]:
        """What is said until the room is over."""
        said = [await self.calls.next()]
        while said[-1] != RoomEnded(ROOM):
            said.append(await self.calls.next())
        return said

    async def end(self) -> None:
        await asyncio.gather(self.patient.close(), self.clinician.close(), self.calls.close())


def test_it_goes_on_until_both_are_settled_elsewhere() -> None:
    async def test() -> None:
        meeting = Meeting()
        await meeting.begin()
        await meeting.move()
        await meeting.see_and_hear()
        await meeting.patient.says(Settled())
        await meeting.settled(Seat.PATIENT)
        await meeting.see_and_hear()  # the clinician still needs what the patient sends, and nobody stops anything
        assert meeting.calls.sent.empty()
        await meeting.clinician.says(Settled())
        said = await meeting.last_words()
        assert [type(message) for message in said] in ([RoomQuality, RoomEnded], [RoomEnded])
        assert meeting.calls.worker.rooms == []
        await meeting.end()

    run(test())


def test_settled_before_the_worker_knows_that_it_moved_is_settled() -> None:
    async def test() -> None:
        meeting = Meeting()
        await meeting.begin()
        for peer in (meeting.patient, meeting.clinician):
            await peer.says(Settled())
        await meeting.settled(Seat.PATIENT, Seat.CLINICIAN)
        assert meeting.calls.sent.empty()  # what a page says ends no call that has not moved
        await meeting.move()
        await meeting.last_words()
        await meeting.end()

    run(test())


def test_who_left_is_not_waited_for() -> None:
    async def test() -> None:
        meeting = Meeting()
        await meeting.begin()
        await meeting.move()
        await meeting.patient.close()
        await meeting.clinician.says(Settled())
        await meeting.last_words()
        await meeting.end()

    run(test())


def test_who_falls_silent_is_out_and_not_waited_for() -> None:
    async def test() -> None:
        meeting = Meeting()
        await meeting.begin()
        await meeting.move()
        lost = meeting.room._seats[Seat.PATIENT]
        lost._line.look(2 * 10**6 * 10**6 + lost._peer.heard)
        assert list(meeting.room._seats) == [Seat.CLINICIAN]
        await meeting.clinician.says(Settled())
        await meeting.last_words()
        await meeting.end()

    run(test())


def test_who_is_not_connected_when_it_moves_is_not_waited_for() -> None:
    async def test() -> None:
        calls, patient, never = Calls(), Peer(Seat.PATIENT, DARK), Peer(Seat.CLINICIAN, LIGHT)
        await calls.join(patient)
        await patient.connected()
        await calls.answer(never.seat, 1, await never.offer())
        await calls.worker.take(CloseRoom(ROOM, moved=True))
        await patient.says(Settled())
        message = await calls.next()
        while message != RoomEnded(ROOM):
            message = await calls.next()
        await asyncio.gather(patient.close(), never.close(), calls.close())

    run(test())


def test_a_call_in_which_nobody_sits_is_over_when_it_moves() -> None:
    async def test() -> None:
        calls, patient = Calls(), Peer(Seat.PATIENT, DARK)
        await calls.answer(patient.seat, 1, await patient.offer())
        await calls.worker.take(CloseRoom(ROOM, moved=True))
        assert await calls.next() == RoomEnded(ROOM)
        await asyncio.gather(patient.close(), calls.close())

    run(test())
