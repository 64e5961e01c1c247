"""RTP packets (RFC 3550) rewritten for their receiver: one unbroken stream, whoever it comes from. Pure.

A receiver sees one SSRC for the whole call. The sender behind it may change (a reloaded page, a new connection):
numbers then go on where they were, timestamps go on by the time that passed.
"""

import struct
from collections import OrderedDict
from typing import Final

import msgspec

HEADER: Final = struct.Struct("!BBHII")
ONE_BYTE: Final = 0xBEDE
"""Profile of one-byte header extensions (RFC 8285 section 4.2)."""
HALF: Final = 1 << 15


class Malformed(ValueError):
    """Not an RTP packet."""


class Packet(msgspec.Struct, frozen=True):
    """One RTP packet; ``extensions``: (id, value) of its one-byte header extensions; ``body``: payload and padding."""

    marker: bool
    padded: bool
    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    extensions: tuple[tuple[int, bytes], ...]
    body: bytes

    def extension(self, number: int | None) -> bytes | None:
        """The value of one header extension."""
        return next((value for n, value in self.extensions if n == number), None)


def parse(data: bytes) -> Packet:
    """Raises Malformed. Contributing sources are dropped, for nobody mixes here; so are two-byte extensions."""
    if len(data) < HEADER.size or data[0] >> 6 != 2:
        raise Malformed
    first, second, sequence, timestamp, ssrc = HEADER.unpack_from(data)
    at = HEADER.size + 4 * (first & 0x0F)
    extensions: tuple[tuple[int, bytes], ...] = ()
    if first & 0x10:
        if len(data) < at + 4:
            raise Malformed
        profile, words = struct.unpack_from("!HH", data, at)
        at += 4 + 4 * words
        if len(data) < at:
            raise Malformed
        if profile == ONE_BYTE:
            extensions = _read_extensions(data[at - 4 * words : at])
    if len(data) < at:
        raise Malformed
    return Packet(
        bool(second & 0x80), bool(first & 0x20), second & 0x7F, sequence, timestamp, ssrc, extensions, data[at:]
    )


def serialize(packet: Packet) -> bytes:
    """Inverse of `parse` for what it keeps."""
    block = b"".join(bytes([n << 4 | len(value) - 1]) + value for n, value in packet.extensions)
    block += bytes(-len(block) % 4)
    first = 0x80 | packet.padded << 5 | bool(block) << 4
    head = HEADER.pack(first, packet.marker << 7 | packet.payload_type, packet.sequence, packet.timestamp, packet.ssrc)
    if block:
        head += struct.pack("!HH", ONE_BYTE, len(block) // 4) + block
    return head + packet.body


def _read_extensions(block: bytes) -> tuple[tuple[int, bytes], ...]:
    found = []
    at = 0
    while at < len(block):
        number, length = block[at] >> 4, (block[at] & 0x0F) + 1
        if number == 0:  # padding
            at += 1
            continue
        if number == 15:  # RFC 8285 section 4.2: stop here
            break
        if at + 1 + length > len(block):
            raise Malformed
        found.append((number, block[at + 1 : at + 1 + length]))
        at += 1 + length
    return tuple(found)


def after(a: int, b: int) -> int:
    """How far sequence number ``a`` lies after ``b``, -32,768 to 32,767 (RFC 1982)."""
    return (a - b + HALF) % 65536 - HALF


class Rewriter:
    """Turns packets of changing sources into one stream for one receiver."""

    def __init__(self, ssrc: int, payload_type: int, clock: int, sequence: int) -> None:
        """``clock``: timestamp units a second. ``sequence``: in the lower half, SRTP receivers lose early wraps."""
        self._ssrc = ssrc
        self._payload_type = payload_type
        self._clock = clock
        self._source: int | None = None
        self._base = sequence  # our number for the source's first packet
        self._first = 0  # the source's own number for it
        self._highest = -1  # the furthest packet, counted from the first
        self._timestamp = 0  # what we gave that packet
        self._time_shift = 0
        self._heard = 0.0

    @property
    def source(self) -> int | None:
        """The SSRC that is being forwarded."""
        return self._source

    def rewrite(self, packet: Packet, now: float, numbers: dict[int, int]) -> Packet | None:
        """The packet as its receiver shall see it, or None when it comes too late to have a number.

        ``now`` in seconds of any steady clock; ``numbers`` maps the source's header extension ids to the receiver's,
        what is not in it is left out.
        """
        if packet.ssrc != self._source:
            self._change_source(packet, now)
        position = self._highest + after(packet.sequence, (self._first + self._highest) % 65536)
        if position < 0:
            return None  # that number belongs to the source before
        timestamp = (packet.timestamp + self._time_shift) % (1 << 32)
        if position > self._highest:
            self._highest, self._timestamp, self._heard = position, timestamp, now
        return Packet(
            marker=packet.marker,
            padded=packet.padded,
            payload_type=self._payload_type,
            sequence=(self._base + position) % 65536,
            timestamp=timestamp,
            ssrc=self._ssrc,
            extensions=tuple((numbers[n], value) for n, value in packet.extensions if n in numbers),
            body=packet.body,
        )

    def timestamp(self, source: int, timestamp: int) -> int | None:
        """A sender report's RTP timestamp as the receiver shall see it; None when it is another source's."""
        return (timestamp + self._time_shift) % (1 << 32) if source == self._source else None

    def _change_source(self, packet: Packet, now: float) -> None:
        self._base = (self._base + self._highest + 1) % 65536
        self._first, self._highest = packet.sequence, -1
        if self._source is not None:
            passed = max(1, round((now - self._heard) * self._clock))
            self._time_shift = (self._timestamp + passed - packet.timestamp) % (1 << 32)
        self._source = packet.ssrc


class Cache:
    """The last packets sent to a receiver, for those it reports lost."""

    def __init__(self, size: int = 512) -> None:
        self._size = size
        self._packets: OrderedDict[int, bytes] = OrderedDict()

    def put(self, sequence: int, packet: bytes) -> None:
        """Keep; the oldest goes."""
        self._packets[sequence] = packet
        self._packets.move_to_end(sequence)
        if len(self._packets) > self._size:
            self._packets.popitem(last=False)

    def get(self, sequence: int) -> bytes | None:
        """The packet with this number, if it is not too old."""
        return self._packets.get(sequence)
