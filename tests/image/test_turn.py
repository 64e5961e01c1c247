"""coturn's image: built from its Dockerfile on Debian, run as its user in a root that cannot be written."""

import asyncio
import json
import signal
import socket
import time
from collections.abc import Iterator

import pytest

from tests.image import engine
from tests.media.turnclient import OK, TurnClient
from tests.media.turnserver import PATIENCE, SECRET, credentials

FORBIDDEN = 403
MOST = 260_000_000  # bytes; half of it is Debian, most of the rest the databases that its package knows how to ask


@pytest.fixture(scope="module")
def turn() -> Iterator[engine.Container]:
    engine.require_root()
    with engine.container(engine.build("turn", "turn/Dockerfile", "turn", ("turn",), BASE=engine.base())) as container:
        yield container


def test_its_size(turn: engine.Container) -> None:
    print(f"coturn's image: {turn.size() / 1e6:.0f} MB, Debian included")  # noqa: T201
    assert turn.size() < MOST


def test_without_settings_it_says_what_is_missing(turn: engine.Container) -> None:
    async def run() -> None:
        for env, missing in (({}, b"SECRET"), ({"SECRET": "s"}, b"PEERS"), ({"SECRET": "s", "RELAY": "::1"}, b"PEERS")):
            given = {f"VENTEROM_TURN_{name}": value for name, value in env.items()}
            process = await asyncio.create_subprocess_exec(*turn.command(env=given), stderr=asyncio.subprocess.PIPE)
            _, errors = await asyncio.wait_for(process.communicate(), PATIENCE)
            assert process.returncode == 2
            assert errors.startswith(b"VENTEROM_TURN_" + missing)

    asyncio.run(run())


def test_it_is_healthy_relays_to_the_workers_alone_and_stops(turn: engine.Container) -> None:
    async def run() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        env = {
            "VENTEROM_TURN_SECRET": SECRET,
            "VENTEROM_TURN_RELAY": "127.0.0.1",
            "VENTEROM_TURN_PEERS": "127.0.0.1",
            "VENTEROM_TURN_PORT": str(port),
        }
        process = await asyncio.create_subprocess_exec(*turn.command(env=env))
        await engine.healthy(turn, process.pid, env)
        assert engine.user(process.pid) == 10002
        client = TurnClient(port, *credentials(time.time() + 3600))
        assert (client.allocate(), client.permit(("127.0.0.1", 9))) == (OK, OK)
        assert client.permit(("127.0.0.2", 9)) == FORBIDDEN
        process.send_signal(getattr(signal, turn.config["StopSignal"]))
        await asyncio.wait_for(process.wait(), PATIENCE)

    asyncio.run(run())


def test_it_finds_its_own_address_as_on_fargate(turn: engine.Container) -> None:
    async def run() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way, socket.socket(socket.AF_INET) as free:
            way.connect(("198.51.100.1", 9))
            own = way.getsockname()[0]
            free.bind((own, 0))
            port = free.getsockname()[1]
        ring = json.dumps({"keys": [SECRET, "comes next"]})
        env = {"VENTEROM_TURN_SECRET": ring, "VENTEROM_TURN_PEERS": own, "VENTEROM_TURN_PORT": str(port)}
        process = await asyncio.create_subprocess_exec(*turn.command(env=env))
        await engine.healthy(turn, process.pid, env)
        client = TurnClient(port, *credentials(time.time() + 3600), host=own)
        assert (client.allocate(), client.permit((own, 9))) == (OK, OK)
        process.terminate()
        await asyncio.wait_for(process.wait(), PATIENCE)

    asyncio.run(run())
