"""The forwarding plane in C (hotpath.c), behind the same classes as `plane.py`, which says what they do and why."""

import socket
import struct
import weakref
from collections.abc import Mapping
from typing import Any, Final

from pylibsrtp import Session
from pylibsrtp._binding import ffi as srtp_ffi
from pylibsrtp._binding import lib as srtp

from media_worker._hotpath import ffi, lib
from media_worker.plane import Address, Counters, Foreigner, Listener

BATCHES: Final = 4
"""Batches taken at once: the event loop has more to do."""
MAX_REPORT: Final = 2048


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
    """As `plane.Incoming`."""

    def __init__(
        self, peer: "Peer", ssrc: int, video: bool, payload_type: int, rate: int, cc: int, primary: "Incoming | None"
    ) -> None:
        self.ssrc = ssrc
        self.payload_type = payload_type
        self.primary = primary
        self._peer = peer
        self.id: int = peer.next_id()
        self.c: Any
        above = primary.c if primary is not None else ffi.NULL
        self.c = lib.incoming_new(peer.c, self.id, ssrc, video, payload_type, rate, cc, above)
        if not self.c:
            raise OverflowError
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

    def close(self) -> None:
        """The peer sends it no longer."""
        if self.c:
            lib.incoming_free(self._peer.c, self.c)
            self.c = ffi.NULL
            self._peer.incomings.pop(self.id, None)


class Outgoing:
    """As `plane.Outgoing`."""

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
        peer.outgoings[self.id] = self

    @property
    def current(self) -> Incoming | None:
        """The stream that is being sent."""
        c = self.c
        if not c or not c.current:
            return None
        return next((stream for stream in self._selected if stream.c == c.current), None)

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
        if stream is not None:
            self._selected.add(stream)
        table = bytes(extensions.get(number, 0) for number in range(16))
        lib.outgoing_select(self.c, stream.c if stream is not None else ffi.NULL, table, hint is not None, hint or 0)

    def resend(self, sequence: int) -> bool:
        """Send the packet of this number again; it may wait for `Plane.flush`."""
        return bool(lib.outgoing_resend(self._peer.plane.c, self.c, sequence))

    def close(self) -> None:
        """The peer is sent it no longer."""
        if self.c:
            lib.outgoing_free(self.c)
            self.c = ffi.NULL
            self._peer.outgoings.pop(self.id, None)


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
        plane.peers[self.id] = self

    def next_id(self) -> int:
        """A number for a stream."""
        return self.plane.next_id()

    @property
    def heard(self) -> int:
        """When the last datagram came that its owner must have sent, µs."""
        return int(self.c.heard) if self.c else 0

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
        self._keys = (receive, send)
        lib.peer_secure(self.c, *(ffi.cast("void *", int(srtp_ffi.cast("uintptr_t", s._srtp[0]))) for s in self._keys))

    def hear(self, address: Address) -> None:
        """Datagrams from there are this peer's."""
        lib.peer_hear(self.plane.c, self.c, _packed(address))

    def forget(self, address: Address) -> None:
        """No longer."""
        if self.c:
            lib.peer_forget(self.plane.c, self.c, _packed(address))

    def aim(self, sock: socket.socket | None, address: Address = ("", 0)) -> None:
        """Send there from now on, through this socket; None: nowhere."""
        raw = _packed(address) if sock is not None else b""
        lib.peer_aim(self.c, sock.fileno() if sock is not None else -1, raw, len(raw))

    def send(self, data: bytes) -> None:
        """One datagram as it is (DTLS)."""
        if self.c:
            lib.peer_send(self.plane.c, self.c, data, len(data))

    def send_rtcp(self, packet: bytes) -> None:
        """Encrypt and send a compound packet; it may wait for `Plane.flush`."""
        if self.c:
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
        size = lib.peer_cc(self.c, ssrc, media, self.plane.report)
        return bytes(ffi.buffer(self.plane.report, size)) if size else None

    def admit(self, packet: bytes) -> None:
        """Take a decrypted packet, now that its stream has been named."""
        events = self.plane.told(lib.peer_admit(self.plane.c, self.c, packet, len(packet)))
        self.plane.tell(events)

    def close(self) -> None:
        """It is gone; its streams are closed by whoever named them."""
        if self.c:
            for out in list(self.outgoings.values()):
                out.close()
            for stream in list(self.incomings.values()):
                stream.close()
            lib.peer_free(self.plane.c, self.c)
            self.c = ffi.NULL
            self._keys = None
            self.plane.peers.pop(self.id, None)


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
                self.tell(self.told(self._count[0]), sock)
                lib.plane_flush(self.c)
            if taken < lib.FULL:
                return

    def send(self, sock: socket.socket, data: bytes, address: Address) -> None:
        """One datagram; lost when the wire is full or there is no way."""
        raw = _packed(address)
        lib.plane_send(self.c, sock.fileno(), data, len(data), raw, len(raw))

    def flush(self) -> None:
        """Send what waits."""
        lib.plane_flush(self.c)

    def close(self) -> None:
        """Give the memory back; all peers have been closed."""
        if self.c:
            lib.plane_free(self.c)
            self.c = ffi.NULL

    def told(self, count: int) -> list[tuple[int, int, int, int, int, bytes, bytes]]:
        """The events of the last call, copied: handling one may make new ones."""
        found = []
        for at in range(count):
            e = self._events[at]
            data = bytes(ffi.buffer(e.data, e.length)) if e.kind in (lib.FOREIGN, lib.RTCP, lib.STRANGER) else b""
            address = bytes(ffi.buffer(e.address, 28)) if e.kind == lib.FOREIGN else b""
            found.append((e.kind, e.peer, e.stream, e.first, e.count, data, address))
        return found

    def tell(
        self, events: list[tuple[int, int, int, int, int, bytes, bytes]], sock: socket.socket | None = None
    ) -> None:
        """Hand events on to whom they concern, if they are still there."""
        for kind, number, stream, first, count, data, address in events:
            peer = self.peers.get(number)
            if kind == lib.FOREIGN:
                if sock is not None:
                    self._foreign(sock, _unpacked(address), data, peer)
            elif peer is None:
                continue
            elif kind == lib.RTCP:
                peer.listener.rtcp(data)
            elif kind == lib.STRANGER:
                peer.listener.stranger(data)
            elif kind == lib.SWITCHED:
                if stream in peer.outgoings:
                    peer.listener.switched(peer.outgoings[stream])
            elif stream in peer.incomings:
                if kind == lib.GAP:
                    peer.listener.gap(peer.incomings[stream], first, count)
                else:
                    peer.listener.late(peer.incomings[stream], first)
