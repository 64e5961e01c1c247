"""The worker as it is started: a process of its own, found by nothing but its environment."""

import asyncio
import json
import signal
import sys
from ipaddress import ip_address

from chalicelib.protocol import CloseRoom, Heartbeat, Register, Registered, RelayAnswer, RelayOffer, RoomEnded, Seat
from tests.media.fakes import FakeFunctions
from tests.media.peers import PATIENCE, ROOM, Peer
from tests.unit.test_metrics import read

KEY = "only-for-this-test"
DARK, LIGHT = 60, 200
ELSEWHERE = "203.0.113.7"
VITALS = ("WorkerMemory", "WorkerDelayMilliseconds", "PacketsDropped", "SocketsLost")


async def worker(functions: FakeFunctions, **settings: str) -> asyncio.subprocess.Process:
    """One that reaches these functions, with these settings beside."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "media_worker",
        env={
            "VENTEROM_SOCKET": functions.address,
            "VENTEROM_WORKER_KEY": KEY,
            "VENTEROM_ADDRESS": "127.0.0.1",
            **settings,
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


def test_a_call_through_the_process_and_a_quiet_end() -> None:
    async def test() -> None:
        async with FakeFunctions(KEY).running() as functions:
            process = await worker(functions)
            session = await functions.session()
            register = await session.hear_a(Register)
            assert register.capacity >= 20
            await session.say(Registered(10, 30, 6600))
            peers = [Peer(Seat.CLINICIAN, LIGHT), Peer(Seat.PATIENT, DARK)]
            for peer in peers:
                await session.say(RelayOffer(ROOM, peer.seat, 1, await peer.offer()))
                await peer.take((await session.hear_a(RelayAnswer)).sdp)
            await asyncio.gather(peers[0].sees(DARK), peers[1].sees(LIGHT), *(peer.hears() for peer in peers))
            process.send_signal(signal.SIGTERM)
            while not (await session.hear_a(Heartbeat)).draining:
                pass
            await peers[0].hears()  # draining, and still talking
            await session.say(CloseRoom(ROOM))
            assert await session.hear_a(RoomEnded) == RoomEnded(ROOM)
            said, errors = await asyncio.wait_for(process.communicate(), PATIENCE)
            assert process.returncode == 0
            assert said == b"", "of no system: it has nobody to tell"
            lines = errors.decode().splitlines()
            assert [json.loads(line)["event"] for line in lines] == [
                "listening",
                "registered",
                "room_opened",
                "offer_answered",
                "offer_answered",
                "draining",
                "room_closed",
                "stopped",
            ]
            assert not any(secret in errors.decode() for secret in (KEY, "ticket", "127.0.0.1", "ice", ROOM))
            await asyncio.gather(*(peer.close() for peer in peers))

    asyncio.run(test())


def test_the_functions_tell_it_where_browsers_find_it() -> None:
    async def test() -> None:
        async with FakeFunctions(KEY).running() as functions:
            env = {"VENTEROM_SOCKET": functions.address, "VENTEROM_WORKER_KEY": KEY}
            process = await asyncio.create_subprocess_exec(sys.executable, "-m", "media_worker", env=env)
            session = await functions.session()
            await session.hear_a(Register)
            peer = Peer(Seat.CLINICIAN, LIGHT)
            await session.say(Registered(10, 30, 6600, ELSEWHERE))
            await session.hear_a(Heartbeat)
            await session.say(RelayOffer(ROOM, peer.seat, 1, await peer.offer()))
            answer = (await session.hear_a(RelayAnswer)).sdp
            lines = [line.split() for line in answer.splitlines() if line.startswith("a=candidate:")]
            first, own = dict.fromkeys(words[4] for words in lines)
            assert first == ELSEWHERE
            assert not ip_address(own).is_loopback
            await peer.take(answer)  # by its own address, for nothing is at the other
            process.send_signal(signal.SIGINT)
            assert await asyncio.wait_for(process.wait(), PATIENCE) == 0
            await peer.close()

    asyncio.run(test())


def test_one_of_a_system_writes_how_it_does_to_its_output() -> None:
    async def test() -> None:
        async with FakeFunctions(KEY).running() as functions:
            process = await worker(functions, VENTEROM_SYSTEM="venterom-test", VENTEROM_VITALS_SECONDS="0.2")
            assert process.stdout is not None
            session = await functions.session()
            await session.hear_a(Register)
            await session.say(Registered(10, 30, 6600))
            await session.hear_a(Heartbeat)
            await session.drop()
            lost, lines = 0.0, []
            while not lost:
                lines.append((await asyncio.wait_for(process.stdout.readline(), PATIENCE)).decode())
                (line,) = read(lines[-1])
                lost = line["SocketsLost"]
                assert {*line} == {"_aws", "System", *VITALS}
                assert line["System"] == "venterom-test"
                assert 10 < line["WorkerMemory"] < 500
            assert lost == 1
            session = await functions.session()
            assert not any(secret in "".join(lines) for secret in (KEY, "ticket", "127.0.0.1", session.worker))
            process.send_signal(signal.SIGINT)
            assert await asyncio.wait_for(process.wait(), PATIENCE) == 0

    asyncio.run(test())


def test_interrupted_it_ends_at_once() -> None:
    async def test() -> None:
        async with FakeFunctions(KEY).running() as functions:
            process = await worker(functions)
            session = await functions.session()
            await session.hear_a(Register)
            await session.say(Registered(10, 30, 6600))
            await session.hear_a(Heartbeat)
            process.send_signal(signal.SIGINT)
            assert await asyncio.wait_for(process.wait(), PATIENCE) == 0

    asyncio.run(test())
