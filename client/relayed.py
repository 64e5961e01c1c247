"""A line that can go no other way than through a TURN server (RFC 8656): over UDP, TCP or TLS."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple, Self
from urllib.parse import parse_qs

from aioice.stun import TransactionError
from aioice.turn import create_turn_endpoint

from chalicelib.protocol import IceServer
from client.page import Line

SECONDS: Final = 10
"""Without an allocation for so long there is none to be had."""
PORTS: Final = {"turn": 3478, "turns": 5349}
"""Where nothing else is said (RFC 7065 section 3.1)."""
Address = tuple[str, int]


class NoRelay(ConnectionError):
    """The server gives no relayed address, or does not answer."""


class Relay(NamedTuple):
    """One way to a TURN server, with the credentials to use there (RFC 7065 says how it is written)."""

    host: str
    port: int
    transport: str
    """udp, tcp or tls."""
    username: str
    credential: str

    @classmethod
    def among(cls, servers: Sequence[IceServer], *wanted: str) -> Self | None:
        """The first way by the first of the ``wanted`` transports that there is."""
        ways = [cls._read(url, server) for server in servers for url in server.urls if url.startswith("turn")]
        return next((way for transport in wanted for way in ways if way.transport == transport), None)

    @classmethod
    def _read(cls, url: str, server: IceServer) -> Self:
        scheme, _, rest = url.partition(":")
        place, _, query = rest.partition("?")
        host, _, port = place.partition(":")
        over = parse_qs(query).get("transport", ["udp"])[0]
        transport = "tls" if scheme == "turns" else over
        return cls(host, int(port or PORTS[scheme]), transport, server.username, server.credential)

    async def allocate(self, received: Callable[[bytes, Address], None]) -> Any:
        """A relayed address; what comes there is ``received``. Raises NoRelay."""
        try:
            async with asyncio.timeout(SECONDS):
                transport, _ = await create_turn_endpoint(
                    lambda: _Peer(received),
                    (self.host, self.port),
                    self.username,
                    self.credential,
                    ssl=True if self.transport == "tls" else None,
                    transport="udp" if self.transport == "udp" else "tcp",
                )
        except (OSError, TimeoutError, TransactionError) as error:
            raise NoRelay(self.transport) from error
        return transport


class _Peer(asyncio.DatagramProtocol):
    def __init__(self, received: Callable[[bytes, Address], None]) -> None:
        self._received = received

    def datagram_received(self, data: bytes, addr: Address) -> None:
        self._received(data, addr)


class RelayedLine(Line):
    """As a browser that may use relayed addresses only: the worker is tried at all addresses that it names."""

    def __init__(
        self, came: asyncio.Event, frames_per_second: float, relay: Relay, failed: Callable[[Relay], None]
    ) -> None:
        """``failed`` is told of a relay that is none."""
        super().__init__(came, frames_per_second)
        self.relay = relay
        self.round_trips: list[float] = []
        """Seconds from a check until its answer."""
        self._failed = failed
        self._endpoint: Any = None
        self._asked: dict[bytes, float] = {}

    def check(self) -> None:
        """Send one, and remember when."""
        request = self.request()
        self._asked[request.transaction_id] = asyncio.get_running_loop().time()
        self.send_raw(self.signed(request))

    def send_raw(self, data: bytes) -> None:
        """To the address that answered, before that to all."""
        with contextlib.suppress(OSError):
            for remote in self._remotes if self._endpoint is not None else ():
                self._endpoint.sendto(data, remote)

    async def _open(self) -> None:
        try:
            self._endpoint = await self.relay.allocate(self._heard)
        except NoRelay:
            self._failed(self.relay)
            raise

    def _heard(self, data: bytes, address: Address) -> None:
        asked = self._asked.pop(data[8:20], None) if data[0] <= 3 else None
        if asked is not None:
            self.round_trips.append(asyncio.get_running_loop().time() - asked)
            if len(self._remotes) > 1 and address in self._remotes:
                self._remotes = [address]
        self._received(data)

    def _shut(self) -> None:
        if self._endpoint is not None:
            self._endpoint.close()
            self._endpoint = None
