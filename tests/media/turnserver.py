"""A coturn on loopback for one test."""

import asyncio
import base64
import hashlib
import hmac
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

SECRET = "only-for-this-test"
PATIENCE = 60


@dataclass(frozen=True)
class Turn:
    """Where it listens, and credentials made by the TURN REST scheme."""

    port: int
    username: str
    credential: str

    def server(self, transport: str) -> dict[str, object]:
        """One entry of RTCConfiguration.iceServers."""
        url = f"turn:127.0.0.1:{self.port}?transport={transport}"
        return {"urls": [url], "username": self.username, "credential": self.credential}


@asynccontextmanager
async def turnserver(folder: Path) -> AsyncIterator[Turn]:
    """Runs until the block ends; yields when it answers."""
    port = _free_port()
    process = await asyncio.create_subprocess_exec(
        "turnserver", "-n", "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", f"--listening-port={port}",
        "--use-auth-secret", f"--static-auth-secret={SECRET}", "--realm=venterom.test", "--allow-loopback-peers",
        "--no-cli", "--no-tls", "--no-dtls", "--no-tcp-relay", "--stale-nonce=600",
        "--min-port=49160", "--max-port=49999", "--log-file=stdout", "--simple-log",
        f"--userdb={folder / 'turn.sqlite'}", f"--pidfile={folder / 'turn.pid'}",
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        await asyncio.wait_for(_listening(port, process), PATIENCE)
        username = f"{int(time.time()) + 3600}:test"
        digest = hmac.new(SECRET.encode(), username.encode(), hashlib.sha1).digest()
        yield Turn(port, username, base64.b64encode(digest).decode())
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _listening(port: int, process: asyncio.subprocess.Process) -> None:
    while process.returncode is None:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0)
            continue
        writer.close()
        return
    raise RuntimeError("coturn did not start")
