"""The worker's decisions, message by message, with media that only pretends."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from chalicelib.protocol import (
    OFFER_NUMBERS,
    CloseRoom,
    CloseSeat,
    Error,
    FromWorker,
    OpenRoom,
    Pong,
    ProbeAnswered,
    ProbeRefused,
    ProbeRelay,
    ProbeWaiting,
    Registered,
    RelayAnswer,
    RelayOffer,
    RelayRefused,
    RoomEnded,
    RoomOpened,
    RoomQuality,
    RoomRefused,
    Seat,
)
from media_worker.worker import LATE_SECONDS, REMEMBERED, Worker
from tests.media.fakes import PATIENCE, FakeProbes, FakeRoom, reply

ROOM, OTHER, THIRD = (f"trust.consultation.{call}" for call in (1, 2, 3))
MOST = 2


class Bench:
    """A worker, the rooms it opened and what it said."""

    def __init__(self) -> None:
        self.rooms: list[FakeRoom] = []
        self.said: list[FromWorker] = []
        self.is_busy = False
        self.time = 1_000.0
        self.probes = FakeProbes()
        self._news = asyncio.Event()
        self.worker = self.made()

    def made(self, settle_seconds: float = PATIENCE) -> Worker:
        """Another worker, which has nothing yet."""
        now = lambda: self.time  # noqa: E731
        return Worker(self._open, self.probes, self._send, MOST, lambda: self.is_busy, settle_seconds, now)

    async def ended(self, room: str) -> None:
        """Waits until the worker has said that this room is over."""
        async with asyncio.timeout(PATIENCE):
            while RoomEnded(room) not in self.said:
                self._news.clear()
                await self._news.wait()

    def _send(self, message: FromWorker) -> None:
        self.said.append(message)
        self._news.set()

    def _open(self, on_empty: Callable[[], None]) -> FakeRoom:
        self.rooms.append(FakeRoom(on_empty))
        return self.rooms[-1]

    async def offer(self, n: int, sdp: str = "offer", room: str = ROOM, seat: Seat = Seat.PATIENT) -> list[FromWorker]:
        """What is said to an offer."""
        before = len(self.said)
        await self.worker.take(RelayOffer(room, seat, n, sdp))
        return self.said[before:]


def with_bench(test: Callable[[Bench], Coroutine[Any, Any, None]]) -> None:
    async def whole() -> None:
        await test(Bench())

    asyncio.run(whole())


def test_opening_twice_is_one_room() -> None:
    async def test(bench: Bench) -> None:
        await bench.worker.take(OpenRoom(ROOM, []))
        await bench.worker.take(OpenRoom(ROOM, []))
        assert bench.said == [RoomOpened(ROOM), RoomOpened(ROOM)]
        assert len(bench.rooms) == 1
        assert bench.worker.rooms == [ROOM]

    with_bench(test)


def test_an_offer_that_overtook_open_room_opens_it() -> None:
    async def test(bench: Bench) -> None:
        assert await bench.offer(1) == [RelayAnswer(ROOM, Seat.PATIENT, 1, reply("offer"))]
        assert bench.worker.rooms == [ROOM]

    with_bench(test)


def test_the_same_number_again_is_answered_from_memory_a_smaller_one_not_at_all() -> None:
    async def test(bench: Bench) -> None:
        first = await bench.offer(5)
        bench.time += 2 * LATE_SECONDS
        assert await bench.offer(5) == first
        bench.time -= LATE_SECONDS
        assert await bench.offer(4, "older") == []
        assert await bench.offer(6, "newer") == [RelayAnswer(ROOM, Seat.PATIENT, 6, reply("newer"))]
        assert [sdp for _, sdp in bench.rooms[0].offers] == ["offer", "newer"]

    with_bench(test)


def test_numbers_go_round() -> None:
    async def test(bench: Bench) -> None:
        for n in (OFFER_NUMBERS - 300, OFFER_NUMBERS - 1, 0, 120):
            assert await bench.offer(n, f"offer {n}") == [RelayAnswer(ROOM, Seat.PATIENT, n, reply(f"offer {n}"))]
        assert await bench.offer(OFFER_NUMBERS - 1, "older") == []

    with_bench(test)


@pytest.mark.parametrize("n", [3, 5, 5 + OFFER_NUMBERS // 2])
def test_another_page_at_the_seat_whose_clock_goes_otherwise_is_taken_once_its_offer_cannot_be_a_late_one(
    n: int,
) -> None:
    async def test(bench: Bench) -> None:
        await bench.offer(5)
        bench.time += LATE_SECONDS
        assert await bench.offer(n, "another") == []
        bench.time += 1
        assert await bench.offer(n, "another") == [RelayAnswer(ROOM, Seat.PATIENT, n, reply("another"))]
        assert await bench.offer(n, "another") == [RelayAnswer(ROOM, Seat.PATIENT, n, reply("another"))]
        assert await bench.offer(n + 1, "more") == [RelayAnswer(ROOM, Seat.PATIENT, n + 1, reply("more"))]
        assert [sdp for _, sdp in bench.rooms[0].offers] == ["offer", "another", "more"]

    with_bench(test)


def test_an_older_offer_that_waited_long_for_its_turn_is_as_old_as_it_was() -> None:
    async def test(bench: Bench) -> None:
        await bench.worker.take(OpenRoom(ROOM, []))
        bench.rooms[0].hold.clear()
        both = [asyncio.create_task(bench.worker.take(RelayOffer(ROOM, Seat.PATIENT, n, f"offer {n}"))) for n in (2, 1)]
        await asyncio.sleep(0)
        bench.time += 2 * LATE_SECONDS
        bench.rooms[0].hold.set()
        await asyncio.gather(*both)
        took = round(1_000 * 2 * LATE_SECONDS)
        assert bench.said[1:] == [RelayAnswer(ROOM, Seat.PATIENT, 2, reply("offer 2"), milliseconds=took)]

    with_bench(test)


def test_each_seat_counts_for_itself() -> None:
    async def test(bench: Bench) -> None:
        await bench.offer(5)
        assert await bench.offer(1, seat=Seat.CLINICIAN) == [RelayAnswer(ROOM, Seat.CLINICIAN, 1, reply("offer"))]

    with_bench(test)


def test_side_by_side_the_same_offer_is_taken_once() -> None:
    async def test(bench: Bench) -> None:
        await bench.worker.take(OpenRoom(ROOM, []))
        bench.rooms[0].hold.clear()
        both = [asyncio.create_task(bench.worker.take(RelayOffer(ROOM, Seat.PATIENT, 1, "offer"))) for _ in range(2)]
        await asyncio.sleep(0)
        bench.rooms[0].hold.set()
        await asyncio.gather(*both)
        assert bench.said[1:] == [RelayAnswer(ROOM, Seat.PATIENT, 1, reply("offer"))] * 2
        assert len(bench.rooms[0].offers) == 1

    with_bench(test)


def test_a_bad_offer_is_refused_and_the_next_one_taken() -> None:
    async def test(bench: Bench) -> None:
        assert await bench.offer(1, "bad") == [RelayRefused(ROOM, Seat.PATIENT, 1, "bad_sdp")]
        assert await bench.offer(2) == [RelayAnswer(ROOM, Seat.PATIENT, 2, reply("offer"))]

    with_bench(test)


def test_closing_twice_says_so_twice_and_late_messages_open_nothing() -> None:
    async def test(bench: Bench) -> None:
        await bench.worker.take(OpenRoom(ROOM, []))
        await bench.worker.take(CloseRoom(ROOM))
        await bench.worker.take(CloseRoom(ROOM))
        assert bench.said[1:] == [RoomEnded(ROOM)] * 2
        assert bench.rooms[0].closed == 1
        assert await bench.offer(1) == [RelayRefused(ROOM, Seat.PATIENT, 1, "gone")]
        await bench.worker.take(OpenRoom(ROOM, []))
        assert bench.said[-1] == RoomEnded(ROOM)
        assert bench.worker.rooms == []
        assert len(bench.rooms) == 1

    with_bench(test)


def test_closing_a_seat_leaves_the_room_and_lets_the_seat_begin_anew() -> None:
    async def test(bench: Bench) -> None:
        await bench.offer(1)
        await bench.offer(7, seat=Seat.GUEST_1)
        for _ in range(2):
            await bench.worker.take(CloseSeat(ROOM, Seat.GUEST_1))
        assert bench.rooms[0].dismissed == [Seat.GUEST_1] * 2
        assert bench.worker.rooms == [ROOM]
        again = await bench.offer(7, "another", seat=Seat.GUEST_1)
        assert again == [RelayAnswer(ROOM, Seat.GUEST_1, 7, reply("another"))], "not what was said to another"
        assert await bench.offer(1) == [RelayAnswer(ROOM, Seat.PATIENT, 1, reply("offer"))]

    with_bench(test)


def test_closing_a_seat_of_a_room_that_is_not_here_opens_none() -> None:
    async def test(bench: Bench) -> None:
        await bench.worker.take(CloseSeat(ROOM, Seat.GUEST_1))
        assert (bench.worker.rooms, bench.said) == ([], [])
        await bench.worker.take(OpenRoom(ROOM, []))
        await bench.worker.take(CloseRoom(ROOM))
        await bench.worker.take(CloseSeat(ROOM, Seat.GUEST_1))
        assert bench.worker.rooms == []

    with_bench(test)


def test_an_offer_waiting_for_its_turn_when_the_room_closes_is_refused() -> None:
    async def test(bench: Bench) -> None:
        await bench.worker.take(OpenRoom(ROOM, []))
        bench.rooms[0].hold.clear()
        tasks = [
            asyncio.create_task(bench.worker.take(message))
            for message in (
                RelayOffer(ROOM, Seat.PATIENT, 1, "first"),
                CloseRoom(ROOM),
                RelayOffer(ROOM, Seat.PATIENT, 2, "second"),
            )
        ]
        await asyncio.sleep(0)
        bench.rooms[0].hold.set()
        await asyncio.gather(*tasks)
        assert RelayAnswer(ROOM, Seat.PATIENT, 1, reply("first")) in bench.said
        assert RelayRefused(ROOM, Seat.PATIENT, 2, "gone") in bench.said
        assert RoomEnded(ROOM) in bench.said
        assert bench.worker.rooms == []

    with_bench(test)


def test_a_full_worker_gives_the_call_back_until_there_is_a_place() -> None:
    async def test(bench: Bench) -> None:
        for room in (ROOM, OTHER, THIRD):
            await bench.worker.take(OpenRoom(room, []))
        assert bench.said == [RoomOpened(ROOM), RoomOpened(OTHER), RoomRefused(THIRD)]
        assert await bench.offer(1, room=THIRD) == [RelayRefused(THIRD, Seat.PATIENT, 1, "unavailable")]
        assert await bench.offer(1) == [RelayAnswer(ROOM, Seat.PATIENT, 1, reply("offer"))]
        await bench.worker.take(CloseRoom(OTHER))
        assert await bench.offer(1, room=THIRD) == [RelayAnswer(THIRD, Seat.PATIENT, 1, reply("offer"))]

    with_bench(test)


def test_a_busy_worker_gives_the_call_back_and_keeps_those_it_has() -> None:
    async def test(bench: Bench) -> None:
        await bench.worker.take(OpenRoom(ROOM, []))
        bench.is_busy = True
        await bench.worker.take(OpenRoom(ROOM, []))
        await bench.worker.take(OpenRoom(OTHER, []))
        assert bench.said == [RoomOpened(ROOM), RoomOpened(ROOM), RoomRefused(OTHER)]
        assert await bench.offer(1) == [RelayAnswer(ROOM, Seat.PATIENT, 1, reply("offer"))]
        bench.is_busy = False
        await bench.worker.take(OpenRoom(OTHER, []))
        assert bench.said[-1] == RoomOpened(OTHER)

    with_bench(test)


def test_how_a_call_went_is_said_once_before_its_end() -> None:
    async def test(bench: Bench) -> None:
        await bench.worker.take(OpenRoom(ROOM, []))
        bench.rooms[0].participants = 2
        await bench.worker.take(CloseRoom(ROOM))
        await bench.worker.take(CloseRoom(ROOM))
        assert bench.said[1:] == [RoomQuality(ROOM, 2, 0, 0, 0), RoomEnded(ROOM), RoomEnded(ROOM)]

    with_bench(test)


def test_a_room_without_anybody_ends() -> None:
    async def test(bench: Bench) -> None:
        await bench.worker.take(OpenRoom(ROOM, []))
        await bench.worker.take(OpenRoom(OTHER, []))
        bench.rooms[0].on_empty()
        await bench.worker.close()
        assert {message.room for message in bench.said if isinstance(message, RoomEnded)} == {ROOM, OTHER}
        assert [room.closed for room in bench.rooms] == [1, 1]

    with_bench(test)


def test_closed_rooms_are_not_remembered_for_ever() -> None:
    async def test(bench: Bench) -> None:
        for call in range(REMEMBERED + 1):
            await bench.worker.take(CloseRoom(f"trust.consultation.{call}"))
        assert await bench.offer(1, room="trust.consultation.0") != []
        assert bench.worker.rooms == ["trust.consultation.0"]

    with_bench(test)


def test_a_call_that_has_moved_stays_until_nobody_needs_it() -> None:
    async def test(bench: Bench) -> None:
        await bench.offer(1)
        bench.rooms[0].participants = 2
        before = len(bench.said)
        for _ in range(2):
            await bench.worker.take(CloseRoom(ROOM, moved=True))
        assert (bench.worker.rooms, bench.said[before:]) == ([ROOM], [])
        assert await bench.offer(2) == [RelayRefused(ROOM, Seat.PATIENT, 2, "gone")]
        bench.rooms[0].settled.set()
        await bench.ended(ROOM)
        assert bench.said[before + 1 :] == [RoomQuality(ROOM, 2, 0, 0, 0), RoomEnded(ROOM)]
        assert bench.rooms[0].closed == 1
        assert bench.worker.rooms == []

    with_bench(test)


def test_a_call_that_has_moved_takes_no_other_ones_place() -> None:
    async def test(bench: Bench) -> None:
        for room in (ROOM, OTHER):
            await bench.worker.take(OpenRoom(room, []))
        await bench.worker.take(CloseRoom(ROOM, moved=True))
        await bench.worker.take(OpenRoom(THIRD, []))
        await bench.worker.take(OpenRoom("trust.consultation.4", []))
        assert bench.said[-2:] == [RoomOpened(THIRD), RoomRefused("trust.consultation.4")]

    with_bench(test)


def test_nobody_keeps_a_call_that_has_moved_for_ever() -> None:
    async def test(bench: Bench) -> None:
        bench.worker = bench.made(settle_seconds=0)
        await bench.worker.take(OpenRoom(ROOM, []))
        await bench.worker.take(CloseRoom(ROOM, moved=True))
        await bench.ended(ROOM)
        assert bench.rooms[0].closed == 1

    with_bench(test)


@pytest.mark.parametrize("ends", ["the call", "the worker"])
def test_a_call_that_has_moved_and_then_ends_is_closed_at_once(ends: str) -> None:
    async def test(bench: Bench) -> None:
        await bench.worker.take(OpenRoom(ROOM, []))
        await bench.worker.take(CloseRoom(ROOM, moved=True))
        await (bench.worker.take(CloseRoom(ROOM)) if ends == "the call" else bench.worker.close())
        assert bench.said[1:] == [RoomEnded(ROOM)]
        assert bench.rooms[0].closed == 1
        await bench.worker.close()
        assert [task for task in asyncio.all_tasks() if "Worker" in repr(task)] == []

    with_bench(test)


def test_a_call_that_has_moved_and_never_was_here_is_not_opened_by_late_messages() -> None:
    async def test(bench: Bench) -> None:
        await bench.worker.take(CloseRoom(ROOM, moved=True))
        assert bench.said == [RoomEnded(ROOM)]
        assert await bench.offer(1) == [RelayRefused(ROOM, Seat.PATIENT, 1, "gone")]
        assert bench.worker.rooms == []

    with_bench(test)


def test_a_refused_probe_is_told_why() -> None:
    async def test(bench: Bench) -> None:
        await bench.worker.take(ProbeRelay("connection", "probe", "bad"))
        assert bench.said == [ProbeRefused("connection", "probe", "bad_sdp")]

    with_bench(test)


def test_a_probe_that_has_to_wait_is_told_its_place_and_at_the_end_that_it_will_not_be() -> None:
    async def test(bench: Bench) -> None:
        bench.is_busy = True
        await bench.worker.take(ProbeRelay("connection", "probe", "offer"))
        assert bench.said == [ProbeWaiting("connection", "probe", 1)]
        await bench.worker.close()
        assert bench.said[1:] == [ProbeRefused("connection", "probe", "unavailable")]

    with_bench(test)


def test_a_probe_is_answered_with_what_it_quoted() -> None:
    async def test(bench: Bench) -> None:
        await bench.worker.take(ProbeRelay("connection", "probe", "offer"))
        assert bench.said == [ProbeAnswered("connection", "probe", reply("offer"))]

    with_bench(test)


@pytest.mark.parametrize("message", [Pong(), Registered(10, 30, 6600), Error("forbidden", "text", retry=False)])
def test_what_asks_for_nothing_does_nothing(message: Any) -> None:
    async def test(bench: Bench) -> None:
        await bench.worker.take(message)
        assert bench.said == []

    with_bench(test)
