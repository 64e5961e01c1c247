"""Protection from being taken away, asked of a real HTTP server in the place of ECS's agent."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from chalicelib.protocol import CloseRoom, OpenRoom, Register, Registered, RoomEnded, RoomOpened
from media_worker.protection import MINUTES, Protection, Rhythm
from tests.media.fakes import FakeFunctions
from tests.media.peers import PATIENCE, ROOM

ON = {"ProtectionEnabled": True, "ExpiresInMinutes": MINUTES}
OFF = {"ProtectionEnabled": False}
BLOCKED = {"failure": {"Arn": "arn:aws:ecs:task", "Reason": "DEPLOYMENT_BLOCKED", "Detail": "no"}}
AT_ONCE = Rhythm(look=0.005, renew=1000, retry=0.005)


class Agent:
    """What it was asked, and how it answers: with each of ``answers`` once, then well."""

    def __init__(self) -> None:
        self.asked: asyncio.Queue[Any] = asyncio.Queue()
        self.answers: list[web.Response | None] = []
        self.address = ""

    async def put(self, request: web.Request) -> web.Response:
        self.asked.put_nowait(await request.json())
        answer = self.answers.pop(0) if self.answers else web.json_response({"protection": {}, "requestID": "1"})
        if answer is None:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        return answer

    async def next(self) -> Any:
        return await asyncio.wait_for(self.asked.get(), PATIENCE)


@asynccontextmanager
async def agent() -> AsyncIterator[Agent]:
    made = Agent()
    app = web.Application()
    app.router.add_put("/api/task/task-protection/v1/state", made.put)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.address = f"http://127.0.0.1:{runner.addresses[0][1]}/api/task"
    yield made
    await runner.cleanup()


@asynccontextmanager
async def kept(protection: Protection) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(protection.keep())
    yield task
    assert not task.done()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def test_elsewhere_there_is_nobody_to_ask() -> None:
    assert Protection.of({}, lambda: True) is None
    assert Protection.of({"ECS_AGENT_URI": "file:///etc"}, lambda: True) is None


def test_it_is_protected_while_it_carries_a_room() -> None:
    async def test() -> None:
        rooms: list[str] = []
        async with agent() as there, kept(Protection(there.address, lambda: bool(rooms), AT_ONCE)):
            rooms.append("one")
            assert await there.next() == ON
            rooms.append("two")  # nothing new
            rooms.clear()
            assert await there.next() == OFF
            rooms.append("three")
            assert await there.next() == ON

    asyncio.run(test())


def test_protection_is_asked_for_again_before_it_ends() -> None:
    assert Rhythm().renew < MINUTES * 60 / 2

    async def test() -> None:
        often = Rhythm(look=0.005, renew=0.01)
        async with agent() as there, kept(Protection(there.address, lambda: True, often)):
            assert [await there.next() for _ in range(3)] == [ON, ON, ON]

    asyncio.run(test())


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (lambda: web.json_response(BLOCKED), "DEPLOYMENT_BLOCKED"),
        (lambda: web.json_response({"error": {}}, status=400), "HTTPError"),
        (lambda: web.Response(text="<html>"), "DecodeError"),
        (lambda: web.json_response([]), "ValidationError"),
        (lambda: None, "RemoteDisconnected"),
    ],
)
def test_what_fails_is_said_and_tried_again(answer: Any, code: str, capfd: pytest.CaptureFixture[str]) -> None:
    async def test() -> None:
        async with agent() as there, kept(Protection(there.address, lambda: True, AT_ONCE)):
            there.answers.append(answer())
            assert [await there.next(), await there.next()] == [ON, ON]

    asyncio.run(test())
    assert [json.loads(line) for line in capfd.readouterr().err.splitlines()] == [
        {"event": "not_protected", "code": code}
    ]


def test_nobody_is_there() -> None:
    async def test() -> None:
        looked = asyncio.Event()

        def carries() -> bool:
            looked.set()
            return True

        async with kept(Protection("http://127.0.0.1:9", carries, AT_ONCE)):
            for _ in range(3):
                looked.clear()
                await asyncio.wait_for(looked.wait(), PATIENCE)

    asyncio.run(test())


def test_the_worker_asks_for_it() -> None:
    async def test() -> None:
        async with agent() as there, FakeFunctions("key").running() as functions:
            env = {
                "VENTEROM_SOCKET": functions.address,
                "VENTEROM_WORKER_KEY": "key",
                "VENTEROM_ADDRESS": "127.0.0.1",
                "ECS_AGENT_URI": there.address,
            }
            process = await asyncio.create_subprocess_exec(sys.executable, "-m", "media_worker", env=env)
            session = await functions.session()
            await session.hear_a(Register)
            await session.say(Registered(10, 30, 6600))
            await session.say(OpenRoom(ROOM, []))
            await session.hear_a(RoomOpened)
            assert await there.next() == ON
            await session.say(CloseRoom(ROOM))
            await session.hear_a(RoomEnded)
            assert await there.next() == OFF
            process.terminate()
            assert await asyncio.wait_for(process.wait(), PATIENCE) == 0

    asyncio.run(test())
