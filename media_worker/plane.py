"""The forwarding plane in Python: datagram in, decrypted, accounted for, rewritten for each receiver, encrypted, out.

It decides nothing: who is sent which stream is told it (`Outgoing.select`), and what only the owner can judge is told
the owner (`Foreigner`, `Listener`). `hotpath.py` is the same in C; `tests/media/test_planes.py` holds the two together.
"""

import select
import socket
import struct
from collections.abc import Callable
from typing import Any, Final, Protocol

from pylibsrtp import Session

from media_worker import rtp, srtp
from media_worker.feedback import TransportCc
from media_worker.srtp import MOST
from media_worker.streams import Incoming, Outgoing, clock

Address = tuple[str, int]
"""Host and port."""

BATCH: Final = 64
"""Datagrams taken at once."""
PAUSE: Final = 0.001
"""Seconds to let datagrams gather when busy; waking up costs Python more than C, so it waits longer."""
ROUNDS: Final = 4
"""Of it before the event loop has its turn."""
BUSY: Final = 1_500
"""Datagrams a second from which on it is."""
HELD: Final = 10_000_000
"""µs: so long after its last word an address is its owner's alone."""
SPELL: Final = 50_000
"""µs over which that is measured."""
STREAMS: Final = 32
"""Streams one peer may send."""
SSRCS: Final = 256
"""One peer may ever use: libsrtp keeps something for every SSRC that it decrypted, and looks them up one by one."""


_HEAD: Final = struct.Struct("!BHII")


class Listener(Protocol):
    """What a peer's owner is told."""

    def rtcp(self, packet: bytes) -> None:
        """A decrypted compound packet."""

    def stranger(self, packet: bytes) -> None:
        """A decrypted RTP packet of an SSRC nobody named; `Peer.admit` takes it when that has been done."""

    def gap(self, stream: Any, first: int, count: int) -> None:
        """So many numbers of a stream were passed over; untold where it is gap upon gap."""

    def late(self, stream: Any, sequence: int) -> None:
        """One of them came after all."""

    def switched(self, stream: Any) -> None:
        """A stream has begun with what was selected."""


Foreigner = Callable[[socket.socket, Address, bytes, Any], None]
"""Takes what is neither RTP nor RTCP: the socket, the sender, the datagram, whose address it is."""


class Peer:
    """One browser's connection as the plane sees it: addresses, keys, streams."""

    def __init__(self, plane: "Plane", listener: Listener) -> None:
        self.listener = listener
        self.forged = self.flooded = 0
        self.media = rtp.Bucket(3000, 1500)
        self.foreign = rtp.Bucket(500, 500)
        self.gaps = rtp.Bucket(1000, 1000)
        self._reports = rtp.Bucket(40_000, 80_000)  # bytes: what a report costs goes by its length
        self._unknown = rtp.Bucket(5, 300)
        self._ssrcs: set[int] = set()
        self._plane = plane
        self._heard = clock()
        self._keys: tuple[Session, Session] | None = None  # alive as long as their handles are used
        self._decrypt: Any = None
        self._encrypt: Any = None
        self._socket: socket.socket | None = None
        self._address: Address = ("", 0)
        self._streams: dict[int, Incoming] = {}
        self._cc = TransportCc()

    @property
    def heard(self) -> int:
        """When the last datagram came that its owner must have sent, µs."""
        return self._heard

    def secure(self, receive: Session, send: Session) -> None:
        """The handshake is over: decrypt and encrypt with these."""
        self._keys = (receive, send)
        self._decrypt, self._encrypt = srtp.handle(receive), srtp.handle(send)

    def hear(self, address: Address) -> bool:
        """Datagrams from there are this peer's; False where they are somebody else's who has spoken lately: a sender's
        address can be forged."""
        now, former = clock(), self._plane.addresses.get(address)
        if former is not None and former is not self and now - former.heard < HELD:
            return False
        self._plane.addresses[address] = self
        self._heard = now
        return True

    def forget(self, address: Address) -> None:
        """No longer."""
        if self._plane.addresses.get(address) is self:
            del self._plane.addresses[address]

    def aim(self, sock: socket.socket | None, address: Address = ("", 0)) -> None:
        """Send there from now on, through this socket; None: nowhere."""
        self._socket, self._address = sock, address

    def send(self, data: bytes) -> None:
        """One datagram as it is (DTLS)."""
        if self._socket is not None:
            self._plane.send(self._socket, data, self._address)

    def send_buffer(self, size: int) -> bool:
        """Encrypt the packet in the buffer, and send."""
        sealed = srtp.seal(self._encrypt, size) if self._socket is not None and self._encrypt is not None else None
        if sealed is None or self._socket is None:
            return False
        self._plane.send(self._socket, sealed, self._address)
        return True

    def send_rtcp(self, packet: bytes) -> None:
        """Encrypt and send a compound packet; it may wait for `Plane.flush`."""
        data = srtp.seal_rtcp(self._encrypt, packet) if self._encrypt is not None else None
        if data is not None and self._socket is not None:
            self._plane.send(self._socket, data, self._address)

    def incoming(
        self, ssrc: int, *, video: bool, payload_type: int, rate: int, cc: int = 0, primary: Incoming | None = None
    ) -> Incoming:
        """Name a stream that it sends. ``rate``: of its timestamps; ``cc``: id of its transport-cc numbers, 0: none.
        Raises OverflowError when it sends too many."""
        if len(self._streams) >= STREAMS:
            raise OverflowError
        self._streams[ssrc] = Incoming(self, ssrc, video, payload_type, rate, cc, primary)
        return self._streams[ssrc]

    def outgoing(
        self, ssrc: int, *, payload_type: int, rtx: tuple[int, int] | None, stamp: int, sequence: int
    ) -> Outgoing:
        """A new stream to it. ``rtx``: SSRC and payload type of its retransmissions; ``stamp``: id of the sending time
        (abs-send-time), 0: none; ``sequence``: the first number, in the lower half, for SRTP loses early wraps."""
        return Outgoing(self, ssrc, payload_type, rtx, stamp, sequence)

    def drop(self, stream: Incoming) -> None:
        """It sends that one no longer."""
        self._streams.pop(stream.ssrc, None)
        for other in self._streams.values():
            if other.primary is stream:
                other.primary = None

    def transport_cc(self, ssrc: int, media: int) -> bytes | None:
        """The report on what arrived since the last one; None when nothing did."""
        return self._cc.report(ssrc, media)

    def admit(self, packet: bytes) -> None:
        """Take a decrypted packet, now that its stream has been named."""
        header = rtp.parse(packet)
        if header is not None and header.ssrc in self._streams:
            self._take(self._streams[header.ssrc], packet, clock())

    def datagram(self, data: bytes, now: int) -> None:
        """Take an encrypted one."""
        if self._decrypt is None or len(data) < rtp.MIN_HEADER:
            return
        if not self.media.spend(now):
            self.flooded += 1
            return
        if 192 <= data[1] <= 223:  # RFC 5761 section 4
            self._rtcp(data, now)
            return
        ssrc = int.from_bytes(data[8:12], "big")
        stream = self._streams.get(ssrc)
        if stream is None and not (self._unknown.spend(now) and self._may_meet(ssrc)):
            self.flooded += 1
            return
        packet = srtp.open_rtp(self._decrypt, data)
        if packet is None:
            self.forged += 1
            return
        self._heard = now
        if stream is None:
            self._ssrcs.add(ssrc)
            self.listener.stranger(packet)
        else:
            self._take(stream, packet, now)

    def close(self) -> None:
        """It is gone; its streams are closed by whoever named them."""
        self._socket = self._keys = self._decrypt = self._encrypt = None
        for address in [address for address, peer in self._plane.addresses.items() if peer is self]:
            del self._plane.addresses[address]

    def _rtcp(self, data: bytes, now: int) -> None:
        teller = int.from_bytes(data[4:8], "big")
        if not (self._reports.spend(now, len(data)) and self._may_meet(teller)):
            self.flooded += 1
            return
        packet = srtp.open_rtcp(self._decrypt, data)
        if packet is None:
            self.forged += 1
            return
        self._heard = now
        self._ssrcs.add(teller)
        self.listener.rtcp(packet)

    def _may_meet(self, ssrc: int) -> bool:
        return len(self._ssrcs) < SSRCS or ssrc in self._ssrcs

    def _take(self, stream: Incoming, packet: bytes, now: int) -> None:
        header = rtp.parse(packet)
        if header is None:
            return
        if header.elements and not stream.layout.fits(packet, header):
            stream.layout = rtp.lay_out(packet, header)
        if stream.cc and header.elements:
            for at, _, number, size in stream.layout.elements:
                if number == stream.cc:
                    if size == 2:
                        self._cc.add(packet[at + 1] << 8 | packet[at + 2], now)
                    break
        recovered = stream.primary is not None
        if stream.primary is not None:
            stream.mend()
            if header.payload < 2:
                return
            sequence, packet = rtp.spread(packet)
            stream = stream.primary
            head = _HEAD.pack(header.marker << 7 | stream.payload_type, sequence, header.timestamp, stream.ssrc)
            packet = packet[:1] + head + packet[12:]
            header = rtp.parse(packet)
            if header is None:
                return
        if not stream.account(header, now, recovered):
            return
        what = rtp.NOTHING
        if stream.video:
            what = rtp.describe(packet, header.offset, header.offset + header.payload)
            stream.saw(what)
            if stream.outs:
                stream.cache.put(header.sequence, packet)
        for out in reversed(stream.outs):
            out.forward(stream, packet, header, what, now)


class Plane:
    """All that arrives at the worker's sockets."""

    def __init__(self, foreign: Foreigner) -> None:
        self.addresses: dict[Address, Peer] = {}
        self._foreign = foreign
        self._busy, self._since, self._taken = False, clock(), 0
        self._strangers = [rtp.Bucket(100, 200) for _ in range(256)]

    def open(self, listener: Listener) -> Peer:
        """A new peer."""
        return Peer(self, listener)

    def pump(self, sock: socket.socket) -> None:
        """Take what waits at a socket, but not for ever: the event loop has more to do.

        Under load, what comes within PAUSE is taken together: waking up for each datagram costs more than that.
        """
        for _ in range(ROUNDS):
            taken = self._drain(sock)
            self._taken += taken
            if not taken or not self._busy:
                break
            select.select((), (), (), PAUSE)
        now = clock()
        if now - self._since >= SPELL:
            self._busy = self._taken * 1_000_000 >= BUSY * (now - self._since)
            self._since, self._taken = now, 0

    def _drain(self, sock: socket.socket) -> int:
        now = clock()
        for taken in range(BATCH):
            try:
                data, address = sock.recvfrom(MOST, socket.MSG_DONTWAIT)
            except (BlockingIOError, InterruptedError):
                return taken
            except OSError:
                continue  # an ICMP error about something sent earlier
            if data:
                self._datagram(sock, data, address[:2], now)
        return BATCH

    def send(self, sock: socket.socket, data: bytes | memoryview, address: Address) -> None:
        """One datagram; lost when the wire is full or there is no way."""
        try:  # noqa: SIM105 - costs nothing, for each packet
            sock.sendto(data, socket.MSG_DONTWAIT, address)
        except OSError:
            pass

    def flush(self) -> None:
        """Send what waits: nothing does here."""

    def close(self) -> None:
        """Nothing is held."""

    def _datagram(self, sock: socket.socket, data: bytes, address: Address, now: int) -> None:
        peer = self.addresses.get(address)
        if 128 <= data[0] <= 191:  # RFC 7983
            if peer is not None:
                peer.datagram(data, now)
            return
        if peer is not None:
            welcome = peer.foreign.spend(now)
        else:  # nothing but checks is for us, and not so many from one host, whatever its ports
            welcome = data[0] <= 3 and self._strangers[hash(address[0]) & 255].spend(now)
        if welcome:
            self._foreign(sock, address, data, peer)
