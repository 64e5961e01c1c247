"""What a receiver of media owes its sender, and what senders and receivers tell us: RTCP as bytes. Pure.

RFC 3550 (reports), RFC 4585 and 5104 (NACK, PLI, FIR), draft-alvestrand-rmcat-remb-03, and transport-cc
(draft-holmer-rmcat-transport-wide-cc-extensions-01), without which Chromium sends no more than some 100 kbit/s.
"""

import struct
from collections import OrderedDict
from collections.abc import Iterator
from itertools import islice
from typing import Final, Protocol

import msgspec

from media_worker.rtp import after

SENDER_REPORT: Final = 200
RECEIVER_REPORT: Final = 201
DESCRIPTION: Final = 202
GOODBYE: Final = 203
TRANSPORT_FEEDBACK: Final = 205
PAYLOAD_FEEDBACK: Final = 206
NACK: Final = 1  # TRANSPORT_FEEDBACK formats
TRANSPORT_CC: Final = 15
PLI: Final = 1  # PAYLOAD_FEEDBACK formats
FIR: Final = 4
AFB: Final = 15

MAX_LOST: Final = 512
"""Packets asked for by one NACK that we look at; no cache holds more."""
MAX_CC_SPAN: Final = 400
"""Packets one transport-cc report covers at most: were every delta two bytes long, it still had but 936 bytes."""
CC_KEPT: Final = 1_024
"""Packets, up to the highest, whose arrival is known."""
MAX_ECHOES: Final = 64
"""Sender reports whose echo we await: ten streams' of the five seconds after which Chromium answers for sound."""

_BLOCK: Final = struct.Struct("!IIIIII")


class Sender(msgspec.Struct, frozen=True):
    """A sender report: NTP time (64 bits) and RTP time of the same instant."""

    ssrc: int
    ntp: int
    timestamp: int


class Received(msgspec.Struct, frozen=True):
    """A report block (RFC 3550 section 6.4.1): what arrived of our stream. ``fraction_lost`` (0–1) since the last one;
    ``lost`` in all, below zero when packets came twice; ``highest`` with wraps in its upper half; ``jitter`` in
    timestamp units; ``last_sr`` the middle of the NTP time it last heard; ``delay`` since then in 1/65,536 s."""

    ssrc: int
    fraction_lost: float
    lost: int
    highest: int
    jitter: int
    last_sr: int
    delay: int


class Lost(msgspec.Struct, frozen=True):
    """A NACK: the receiver misses these of our packets; each once, at most MAX_LOST."""

    ssrc: int
    sequences: tuple[int, ...]


class NeedsKeyframe(msgspec.Struct, frozen=True):
    """PLI or FIR: the receiver cannot go on without a keyframe of this stream."""

    ssrc: int


class Estimate(msgspec.Struct, frozen=True):
    """REMB: so many bits a second reach the receiver."""

    bits_per_second: int


class Goodbye(msgspec.Struct, frozen=True):
    """The source ends."""

    ssrc: int


Report = Sender | Received | Lost | NeedsKeyframe | Estimate | Goodbye


def parse(data: bytes) -> Iterator[Report]:
    """What concerns us in a compound packet; the rest, and whatever is malformed, is passed over."""
    at = 0
    while at + 4 <= len(data):
        first, kind, words = struct.unpack_from("!BBH", data, at)
        body = data[at + 4 : at + 4 + 4 * words]
        at += 4 + 4 * words
        if at > len(data) or first >> 6 != 2:
            return
        if first & 0x20:  # padding; its last byte says how much (RFC 3550 section 6.4.1)
            if not body or not 0 < body[-1] <= len(body):
                return
            body = body[: -body[-1]]
        yield from _read(kind, first & 0x1F, body)


def _read(kind: int, form: int, body: bytes) -> Iterator[Report]:
    """One packet; ``form`` is its format or its count of parts."""
    if kind == SENDER_REPORT and len(body) >= 24:
        yield Sender(*struct.unpack_from("!IQI", body))
        yield from _blocks(form, body[24:])
    elif kind == RECEIVER_REPORT:
        yield from _blocks(form, body[4:])
    elif kind == GOODBYE:
        yield from (Goodbye(ssrc) for (ssrc,) in _each("!I", body, form))
    elif len(body) < 8:
        return
    elif kind == TRANSPORT_FEEDBACK and form == NACK:  # the format first: transport-cc has the same packet type
        numbers = dict.fromkeys(islice(_nacked(body[8:]), MAX_LOST))
        yield Lost(struct.unpack_from("!I", body, 4)[0], tuple(numbers))
    elif kind == PAYLOAD_FEEDBACK and form == PLI:
        yield NeedsKeyframe(struct.unpack_from("!I", body, 4)[0])
    elif kind == PAYLOAD_FEEDBACK and form == FIR:
        yield from (NeedsKeyframe(ssrc) for ssrc, _ in _each("!II", body[8:]))
    elif kind == PAYLOAD_FEEDBACK and form == AFB and body[8:12] == b"REMB" and len(body) >= 16:
        exponent, mantissa = body[13] >> 2, (body[13] & 3) << 16 | body[14] << 8 | body[15]
        yield Estimate(mantissa << exponent)


def _each(form: str, data: bytes, most: int | None = None) -> Iterator[tuple[int, ...]]:
    """The whole entries in ``data``, at most so many."""
    size = struct.calcsize(form)
    return islice(struct.iter_unpack(form, data[: len(data) // size * size]), most)


def _blocks(count: int, data: bytes) -> Iterator[Received]:
    for ssrc, losses, highest, jitter, last_sr, delay in _each(_BLOCK.format, data, count):
        lost = (losses & 0xFFFFFF ^ 0x800000) - 0x800000  # 24 bits, signed
        yield Received(ssrc, (losses >> 24) / 256, lost, highest, jitter, last_sr, delay)


def _nacked(entries: bytes) -> Iterator[int]:
    for first, following in _each("!HH", entries):
        yield first
        yield from ((first + 1 + bit) % 65536 for bit in range(16) if following >> bit & 1)


def _packet(form: int, kind: int, body: bytes) -> bytes:
    return struct.pack("!BBH", 0x80 | form, kind, len(body) // 4) + body


def pli(ssrc: int, media: int) -> bytes:
    """Ask for a keyframe of ``media``."""
    return _packet(PLI, PAYLOAD_FEEDBACK, struct.pack("!II", ssrc, media))


def remb(ssrc: int, media: int, bits_per_second: int) -> bytes:
    """Tell a sender how much may come: of everything it sends on this connection, ``media`` being part of it."""
    exponent = max(0, bits_per_second.bit_length() - 18)
    mantissa = bits_per_second >> exponent
    body = struct.pack("!II4sBBHI", ssrc, 0, b"REMB", 1, exponent << 2 | mantissa >> 16, mantissa & 0xFFFF, media)
    return _packet(AFB, PAYLOAD_FEEDBACK, body)


def nack(ssrc: int, media: int, sequences: list[int]) -> bytes:
    """Ask for packets again; ``sequences`` not empty, ascending modulo 65,536."""
    entries: list[tuple[int, int]] = []
    for sequence in sequences:
        distance = (sequence - entries[-1][0]) % 65536 if entries else 0
        if entries and 1 <= distance <= 16:
            entries[-1] = (entries[-1][0], entries[-1][1] | 1 << (distance - 1))
        else:
            entries.append((sequence, 0))
    body = struct.pack("!II", ssrc, media) + b"".join(struct.pack("!HH", *entry) for entry in entries)
    return _packet(NACK, TRANSPORT_FEEDBACK, body)


def sender_report(ssrc: int, ntp: int, timestamp: int, packets: int, octets: int, name: str) -> bytes:
    """A sender report of ours with its CNAME (``name``), which ties sound and picture together."""
    head = struct.pack("!IQIII", ssrc, ntp, timestamp, packets % (1 << 32), octets % (1 << 32))
    return _packet(0, SENDER_REPORT, head) + _names(ssrc, name)


def _names(ssrc: int, name: str) -> bytes:
    item = struct.pack("!IBB", ssrc, 1, len(name.encode())) + name.encode()
    return _packet(1, DESCRIPTION, item + bytes(4 - len(item) % 4))


def block(ssrc: int, fraction: float, lost: int, highest: int, jitter: int, last_sr: int, delay: int) -> bytes:
    """A report block; the figures as in `Received`, clamped to their fields."""
    losses = max(0, min(int(fraction * 256), 255)) << 24 | max(-(1 << 23), min(lost, (1 << 23) - 1)) & 0xFFFFFF
    return _BLOCK.pack(ssrc, losses, highest & 0xFFFFFFFF, jitter & 0xFFFFFFFF, last_sr, max(0, min(delay, 0xFFFFFFFF)))


def receiver_report(ssrc: int, blocks: list[bytes], name: str) -> bytes:
    """A receiver report with our CNAME."""
    head = _packet(len(blocks), RECEIVER_REPORT, struct.pack("!I", ssrc) + b"".join(blocks))
    return head + _names(ssrc, name)


class Counted(Protocol):
    """What was counted of one incoming source: packets that came under its own SSRC (whatever RTX brought is apart),
    its first and highest sequence number, extended by wraps, and its jitter in timestamp units."""

    @property
    def packets(self) -> int: ...  # noqa: D102
    @property
    def first(self) -> int: ...  # noqa: D102
    @property
    def highest(self) -> int: ...  # noqa: D102
    @property
    def jitter(self) -> int: ...  # noqa: D102


class Interval:
    """Turns one source's successive counters into report blocks, each about the time since the one before."""

    def __init__(self, ssrc: int) -> None:
        self._ssrc = ssrc
        self._before = (0, 0)  # expected, received by the last report
        self._sender: tuple[int, float] | None = None  # middle of the NTP time, when
        self.fraction_lost = 0.0
        """In the interval reported last, 0–1, before anything was sent again."""

    def heard_sender(self, ntp: int, now: float) -> None:
        """A sender report arrived (its NTP time; seconds of a steady clock): the next block quotes it."""
        self._sender = (ntp >> 16 & 0xFFFFFFFF, now)

    def block(self, counted: Counted, now: float) -> bytes:
        """The report block (RFC 3550 appendix A.3); ends the interval."""
        received = counted.packets
        expected = counted.highest - counted.first + 1 if received else 0
        if received < self._before[1] or expected < self._before[0]:  # counted anew
            self._before = (0, 0)
        due, came = expected - self._before[0], received - self._before[1]
        self._before = (expected, received)
        self.fraction_lost = max(0, due - came) / due if due else 0.0
        last_sr, delay = (self._sender[0], int((now - self._sender[1]) * 65536)) if self._sender else (0, 0)
        highest = counted.highest if received else 0
        return block(self._ssrc, self.fraction_lost, expected - received, highest, counted.jitter, last_sr, delay)


class Echo:
    """How long sender reports and the blocks that quote them are under way, to one receiver and back.

    The NTP time in them is the speaker's clock, not ours, so we remember when each one left.
    """

    def __init__(self) -> None:
        self._left: OrderedDict[int, float] = OrderedDict()

    def sent(self, ntp: int, now: float) -> None:
        """A sender report with this NTP time leaves; ``now`` in seconds of a steady clock."""
        self._left[ntp >> 16 & 0xFFFFFFFF] = now
        if len(self._left) > MAX_ECHOES:
            self._left.popitem(last=False)

    def round_trip(self, received: Received, now: float) -> float | None:
        """Seconds, or None when the block quotes nothing that we know."""
        left = self._left.get(received.last_sr)
        return max(0.0, now - left - received.delay / 65536) if left is not None else None


class TransportCc:
    """When packets of one connection arrived, for its sender's bandwidth estimate.

    Exact, in integers, so that the plane in C can be held to the same bytes:

    - Transport-wide numbers are unwrapped: the first is taken as it is, each further one is that nearest to the
      highest so far (-32,768 to 32,767 from it); below 0 it is ignored. The first arrival counts. The last CC_KEPT
      numbers up to the highest are known, older ones are ignored.
    - A report ends with the highest. It begins after the end of the last one, or at the lowest number that arrived
      since then if that is lower: what was told to be lost is then told again, with the known arrivals beside it.
      It covers the last MAX_CC_SPAN numbers at most. Without an arrival since the last one there is none.
    - Times are ticks of 250 µs, rounded (half up). The reference time is the earliest covered arrival in units of 64 ms
      (256 ticks), rounded down, 24 bits of it. Each delta is to the arrival before in order of numbers (as far as that
      was told), the first to the reference; clamped to 16 bits. 0 to 255: symbol 1, one byte; else symbol 2, two bytes;
      not arrived: symbol 0.
    - Chunks are status vectors of seven two-bit symbols, the last filled with 0. Zeros fill the last word.
    """

    def __init__(self) -> None:
        self._times = [0] * CC_KEPT  # µs by number modulo CC_KEPT; 0: did not arrive
        self._highest = -1
        self._next = 0
        self._lowest: int | None = None  # that arrived since the last report
        self._count = 0

    def add(self, sequence: int, now_us: int) -> None:
        """The packet with this transport-wide number arrived; microseconds of a steady clock, above 0."""
        if self._highest < 0:
            self._highest = self._next = sequence
        number = self._highest + after(sequence, self._highest)
        if number > self._highest:
            for passed in range(max(self._highest, number - CC_KEPT) + 1, number + 1):
                self._times[passed % CC_KEPT] = 0
            self._highest = number
        elif number < 0 or self._highest - number >= CC_KEPT or self._times[number % CC_KEPT]:
            return
        self._times[number % CC_KEPT] = now_us
        if self._lowest is None or number < self._lowest:
            self._lowest = number

    def report(self, ssrc: int, media: int) -> bytes | None:
        """What arrived since the last report (draft section 3.1), or None when nothing did."""
        if self._lowest is None:
            return None
        end = self._highest + 1
        begin = max(min(self._next, self._lowest), end - MAX_CC_SPAN)
        times = [self._times[number % CC_KEPT] for number in range(begin, end)]
        reference = min(time for time in times if time) // 64_000
        clock, symbols, deltas = reference * 256, [], bytearray()
        for time in times:
            if not time:
                symbols.append(0)
                continue
            delta = max(-32_768, min((time + 125) // 250 - clock, 32_767))
            clock += delta
            small = 0 <= delta <= 255
            symbols.append(1 if small else 2)
            deltas += bytes([delta]) if small else struct.pack("!h", delta)
        chunks = b"".join(_vector(symbols[at : at + 7]) for at in range(0, len(symbols), 7))
        body = struct.pack("!IIHH", ssrc, media, begin % 65536, len(symbols))
        body += struct.pack("!I", (reference << 8 | self._count & 0xFF) & 0xFFFFFFFF) + chunks + deltas
        self._count += 1
        self._next, self._lowest = end, None
        return _packet(TRANSPORT_CC, TRANSPORT_FEEDBACK, body + bytes(-len(body) % 4))


def _vector(symbols: list[int]) -> bytes:
    """A status vector chunk of up to seven two-bit symbols (draft section 3.1.4)."""
    bits = 0b11
    for symbol in symbols + [0] * (7 - len(symbols)):
        bits = bits << 2 | symbol
    return bits.to_bytes(2, "big")
