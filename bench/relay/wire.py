"""One connection as a browser makes it: a full ICE agent that controls, DTLS, and then media by the engine."""

import asyncio
import contextlib
import secrets
import socket
from typing import Any, Final

import msgspec
from aioice import stun
from aiortc.rtcdtlstransport import RTCCertificate, RTCDtlsFingerprint, RTCDtlsParameters, RTCDtlsTransport

from bench.relay.engine import Engine

CHECK_SECONDS: Final = 0.05
CONSENT_SECONDS: Final = 5.0
"""As browsers do it (RFC 7675)."""
CONNECT_SECONDS: Final = 30.0
PRIORITY: Final = 2_130_706_431
"""Of a host candidate (RFC 8445 section 5.1.2)."""


class CannotConnect(Exception):
    """The other side did not answer, or its DTLS failed."""


class Transport(msgspec.Struct, frozen=True):
    """One side of a connection as signalled. ``fingerprints``: (algorithm, value); ``setup``: as in RFC 5763."""

    ufrag: str
    password: str
    fingerprints: tuple[tuple[str, str], ...]
    setup: str
    candidates: tuple[tuple[str, int], ...]


class Wire:
    """From a bound socket to media; what `RTCDtlsTransport` sees as its ICE transport."""

    role = "controlling"
    state = "completed"

    def __init__(self, engine: Engine, address: str) -> None:
        """``address``: where to send from. Raises OSError when it is not this machine's."""
        self._engine = engine
        self._socket = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind((address, 0))
        self._remote: Transport | None = None
        self._controls = True
        self._ufrag, self._password = secrets.token_hex(4), secrets.token_hex(12)
        self._tie_breaker = secrets.randbits(64)
        self._answered = asyncio.Event()
        self._inbox: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._dtls = RTCDtlsTransport(self, [RTCCertificate.generateCertificate()])
        self._checking: asyncio.Task[None] | None = None
        self._closed = False
        self.number = engine.wire(self._socket, self._take)
        """The engine's name for it."""

    @property
    def local(self) -> Transport:
        """For the offer."""
        fingerprints = tuple((f.algorithm, f.value) for f in self._dtls.getLocalParameters().fingerprints[:1])
        return Transport(self._ufrag, self._password, fingerprints, "actpass", (self._socket.getsockname()[:2],))

    @property
    def cipher(self) -> str:
        """The SRTP profile agreed on."""
        return str(self._dtls._ssl.get_selected_srtp_profile().decode())

    async def connect(self, remote: Transport, *, controls: bool = True) -> None:
        """Until media may flow. ``remote`` needs candidates; whoever offered ``controls``. Raises CannotConnect."""
        self._remote, self._controls = remote, controls
        self._socket.connect(remote.candidates[0])
        self._checking = asyncio.create_task(self._check())
        self._dtls._set_role("server" if remote.setup == "active" else "client")
        parameters = RTCDtlsParameters([RTCDtlsFingerprint(algorithm=a, value=v) for a, v in remote.fingerprints])
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await self._answered.wait()
                await self._dtls.start(parameters)
        except TimeoutError:
            raise CannotConnect("no answer" if not self._answered.is_set() else "DTLS does not end") from None
        if self._dtls.state != "connected":
            raise CannotConnect("DTLS failed")
        self._engine.keys(self.number, self._dtls._tx_srtp, self._dtls._rx_srtp)

    async def close(self) -> None:
        """Say goodbye. May be called twice."""
        if self._closed:
            return
        self._closed = True
        self._engine.unwire(self.number)
        if self._checking is not None:
            self._checking.cancel()
        pump = self._dtls._task
        await self._dtls.stop()
        if pump is not None:
            await asyncio.gather(pump, return_exceptions=True)
        self._socket.close()

    # ------------------------------------------------------------ ICE (RFC 8445)

    async def _check(self) -> None:
        """Ask until answered, then now and then whether we may go on sending (RFC 7675)."""
        while True:
            self._send_now(self._request())
            await asyncio.sleep(CONSENT_SECONDS if self._answered.is_set() else CHECK_SECONDS)

    def _request(self) -> bytes:
        assert self._remote is not None  # noqa: S101  # nosec B101 # set before checks begin
        message = stun.Message(message_method=stun.Method.BINDING, message_class=stun.Class.REQUEST)
        message.attributes["USERNAME"] = f"{self._remote.ufrag}:{self._ufrag}"
        message.attributes["PRIORITY"] = PRIORITY
        message.attributes["ICE-CONTROLLING" if self._controls else "ICE-CONTROLLED"] = self._tie_breaker
        if self._controls:
            message.attributes["USE-CANDIDATE"] = None
        message.add_message_integrity(self._remote.password.encode())
        message.add_fingerprint()
        return bytes(message)

    def _take(self, data: bytes) -> None:
        if data[:1] > b"\x03":
            self._inbox.put_nowait(data)
            return
        try:
            message = stun.parse_message(data)
        except ValueError:
            return
        if message.message_class == stun.Class.RESPONSE:
            self._answered.set()
        elif message.message_class == stun.Class.REQUEST and self._remote is not None:
            self._send_now(self._response(message, self._remote.candidates[0]))

    def _response(self, request: Any, sender: tuple[str, int]) -> bytes:
        message = stun.Message(
            message_method=stun.Method.BINDING,
            message_class=stun.Class.RESPONSE,
            transaction_id=request.transaction_id,
        )
        message.attributes["XOR-MAPPED-ADDRESS"] = sender
        message.add_message_integrity(self._password.encode())
        message.add_fingerprint()
        return bytes(message)

    def _send_now(self, data: bytes) -> None:
        with contextlib.suppress(OSError):  # lost, as datagrams are
            self._socket.send(data)

    async def _send(self, data: bytes) -> None:
        self._send_now(data)

    async def _recv(self) -> bytes:
        data = await self._inbox.get()
        if data is None:
            raise ConnectionError
        return data
