"""What one participant sends: sound, camera, shared screen, each in one layer or several."""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from media_worker import rtp
from media_worker.description import MID, RATE, REPAIRED, RID, TRANSPORT_CC, Slot
from media_worker.feedback import Interval, Sender
from media_worker.losses import Losses

KEYFRAME_SECONDS: Final = 0.5
"""A sender is asked for a keyframe at most this often: one costs ten times a frame's bandwidth."""
QUIET_SECONDS: Final = 0.5
"""A layer of which nothing came for so long does not come now."""
SILENCE_SECONDS: Final = 5.0
"""A source of which nothing came for so long is off; a shared screen that stands still sends about a frame a second."""
GUESSES: Final = (150_000.0, 500_000.0, 1_500_000.0, 2_500_000.0)
"""Bits a second that layers, small to large, are taken for until a second of them has been measured."""
SOUND_GUESS: Final = 40_000.0
NTP_UNITS: Final = 1 << 32
"""NTP fractions a second."""


class Layer:
    """One stream of a source. Times in seconds of a steady clock."""

    def __init__(self, incoming: Any, units: int, guess: float, now: float) -> None:
        """``units``: of its timestamps, a second."""
        self.incoming = incoming
        self.units = units
        self.losses = Losses()
        self.interval = Interval(incoming.ssrc)
        self.report: Sender | None = None
        self.reported = now
        """When that report came."""
        self.rate = guess
        """Bits a second."""
        self.keyframe_wanted = False
        self._asked = float("-inf")
        self._given_up = 0
        self._before = (now, incoming.counters.octets)

    def comes(self, now: float, within: float = QUIET_SECONDS) -> bool:
        """Whether it comes now: something came in the last so many seconds."""
        return bool(now - self.incoming.heard / 1e6 < within)

    def measure(self, now: float) -> None:
        """About every second: its rate."""
        since, before = self._before
        if now - since < 0.5:
            return
        octets = self.incoming.counters.octets
        self._before = (now, octets)
        self.rate = (octets - before) * 8 / (now - since)

    def may_ask_keyframe(self, now: float, round_trip: float) -> bool:
        """Whether to ask now, ``round_trip`` seconds away; if not, it stays wanted."""
        self.keyframe_wanted = now - self._asked < KEYFRAME_SECONDS + round_trip
        if not self.keyframe_wanted:
            self._asked = now
        return not self.keyframe_wanted

    def is_broken(self) -> bool:
        """Whether packets were given up since the last look: a picture needs a keyframe then."""
        before, self._given_up = self._given_up, self.losses.given_up
        return self._given_up > before

    def reported_by(self, now: float) -> Sender | None:
        """Its last report, brought up to ``now``."""
        if self.report is None:
            return None
        passed, (ssrc, ntp, timestamp) = now - self.reported, msgspec.structs.astuple(self.report)
        later = ntp + int(passed * NTP_UNITS), timestamp + int(passed * self.units)
        return Sender(ssrc, later[0] % (1 << 64), later[1] % (1 << 32))

    def shift_to(self, other: "Layer", shift: int) -> int | None:
        """What to add to the other layer's timestamps when ``shift`` is added to ours, so that time goes on evenly: by
        what the sender's reports say of both; None when they say nothing yet (RFC 3550 section 6.4.1)."""
        if self.report is None or other.report is None:
            return None
        passed = (self.report.ntp - other.report.ntp) * self.units // NTP_UNITS
        theirs = other.report.timestamp + passed  # the other layer's time at the instant of our report
        return (shift + self.report.timestamp - theirs) & 0xFFFFFFFF


class Source:
    """What a participant sends in one slot; ``layers`` by name, in the slot's order, "" without simulcast."""

    def __init__(self, slot: Slot, ask_keyframe: Callable[[Layer], None]) -> None:
        """``ask_keyframe``: asks the sender."""
        self.slot = slot
        self.ask_keyframe = ask_keyframe
        self.layers: dict[str, Layer] = {}
        self.repairs: dict[str, Any] = {}
        """Retransmission streams by the layer that they mend."""
        self.begun = float("-inf")
        """When it last began after a silence."""
        self._on = False

    @property
    def names(self) -> tuple[str, ...]:
        """Its layers' names, small to large, there or not."""
        return self.slot.layers or ("",)

    def ordered(self) -> list[Layer | None]:
        """Its layers, small to large; None for one that has not come yet."""
        return [self.layers.get(name) for name in self.names]

    def rates(self, now: float) -> tuple[float, ...]:
        """Bits a second of each layer, 0 for one that does not come now."""
        return tuple(layer.rate if layer is not None and layer.comes(now) else 0.0 for layer in self.ordered())

    def is_on(self, now: float) -> bool:
        """Whether it comes, perhaps slowly: a shared screen that stands still."""
        return any(layer.comes(now, SILENCE_SECONDS) for layer in self.layers.values())

    def notice(self, now: float) -> None:
        """Every second: what comes after a silence is a new beginning."""
        was_on, self._on = self._on, self.is_on(now)
        if self._on and not was_on:
            self.begun = now

    def take(self, peer: Any, name: str, packet: rtp.Header, now: float) -> Layer:
        """Name a stream of this source to the plane; a new SSRC for a layer replaces the old. Raises OverflowError."""
        former = self.layers.pop(name, None)
        if former is not None:
            former.incoming.close()
        sound = self.slot.kind == "audio"
        incoming = peer.incoming(
            packet.ssrc,
            video=not sound,
            payload_type=self.slot.payload_type,
            rate=RATE[self.slot.kind],
            cc=self.slot.extensions.get(TRANSPORT_CC, 0),
        )
        guess = SOUND_GUESS if sound else GUESSES[self.names.index(name)] if self.slot.layers else GUESSES[1]
        layer = self.layers[name] = Layer(incoming, RATE[self.slot.kind], guess, now)
        if not self._on:
            self.begun, self._on = now, True
        return layer

    def take_repair(self, peer: Any, name: str, ssrc: int) -> bool:
        """Name the stream that mends a layer; False while that layer has not come. Raises OverflowError."""
        layer = self.layers.get(name)
        if layer is None:
            return False
        former = self.repairs.get(name)
        if former is not None and former.ssrc == ssrc:
            return True
        if former is not None:
            former.close()
        self.repairs[name] = peer.incoming(
            ssrc,
            video=True,
            payload_type=self.slot.rtx,
            rate=RATE["video"],
            cc=self.slot.extensions.get(TRANSPORT_CC, 0),
            primary=layer.incoming,
        )
        return True


def place(header: rtp.Header, extensions: dict[int, bytes], slots: list[Slot]) -> tuple[Slot, str, bool] | None:
    """Which slot and layer a stream of an unknown SSRC belongs to, and whether it mends that layer; None for neither.

    By the names in its header extensions (RFC 8843 section 9.2, RFC 8852), else by what the offer said of its SSRC,
    else by its payload type when that leaves no choice.
    """

    def text(slot: Slot, uri: str) -> str:
        return extensions.get(slot.extensions.get(uri, 0), b"").decode("ascii", "replace")

    able = [slot for slot in slots if slot.sends and header.payload_type in (slot.payload_type, slot.rtx or -1)]
    for slot in able:
        if text(slot, MID) == slot.mid:
            able = [slot]
            break
    else:
        declared = [slot for slot in able if any(header.ssrc in pair for pair in slot.ssrcs)]
        able = declared or able
    if len(able) != 1:
        return None
    slot = able[0]
    mends = header.payload_type == slot.rtx and slot.rtx != slot.payload_type
    name = text(slot, REPAIRED if mends else RID)
    if not slot.layers:
        return slot, "", mends
    return (slot, name, mends) if name in slot.layers else None
