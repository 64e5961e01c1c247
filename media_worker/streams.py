"""What one peer sends and what another is sent, in the Python plane: counted, kept, rewritten for its receiver.

A receiver sees one SSRC for the whole call, whatever stands behind it: another layer, a reloaded page, another person.
Sequence numbers go on where they were, timestamps by the time that passed (or by what the sender's reports say of two
layers of one source), picture ids by one.
"""

import struct
import time
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from media_worker import rtp
from media_worker.srtp import MOST, buffer

WINDOW: Final = 1024
"""Numbers of one stream that are told apart from repeats."""
GAP_COST: Final = 256
"""What a gap takes at most from what one is told of gaps."""
HINT_SECONDS: Final = 3
"""A sender's report that would move timestamps by more than this is not believed."""

_SEEN: Final = (1 << WINDOW) - 1
_HEAD: Final = struct.Struct("!BHII")
_SHORT: Final = struct.Struct("!H")


def clock() -> int:
    """Microseconds of the steady clock."""
    return time.monotonic_ns() // 1000


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


class Incoming:
    """One stream that a peer sends: one SSRC. ``primary``: of a retransmission stream, the stream that it mends."""

    def __init__(
        self, peer: Any, ssrc: int, video: bool, payload_type: int, rate: int, cc: int, primary: "Incoming | None"
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
        self, peer: Any, ssrc: int, payload_type: int, rtx: tuple[int, int] | None, stamp: int, sequence: int
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
        size, shift, out = len(data), 0, buffer
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
        return bool(self._peer.send_buffer(size + shift))

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
