"""One seat of a call: its connection, what it sends and is sent, and what RTCP says of both."""

import asyncio
import secrets
import time
from collections.abc import Callable, Iterator
from typing import Any, Final, Protocol

from chalicelib.errors import VenteromError
from chalicelib.protocol import Quality, Seat, Settled, Want, Watching, encode, parse_on_call
from media_worker import feedback, rtp
from media_worker.arrivals import Arrivals
from media_worker.description import TRANSPORT_CC, CallOffer, Slot, write_call
from media_worker.downlink import NO_LIMIT
from media_worker.forward import Line, Remote
from media_worker.port import Port
from media_worker.sinks import Sink
from media_worker.sources import Layer, Source, place
from media_worker.streams import clock
from media_worker.view import View

NACK_SECONDS: Final = 0.012
"""From a gap to asking: what is only out of order comes meanwhile."""
ENOUGH_REPORTS: Final = 2
"""From so many sender reports a browser knows a stream's clock."""
MAX_TEXT: Final = 500
"""Bytes of a message on the data channel."""
MAX_BUFFERED: Final = 16 * 1024
"""What the data channel has not got rid of: more is not worth adding."""


class Neighbours(Protocol):
    """What a participant asks of its room."""

    def came_up(self, who: "Participant") -> None:
        """Its connection is up (again)."""

    def went_down(self, who: "Participant") -> None:
        """Its path is lost."""

    def left(self, who: "Participant") -> None:
        """Its connection is over."""

    def settled(self, who: "Participant") -> None:
        """The call goes on elsewhere, and it gets there what it got here."""

    def look_again(self, who: "Participant") -> None:
        """It sends or wants something else, or its way down is full: look again who is sent what."""

    def sinks_of(self, source: Source) -> Iterator[tuple["Participant", Sink]]:
        """Who is sent something of this source."""


class Participant:
    """One seat's connection, from its offer to its end."""

    def __init__(self, room: Neighbours, seat: Seat, port: Port, connect_seconds: float) -> None:
        self.seat = seat
        self.view = View()
        self.watching = Watching()
        self.is_settled = False
        """Whether it has said that it needs nothing from here any more."""
        self.frozen = 0
        """How often its pictures stood still."""
        self.rtt = 0.0
        """Seconds, 0 until known."""
        self.arrivals = Arrivals()
        """What it says of what it was sent."""
        self.audio: Source | None = None
        self.camera: Source | None = None
        self.screen: Source | None = None
        self.places: list[tuple[Sink, Sink]] = []
        self.shared: Sink | None = None
        self._room = room
        self._session = secrets.randbits(48)
        self._line = Line(port, self, self, connect_seconds)
        self._peer = self._line.peer
        self._flush: Callable[[], None] = port.plane.flush
        self._slots: list[Slot] = []
        self._counted = False  # whether its packets have transport-wide numbers
        self._layers: dict[int, Layer] = {}  # by SSRC
        self._sinks: dict[int, Sink] = {}  # by SSRC
        self._echo = feedback.Echo()
        self._asking: asyncio.TimerHandle | None = None
        self._channel: Any = None
        self.held_to = NO_LIMIT
        """Bits a second that it was told to send at most."""
        self._held = b""  # as a packet, said again with every report: any may be lost
        self._talk = rtp.Bucket(5, 20)

    # ------------------------------------------------------------ signalling

    def continues(self, remote: Remote) -> bool:
        """Whether an offer is about this connection instead of being a new one."""
        return self._line.is_same_session(remote)

    def answer(self, offer: CallOffer) -> str:
        """The answer to the first offer, to one with more slots, or to an ICE restart."""
        self._lay_out(offer)
        local = self._line.open(offer.remote, self._channel_opened if offer.channel else None)
        return write_call(offer, local, self._session, {sink.slot.mid: sink.announced for sink in self._sinks.values()})

    async def close(self) -> None:
        """Hang up."""
        if self._asking is not None:
            self._asking.cancel()
        for sink in self._sinks.values():
            sink.close()
        for source in self.sources:
            for layer in source.layers.values():
                layer.incoming.close()
        await self._line.close()

    @property
    def is_up(self) -> bool:
        """Whether media flows."""
        return self._line.is_up

    def silent_for(self, now: float) -> float:
        """Seconds since anything came from it; browsers say something every second or two."""
        return now - float(self._peer.heard) / 1e6

    @property
    def sources(self) -> list[Source]:
        """What it sends."""
        return [source for source in (self.audio, self.camera, self.screen) if source is not None]

    @property
    def sinks(self) -> list[Sink]:
        """What it is sent."""
        return list(self._sinks.values())

    def _lay_out(self, offer: CallOffer) -> None:
        (sound, camera), *others = offer.places
        self._slots = [slot for slot in (sound, camera, offer.screen) if slot is not None]
        self._counted = any(TRANSPORT_CC in slot.extensions for slot in self._slots)
        self.audio, self.camera = self._source(self.audio, sound), self._source(self.camera, camera)
        if offer.screen is not None:
            self.screen = self._source(self.screen, offer.screen)
            self.shared = self.shared or self._sink(offer.screen)
        for pair in [(sound, camera), *others][len(self.places) :]:
            stream = secrets.token_hex(8)
            self.places.append((self._sink(pair[0], stream), self._sink(pair[1], stream)))

    def _source(self, present: Source | None, slot: Slot) -> Source:
        if present is None:
            return Source(slot, self.ask_keyframe)
        present.slot = slot
        return present

    def _sink(self, slot: Slot, stream: str = "") -> Sink:
        sink = Sink(self._peer, slot, stream or secrets.token_hex(8))
        self._sinks[sink.ssrc] = sink
        return sink

    # ------------------------------------------------------------ the line's news

    def line_up(self) -> None:
        """Connected: whoever is there shall send a picture that can be started from."""
        self._room.came_up(self)

    def line_down(self) -> None:
        """The path is lost; an ICE restart may follow."""
        self._room.went_down(self)

    def line_ended(self) -> None:
        """The browser closed the connection, or never made it."""
        self._room.left(self)

    # ------------------------------------------------------------ the plane's news

    def stranger(self, packet: bytes) -> None:
        """A stream not seen before: name it if the offer has a place for it."""
        header = rtp.parse(packet)
        found = place(header, rtp.extensions(packet, header), self._slots) if header is not None else None
        if header is None or found is None:
            return
        slot, name, mends = found
        source = next(source for source in self.sources if source.slot is slot)
        try:
            if not mends:
                former = source.layers.get(name)
                layer = self._layers[header.ssrc] = source.take(self._peer, name, header, time.monotonic())
                if former is not None:
                    self._layers.pop(former.incoming.ssrc, None)
                    for _, sink in self._room.sinks_of(source):
                        if sink.layer is former:
                            sink.choose(None)
                self._room.look_again(self)
                self.ask_keyframe(layer)
            elif not source.take_repair(self._peer, name, header.ssrc):
                return
        except OverflowError:
            return
        self._peer.admit(packet)

    def gap(self, stream: Any, first: int, count: int) -> None:
        """Ask for what is missing, if somebody is sent it and it can still come in time: sound cannot."""
        layer = self._layers.get(stream.ssrc)
        if layer is None or self._is_sound(layer) or not self._is_sent(layer):
            return
        layer.losses.gap(first, count, time.monotonic())
        self._ask_soon(NACK_SECONDS)

    def late(self, stream: Any, sequence: int) -> None:
        """It came after all."""
        layer = self._layers.get(stream.ssrc)
        if layer is not None:
            layer.losses.arrived(sequence)

    def switched(self, stream: Any) -> None:
        """A sink has begun with what was chosen for it."""
        sink = self._sinks.get(stream.ssrc)
        if sink is None:
            return
        sink.waiting, sink.reports = False, 0
        self._remind(sink, time.monotonic())

    def rtcp(self, packet: bytes) -> None:
        """Answer what can be answered here, pass on what a sender must answer."""
        now = time.monotonic()
        for report in feedback.parse(packet):
            match report:
                case feedback.Lost(ssrc, sequences) if ssrc in self._sinks:
                    for sequence in sequences:
                        self._sinks[ssrc].out.resend(sequence)
                case feedback.NeedsKeyframe(ssrc) if ssrc in self._sinks:
                    self._sinks[ssrc].ask_keyframe()
                case feedback.Estimate(bits_per_second):
                    if self.view.downlink.estimate(bits_per_second, now):
                        self._room.look_again(self)
                case feedback.Received(ssrc) if ssrc in self._sinks:
                    self._received(report, now)
                case feedback.Sender(ssrc) if ssrc in self._layers:
                    self._sender(self._layers[ssrc], report, now)

    def _received(self, report: feedback.Received, now: float) -> None:
        self.rtt = self._echo.round_trip(report, now) or self.rtt
        lost = self.arrivals.add(report, now)
        if lost is not None and self.view.downlink.loss(lost, now):
            self._room.look_again(self)

    def _sender(self, layer: Layer, report: feedback.Sender, now: float) -> None:
        layer.report, layer.reported = report, now
        layer.interval.heard_sender(report.ntp, now)
        for other, sink in self._room.sinks_of(self._source_of(layer)):
            other.send_report(sink, report, now)

    # ------------------------------------------------------------ to this participant

    def send_report(self, sink: Sink, report: feedback.Sender, now: float) -> None:
        """Forward a sender report of what it is sent."""
        data = sink.report(report)
        if data is not None:
            self._echo.sent(report.ntp, now)
            self._peer.send_rtcp(data)

    def _remind(self, sink: Sink, now: float) -> None:
        """Say again what the sender reported last: lips are in step after two reports, which would take up to 15 s."""
        report = sink.layer.reported_by(now) if sink.layer is not None else None
        if report is not None and sink.reports < ENOUGH_REPORTS:
            self.send_report(sink, report, now)

    def ask_keyframe(self, layer: Layer) -> None:
        """Have it send a keyframe: now, or as soon as it may be asked again."""
        if layer.may_ask_keyframe(time.monotonic(), self.rtt) and self.is_up:
            self._peer.send_rtcp(feedback.pli(self._own, layer.incoming.ssrc))

    def limit(self, bits_per_second: int) -> None:
        """Have it send no more than this, all together."""
        if bits_per_second == self.held_to or not self.is_up:
            return
        if self.camera is not None and "" in self.camera.layers:
            self.held_to = bits_per_second
            self._held = feedback.remb(self._own, self.camera.layers[""].incoming.ssrc, bits_per_second)
            self._peer.send_rtcp(self._held)

    def tell(self, quality: Quality) -> None:
        """On the data channel, if there is one and it keeps up."""
        channel = self._channel
        if channel is not None and channel.readyState == "open" and channel.bufferedAmount < MAX_BUFFERED:
            channel.send(encode(quality).decode())

    def tick(self, now: float) -> None:
        """Every TICK_SECONDS: what is due to it as a sender, and what it still waits for."""
        if not self.is_up:
            return
        for sink in self._sinks.values():
            if sink.waiting and sink.layer is not None and sink.layer.comes(now):
                sink.ask_keyframe()  # again: Chromium passes over what follows another layer's request within 0.3 s
        if self._counted and self._layers:
            report = self._peer.transport_cc(self._own, next(iter(self._layers)))
            if report is not None:
                self._peer.send_rtcp(report)
        for layer in self._layers.values():
            if layer.keyframe_wanted or layer.is_broken():
                self.ask_keyframe(layer)

    def report(self, now: float) -> None:
        """Every second: what arrived of each of its streams."""
        for source in self.sources:
            source.notice(now)
        for layer in self._layers.values():
            layer.measure(now)
        for sink in self._sinks.values():
            self._remind(sink, now)
        if self.is_up and self._layers:
            blocks = [layer.interval.block(layer.incoming.counters, now) for layer in self._layers.values()]
            report = feedback.receiver_report(self._own, blocks[:31], self.places[0][0].stream)
            self._peer.send_rtcp(report + self._held)

    # ------------------------------------------------------------ parts

    @property
    def _own(self) -> int:
        """The SSRC in whose name we report."""
        return self.places[0][1].ssrc

    def _source_of(self, layer: Layer) -> Source:
        return next(source for source in self.sources if layer in source.layers.values())

    def _is_sound(self, layer: Layer) -> bool:
        return self._source_of(layer) is self.audio

    def _is_sent(self, layer: Layer) -> bool:
        sinks = (sink for _, sink in self._room.sinks_of(self._source_of(layer)))
        return any(sink.layer is layer or sink.out.current is layer.incoming for sink in sinks)

    def _ask_soon(self, seconds: float) -> None:
        if self._asking is None:
            self._asking = asyncio.get_running_loop().call_later(seconds, self._ask_again)

    def _ask_again(self) -> None:
        self._asking = None
        now, again = time.monotonic(), False
        for layer in self._layers.values():
            if not len(layer.losses):
                continue
            due = layer.losses.due(now, self.rtt)
            if due:
                self._peer.send_rtcp(feedback.nack(self._own, layer.incoming.ssrc, due))
            again = again or len(layer.losses) > 0
        self._flush()
        if again:
            self._ask_soon(0.02)

    def _channel_opened(self, channel: Any) -> None:
        self._channel = channel
        channel.on("message", self._told)

    def _told(self, data: str | bytes) -> None:
        if len(data) > MAX_TEXT or not self._talk.spend(clock()):
            return
        try:
            message = parse_on_call(data)
        except VenteromError:
            return
        match message:
            case Want(pictures):
                self.view.appetite = pictures
                self._room.look_again(self)
            case Watching():
                self.watching = message
                self.frozen += message.frozen
            case Settled():
                self.is_settled = True
                self._room.settled(self)
