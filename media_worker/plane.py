"""The forwarding plane in Python: datagram in, decrypted, accounted for, rewritten for each receiver, encrypted, out.

It decides nothing: who is sent which stream is told it (`Outgoing.select`), and what only the owner can judge is told
the owner (`Foreigner`, `Listener`). `hotpath.py` is the same in C; `tests/media/test_planes.py` holds the two together.

A receiver sees one SSRC for the whole call, whatever stands behind it: another layer, a reloaded page, another person.
Sequence numbers go on where they were, timestamps by the time that passed (or by what the sender's reports say of two
layers of one source), picture ids by one.
"""

import contextlib
import select
import socket
import struct
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

import msgspec
from pylibsrtp import Session
from pylibsrtp._binding import ffi, lib

from media_worker import rtp
from media_worker.feedback import TransportCc

Address = tuple[str, int]
"""Host and port."""

BATCH: Final = 64
"""Datagrams taken at once."""
MOST: Final = 2048 - 160
"""Bytes of a datagram that can be carried."""
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
WINDOW: Final = 1024
"""Numbers of one stream that are told apart from repeats."""
STREAMS: Final = 32
"""Streams one peer may send."""
SSRCS: Final = 256
"""One peer may ever use: libsrtp keeps something for every SSRC that it decrypted, and looks them up one by one."""
GAP_COST: Final = 256
"""What a gap takes at most from what one is told of gaps."""
HINT_SECONDS: Final = 3
"""A sender's report that would move timestamps by more than this is not believed."""


_SEEN: Final = (1 << WINDOW) - 1
_HEAD: Final = struct.Struct("!BHII")
_SHORT: Final = struct.Struct("!H")


class Counters(msgspec.Struct, frozen=True):
    """What arrived of one stream: sequence numbers extended by their wraps, jitter in timestamp units, size of the last
    keyframe in pixels. ``recovered`` came by retransmission streams and is not in ``packets``."""

    packets: int
    octets: int
    first: int
    highest: int
    jitter: int
    frames: int
    keyframes: int
    recovered: int
    width: int
    height: int


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


def clock() -> int:
    """Microseconds of the steady clock."""
    return time.monotonic_ns() // 1000


_bytes: Final = ffi.new("char[]", 2048)
_buffer: Final = memoryview(ffi.buffer(_bytes)).cast("B")
_length: Final = ffi.new("int *")


def _crypt(function: Any, session: Session, data: bytes) -> bytes | None:
    """One of libsrtp's four; None when it refuses. pylibsrtp's own way ends at 1,356 bytes."""
    size = len(data)
    _buffer[0:size] = data
    _length[0] = size
    if function(session._srtp[0], _bytes, _length):
        return None
    return bytes(_buffer[0 : _length[0]])


class Incoming:
    """One stream that a peer sends: one SSRC. ``primary``: of a retransmission stream, the stream that it mends."""

    def __init__(
        self, peer: "Peer", ssrc: int, video: bool, payload_type: int, rate: int, cc: int, primary: "Incoming | None"
    ) -> None:
        self.ssrc = ssrc
        self.video = video
        self.payload_type = payload_type
        self.rate = rate
        self.cc = cc
        self.primary = primary
        self.heard = clock()
        """When its last packet came, µs."""
        self.outs: list[Outgoing] = []
        self.layout = rtp.NO_LAYOUT
        """Of its last packet's header extensions."""
        self.cache = rtp.Cache()
        self._peer = peer
        self._first = -1
        self._highest = -1
        self._seen = 0  # bit i: the i-th number below the highest came
        self._packets = self._octets = self._frames = self._keyframes = self._recovered = 0
        self._transit = self._jitter = 0  # jitter in sixteenths
        self._width = self._height = 0

    @property
    def counters(self) -> Counters:
        """What arrived until now."""
        return Counters(
            self._packets, self._octets, self._first, self._highest, self._jitter >> 4,
            self._frames, self._keyframes, self._recovered, self._width, self._height,
        )  # fmt: skip

    def account(self, header: rtp.Header, now: int, recovered: bool) -> bool:
        """Count a packet (RFC 3550 appendix A); False for one that came before."""
        if self._highest < 0:
            if recovered:
                return False
            self._first = self._highest = header.sequence
        number = self._highest + rtp.after(header.sequence, self._highest)
        ahead = number - self._highest
        if ahead > 0:
            if ahead > 1 and self._peer.gaps.spend(now, min(ahead - 1, GAP_COST)):
                self._peer.listener.gap(self, (self._highest + 1) & 0xFFFF, ahead - 1)
            self._seen = (self._seen << ahead) & _SEEN
            self._highest = number
        elif number < 0 or -ahead >= WINDOW or self._seen >> -ahead & 1:
            return False
        elif ahead < 0:
            self._peer.listener.late(self, header.sequence)
        self.heard = now
        self._seen |= 1 << (self._highest - number)
        self._frames += header.marker
        if recovered:
            self._recovered += 1
            return True
        transit = now * self.rate // 1_000_000 - header.timestamp
        distance = abs(transit - self._transit)
        if self._packets and distance < self.rate:
            self._jitter += distance - ((self._jitter + 8) >> 4)
        self._transit = transit
        self._packets += 1
        self._octets += header.payload
        return True

    def mend(self) -> None:
        """Count a packet of a retransmission stream."""
        self._packets += 1

    def saw(self, what: rtp.Description) -> None:
        """Note a keyframe and its size."""
        self._keyframes += what.key
        if what.width:
            self._width, self._height = what.width, what.height

    def close(self) -> None:
        """The peer sends it no longer."""
        self._peer.drop(self)
        for out in list(self.outs):
            out.lose(self)


class Outgoing:
    """One stream that a peer is sent."""

    def __init__(
        self, peer: "Peer", ssrc: int, payload_type: int, rtx: tuple[int, int] | None, stamp: int, sequence: int
    ) -> None:
        self.ssrc = ssrc
        self.time_shift = 0
        self.packets = self.octets = self.resent = 0
        self.current: Incoming | None = None
        self._peer = peer
        self._payload_type = payload_type
        self._rtx = rtx
        self._rtx_sequence = 0
        self._stamp = stamp
        self._target: Incoming | None = None
        self._map: Mapping[int, int] = {}
        self._layout = rtp.NO_LAYOUT
        self._changes: tuple[list[tuple[int, bytes]], int] = ([], 0)
        self._next: tuple[Mapping[int, int], int | None] = ({}, None)
        self._again = rtp.Bucket(500, 300)
        self._begun = False
        self._base = sequence
        self._first, self._highest = 0, -1
        self._last_time = self._last_heard = 0
        self._last_picture = self._last_level = -1
        self._picture_shift = self._level_shift = 0

    def select(self, stream: Incoming | None, extensions: Mapping[int, int], hint: int | None = None) -> None:
        """Send this: sound at once, pictures from the next keyframe on; None stops. ``extensions``: the receiver's id
        by the sender's; what is not in it is left out. ``hint``: what to add to the new stream's timestamps."""
        if self._target is not None and self._target is not self.current:
            self._target.outs.remove(self)
        self._target = stream
        if stream is None:
            if self.current is not None:
                self.current.outs.remove(self)
            self.current = None
            return
        self._next = (extensions, hint)
        if stream is self.current:
            self._map, self._layout = extensions, rtp.NO_LAYOUT
        elif self not in stream.outs:
            stream.outs.append(self)

    def lose(self, stream: Incoming) -> None:
        """That stream is no more."""
        stream.outs.remove(self)
        if self.current is stream:
            self.current = None
        if self._target is stream:
            self._target = None

    def forward(self, s: Incoming, data: bytes, header: rtp.Header, what: rtp.Description, now: int) -> None:
        """Send a packet of a stream that may be the selected one."""
        if self._target is s and self.current is not s:
            if s.video and not what.key:
                return
            self._begin(s, data, header, what, now)
        if self.current is not s:
            return
        position = self._highest + rtp.after(header.sequence, self._first + self._highest)
        if position < 0:
            return  # that number belongs to the stream before
        if position > self._highest:
            self._highest = position
            self._last_time = (header.timestamp + self.time_shift) & 0xFFFFFFFF
            self._last_heard = now
            if what.picture_at >= 0:
                self._last_picture = (_picture(data, header, what) + self._picture_shift) % rtp.PICTURES
            if what.level_at >= 0:
                self._last_level = (data[header.offset + what.level_at] + self._level_shift) & 0xFF
        self._begun = True
        if self._emit(position, data, header, what, now, again=False):
            self.packets += 1
            self.octets += header.payload

    def resend(self, sequence: int) -> bool:
        """Send the packet of this number again, if it is still at hand and not too much is asked for."""
        now, stream = clock(), self.current
        if stream is None or not stream.video or not self._again.spend(now):
            return False
        position = self._highest + rtp.after(sequence, self._base + self._highest)
        if not 0 <= position <= self._highest:
            return False
        data = stream.cache.get((self._first + position) & 0xFFFF)
        header = rtp.parse(data) if data is not None else None
        if data is None or header is None:
            return False
        what = rtp.describe(data, header.offset, header.offset + header.payload)
        if self._emit(position, data, header, what, now, again=True):
            self.resent += 1
        return True

    def close(self) -> None:
        """The peer is sent it no longer."""
        for stream in {self.current, self._target}:
            if stream is not None:
                self.lose(stream)

    def _begin(self, s: Incoming, data: bytes, header: rtp.Header, what: rtp.Description, now: int) -> None:
        self._base += self._highest + 1
        self._first, self._highest = header.sequence, -1
        (self._map, hint), self._layout = self._next, rtp.NO_LAYOUT
        if self._begun:
            passed = max(1, (now - self._last_heard) * s.rate // 1_000_000)
            expected = self._last_time + passed
            self.time_shift = (expected - header.timestamp) & 0xFFFFFFFF
            if hint is not None and abs(_signed(header.timestamp + hint - expected)) < HINT_SECONDS * s.rate:
                ahead = _signed(header.timestamp + hint - self._last_time)
                self.time_shift = hint if ahead >= 1 else (self._last_time + 1 - header.timestamp) & 0xFFFFFFFF
        if s.video:
            self._picture_shift = self._level_shift = 0
            if what.picture_at >= 0 and self._last_picture >= 0:
                self._picture_shift = self._last_picture + 1 - _picture(data, header, what)
            if what.level_at >= 0 and self._last_level >= 0:
                self._level_shift = self._last_level + 1 - data[header.offset + what.level_at]
        if self.current is not None and self.current is not s:
            self.current.outs.remove(self)
        self.current = s
        self._peer.listener.switched(self)

    def _emit(
        self, position: int, data: bytes, header: rtp.Header, what: rtp.Description, now: int, *, again: bool
    ) -> bool:
        """Rewrite in the buffer that libsrtp then encrypts: every copy would show in the load."""
        size, shift, out = len(data), 0, _buffer
        sequence = (self._base + position) & 0xFFFF
        ssrc, payload_type, number = self.ssrc, self._payload_type, sequence
        if size > MOST:
            return False
        if again and self._rtx is not None:  # RFC 4588 section 4
            ssrc, payload_type = self._rtx
            number = self._rtx_sequence
            self._rtx_sequence = (number + 1) & 0xFFFF
            shift = 2
            out[: header.offset] = data[: header.offset]
            out[header.offset : header.offset + 2] = sequence.to_bytes(2, "big")
            out[header.offset + 2 : size + 2] = data[header.offset :]
        else:
            out[:size] = data
        if header.elements:
            # of what was just taken, the stream knows the layout
            layout = self.current.layout if self.current and not again else rtp.lay_out(data, header)
            self._rewrite_extensions(out, layout, header, now)
        if what.picture_at >= 0:
            at = header.offset + what.picture_at + shift
            picture = _picture(data, header, what) + self._picture_shift
            if what.wide:
                _SHORT.pack_into(out, at, 0x8000 | picture & 0x7FFF)
            else:
                out[at] = picture & 0x7F
        if what.level_at >= 0:
            at = header.offset + what.level_at
            out[at + shift] = (data[at] + self._level_shift) & 0xFF
        stamp = (header.timestamp + self.time_shift) & 0xFFFFFFFF
        _HEAD.pack_into(out, 1, header.marker << 7 | payload_type, number, stamp, ssrc)
        return self._peer.send_buffer(size + shift)

    def _rewrite_extensions(self, out: memoryview, layout: rtp.Layout, header: rtp.Header, now: int) -> None:
        if layout is not self._layout:
            self._layout, self._changes = layout, self._plan(layout, header)
        changes, stamp_at = self._changes
        for at, new in changes:
            out[at : at + len(new)] = new
        if stamp_at:
            out[stamp_at : stamp_at + 3] = (((now % 64_000_000) << 18) // 1_000_000).to_bytes(3, "big")

    def _plan(self, layout: rtp.Layout, header: rtp.Header) -> tuple[list[tuple[int, bytes]], int]:
        """What to write where for packets of this layout, and where the time of sending stands (0: nowhere)."""
        if layout.foreign:
            return [(header.elements - 4, _SHORT.pack(rtp.ONE_BYTE)), (layout.tail, bytes(layout.end - layout.tail))], 0
        changes, stamp_at = [], 0
        for at, _, number, size in layout.elements:
            ours = self._map.get(number, 0) if number else 0
            if not ours:
                changes.append((at, bytes(1 + size)))  # padding, RFC 8285 section 4.2
                continue
            changes.append((at, bytes([ours << 4 | size - 1])))
            # Only where a second sending has a number of its own: one number with two contents would give the key
            # away (RFC 7714 section 10.1).
            if ours == self._stamp and size == 3 and self._rtx is not None:
                stamp_at = at + 1
        return changes, stamp_at


def _picture(data: bytes, header: rtp.Header, what: rtp.Description) -> int:
    at = header.offset + what.picture_at
    return (data[at] & 0x7F) << 8 | data[at + 1] if what.wide else data[at]


def _signed(value: int) -> int:
    return ((value + (1 << 31)) & 0xFFFFFFFF) - (1 << 31)


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
        self._receive: Session | None = None
        self._send: Session | None = None
        self._encrypt: Any = None  # what libsrtp knows it by
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
        self._receive, self._send = receive, send
        self._encrypt = send._srtp[0]

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
        _length[0] = size
        if self._socket is None or self._encrypt is None or lib.srtp_protect(self._encrypt, _bytes, _length):
            return False
        try:  # noqa: SIM105 - costs nothing, for each packet
            self._socket.sendto(_buffer[: _length[0]], socket.MSG_DONTWAIT, self._address)
        except OSError:
            pass  # lost: the wire is full, or there is no way
        return True

    def send_rtcp(self, packet: bytes) -> None:
        """Encrypt and send a compound packet; it may wait for `Plane.flush`."""
        data = _crypt(lib.srtp_protect_rtcp, self._send, packet) if self._send is not None else None
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
        if self._receive is None or len(data) < rtp.MIN_HEADER:
            return
        if not self.media.spend(now):
            self.flooded += 1
            return
        if 192 <= data[1] <= 223:  # RFC 5761 section 4
            self._rtcp(self._receive, data, now)
            return
        ssrc = int.from_bytes(data[8:12], "big")
        stream = self._streams.get(ssrc)
        if stream is None and not (self._unknown.spend(now) and self._may_meet(ssrc)):
            self.flooded += 1
            return
        packet = _crypt(lib.srtp_unprotect, self._receive, data)
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
        self._socket = self._receive = self._send = self._encrypt = None
        for address in [address for address, peer in self._plane.addresses.items() if peer is self]:
            del self._plane.addresses[address]

    def _rtcp(self, session: Session, data: bytes, now: int) -> None:
        teller = int.from_bytes(data[4:8], "big")
        if not (self._reports.spend(now, len(data)) and self._may_meet(teller)):
            self.flooded += 1
            return
        packet = _crypt(lib.srtp_unprotect_rtcp, session, data)
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
        with contextlib.suppress(OSError):
            sock.sendto(data, socket.MSG_DONTWAIT, address)

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
