"""The product's coturn (`turn/entrypoint.sh`) on loopback for one test, with a certificate of its own."""

import asyncio
import base64
import hashlib
import hmac
import os
import socket
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from aioice.stun import Class, Message, Method
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

SECRET = "only-for-this-test"
PATIENCE = 60
ENTRYPOINT = Path(__file__).parents[2] / "turn" / "entrypoint.sh"


@dataclass(frozen=True)
class Turn:
    """Where it listens, and credentials made by the TURN REST scheme."""

    port: int
    tls_port: int
    username: str
    credential: str

    def at(self, transport: str) -> int:
        """The port for ``transport``: udp, tcp or tls."""
        return self.tls_port if transport == "tls" else self.port

    def server(self, transport: str) -> dict[str, object]:
        """One entry of RTCConfiguration.iceServers; ``transport`` is udp, tcp or tls."""
        scheme, over = ("turns", "tcp") if transport == "tls" else ("turn", transport)
        url = f"{scheme}:127.0.0.1:{self.at(transport)}?transport={over}"
        return {"urls": [url], "username": self.username, "credential": self.credential}


@asynccontextmanager
async def turnserver(
    folder: Path, peers: str = "127.0.0.1", output: int = subprocess.DEVNULL, **settings: str
) -> AsyncIterator[Turn]:
    """Runs until the block ends; yields when it answers. ``settings`` are the rest of ``VENTEROM_TURN_<NAME>``."""
    port, tls_port = _free_port(), _free_port()
    certificate, key = write_certificate(folder)
    told = {
        "secret": SECRET,
        "relay": "127.0.0.1",
        "peers": peers,
        "port": str(port),
        "tls_port": str(tls_port),
        "certificate": str(certificate),
        "key": str(key),
        "folder": str(folder / "turn"),
    } | settings
    environment = {f"VENTEROM_TURN_{name.upper()}": value for name, value in told.items()}
    process = await asyncio.create_subprocess_exec(
        ENTRYPOINT, env={"PATH": os.environ["PATH"]} | environment, stdout=output
    )
    try:
        await asyncio.wait_for(_listening(port, process), PATIENCE)
        await asyncio.wait_for(_listening(tls_port, process), PATIENCE)
        await asyncio.wait_for(_answering(port, process), PATIENCE)
        yield Turn(port, tls_port, *credentials(time.time() + 3600))
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


def credentials(expiry: float, subject: str = "test", secret: str = SECRET) -> tuple[str, str]:
    """User name and password; ``expiry`` is in seconds since 1970."""
    username = f"{int(expiry)}:{subject}"
    digest = hmac.new(secret.encode(), username.encode(), hashlib.sha1).digest()
    return username, base64.b64encode(digest).decode()


def write_certificate(folder: Path, host: str = "turn.test", address: str = "127.0.0.1") -> tuple[Path, Path]:
    """A certificate of our own making for a name and an address, and its key, as PEM files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(host), x509.IPAddress(ip_address(address))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    files = folder / "certificate.pem", folder / "key.pem"
    files[0].write_bytes(certificate.public_bytes(pem))
    files[1].write_bytes(key.private_bytes(pem, pkcs8, serialization.NoEncryption()))
    return files


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


async def _answering(port: int, process: asyncio.subprocess.Process) -> None:
    """Over UDP, where it listens last."""
    request = bytes(Message(Method.BINDING, Class.REQUEST))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.connect(("127.0.0.1", port))
        asking.setblocking(False)
        while process.returncode is None:
            try:
                asking.send(request)
                await asyncio.get_running_loop().sock_recv(asking, 2048)
            except ConnectionRefusedError:
                await asyncio.sleep(0)
                continue
            return
    raise RuntimeError("coturn did not start")
