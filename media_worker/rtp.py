"""RTP packets as bytes (RFC 3550), their header extensions (RFC 8285) and VP8's description (RFC 7741). Pure."""

import struct
from typing import Final, NamedTuple

import msgspec

ONE_BYTE: Final = 0xBEDE
"""Profile of one-byte header extensions (RFC 8285 section 4.2)."""
MIN_HEADER: Final = 12
PICTURES: Final = 1 << 15
"""Picture ids wrap here (RFC 7741 section 4.2)."""

_FIXED: Final = struct.Struct("!BBHII")
_WORDS: Final = struct.Struct("!HH")


class Header(msgspec.Struct, frozen=True, gc=False):
    """Where things are in a packet. ``payload`` is its length without padding; ``elements`` and ``end`` bound the
    header extensions, both 0 when there are none."""

    marker: int
    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    offset: int
    payload: int
    elements: int
    end: int


def parse(data: bytes) -> Header | None:
    """None for what is no RTP packet."""
    if len(data) < MIN_HEADER or data[0] >> 6 != 2:
        return None
    first, second, sequence, timestamp, ssrc = _FIXED.unpack_from(data)
    offset = MIN_HEADER + 4 * (first & 0x0F)
    elements = end = 0
    if first & 0x10:
        if len(data) < offset + 4:
            return None
        elements = offset + 4
        end = offset = elements + 4 * _WORDS.unpack_from(data, offset)[1]
    payload = len(data) - offset
    if payload > 0 and first & 0x20:
        payload -= data[-1]
    if payload < 0:
        return None
    return Header(second >> 7, second & 0x7F, sequence, timestamp, ssrc, offset, payload, elements, end)


class Layout(NamedTuple):
    """Where one-byte header extensions stand: (where its first byte is, that byte, id, size of its value); id 0 for
    what is cut off, to the end. ``tail``: where padding begins. ``foreign``: of another form, never negotiated."""

    elements: tuple[tuple[int, int, int, int], ...]
    tail: int
    end: int
    foreign: bool

    def fits(self, data: bytes, header: Header) -> bool:
        """Whether it holds for this packet too: those of a stream mostly look the same."""
        if self.end != header.end or self.foreign or not has_one_byte(data, header):
            return False
        for at, first, _, _ in self.elements:
            if data[at] != first:
                return False
        return not any(data[self.tail : self.end])


NO_LAYOUT: Final = Layout((), 0, 0, foreign=False)


def lay_out(data: bytes, header: Header) -> Layout:
    """Reads where header extensions stand (RFC 8285 section 4.2)."""
    if not header.elements:
        return NO_LAYOUT
    if not has_one_byte(data, header):
        return Layout((), header.elements, header.end, foreign=True)
    found, at, tail = [], header.elements, header.elements
    while at < header.end:
        first = data[at]
        if first == 0:  # padding
            at += 1
            continue
        number, size = first >> 4, (first & 0x0F) + 1
        if number == 15 or at + 1 + size > header.end:  # stop here
            number, size = 0, header.end - at - 1
        found.append((at, first, number, size))
        at += 1 + size
        tail = at
    return Layout(tuple(found), tail, header.end, foreign=False)


def extensions(data: bytes, header: Header) -> dict[int, bytes]:
    """The values of one-byte header extensions by id; of several with one id the first."""
    found: dict[int, bytes] = {}
    for at, _, number, size in lay_out(data, header).elements:
        if number:
            found.setdefault(number, data[at + 1 : at + 1 + size])
    return found


def has_one_byte(data: bytes, header: Header) -> bool:
    """Whether the header extensions are of the one-byte form, the only one we negotiate."""
    return data[header.elements - 4] << 8 | data[header.elements - 3] == ONE_BYTE


def after(a: int, b: int) -> int:
    """How far sequence number ``a`` lies after ``b``, -32,768 to 32,767 (RFC 1982)."""
    return ((a - b + 0x8000) & 0xFFFF) - 0x8000


def spread(packet: bytes) -> tuple[int, bytes]:
    """A retransmission's original number, and the packet without it (RFC 4588 section 4). Raises ValueError."""
    header = parse(packet)
    if header is None or header.payload < 2:
        raise ValueError
    at = header.offset
    return packet[at] << 8 | packet[at + 1], packet[:at] + packet[at + 2 :]


class Description(msgspec.Struct, frozen=True, gc=False):
    """A VP8 payload: whether a keyframe begins here, where picture id and TL0PICIDX stand (-1: nowhere), how wide the
    id is (1: 15 bits), and a keyframe's size in pixels (0: not said)."""

    key: bool
    picture_at: int
    wide: int
    level_at: int
    width: int
    height: int


NOTHING: Final = Description(False, -1, 0, -1, 0, 0)


def describe(data: bytes, begin: int, end: int) -> Description:
    """Reads what stands in clear also when the frame is encrypted end to end (RFC 7741 section 4.2, RFC 6386 9.1). The
    payload is ``data[begin:end]``; what is found is counted from its beginning."""
    if begin >= end:
        return NOTHING
    first, at, wide, picture_at, level_at = data[begin], begin + 1, 0, -1, -1
    if first & 0x80:
        if at >= end:
            return NOTHING
        flags = data[at]
        at += 1
        if flags & 0x80:
            if at >= end:
                return NOTHING
            wide = data[at] >> 7
            if at + 1 + wide > end:
                return NOTHING
            picture_at = at - begin
            at += 1 + wide
        if flags & 0x40:
            if at >= end:
                return Description(False, picture_at, wide, -1, 0, 0)
            level_at = at - begin
            at += 1
        if flags & 0x30:
            at += 1
    if at >= end:
        return Description(False, picture_at, wide, level_at, 0, 0)
    key = first & 0x17 == 0x10 and not data[at] & 1
    width = height = 0
    if key and end - at >= 10 and data[at + 3 : at + 6] == b"\x9d\x01\x2a":
        width = (data[at + 6] | data[at + 7] << 8) & 0x3FFF
        height = (data[at + 8] | data[at + 9] << 8) & 0x3FFF
    return Description(key, picture_at, wide, level_at, width, height)


class Cache:
    """The last packets of a stream, for those that a receiver reports lost."""

    def __init__(self, packets: int = 512) -> None:
        self._most = packets
        self._packets: list[tuple[int, bytes]] = [(-1, b"")] * packets

    def put(self, sequence: int, packet: bytes) -> None:
        """Keep; one of the oldest goes."""
        self._packets[sequence % self._most] = (sequence, packet)

    def get(self, sequence: int) -> bytes | None:
        """The packet with this number, if it is not too old."""
        kept, packet = self._packets[sequence % self._most]
        return packet if kept == sequence else None


class Bucket:
    """A token bucket: ``rate`` a second, ``burst`` at once."""

    def __init__(self, rate: int, burst: int) -> None:
        self._rate = rate
        self._burst = burst * 1_000_000  # in millionths: whole numbers, as in C
        self._level = self._burst
        self._refilled = 0

    def spend(self, now: int, amount: int = 1) -> bool:
        """Take so much, at ``now`` µs; False, and nothing taken, when there is less."""
        if self._refilled:
            self._level = min(self._burst, self._level + (now - self._refilled) * self._rate)
        self._refilled = now
        if self._level < amount * 1_000_000:
            return False
        self._level -= amount * 1_000_000
        return True
