"""The worker's socket against a small stand-in for the functions."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from websockets.exceptions import ConnectionClosed

from chalicelib.protocol import (
    CloseRoom,
    Error,
    Heartbeat,
    OpenRoom,
    Pong,
    Register,
    Registered,
    RelayAnswer,
    RelayOffer,
    RoomEnded,
    RoomOpened,
    Seat,
)
from media_worker.link import Link
from media_worker.session import Patience
from media_worker.settings import Settings
from media_worker.worker import Worker
from tests.media.fakes import PATIENCE, FakeFunctions, FakeProbes, FakeRoom, Session

KEY = "only-for-this-test"
ROOM = "trust.consultation.1"
SOON = Patience(first=0.01, longest=0.05)


class Bench:
    """A link at work, its fake functions, and the rooms it opened."""

    def __init__(self, functions: FakeFunctions, key: str, drain_seconds: float, patience: Patience) -> None:
        self.functions = functions
        self.rooms: list[FakeRoom] = []
        settings = Settings(
            socket=functions.address,
            worker_key=key,
            address="127.0.0.1",
            worker_id="w-1",
            capacity=3,
            drain_seconds=drain_seconds,
        )
        self.link = Link(settings, lambda send: Worker(self._open, FakeProbes(), send, most=3), patience)
        self.running = asyncio.create_task(self.link.run())

    def _open(self, on_empty: object) -> FakeRoom:
        self.rooms.append(FakeRoom(lambda: None))
        return self.rooms[-1]

    async def registered(self, heartbeat_seconds: int = 10, socket_seconds: int = 6600) -> tuple[Session, Register]:
        """The next connection, once it has registered."""
        session = await self.functions.session()
        register = await session.hear_a(Register)
        await session.say(Registered(heartbeat_seconds, 30, socket_seconds))
        return session, register

    async def ended(self) -> None:
        await asyncio.wait_for(self.running, PATIENCE)


@asynccontextmanager
async def bench(key: str = KEY, drain_seconds: float = PATIENCE, patience: Patience = SOON) -> AsyncIterator[Bench]:
    async with FakeFunctions(KEY).running() as functions:
        made = Bench(functions, key, drain_seconds, patience)
        yield made
        made.running.cancel()
        await asyncio.gather(made.running, return_exceptions=True)
        assert [task for task in asyncio.all_tasks() if "/media_worker/" in repr(task)] == []


def test_it_shows_its_pass_registers_and_beats() -> None:
    async def test() -> None:
        async with bench() as b:
            session, register = await b.registered(heartbeat_seconds=1)
            assert session.worker == "w-1"
            assert register == Register("w-1", 3, [], draining=False)
            for _ in range(2):
                beat = await session.hear_a(Heartbeat)
                assert (beat.rooms, beat.draining) == (0, False)
                await session.say(Pong())

    asyncio.run(test())


def test_what_is_not_understood_is_passed_over() -> None:
    async def test() -> None:
        async with bench() as b:
            session, _ = await b.registered()
            for text in ("not json", '{"type":"unknown"}', '{"type":"open_room"}', "{" * 1_000):
                await session.say(text)
            await session.say(OpenRoom(ROOM, []))
            assert await session.hear_a(RoomOpened) == RoomOpened(ROOM)

    asyncio.run(test())


def test_after_a_lost_socket_it_registers_with_its_rooms() -> None:
    async def test() -> None:
        async with bench() as b:
            session, _ = await b.registered()
            await session.say(OpenRoom(ROOM, []))
            await session.hear_a(RoomOpened)
            await session.drop()
            _, register = await b.registered()
            assert register.rooms == [ROOM]
            assert b.rooms[0].closed == 0

    asyncio.run(test())


def test_forgotten_by_the_functions_it_registers_again() -> None:
    async def test() -> None:
        async with bench() as b:
            session, _ = await b.registered()
            await session.say(OpenRoom(ROOM, []))
            await session.hear_a(RoomOpened)
            await session.say(Error("not_found", "There is nothing here.", retry=False, about="heartbeat"))
            _, register = await b.registered()
            assert register.rooms == [ROOM]

    asyncio.run(test())


def test_after_a_socket_that_was_good_it_dials_at_once() -> None:
    async def test() -> None:
        async with bench(patience=Patience(at_once=0.01, first=10 * PATIENCE, longest=10 * PATIENCE)) as b:
            for _ in range(3):
                session, _ = await b.registered()
                await session.hear_a(Heartbeat)
                await session.say(Pong())
                await session.say(OpenRoom(ROOM, []))
                await session.hear_a(RoomOpened)  # so the answer to the heartbeat was heard too
                await session.drop()
            await b.registered()
            assert b.link.lost == 3

    asyncio.run(test())


def test_the_next_socket_registers_beside_the_old_one_which_then_closes() -> None:
    async def test() -> None:
        async with bench() as b:
            old, _ = await b.registered(heartbeat_seconds=1, socket_seconds=0)
            await old.say(OpenRoom(ROOM, []))
            await old.hear_a(RoomOpened)
            new, register = await b.registered()
            assert register.rooms == [ROOM]
            await new.hear_a(Heartbeat)
            await old.say(OpenRoom(ROOM, []))  # was under way
            assert await new.hear_a(RoomOpened) == RoomOpened(ROOM)
            await old.closed()
            await new.say(CloseRoom(ROOM))
            assert await new.hear_a(RoomEnded) == RoomEnded(ROOM)
            assert b.functions.waiting == 0
            assert b.link.lost == 0

    asyncio.run(test())


def test_a_socket_on_which_nothing_is_answered_serves_until_the_next_one_is_registered() -> None:
    async def test() -> None:
        async with bench() as b:
            slow, _ = await b.registered(heartbeat_seconds=1)
            await slow.say(OpenRoom(ROOM, []))
            await slow.hear_a(RoomOpened)
            successor = await b.functions.session()
            await slow.say(RelayOffer(ROOM, Seat.PATIENT, 1, "v=0\r\ns=-\r\n"))
            await slow.hear_a(RelayAnswer)
            await successor.hear_a(Register)
            await successor.say(Registered(10, 30, 6600))
            with contextlib.suppress(ConnectionClosed):
                while True:
                    await slow.hear_a(Heartbeat)
            assert b.rooms[0].closed == 0

    asyncio.run(test())


def test_a_socket_on_which_nothing_comes_any_more_ends_though_no_next_one_opens() -> None:
    async def test() -> None:
        async with bench() as b:
            dead, _ = await b.registered(heartbeat_seconds=1)
            b.functions.away = True
            with contextlib.suppress(ConnectionClosed):
                while True:
                    await dead.hear_a(Heartbeat)
            assert not b.link.is_well

    asyncio.run(test())


def test_between_two_sockets_nothing_is_lost_and_nothing_said_twice() -> None:
    async def test() -> None:
        async with bench() as b:
            rooms = [f"trust.consultation.{call}" for call in range(300)]
            said: asyncio.Queue[str] = asyncio.Queue()

            async def note(session: Session) -> None:
                with contextlib.suppress(ConnectionClosed):
                    while True:
                        said.put_nowait((await session.hear_a(RoomEnded)).room)

            old, _ = await b.registered(heartbeat_seconds=1, socket_seconds=0)
            noting = [asyncio.create_task(note(old))]
            for room in rooms[:100]:
                await old.say(CloseRoom(room))
            new, _ = await b.registered()
            noting.append(asyncio.create_task(note(new)))
            for first, second in zip(rooms[100:200], rooms[200:], strict=True):
                await old.say(CloseRoom(first))
                await new.say(CloseRoom(second))
            heard = [await asyncio.wait_for(said.get(), PATIENCE) for _ in rooms]
            await old.closed()
            assert sorted(heard) == sorted(rooms)
            assert said.empty()
            for task in noting:
                task.cancel()
            await asyncio.gather(*noting, return_exceptions=True)

    asyncio.run(test())


def test_a_socket_lost_while_the_next_one_opens_is_no_loss() -> None:
    async def test() -> None:
        async with bench() as b:
            old, _ = await b.registered(socket_seconds=0)
            new = await b.functions.session()
            await new.hear_a(Register)
            await old.drop()
            await new.say(Registered(10, 30, 6600))
            await new.say(OpenRoom(ROOM, []))
            assert await new.hear_a(RoomOpened) == RoomOpened(ROOM)

    asyncio.run(test())


def test_the_old_socket_is_heard_though_its_last_heartbeat_came_too_late_to_count() -> None:
    async def test() -> None:
        async with bench() as b:
            late = Error("not_found", "There is nothing here.", retry=False, about="heartbeat")
            old, _ = await b.registered(heartbeat_seconds=1, socket_seconds=0)
            new = await b.functions.session()
            await new.hear_a(Register)
            await old.say(late)
            await new.say(Registered(10, 30, 6600))
            await new.hear_a(Heartbeat)
            await old.say(late)
            await old.say(OpenRoom(ROOM, []))
            assert await new.hear_a(RoomOpened) == RoomOpened(ROOM)

    asyncio.run(test())


def test_as_long_as_no_next_socket_opens_the_old_one_serves() -> None:
    async def test() -> None:
        async with bench() as b:
            old, _ = await b.registered(socket_seconds=0)
            for _ in range(2):
                await (await b.functions.session()).drop()
            await old.say(OpenRoom(ROOM, []))
            assert await old.hear_a(RoomOpened) == RoomOpened(ROOM)
            _, register = await b.registered()
            assert register.rooms == [ROOM]

    asyncio.run(test())


def test_what_was_answered_while_the_socket_was_away_is_said_after_registering() -> None:
    async def test() -> None:
        async with bench() as b:
            session, _ = await b.registered()
            await session.say(OpenRoom(ROOM, []))
            await session.hear_a(RoomOpened)
            b.rooms[0].hold.clear()
            await session.say(RelayOffer(ROOM, Seat.PATIENT, 1, "v=0\r\ns=-\r\n"))
            await session.say(OpenRoom("trust.consultation.2", []))
            await session.hear_a(RoomOpened)  # so the offer has been taken too
            await session.drop()
            b.rooms[0].hold.set()
            session, _ = await b.registered()
            answer = await session.hear_a(RelayAnswer)
            assert (answer.room, answer.n) == (ROOM, 1)

    asyncio.run(test())


def test_with_a_wrong_key_it_keeps_trying() -> None:
    async def test() -> None:
        async with bench(key="another") as b:
            for _ in range(3):
                assert await asyncio.wait_for(b.functions.refused.get(), PATIENCE) == "ticket_invalid"

    asyncio.run(test())


def test_a_worker_without_calls_drains_at_once() -> None:
    async def test() -> None:
        async with bench() as b:
            await b.registered()
            b.link.drain()
            await b.ended()

    asyncio.run(test())


def test_a_draining_worker_says_so_and_ends_after_its_last_call() -> None:
    async def test() -> None:
        async with bench() as b:
            session, _ = await b.registered()
            await session.say(OpenRoom(ROOM, []))
            await session.hear_a(RoomOpened)
            b.link.drain()
            while not (await session.hear_a(Heartbeat)).draining:
                pass
            assert not b.running.done()
            await session.say(CloseRoom(ROOM))
            assert await session.hear_a(RoomEnded) == RoomEnded(ROOM)
            await b.ended()

    asyncio.run(test())


def test_a_draining_worker_keeps_a_call_that_moved_until_nobody_needs_it() -> None:
    async def test() -> None:
        async with bench() as b:
            session, _ = await b.registered()
            await session.say(OpenRoom(ROOM, []))
            await session.hear_a(RoomOpened)
            b.link.drain()
            await session.say(CloseRoom(ROOM, moved=True))
            beat = await session.hear_a(Heartbeat)
            while not beat.draining:
                beat = await session.hear_a(Heartbeat)
            assert beat.rooms == 1
            assert not b.running.done()
            b.rooms[0].settled.set()
            assert await session.hear_a(RoomEnded) == RoomEnded(ROOM)
            await b.ended()

    asyncio.run(test())


def test_draining_has_an_end_and_the_functions_hear_of_it() -> None:
    async def test() -> None:
        async with bench(drain_seconds=0.01) as b:
            session, _ = await b.registered()
            await session.say(OpenRoom(ROOM, []))
            await session.hear_a(RoomOpened)
            b.link.drain()
            assert await session.hear_a(RoomEnded) == RoomEnded(ROOM)
            await b.ended()
            assert b.rooms[0].closed == 1

    asyncio.run(test())
