"""The worker's one UDP port: its sockets, the plane behind them, and who is meant by a datagram that is not media."""

import asyncio
import contextlib
import ipaddress
import socket
import struct
from collections.abc import Callable
from typing import Any, Final, Protocol

import msgspec

from media_worker import ice, plane
from media_worker.ice import Credentials
from media_worker.plane import Address
from media_worker.streams import clock

BUFFER: Final = 8 << 20
"""Bytes the system keeps for us each way: a keyframe comes in one burst, and everybody's come to one socket."""
SO_RCVBUFFORCE: Final = 33
SO_SNDBUFFORCE: Final = 32
SO_MEMINFO: Final = 55
MEMINFO: Final = struct.Struct("9I")
"""What Linux says of a socket (linux/sock_diag.h); the last is how many datagrams it had no room for."""
LONGEST_WAIT: Final = struct.pack("@ll", 0, 2_000)
"""For a datagram, in s and µs (struct timeval); the system may round it up to its own tick."""
ELSEWHERE: Final = ("198.51.100.1", 9)
"""An address that nobody has (RFC 5737): the way there is the way to the internet."""
CONSENT_TICK: Final = 1.0
"""Seconds between two looks at who has fallen silent."""


class Endpoint(msgspec.Struct, frozen=True):
    """Where to listen and what to tell: ``addresses`` stand in the candidates; ``bind`` are our own addresses, the same
    if empty (behind a one-to-one NAT they differ); one ``port`` for all, 0 for any. Without ``addresses`` it is our own
    address, and what `Port.seen_from` hears."""

    addresses: tuple[str, ...] = ()
    bind: tuple[str, ...] = ()
    port: int = 0


class Ear(Protocol):
    """What a connection is told by the port."""

    def checked(self, ufrag: str, sock: socket.socket, address: Address, nominates: bool) -> None:
        """The browser's check for these credentials of ours came from there, and was answered."""

    def handshake(self, datagram: bytes) -> None:
        """A datagram of DTLS from one of its addresses."""

    def look(self, now: int) -> None:
        """Every second, at ``now`` µs: whether the browser has fallen silent."""


def planes() -> dict[str, Callable[[plane.Foreigner], Any]]:
    """The planes there are, the fastest first."""
    found: dict[str, Callable[[plane.Foreigner], Any]] = {}
    with contextlib.suppress(ImportError):
        from media_worker import hotpath

        found["compiled"] = hotpath.Plane
    return found | {"python": plane.Plane}


class Port:
    """Open it once; connections come and go on it."""

    def __init__(self, endpoint: Endpoint, kind: str = "") -> None:
        """``kind``: the plane's name, the fastest there is if empty. Raises LookupError when it is not there."""
        choices = planes()
        self.kind = kind or next(iter(choices))
        self.plane: Any = choices[self.kind](self._foreign)
        self._endpoint = endpoint
        self._addresses = endpoint.addresses
        self._sockets: list[socket.socket] = []
        self._ears: dict[str, tuple[Credentials, Ear]] = {}
        self._peers: dict[Any, Ear] = {}
        self._looking: asyncio.TimerHandle | None = None
        self._flooded = 0  # of peers that have left
        self.number = 0

    def open(self) -> None:
        """Bind. Raises OSError when an address is not ours, the port is taken, or there is no network."""
        self.number = self._endpoint.port
        try:
            for address in self._endpoint.bind or self._endpoint.addresses or (_own(),):
                self._bind(address)
        except OSError:
            self.close()
            raise
        self._look()

    @property
    def is_reachable(self) -> bool:
        """Whether there is an address to tell browsers."""
        return bool(self._addresses)

    @property
    def dropped(self) -> int:
        """Datagrams that came and were thrown away, in all: the system's queue was full, for we are too slow, or their
        sender sent more than one may."""
        answers = [sock.getsockopt(socket.SOL_SOCKET, SO_MEMINFO, MEMINFO.size) for sock in self._sockets]
        full = sum(MEMINFO.unpack(answer)[-1] for answer in answers)
        return int(full + self._flooded + sum(peer.flooded for peer in self._peers))

    def seen_from(self, address: str) -> None:
        """Others see us come from there: that is told to browsers if nothing else was to be, and after it our own, for
        the relay. What is no address is left."""
        if self._endpoint.addresses:
            return
        with contextlib.suppress(ValueError):
            own = [sock.getsockname()[0] for sock in self._sockets]
            self._addresses = tuple(dict.fromkeys((str(ipaddress.ip_address(address)), *own)))

    @property
    def candidates(self) -> tuple[str, ...]:
        """The values of ``a=candidate`` lines."""
        return ice.candidates(list(self._addresses), self.number)

    def expect(self, ours: Credentials, ear: Ear) -> None:
        """Checks that name these credentials are for this connection."""
        self._ears[ours.ufrag] = (ours, ear)

    def unexpect(self, ours: Credentials) -> None:
        """No longer."""
        self._ears.pop(ours.ufrag, None)

    def join(self, listener: plane.Listener, ear: Ear) -> Any:
        """A peer of the plane for a new connection."""
        peer = self.plane.open(listener)
        self._peers[peer] = ear
        return peer

    def leave(self, peer: Any) -> None:
        """That connection is over."""
        if self._peers.pop(peer, None) is not None:
            self._flooded += peer.flooded
            peer.close()

    def close(self) -> None:
        """Give the port back; the connections have been closed."""
        if self._looking is not None:
            self._looking.cancel()
            self._looking = None
        for sock in self._sockets:
            asyncio.get_running_loop().remove_reader(sock)
            sock.close()
        self._sockets.clear()
        self.plane.close()

    def _bind(self, address: str) -> None:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_DGRAM)
        self._sockets.append(sock)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, LONGEST_WAIT)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        for forced, usual in ((SO_RCVBUFFORCE, socket.SO_RCVBUF), (SO_SNDBUFFORCE, socket.SO_SNDBUF)):
            try:
                sock.setsockopt(socket.SOL_SOCKET, forced, BUFFER)  # beyond the system's limit, where we may
            except OSError:
                sock.setsockopt(socket.SOL_SOCKET, usual, BUFFER)
        sock.bind((address, self.number))
        self.number = sock.getsockname()[1]
        asyncio.get_running_loop().add_reader(sock, self.plane.pump, sock)
        # The compiled plane waits at it when busy (hotpath.c), so not as the loop left it. Whoever may not wait says so
        # for each datagram.
        sock.setblocking(True)

    def _foreign(self, sock: socket.socket, address: Address, data: bytes, peer: Any) -> None:
        if data[0] <= 3:  # RFC 7983
            self._check(sock, address, data)
        elif 20 <= data[0] <= 63 and peer is not None and peer in self._peers:
            self._peers[peer].handshake(data)

    def _check(self, sock: socket.socket, address: Address, data: bytes) -> None:
        check = ice.read(data)
        known = self._ears.get(check.ufrag) if check is not None else None
        if check is None or known is None:
            return
        ours, ear = known
        response = ice.answer(check, ours, address)
        if response is not None:
            self.plane.send(sock, response, address)
            ear.checked(ours.ufrag, sock, address, check.nominates)

    def _look(self) -> None:
        now = clock()
        for ear in list(self._peers.values()):
            ear.look(now)
        self._looking = asyncio.get_running_loop().call_later(CONSENT_TICK, self._look)


def _own() -> str:
    """The address that we send to the internet from; nothing is sent. Raises OSError without a way there."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect(ELSEWHERE)
        return str(sock.getsockname()[0])
