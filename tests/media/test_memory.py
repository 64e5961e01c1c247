"""Calls come and go in a worker, and it is as large as before, with as many files and tasks."""

import asyncio
import gc

import pytest

from chalicelib.protocol import RelayAnswer, RelayOffer, Seat
from client.caller import Caller
from media_worker.port import planes
from tests.media.peers import Calls
from tests.media.running import Running, running

WARM, CALLS = 200, 800
"""`make soak-worker` goes on for as long as one likes."""
SETTLED = 1.05
"""Names of the last thousand calls are kept, and the garbage collector comes by now and then."""


async def call(worker: Running, room: str, *, channel: bool) -> None:
    """Two who connect, hear each other and hang up."""
    pair = Caller(channel=channel), Caller(channel=channel)
    for caller, seat in zip(pair, (Seat.PATIENT, Seat.CLINICIAN), strict=True):
        await caller.connect(await worker.answer(room, seat, caller.offer()))
    for _ in range(3):
        for caller in pair:
            caller.frame()
            caller.say()
    for caller in pair:
        await caller.hears()
    await asyncio.gather(*(caller.close() for caller in pair))
    await worker.end(room)


@pytest.mark.parametrize("plane", planes())
def test_memory_returns_to_where_it_was(plane: str) -> None:
    async def test() -> None:
        async with running(plane) as worker:
            for at in range(WARM):
                await call(worker, f"trust.warm.{at}", channel=at % 3 == 0)
            size, files = worker.resident(), worker.files()
            for at in range(CALLS):
                await call(worker, f"trust.call.{at}", channel=at % 3 == 0)
            assert worker.files() == files
            assert worker.resident() < SETTLED * size

    asyncio.run(test())


@pytest.mark.parametrize("plane", planes())
def test_no_task_peer_or_name_stays(plane: str) -> None:
    """Seen from inside: connections that came up, that were given up, and that were replaced."""

    async def test() -> None:
        calls = Calls(plane=plane)
        before = asyncio.all_tasks()
        for at in range(20):
            room = f"trust.inside.{at}"
            crowd = [Caller(channel=True) for _ in range(3)]
            for n, (caller, seat) in enumerate(zip(crowd, (Seat.PATIENT, Seat.CLINICIAN, Seat.PATIENT), strict=True)):
                await calls.worker.take(RelayOffer(room, seat, n + 1, caller.offer()))
                reply = await calls.next()
                assert isinstance(reply, RelayAnswer)
                await caller.connect(reply.sdp, handshake=at % 2 == 0)
                if at % 2 == 0:
                    await caller.talk(0.05)
            await asyncio.gather(*(caller.close() for caller in crowd))
            await calls.worker.close()
            while not calls.sent.empty():
                calls.sent.get_nowait()
        assert asyncio.all_tasks() == before
        assert (calls.port._ears, calls.port._peers) == ({}, {})
        assert not list(calls.port.plane.addresses if plane == "python" else calls.port.plane.peers)
        gc.collect()
        names = ("Participant", "Line", "Room", "Sink", "Incoming", "Outgoing", "Peer")
        assert [thing for thing in gc.get_objects() if type(thing).__name__ in names] == []
        await calls.close()

    asyncio.run(test())
