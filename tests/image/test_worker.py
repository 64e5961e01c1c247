"""The media worker's image: built from its Dockerfile on Debian, run as its user in a root that cannot be written."""

import asyncio
import signal
from collections.abc import Iterator

import pytest

from chalicelib.protocol import CloseRoom, Heartbeat, Register, Registered, RelayAnswer, RelayOffer, RoomEnded, Seat
from tests.image import engine
from tests.media.fakes import FakeFunctions
from tests.media.peers import PATIENCE, ROOM, Peer

KEY = "only-for-this-test"
DARK, LIGHT = 60, 200
MOST = 300_000_000  # bytes; half of it is Debian with Python, half of the rest the codecs that aiortc brings
COMPILERS = ("gcc", "cc", "cc1", "c++", "clang", "tcc", "as", "ld", "make", "pip", "pip3")


@pytest.fixture(scope="module")
def worker() -> Iterator[engine.Container]:
    engine.require_root()
    image = engine.build(
        "worker",
        "media_worker/Dockerfile",
        ".",
        ("media_worker", "chalicelib"),
        BASE=engine.base(),
        BUILD_BASE=engine.toolchain(),
    )
    with engine.container(image) as container:
        yield container


def test_it_is_small_and_holds_no_compiler(worker: engine.Container) -> None:
    size = worker.size()
    print(f"the worker's image: {size / 1e6:.0f} MB, Debian and Python included")  # noqa: T201
    assert size < MOST
    programs = [path for path in worker.root.rglob("*") if path.name in COMPILERS and "bin" in path.parts]
    assert programs == []


def test_it_holds_the_worker_and_nothing_else_of_ours(worker: engine.Container) -> None:
    app = worker.root / "app"
    assert {path.name for path in app.iterdir()} == {"chalicelib", "media_worker"}
    assert list((app / "media_worker").glob("_hotpath*.so")) != []
    assert not (app / "chalicelib" / "store.py").exists()


def test_its_user_can_write_nothing(worker: engine.Container) -> None:
    """Also where an engine forgets to make the root read-only."""
    owned = [path for path in worker.root.rglob("*") if not path.is_symlink() and path.lstat().st_uid == 10001]
    assert owned == []


def test_without_settings_it_says_what_is_missing(worker: engine.Container) -> None:
    async def run() -> None:
        process = await asyncio.create_subprocess_exec(*worker.command(), stderr=asyncio.subprocess.PIPE)
        _, errors = await asyncio.wait_for(process.communicate(), PATIENCE)
        assert (process.returncode, errors) == (2, b"VENTEROM_SOCKET is not set.\n")

    asyncio.run(run())


def test_it_registers_is_healthy_carries_a_call_and_drains(worker: engine.Container) -> None:
    async def run() -> None:
        async with FakeFunctions(KEY).running() as functions:
            env = {
                "VENTEROM_SOCKET": functions.address,
                "VENTEROM_WORKER_KEY": KEY,
                "VENTEROM_ADDRESS": "127.0.0.1",
                "VENTEROM_PLANE": "compiled",  # it would not start without
            }
            process = await asyncio.create_subprocess_exec(*worker.command(env=env))
            session = await functions.session()
            await session.hear_a(Register)
            assert engine.user(process.pid) == 10001
            assert worker.check(process.pid) != 0  # not yet registered
            await session.say(Registered(10, 30, 6600))
            await session.hear_a(Heartbeat)
            await engine.healthy(worker, process.pid)
            peers = [Peer(Seat.CLINICIAN, LIGHT), Peer(Seat.PATIENT, DARK)]
            for peer in peers:
                await session.say(RelayOffer(ROOM, peer.seat, 1, await peer.offer()))
                await peer.take((await session.hear_a(RelayAnswer)).sdp)
            await asyncio.gather(peers[0].sees(DARK), peers[1].sees(LIGHT), *(peer.hears() for peer in peers))
            process.send_signal(getattr(signal, worker.config["StopSignal"]))
            while not (await session.hear_a(Heartbeat)).draining:
                pass
            await engine.healthy(worker, process.pid)
            await peers[0].hears()  # draining, and still talking
            await session.say(CloseRoom(ROOM))
            assert await session.hear_a(RoomEnded) == RoomEnded(ROOM)
            assert await asyncio.wait_for(process.wait(), PATIENCE) == 0
            await asyncio.gather(*(peer.close() for peer in peers))

    asyncio.run(run())
