"""One seat of a call: its connection, what it sends, what it is sent."""

import asyncio
import secrets
from collections.abc import Callable
from typing import Final

from chalicelib.protocol import Seat
from media_worker import feedback, rewrite
from media_worker.description import (
    CLOCK,
    FORWARDED,
    KINDS,
    TRANSPORT_CC,
    CallOffer,
    Kind,
    Slot,
    Source,
    write_call,
)
from media_worker.forward import Endpoint, Line, Remote

KEYFRAME_SECONDS: Final = 0.5
"""A sender is asked for a keyframe at most this often: keyframes cost it ten times a frame's bandwidth."""
TICK_SECONDS: Final = 0.1
"""Between two transport-cc reports; Chromium's own receiver sends them every 50 to 250 ms."""
TICKS_PER_REPORT: Final = 10
NO_LIMIT: Final = 10_000_000
"""Bits a second; takes an earlier limit back."""


class Outgoing:
    """What one participant receives in one slot."""

    def __init__(self, slot: Slot, stream: str) -> None:
        self.slot = slot
        self.ssrc = secrets.randbelow(0xFFFFFFFE) + 1
        self.rewriter = rewrite.Rewriter(self.ssrc, slot.payload_type, CLOCK[slot.kind], secrets.randbelow(1 << 15))
        self.cache = rewrite.Cache()
        self._stream = stream
        self._packets = 0
        self.octets = 0
        self._numbers: tuple[Slot, dict[int, int]] | None = None

    def take(self, packet: rewrite.Packet, source: Slot, now: float) -> bytes | None:
        """The packet for this receiver, kept for retransmission; None when it is too late to be sent."""
        rewritten = self.rewriter.rewrite(packet, now, self._mapping(source))
        if rewritten is None:
            return None
        data = rewrite.serialize(rewritten)
        self.cache.put(rewritten.sequence, data)
        self._packets += 1
        self.octets += len(packet.body)
        return data

    def report(self, source: feedback.Sender) -> bytes | None:
        """The sender report for this receiver: the sender's clock, our numbers."""
        timestamp = self.rewriter.timestamp(source.ssrc, source.timestamp)
        if timestamp is None:
            return None
        return feedback.sender_report(self.ssrc, source.ntp, timestamp, self._packets, self.octets, self._stream)

    def _mapping(self, source: Slot) -> dict[int, int]:
        if self._numbers is None or self._numbers[0] is not source:
            ours = self.slot.extensions
            shared = {
                source.extensions[uri]: ours[uri] for uri in FORWARDED if uri in source.extensions and uri in ours
            }
            self._numbers = (source, shared)
        return self._numbers[1]


class Participant:
    """One seat's connection, from its offer to its end: what it sends is reported on and handed to the other."""

    def __init__(
        self, seats: "Seats", seat: Seat, offer: CallOffer, endpoint: Endpoint, connect_seconds: float
    ) -> None:
        self.seat = seat
        self._seats = seats
        self._stream = secrets.token_hex(8)
        self._session = secrets.randbits(48)
        self._line = Line(endpoint, self, connect_seconds)
        self._slots: dict[Kind, Slot] = {slot.kind: slot for slot in offer.slots}
        self._kinds = {slot.payload_type: slot.kind for slot in offer.slots}
        self._cc_number = next((s.extensions[TRANSPORT_CC] for s in offer.slots if TRANSPORT_CC in s.extensions), None)
        self._cc = feedback.TransportCc()
        self._received: dict[Kind, feedback.Reception] = {}
        self._outgoing = {slot.kind: Outgoing(slot, self._stream) for slot in offer.slots}
        self._by_ssrc = {outgoing.ssrc: outgoing for outgoing in self._outgoing.values()}
        self._keyframe_asked = float("-inf")
        self._keyframe_wanted = False
        self._ticks = 0
        self._measured = (0.0, 0)  # when, octets sent to this one by then
        self._delivered = 0.0  # bits a second, since then
        self._limiting = False

    # ------------------------------------------------------------ signalling

    def continues(self, remote: Remote) -> bool:
        """Whether an offer restarts this connection instead of being a new one."""
        return self._line.is_same_session(remote)

    async def answer(self, offer: CallOffer) -> str:
        """The answer to the first offer or to an ICE restart. Raises OSError when no port can be bound."""
        local = await self._line.open(offer.remote)
        audio, video = (Source(self._outgoing[kind].ssrc, f"{kind}-{self._stream}") for kind in KINDS)
        return write_call(offer, local, self._session, self._stream, (audio, video))

    async def close(self) -> None:
        """Hang up."""
        await self._line.close()

    @property
    def is_up(self) -> bool:
        """Whether media flows."""
        return self._line.is_up

    # ------------------------------------------------------------ the line's news

    def line_up(self) -> None:
        """Connected: whoever is there shall send a picture that can be started from."""
        self._seats.came_up(self)

    def line_down(self) -> None:
        """The path is lost; an ICE restart may follow."""
        self._seats.went_down(self)

    def line_ended(self) -> None:
        """The browser closed the connection, or never made it."""
        self._seats.left(self)

    def rtp(self, packet: bytes) -> None:
        """Report on it and hand it to the other one."""
        now = asyncio.get_running_loop().time()
        try:
            parsed = rewrite.parse(packet)
        except rewrite.Malformed:
            return
        number = parsed.extension(self._cc_number)
        if number is not None and len(number) == 2:
            self._cc.add(int.from_bytes(number, "big"), now)
        kind = self._kinds.get(parsed.payload_type)
        if kind is None:
            return
        reception = self._received.get(kind)
        if reception is None or reception.ssrc != parsed.ssrc:
            reception = self._received[kind] = feedback.Reception(parsed.ssrc, CLOCK[kind])
        reception.add(parsed.sequence, parsed.timestamp, now)
        if reception.has_gaps:
            self._ask_again(kind, now)
        other = self._seats.other(self)
        if other is not None:
            other.send(kind, parsed, self._slots[kind], now)

    def rtcp(self, packet: bytes) -> None:
        """Answer what can be answered here, pass on what the other one must answer."""
        now = asyncio.get_running_loop().time()
        other = self._seats.other(self)
        for report in feedback.parse(packet):
            match report:
                case feedback.Lost(ssrc, sequences) if ssrc in self._by_ssrc:
                    for sequence in sequences:
                        again = self._by_ssrc[ssrc].cache.get(sequence)
                        if again is not None:
                            self._line.send_rtp(again)
                case feedback.NeedsKeyframe(ssrc) if ssrc in self._by_ssrc and other is not None:
                    other.ask_keyframe(now)
                case feedback.Estimate(bits_per_second) if other is not None:
                    self._pass_on(bits_per_second, other)
                case feedback.Sender(ssrc, ntp):
                    for kind, reception in self._received.items():
                        if reception.ssrc == ssrc:
                            reception.heard_sender(ntp, now)
                            if other is not None:
                                other.send_report(kind, report)

    # ------------------------------------------------------------ to this participant

    def send(self, kind: Kind, packet: rewrite.Packet, source: Slot, now: float) -> None:
        """Forward a packet of the other one."""
        if not self._line.is_up:
            return
        data = self._outgoing[kind].take(packet, source, now)
        if data is not None:
            self._line.send_rtp(data)

    def send_report(self, kind: Kind, source: feedback.Sender) -> None:
        """Forward the other one's sender report."""
        data = self._outgoing[kind].report(source)
        if data is not None:
            self._line.send_rtcp(data)

    def ask_keyframe(self, now: float) -> None:
        """Have this one send a keyframe: now, or as soon as it may be asked again."""
        video = self._received.get("video")
        if video is None or now - self._keyframe_asked < KEYFRAME_SECONDS:
            self._keyframe_wanted = True
            return
        self._keyframe_asked, self._keyframe_wanted = now, False
        self._line.send_rtcp(self._report(now, feedback.pli(self._outgoing["video"].ssrc, video.ssrc)))

    def limit(self, bits_per_second: int) -> None:
        """Have this one send no more than reaches the other."""
        video = self._received.get("video")
        if video is not None:
            own = self._outgoing["video"].ssrc
            self._line.send_rtcp(feedback.remb(own, video.ssrc, bits_per_second))

    def _pass_on(self, estimate: int, other: "Participant") -> None:
        """An estimate below what we send means that this receiver's way is full. One above it means only that no more
        was tried: Chromium says at most 1.5 times what arrives, and a sender held to that hardly ever grows."""
        if estimate < self._delivered:
            self._limiting = True
            other.limit(estimate)
        elif self._limiting:
            self._limiting = False
            other.limit(NO_LIMIT)

    def tick(self, now: float) -> None:
        """Every TICK_SECONDS: what is due to the sender."""
        if not self._line.is_up:
            return
        self._ticks += 1
        if self._ticks % TICKS_PER_REPORT == 0:
            self._measure(now)
        if not self._received:
            return
        own = self._outgoing["video"].ssrc
        report = self._cc.report(own, next(iter(self._received.values())).ssrc)
        if report is not None:
            self._line.send_rtcp(report)
        for kind in self._received:
            self._ask_again(kind, now)
        if self._ticks % TICKS_PER_REPORT == 0:
            self._line.send_rtcp(self._report(now))
        if self._keyframe_wanted:
            self.ask_keyframe(now)

    def _measure(self, now: float) -> None:
        octets = sum(outgoing.octets for outgoing in self._outgoing.values())
        since, before = self._measured
        self._measured = (now, octets)
        self._delivered = (octets - before) * 8 / max(now - since, TICK_SECONDS)

    def _ask_again(self, kind: Kind, now: float) -> None:
        reception = self._received[kind]
        due = reception.due(now)
        if due and kind == "video":  # sound comes too late a second time
            self._line.send_rtcp(feedback.nack(self._outgoing[kind].ssrc, reception.ssrc, due))

    def _report(self, now: float, more: bytes = b"") -> bytes:
        blocks = [reception.block(now) for reception in self._received.values()]
        return feedback.receiver_report(self._outgoing["audio"].ssrc, blocks, self._stream) + more


class Seats:
    """Who sits where."""

    def __init__(self, on_change: Callable[[], None], on_left: Callable[[Participant], None]) -> None:
        self._taken: dict[Seat, Participant] = {}
        self._on_change = on_change
        self._on_left = on_left

    def get(self, seat: Seat) -> Participant | None:
        """Who sits there."""
        return self._taken.get(seat)

    def all(self) -> list[Participant]:
        """Everybody."""
        return list(self._taken.values())

    def other(self, participant: Participant) -> Participant | None:
        """The one on the other side; None for somebody who has been replaced."""
        if self._taken.get(participant.seat) is not participant:
            return None
        return next((p for p in self._taken.values() if p is not participant), None)

    def sit(self, participant: Participant) -> Participant | None:
        """Take a seat; returns who sat there."""
        former = self._taken.get(participant.seat)
        self._taken[participant.seat] = participant
        return former

    def came_up(self, participant: Participant) -> None:
        """A connection is up."""
        other = self.other(participant)
        if other is not None:
            other.ask_keyframe(asyncio.get_running_loop().time())
        self._on_change()

    def went_down(self, participant: Participant) -> None:
        """A path is lost."""
        self._on_change()

    def left(self, participant: Participant) -> None:
        """A connection is over."""
        if self._taken.get(participant.seat) is participant:
            del self._taken[participant.seat]
        self._on_left(participant)
        self._on_change()
