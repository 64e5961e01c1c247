"""The forwarding plane in C (hotpath.c), behind the same classes as `plane.py`, which says what they do and why."""

import socket
import struct
import weakref
from collections import deque
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from pylibsrtp import Session
from pylibsrtp._binding import ffi as srtp_ffi
from pylibsrtp._binding import lib as srtp

from media_worker._hotpath import ffi, lib
from media_worker.plane import Address, Foreigner, Listener
from media_worker.streams import Counters

BATCHES: Final = 4
"""Batches taken at once: the event loop has more to do."""
MAX_REPORT: Final = 2048


def _left(kind: str, c: Any) -> Any:
    """A copy to read figures from when what they are of is no more."""
    copy = ffi.new(f"{kind} *")
    ffi.memmove(copy, c, ffi.sizeof(kind))
    return copy


def _function(name: str) -> Any:
    """The address of one of libsrtp's functions in pylibsrtp's extension: so nothing has to be linked."""
    return ffi.cast("void *", int(srtp_ffi.cast("uintptr_t", srtp_ffi.addressof(srtp, name))))


def _packed(address: Address) -> bytes:
    """As a struct sockaddr."""
    host, port = address
    if ":" in host:
        return struct.pack("=H", socket.AF_INET6) + struct.pack("!HI16sI", port, 0, _ip(socket.AF_INET6, host), 0)
    return struct.pack("=H", socket.AF_INET) + struct.pack("!H4s8x", port, _ip(socket.AF_INET, host))


def _ip(family: int, host: str) -> bytes:
    return socket.inet_pton(family, host.partition("%")[0])


def _unpacked(raw: bytes) -> Address:
    family = struct.unpack_from("=H", raw)[0]
    port = struct.unpack_from("!H", raw, 2)[0]
    at, size = (8, 16) if family == socket.AF_INET6 else (4, 4)
    return socket.inet_ntop(family, raw[at : at + size]), port


class Incoming:
    """As `streams.Incoming`."""

    def __init__(
        self, peer: "Peer", ssrc: int, video: bool, payload_type: int, rate: int, cc: int, primary: "Incoming | None"
    ) -> None:
        self.ssrc = ssrc
        self.payload_type = payload_type
        self.primary = primary
        self._peer = peer
        self.id: int = peer.next_id()
        self.c: Any
        if not peer.is_open:
            raise OverflowError
        above = primary.c if primary is not None and primary.is_open else ffi.NULL
        self.c = lib.incoming_new(peer.c, self.id, ssrc, video, payload_type, rate, cc, above)
        if not self.c:
            raise OverflowError
        self.is_open: bool = True
        peer.incomings[self.id] = self

    @property
    def counters(self) -> Counters:
        """What arrived until now."""
        c = self.c
        begun = c.started != 0
        return Counters(
            c.packets, c.octets, c.first if begun else -1, c.highest if begun else -1, c.jitter >> 4,
            c.frames, c.keyframes, c.recovered, c.width, c.height,
        )  # fmt: skip

    @property
    def heard(self) -> int:
        """When its last packet came, µs."""
        return int(self.c.heard)

    def close(self) -> None:
        """The peer sends it no longer."""
        if self.is_open:
            self.is_open = False
            gone, self.c = self.c, _left("incoming", self.c)
            lib.incoming_free(self._peer.c, gone)
            del self._peer.incomings[self.id]


class Outgoing:
    """As `streams.Outgoing`."""

    def __init__(
        self, peer: "Peer", ssrc: int, payload_type: int, rtx: tuple[int, int] | None, stamp: int, sequence: int
    ) -> None:
        self.ssrc = ssrc
        self._peer = peer
        self.id = peer.next_id()
        self._selected: weakref.WeakSet[Incoming] = weakref.WeakSet()
        self.c = lib.outgoing_new(peer.c, self.id, ssrc, payload_type, *(rtx or (0, 0)), stamp, sequence, 0)
        if not self.c:
            raise MemoryError
        self.is_open: bool = True
        peer.outgoings[self.id] = self

    @property
    def current(self) -> Incoming | None:
        """The stream that is being sent."""
        current = self.c.current
        if not self.is_open or not current:
            return None
        return next((stream for stream in self._selected if stream.is_open and stream.c == current), None)

    @property
    def time_shift(self) -> int:
        """What is added to the current stream's timestamps."""
        return int(self.c.time_shift)

    @property
    def packets(self) -> int:
        """Packets sent."""
        return int(self.c.packets)

    @property
    def octets(self) -> int:
        """Bytes of payload sent."""
        return int(self.c.octets)

    @property
    def resent(self) -> int:
        """Packets sent again."""
        return int(self.c.resent)

    def select(self, stream: Incoming | None, extensions: Mapping[int, int], hint: int | None = None) -> None:
        """Send this: sound at once, pictures from the next keyframe on; None stops."""
        if not self.is_open:
            return
        if stream is not None and stream.is_open:
            self._selected.add(stream)
        else:
            stream = None
        table = bytes(extensions.get(number, 0) for number in range(16))
        lib.outgoing_select(self.c, stream.c if stream is not None else ffi.NULL, table, hint is not None, hint or 0)

    def resend(self, sequence: int) -> bool:
        """Send the packet of this number again; it may wait for `Plane.flush`."""
        return self.is_open and bool(lib.outgoing_resend(self._peer.plane.c, self.c, sequence))

    def close(self) -> None:
        """The peer is sent it no longer."""
        if self.is_open:
            self.is_open = False
            gone, self.c = self.c, _left("outgoing", self.c)
            lib.outgoing_free(gone)
            del self._peer.outgoings[self.id]


class Peer:
    """As `plane.Peer`."""

    def __init__(self, plane: "Plane", listener: Listener) -> None:
        self.listener = listener
        self.plane = plane
        self.incomings: dict[int, Incoming] = {}
        self.outgoings: dict[int, Outgoing] = {}
        self._keys: tuple[Session, Session] | None = None  # alive as long as C uses them
        self.id = plane.next_id()
        self.c = lib.peer_new(plane.c, self.id)
        if not self.c:
            raise MemoryError
        self.is_open: bool = True
        plane.peers[self.id] = self

    def next_id(self) -> int:
        """A number for a stream."""
        return self.plane.next_id()

    @property
    def heard(self) -> int:
        """When the last datagram came that its owner must have sent, µs."""
        return int(self.c.heard)

    @property
    def forged(self) -> int:
        """Datagrams that its keys do not open."""
        return int(self.c.forged)

    @property
    def flooded(self) -> int:
        """Datagrams beyond what one may send."""
        return int(self.c.flooded)

    def secure(self, receive: Session, send: Session) -> None:
        """The handshake is over: decrypt and encrypt with these."""
        if not self.is_open:
            return
        self._keys = (receive, send)
        lib.peer_secure(self.c, *(ffi.cast("void *", int(srtp_ffi.cast("uintptr_t", s._srtp[0]))) for s in self._keys))

    def hear(self, address: Address) -> bool:
        """Datagrams from there are this peer's; False where they are somebody else's."""
        return self.is_open and bool(lib.peer_hear(self.plane.c, self.c, _packed(address)))

    def forget(self, address: Address) -> None:
        """No longer."""
        if self.is_open:
            lib.peer_forget(self.plane.c, self.c, _packed(address))

    def aim(self, sock: socket.socket | None, address: Address = ("", 0)) -> None:
        """Send there from now on, through this socket; None: nowhere."""
        if not self.is_open:
            return
        raw = _packed(address) if sock is not None else b""
        lib.peer_aim(self.c, sock.fileno() if sock is not None else -1, raw, len(raw))

    def send(self, data: bytes) -> None:
        """One datagram as it is (DTLS)."""
        if self.is_open:
            lib.peer_send(self.plane.c, self.c, data, len(data))

    def send_rtcp(self, packet: bytes) -> None:
        """Encrypt and send a compound packet; it may wait for `Plane.flush`."""
        if self.is_open:
            lib.peer_send_rtcp(self.plane.c, self.c, packet, len(packet))

    def incoming(
        self, ssrc: int, *, video: bool, payload_type: int, rate: int, cc: int = 0, primary: Incoming | None = None
    ) -> Incoming:
        """Name a stream that it sends. Raises OverflowError when it sends too many."""
        return Incoming(self, ssrc, video, payload_type, rate, cc, primary)

    def outgoing(
        self, ssrc: int, *, payload_type: int, rtx: tuple[int, int] | None, stamp: int, sequence: int
    ) -> Outgoing:
        """A new stream to it."""
        return Outgoing(self, ssrc, payload_type, rtx, stamp, sequence)

    def transport_cc(self, ssrc: int, media: int) -> bytes | None:
        """The report on what arrived since the last one; None when nothing did."""
        size = lib.peer_cc(self.c, ssrc, media, self.plane.report) if self.is_open else 0
        return bytes(ffi.buffer(self.plane.report, size)) if size else None

    def admit(self, packet: bytes) -> None:
        """Take a decrypted packet, now that its stream has been named."""
        if self.is_open:
            for event in self.plane.told(lib.peer_admit(self.plane.c, self.c, packet, len(packet))):
                self.plane.tell(event)

    def close(self) -> None:
        """It is gone; its streams are closed by whoever named them."""
        if self.is_open:
            for out in list(self.outgoings.values()):
                out.close()
            for stream in list(self.incomings.values()):
                stream.close()
            self.is_open = False
            lib.peer_secure(self.c, ffi.NULL, ffi.NULL)  # whatever is opened on it now sends nothing
            gone, self.c = self.c, _left("peer", self.c)
            lib.peer_free(self.plane.c, gone)
            self._keys = None
            del self.plane.peers[self.id]

    def stranger(self, packet: bytes) -> None:
        """An unknown SSRC's packet; what came in one batch with the first one finds it named."""
        ssrc = int.from_bytes(packet[8:12], "big")
        if any(stream.ssrc == ssrc for stream in self.incomings.values()):
            self.admit(packet)
        else:
            self.listener.stranger(packet)


class Event(NamedTuple):
    """As `event` in hotpath.h, copied; ``sock``: where a foreign datagram came."""

    kind: int
    peer: int
    stream: int
    first: int
    missed: int
    data: bytes
    address: bytes
    sock: socket.socket | None


class Plane:
    """As `plane.Plane`."""

    def __init__(self, foreign: Foreigner) -> None:
        self.peers: dict[int, Peer] = {}
        self.report = ffi.new("uint8_t[]", MAX_REPORT)
        self._foreign = foreign
        self._ids = 0
        names = ("srtp_unprotect", "srtp_protect", "srtp_unprotect_rtcp", "srtp_protect_rtcp")
        self.c = lib.plane_new(*(_function(name) for name in names))
        if not self.c:
            raise MemoryError
        self._events = lib.plane_events(self.c)
        self._count = ffi.new("int *")
        self._untold: deque[Event] = deque()

    def next_id(self) -> int:
        """A number that nothing else has had, but for wrapping."""
        self._ids = (self._ids + 1) & 0x7FFFFFFF
        return self._ids

    def open(self, listener: Listener) -> Peer:
        """A new peer."""
        return Peer(self, listener)

    def pump(self, sock: socket.socket) -> None:
        """Take what waits at a socket, but not for ever."""
        for _ in range(BATCHES):
            taken = lib.plane_pump(self.c, sock.fileno(), self._count)
            if self._count[0]:
                self._untold.extend(self.told(self._count[0], sock))
            while self._untold:  # should one be taken badly, the others are told next time
                self.tell(self._untold.popleft())
            self.flush()
            if taken < lib.FULL:
                return

    def send(self, sock: socket.socket, data: bytes, address: Address) -> None:
        """One datagram; lost when the wire is full or there is no way."""
        raw = _packed(address)
        if self.c:
            lib.plane_send(self.c, sock.fileno(), data, len(data), raw, len(raw))

    def flush(self) -> None:
        """Send what waits."""
        if self.c:
            lib.plane_flush(self.c)

    def close(self) -> None:
        """Give the memory back. Peers that are still there are closed; who closes them later finds nothing to do."""
        if self.c:
            for peer in list(self.peers.values()):
                peer.close()
            lib.plane_free(self.c)
            self.c = ffi.NULL

    def told(self, count: int, sock: socket.socket | None = None) -> list[Event]:
        """The events of the last call, copied: handling one may make new ones."""
        found = []
        for at in range(count):
            e = self._events[at]
            data = bytes(ffi.buffer(e.data, e.length)) if e.kind in (lib.FOREIGN, lib.RTCP, lib.STRANGER) else b""
            address = bytes(ffi.buffer(e.address, 28)) if e.kind == lib.FOREIGN else b""
            found.append(Event(e.kind, e.peer, e.stream, e.first, e.count, data, address, sock))
        return found

    def tell(self, event: Event) -> None:
        """Hand it on to whom it concerns, if they are still there."""
        peer = self.peers.get(event.peer)
        if event.kind == lib.FOREIGN:
            if event.sock is not None:
                self._foreign(event.sock, _unpacked(event.address), event.data, peer)
        elif peer is None:
            return
        elif event.kind == lib.RTCP:
            peer.listener.rtcp(event.data)
        elif event.kind == lib.STRANGER:
            peer.stranger(event.data)
        elif event.kind == lib.SWITCHED:
            if event.stream in peer.outgoings:
                peer.listener.switched(peer.outgoings[event.stream])
        elif event.stream in peer.incomings:
            if event.kind == lib.GAP:
                peer.listener.gap(peer.incomings[event.stream], event.first, event.missed)
            else:
                peer.listener.late(peer.incomings[event.stream], event.first)
