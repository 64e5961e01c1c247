"""One browser's connection (ICE, DTLS, SRTP, data channel): the only file touching private parts of aiortc and aioice.

We leave `RTCPeerConnection` aside: it decodes what it receives and cannot restart ICE. What is used instead of it:

- `aioice.Connection` finds a path; `Agent` gives it our one address and a patient consent check;
- `Path` stands where `RTCDtlsTransport` expects an `RTCIceTransport`, and outlives agents: that is an ICE restart;
- `RTCDtlsTransport` does the handshake and holds the SRTP sessions; `Dtls` hands on decrypted bytes unparsed.

Written against aiortc 1.16 and aioice 0.13; `tests/media/test_guard.py` fails when what is used here changes.
"""

import asyncio
import contextlib
import random
import socket
from collections.abc import Callable
from typing import Any, Final, Protocol

import msgspec
import pylibsrtp
from aioice import Candidate, Connection, stun
from aioice.candidate import candidate_foundation, candidate_priority
from aioice.ice import StunProtocol
from aiortc.rtcdtlstransport import RTCCertificate, RTCDtlsFingerprint, RTCDtlsParameters, RTCDtlsTransport
from aiortc.rtcsctptransport import RTCSctpTransport

CONSENT_SECONDS: Final = 5.0
"""Between two checks that the other side still wants our packets (RFC 7675 section 5.1)."""
CONSENT_EXPIRES: Final = 30.0
"""Without an answer for so long we stop sending (RFC 7675 section 5.1)."""
CONSENT_RETRANSMISSIONS: Final = 2
"""Waits 3.5 s for each answer; aioice's own check waits 0.5 s, which no slow path survives."""
MAX_INBOX: Final = 4096
"""Datagrams waiting to be read; more are dropped, as a full socket buffer would."""
RECEIVE_BUFFER: Final = 262_144
"""Bytes the system keeps for us; a keyframe comes in one burst."""
SCTP_PORT: Final = 5000
ANY_PORT: Final = range(1)
"""Port 0: the system picks a free one."""


class Endpoint(msgspec.Struct, frozen=True):
    """Where to listen: the address to bind and to tell browsers, and the UDP ports that may be taken."""

    address: str
    ports: range = ANY_PORT


class Remote(msgspec.Struct, frozen=True):
    """The browser's side of the transport. ``fingerprints``: (algorithm, value); ``setup``: as in RFC 5763."""

    ufrag: str
    password: str
    fingerprints: tuple[tuple[str, str], ...]
    setup: str


class Local(msgspec.Struct, frozen=True):
    """Our side, for the answer. ``candidates`` are the values of ``a=candidate`` lines."""

    ufrag: str
    password: str
    fingerprints: tuple[tuple[str, str], ...]
    setup: str
    candidates: tuple[str, ...]


class Listener(Protocol):
    """What a line tells its owner. Nothing is called after `Line.close`."""

    def line_up(self) -> None:
        """Packets can flow; also after an ICE restart."""

    def line_down(self) -> None:
        """The path is lost. An ICE restart may bring it back; closing is the owner's decision."""

    def line_ended(self) -> None:
        """The browser closed it, or it never came up: there is no way back."""

    def rtp(self, packet: bytes) -> None:
        """A decrypted RTP packet."""

    def rtcp(self, packet: bytes) -> None:
        """A decrypted compound RTCP packet."""


class Agent(Connection):  # type: ignore[misc]
    """aioice's connection, bound to one address: aioice itself would take every interface and leave loopback out."""

    def __init__(self, endpoint: Endpoint, deliver: Callable[[bytes], None], lost: Callable[["Agent"], None]) -> None:
        super().__init__(ice_controlling=False)
        self._endpoint = endpoint
        self._deliver = deliver
        self._lost = lost

    async def gather_candidates(self) -> None:
        """Bind one UDP port. Raises OSError when the address is not ours or every port is taken."""
        self._local_candidates_start = True
        protocol = await self._bind()
        host, port = protocol.transport.get_extra_info("sockname")[:2]
        protocol.local_candidate = Candidate(
            foundation=candidate_foundation("host", "udp", host),
            component=1,
            transport="udp",
            priority=candidate_priority(1, "host"),
            host=host,
            port=port,
            type="host",
        )
        self._protocols.append(protocol)
        self._local_candidates = [protocol.local_candidate]
        self._local_candidates_end = True

    async def _bind(self) -> StunProtocol:
        loop, ports = asyncio.get_running_loop(), self._endpoint.ports
        for port in random.sample(ports, len(ports)):
            with contextlib.suppress(OSError):
                transport, protocol = await loop.create_datagram_endpoint(
                    lambda: StunProtocol(self), local_addr=(self._endpoint.address, port)
                )
                transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
                return protocol
        raise OSError

    def data_received(self, data: bytes, component: int) -> None:
        """Everything that is not STUN."""
        self._deliver(data)

    async def query_consent(self) -> None:
        """RFC 7675 with answers given time to arrive; replaces aioice's, which counts anything over 0.5 s as lost."""
        loop = asyncio.get_running_loop()
        heard = loop.time()
        while loop.time() - heard < CONSENT_EXPIRES:
            await asyncio.sleep(CONSENT_SECONDS * random.uniform(0.8, 1.2))  # noqa: S311
            for pair in list(self._nominated.values()):
                try:
                    await pair.protocol.request(
                        self.build_request(pair, nominate=False),
                        pair.remote_addr,
                        integrity_key=self.remote_password.encode(),
                        retransmissions=CONSENT_RETRANSMISSIONS,
                    )
                    heard = loop.time()
                except stun.TransactionError:
                    continue
        self._query_consent_task = None  # or close() would cancel this very task
        await self.close()
        self._lost(self)

    def send_now(self, data: bytes) -> bool:
        """Send on the nominated pair; False when there is none."""
        pair = self._nominated.get(1)
        if pair is None:
            return False
        pair.protocol.transport.sendto(data, pair.remote_addr)
        return True


class Path:
    """What `RTCDtlsTransport` sees as its ICE transport: the agent in use, and while restarting the next one."""

    role = "controlled"
    state = "completed"

    def __init__(self, endpoint: Endpoint, on_up: Callable[[], None], on_down: Callable[[], None]) -> None:
        self._endpoint = endpoint
        self._on_up = on_up
        self._on_down = on_down
        self._agent: Agent | None = None
        self._next: Agent | None = None
        self._establishing: asyncio.Task[None] | None = None
        self._inbox: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._closed = False
        self.connected = asyncio.Event()

    async def open(self, ufrag: str, password: str) -> tuple[str, str, tuple[str, ...]]:
        """Listen for the browser's checks, beside the present path if there is one.

        Returns our ufrag, password and candidates. Raises OSError when the address cannot be bound. The browser's
        candidates are never signalled: they are learned from its checks (RFC 8445 section 7.3.1.3).
        """
        await self._drop_next()
        agent = Agent(self._endpoint, self._deliver, self._agent_lost)
        self._next = agent
        await agent.gather_candidates()
        agent.remote_username, agent.remote_password = ufrag, password
        self._establishing = asyncio.create_task(self._establish(agent))
        return agent.local_username, agent.local_password, tuple(c.to_sdp() for c in agent.local_candidates)

    async def _establish(self, agent: Agent) -> None:
        try:
            await agent.connect()
        except ConnectionError:
            return
        former, self._agent, self._next = self._agent, agent, None
        self.connected.set()
        self._on_up()
        if former is not None:
            await former.close()

    async def _drop_next(self) -> None:
        agent, self._next = self._next, None
        if agent is not None:
            await agent.close()
        if self._establishing is not None:
            await self._establishing
            self._establishing = None

    def _agent_lost(self, agent: Agent) -> None:
        if agent is self._agent and not self._closed:
            self._agent = None
            self._on_down()

    def _deliver(self, data: bytes) -> None:
        if data and self._inbox.qsize() < MAX_INBOX:
            self._inbox.put_nowait(data)

    @property
    def is_up(self) -> bool:
        """Whether there is a path."""
        return self._agent is not None

    def send_now(self, data: bytes) -> bool:
        """Send a datagram; False while there is no path."""
        return self._agent is not None and self._agent.send_now(data)

    async def close(self) -> None:
        """Give the port back."""
        self._closed = True
        self._inbox.put_nowait(None)
        await self._drop_next()
        if self._agent is not None:
            await self._agent.close()
            self._agent = None

    async def _recv(self) -> bytes:
        data = await self._inbox.get()
        if data is None:
            raise ConnectionError
        return data

    async def _send(self, data: bytes) -> None:
        self.send_now(data)  # lost while there is no path, like any datagram: DTLS sends again by itself


class Dtls(RTCDtlsTransport):  # type: ignore[misc]
    """aiortc's DTLS and SRTP; decrypted packets go out as bytes, and sending is one synchronous call."""

    def __init__(self, path: Path, listener: Listener) -> None:
        super().__init__(path, [RTCCertificate.generateCertificate()])
        self._listener = listener

    async def _handle_rtp_data(self, data: bytes, arrival_time_ms: int) -> None:
        self._listener.rtp(data)

    async def _handle_rtcp_data(self, data: bytes) -> None:
        self._listener.rtcp(data)

    def send_rtp(self, packet: bytes) -> bool:
        """Encrypt and send; False when not connected or when libsrtp refuses the packet (over 1,356 bytes)."""
        return self._protected(lambda: self._tx_srtp.protect(packet))

    def send_rtcp(self, packet: bytes) -> bool:
        """Encrypt and send; False as for `send_rtp`."""
        return self._protected(lambda: self._tx_srtp.protect_rtcp(packet))

    def _protected(self, protect: Callable[[], bytes]) -> bool:
        if self.state != "connected":
            return False
        try:
            data = protect()
        except pylibsrtp.Error:
            return False
        return bool(self._transport.send_now(data))


class Line:
    """One browser's connection, from its offer to its end."""

    def __init__(
        self,
        endpoint: Endpoint,
        listener: Listener,
        connect_seconds: float,
        on_channel: Callable[[Any], None] | None = None,
    ) -> None:
        """``on_channel``: gets each data channel the browser opens."""
        self._listener = listener
        self._connect_seconds = connect_seconds
        self._path = Path(endpoint, self._path_up, self._path_down)
        self._dtls = Dtls(self._path, listener)
        self._dtls.on("statechange", self._dtls_changed)
        self._sctp: Any = None
        if on_channel is not None:
            self._sctp = RTCSctpTransport(self._dtls, SCTP_PORT)
            self._sctp.on("datachannel", on_channel)
        self._remote: Remote | None = None
        self._local: Local | None = None
        self._starting: asyncio.Task[None] | None = None
        self._closed = False
        self._ended = False

    def is_same_session(self, remote: Remote) -> bool:
        """Whether an offer continues this line's DTLS session (an ICE restart) rather than starting another one."""
        return not self._ended and self._remote is not None and self._remote.fingerprints == remote.fingerprints

    async def open(self, remote: Remote) -> Local:
        """Our side for the answer, the first time and at every ICE restart (RFC 8445 section 2.4).

        The same ``remote`` twice gives the same answer. Raises OSError when the address cannot be bound.
        """
        if self._local is not None and self._remote == remote:
            return self._local
        ufrag, password, candidates = await self._path.open(remote.ufrag, remote.password)
        role = "client" if remote.setup == "passive" else "server"
        if self._starting is None:
            self._dtls._set_role(role)
            self._starting = asyncio.create_task(self._start(remote))
        fingerprints = tuple((f.algorithm, f.value) for f in self._dtls.getLocalParameters().fingerprints)
        setup = "passive" if self._dtls._role == "server" else "active"
        self._remote = remote
        self._local = Local(ufrag, password, fingerprints[:1], setup, candidates)
        return self._local

    async def _start(self, remote: Remote) -> None:
        parameters = RTCDtlsParameters([RTCDtlsFingerprint(algorithm=a, value=v) for a, v in remote.fingerprints])
        try:
            # aioice waits for ever for a browser that never comes.
            async with asyncio.timeout(self._connect_seconds):
                await self._path.connected.wait()
                await self._dtls.start(parameters)
        except TimeoutError:
            self._end()
            return
        if self._dtls.state != "connected":
            self._end()
            return
        if self._sctp is not None:
            await self._sctp.start(None, SCTP_PORT)
        self._listener.line_up()

    def _path_up(self) -> None:
        if self._dtls.state == "connected" and not self._closed:
            self._listener.line_up()

    def _path_down(self) -> None:
        if not self._closed:
            self._listener.line_down()

    def _dtls_changed(self) -> None:
        if self._dtls.state == "closed":
            self._end()

    def _end(self) -> None:
        if not self._closed and not self._ended:
            self._ended = True
            self._listener.line_ended()

    @property
    def is_up(self) -> bool:
        """Whether packets can be sent."""
        return bool(self._dtls.state == "connected") and self._path.is_up and not self._ended

    def send_rtp(self, packet: bytes) -> bool:
        """Send one RTP packet; False when it could not be sent."""
        return self._dtls.send_rtp(packet)

    def send_rtcp(self, packet: bytes) -> bool:
        """Send one compound RTCP packet; False when it could not be sent."""
        return self._dtls.send_rtcp(packet)

    async def close(self) -> None:
        """Say goodbye to the browser and give everything back. May be called twice."""
        if self._closed:
            return
        self._closed = True
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.gather(self._starting, return_exceptions=True)
        if self._sctp is not None:
            await self._sctp.stop()
        pump = self._dtls._task
        await self._dtls.stop()
        await self._path.close()
        if pump is not None:
            await asyncio.gather(pump, return_exceptions=True)
        self._dtls.remove_all_listeners()
