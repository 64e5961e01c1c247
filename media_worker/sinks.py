"""What one participant is sent in one slot: a stream of its own numbers, fed from whatever was chosen for it."""

import secrets
from typing import Any

from media_worker import feedback
from media_worker.description import FORWARDED, SENT_AT, Slot
from media_worker.description import Source as Announced
from media_worker.sources import Layer, Source


class Sink:
    """One outgoing stream, and what is behind it."""

    def __init__(self, peer: Any, slot: Slot, stream: str) -> None:
        self.slot = slot
        self.stream = stream
        self.source: Source | None = None
        self.layer: Layer | None = None
        """What was chosen."""
        self.waiting = False
        """For the chosen layer's first keyframe."""
        self.reports = 0
        """Sender reports since it began with that."""
        self.ssrc, self.rtx = (secrets.randbelow(0xFFFFFFFE) + 1 for _ in range(2))
        self.out = peer.outgoing(
            self.ssrc,
            payload_type=slot.payload_type,
            rtx=(self.rtx, slot.rtx) if slot.rtx else None,
            stamp=slot.extensions.get(SENT_AT, 0),
            sequence=secrets.randbelow(1 << 15),
        )

    @property
    def announced(self) -> Announced:
        """For the answer."""
        return Announced(self.ssrc, self.rtx if self.slot.rtx else 0, self.stream, f"{self.slot.kind}-{self.stream}")

    def attach(self, source: Source | None) -> None:
        """Take from this source from now on; what to take of it is chosen next."""
        if source is not self.source:
            self.source = source
            if self.layer is not None:
                self.choose(None)

    def choose(self, layer: Layer | None) -> bool:
        """Send this layer; whether that is something new."""
        if layer is self.layer:
            return False
        former, self.layer = self.layer, layer
        if layer is None or self.source is None:
            self.out.select(None, {})
            self.waiting = False
            return True
        hint = former.shift_to(layer, self.out.time_shift) if former in self.source.layers.values() and former else None
        self.out.select(layer.incoming, self._extensions(self.source.slot), hint)
        self.waiting = self.slot.kind == "video"
        self.ask_keyframe()
        return True

    def ask_keyframe(self) -> None:
        """The receiver cannot go on, or cannot begin, without one."""
        if self.layer is not None and self.source is not None and self.slot.kind == "video":
            self.source.ask_keyframe(self.layer)

    def report(self, report: feedback.Sender) -> bytes | None:
        """A sender report as this receiver shall see it: the sender's clock, our numbers; None unless that stream is
        being sent."""
        current = self.out.current
        if current is None or current.ssrc != report.ssrc:
            return None
        self.reports += 1
        timestamp = (report.timestamp + self.out.time_shift) & 0xFFFFFFFF
        return feedback.sender_report(self.ssrc, report.ntp, timestamp, self.out.packets, self.out.octets, self.stream)

    def close(self) -> None:
        """Nothing is sent any more."""
        self.out.close()

    def _extensions(self, source: Slot) -> dict[int, int]:
        ours, theirs = self.slot.extensions, source.extensions
        return {theirs[uri]: ours[uri] for uri in FORWARDED if uri in theirs and uri in ours}
