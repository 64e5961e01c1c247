"""What a receiver of media owes its sender, and what senders and receivers tell us: RTCP as bytes. Pure.

RFC 3550 (reports), RFC 4585 and 5104 (NACK, PLI, FIR), draft-alvestrand-rmcat-remb-03, and transport-cc
(draft-holmer-rmcat-transport-wide-cc-extensions-01), without which Chromium sends no more than some 100 kbit/s.
"""

import struct
from collections.abc import Iterator
from typing import Final

import msgspec

from media_worker.rewrite import after

SENDER_REPORT: Final = 200
RECEIVER_REPORT: Final = 201
TRANSPORT_FEEDBACK: Final = 205
PAYLOAD_FEEDBACK: Final = 206
NACK: Final = 1  # TRANSPORT_FEEDBACK formats
TRANSPORT_CC: Final = 15
PLI: Final = 1  # PAYLOAD_FEEDBACK formats
FIR: Final = 4
AFB: Final = 15

NACK_TRIES: Final = 5
NACK_SECONDS: Final = 0.1
NACK_WINDOW: Final = 256
"""A gap longer than this is a pause or a reset, not loss."""
MAX_CC_SPAN: Final = 1_000
"""Packets one transport-cc report covers at most."""


class Sender(msgspec.Struct, frozen=True):
    """A sender report: NTP time (64 bits) and RTP time of the same instant."""

    ssrc: int
    ntp: int
    timestamp: int


class Lost(msgspec.Struct, frozen=True):
    """A NACK: the receiver misses these of our packets."""

    ssrc: int
    sequences: tuple[int, ...]


class NeedsKeyframe(msgspec.Struct, frozen=True):
    """PLI or FIR: the receiver cannot go on without a keyframe of this stream."""

    ssrc: int


class Estimate(msgspec.Struct, frozen=True):
    """REMB: so many bits a second reach the receiver."""

    bits_per_second: int


Report = Sender | Lost | NeedsKeyframe | Estimate


def parse(data: bytes) -> Iterator[Report]:
    """What concerns us in a compound packet; the rest, and whatever is malformed, is passed over."""
    at = 0
    while at + 4 <= len(data):
        first, kind, words = struct.unpack_from("!BBH", data, at)
        body = data[at + 4 : at + 4 + 4 * words]
        at += 4 + 4 * words
        if at > len(data) or first >> 6 != 2:
            return
        form = first & 0x1F
        if kind == SENDER_REPORT and len(body) >= 24:
            ssrc, ntp, timestamp = struct.unpack_from("!IQI", body)
            yield Sender(ssrc, ntp, timestamp)
        elif len(body) < 8:
            continue
        elif kind == TRANSPORT_FEEDBACK and form == NACK:  # the format first: transport-cc has the same packet type
            yield Lost(struct.unpack_from("!I", body, 4)[0], tuple(_nacked(body[8:])))
        elif kind == PAYLOAD_FEEDBACK and form == PLI:
            yield NeedsKeyframe(struct.unpack_from("!I", body, 4)[0])
        elif kind == PAYLOAD_FEEDBACK and form == FIR and len(body) >= 16:
            yield NeedsKeyframe(struct.unpack_from("!I", body, 8)[0])
        elif kind == PAYLOAD_FEEDBACK and form == AFB and body[8:12] == b"REMB" and len(body) >= 16:
            exponent, mantissa = body[13] >> 2, (body[13] & 3) << 16 | body[14] << 8 | body[15]
            yield Estimate(mantissa << exponent)


def _nacked(entries: bytes) -> Iterator[int]:
    for at in range(0, len(entries) - 3, 4):
        first, following = struct.unpack_from("!HH", entries, at)
        yield first
        yield from ((first + 1 + bit) % 65536 for bit in range(16) if following >> bit & 1)


def _packet(form: int, kind: int, body: bytes) -> bytes:
    return struct.pack("!BBH", 0x80 | form, kind, len(body) // 4) + body


def pli(ssrc: int, media: int) -> bytes:
    """Ask for a keyframe of ``media``."""
    return _packet(PLI, PAYLOAD_FEEDBACK, struct.pack("!II", ssrc, media))


def remb(ssrc: int, media: int, bits_per_second: int) -> bytes:
    """Tell a sender how much reaches its receiver."""
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
    return _packet(1, 202, item + bytes(4 - len(item) % 4))


class Reception:
    """What arrived of one source, and so what to report and to ask for again."""

    def __init__(self, ssrc: int, clock: int) -> None:
        self.ssrc = ssrc
        self._clock = clock
        self._first: int | None = None
        self._highest = 0
        self._span = 0  # packets expected after the first
        self._received = 0
        self._before = (0, 0)  # expected, received at the last report
        self._missing: dict[int, tuple[int, float]] = {}  # sequence → times asked, when last
        self._jitter = 0.0
        self._transit: float | None = None
        self._sender: tuple[int, float] | None = None  # middle of the NTP time, when

    def add(self, sequence: int, timestamp: int, now: float) -> None:
        """A packet arrived; ``now`` in seconds of a steady clock."""
        self._received += 1
        if self._first is None:
            self._first = self._highest = sequence
        distance = after(sequence, self._highest)
        if distance > 0:
            if 1 < distance <= NACK_WINDOW:
                self._missing.update({(self._highest + i) % 65536: (0, 0.0) for i in range(1, distance)})
            self._highest = sequence
            self._span += distance
        else:
            self._missing.pop(sequence, None)
        transit = now * self._clock - timestamp
        if self._transit is not None and abs(transit - self._transit) < self._clock:
            self._jitter += (abs(transit - self._transit) - self._jitter) / 16  # RFC 3550 section 6.4.1
        self._transit = transit

    def heard_sender(self, ntp: int, now: float) -> None:
        """A sender report arrived; its time is quoted in our next report."""
        self._sender = (ntp >> 16 & 0xFFFFFFFF, now)

    @property
    def has_gaps(self) -> bool:
        """Whether anything is missing that could still come."""
        return bool(self._missing)

    def due(self, now: float) -> list[int]:
        """What is missing and should be asked for now; a packet is asked for a few times, then given up."""
        for sequence, (tries, _) in list(self._missing.items()):
            if tries >= NACK_TRIES or after(self._highest, sequence) > NACK_WINDOW:
                del self._missing[sequence]
        due = [s for s, (tries, asked) in self._missing.items() if tries == 0 or now - asked >= NACK_SECONDS]
        for sequence in due:
            self._missing[sequence] = (self._missing[sequence][0] + 1, now)
        return sorted(due, key=lambda s: after(s, self._highest))

    def block(self, now: float) -> bytes:
        """A report block (RFC 3550 section 6.4.1); begins a new interval of loss."""
        expected = self._span + 1
        lost = expected - self._received
        interval, received = expected - self._before[0], self._received - self._before[1]
        self._before = (expected, self._received)
        fraction = max(0, interval - received) * 256 // interval if interval > 0 else 0
        highest = ((self._first or 0) + self._span) & 0xFFFFFFFF
        quoted, delay = (self._sender[0], int((now - self._sender[1]) * 65536)) if self._sender else (0, 0)
        clamped = max(-(1 << 23), min(lost, (1 << 23) - 1)) & 0xFFFFFF
        return struct.pack(
            "!IIIIII",
            self.ssrc,
            min(fraction, 255) << 24 | clamped,
            highest,
            int(self._jitter) & 0xFFFFFFFF,
            quoted,
            min(delay, 0xFFFFFFFF),
        )


def receiver_report(ssrc: int, blocks: list[bytes], name: str) -> bytes:
    """A receiver report with our CNAME."""
    head = _packet(len(blocks), RECEIVER_REPORT, struct.pack("!I", ssrc) + b"".join(blocks))
    return head + _names(ssrc, name)


class TransportCc:
    """When packets of one connection arrived, for its sender's bandwidth estimate."""

    def __init__(self) -> None:
        self._arrivals: dict[int, float] = {}  # unwrapped number → seconds
        self._highest: int | None = None
        self._next: int | None = None
        self._count = 0

    def add(self, sequence: int, now: float) -> None:
        """The packet with this transport-wide number arrived."""
        if self._highest is None:
            self._highest = self._next = sequence
        unwrapped = self._highest + after(sequence, self._highest % 65536)
        self._highest = max(self._highest, unwrapped)
        self._arrivals.setdefault(unwrapped, now)

    def report(self, ssrc: int, media: int) -> bytes | None:
        """Everything since the last report (draft section 3.1), or None when nothing came."""
        if not self._arrivals or self._next is None:
            return None
        begin, end = min(self._next, min(self._arrivals)), max(self._arrivals) + 1
        begin = max(begin, end - MAX_CC_SPAN)
        times = [self._arrivals.get(number) for number in range(begin, end)]
        reference = int(min(t for t in times if t is not None) / 0.064)
        clock, symbols, deltas = reference * 256, [], b""  # in 250 µs from here on
        for time in times:
            if time is None:
                symbols.append(0)
                continue
            delta = round(time / 0.000_25) - clock
            delta = max(-32_768, min(delta, 32_767))
            clock += delta
            small = 0 <= delta <= 255
            symbols.append(1 if small else 2)
            deltas += bytes([delta]) if small else struct.pack("!h", delta)
        chunks = b"".join(_vector(symbols[at : at + 7]) for at in range(0, len(symbols), 7))
        body = struct.pack("!IIHH", ssrc, media, begin % 65536, len(symbols))
        body += (reference % (1 << 24)).to_bytes(3, "big") + bytes([self._count % 256]) + chunks + deltas
        body += bytes(-len(body) % 4)
        self._count += 1
        self._next = end
        self._arrivals.clear()
        return _packet(TRANSPORT_CC, TRANSPORT_FEEDBACK, body)


def _vector(symbols: list[int]) -> bytes:
    """A status vector chunk of up to seven two-bit symbols (draft section 3.1.4)."""
    bits = 0b11
    for symbol in symbols + [0] * (7 - len(symbols)):
        bits = bits << 2 | symbol
    return bits.to_bytes(2, "big")
