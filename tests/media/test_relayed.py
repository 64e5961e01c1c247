"""The client's way through TURN, over UDP, TCP and TLS to the product's coturn; and one that is none."""

import asyncio
import socket
from pathlib import Path

import pytest

from client.relayed import NoRelay, Relay
from tests.media.turnserver import PATIENCE, Turn, turnserver


def way(turn: Turn, transport: str, credential: str = "") -> Relay:
    return Relay("127.0.0.1", turn.at(transport), transport, turn.username, credential or turn.credential)


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_packets_go_both_ways(tmp_path: Path, transport: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))

    async def run() -> None:
        heard: asyncio.Queue[tuple[bytes, tuple[str, int]]] = asyncio.Queue()
        async with turnserver(tmp_path) as turn:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as worker:
                worker.bind(("127.0.0.1", 0))
                worker.setblocking(False)
                endpoint = await way(turn, transport).allocate(lambda *came: heard.put_nowait(came))
                endpoint.sendto(b"there", worker.getsockname())
                loop = asyncio.get_running_loop()
                data, relayed = await asyncio.wait_for(loop.sock_recvfrom(worker, 100), PATIENCE)
                assert (data, relayed) == (b"there", endpoint.get_extra_info("sockname"))
                worker.sendto(b"back", relayed)
                assert await asyncio.wait_for(heard.get(), PATIENCE) == (b"back", worker.getsockname())
                endpoint.close()

    asyncio.run(run())


def test_a_certificate_of_somebody_elses_is_no_way(tmp_path: Path) -> None:
    async def run() -> None:
        async with turnserver(tmp_path) as turn:
            with pytest.raises(NoRelay):
                await way(turn, "tls").allocate(lambda *_: None)

    asyncio.run(run())


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_who_is_not_let_in_is_told_so(tmp_path: Path, transport: str) -> None:
    async def run() -> None:
        async with turnserver(tmp_path) as turn:
            with pytest.raises(NoRelay):
                await way(turn, transport, "guessed").allocate(lambda *_: None)

    asyncio.run(run())
