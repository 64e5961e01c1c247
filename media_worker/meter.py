"""What one participant's connection measures, every few seconds, and the grade it gets for it."""

from typing import Final

from chalicelib.protocol import Appetite, SeatQuality
from media_worker.participant import Participant
from media_worker.quality import Figures, Grading

SILENT_SECONDS: Final = 5.0
HELD: Final = 0.5
"""Of what a sender was told to send at most: near it, it is no narrow way up that keeps the picture small."""


class Meter:
    """Reads a participant's figures."""

    def __init__(self, participant: Participant, now: float) -> None:
        self._participant = participant
        self._grading = Grading(participant.seat)
        self._before = now, self._received(), self._sent()
        self._lost_before = self._lost_up(), self._lost_down()
        self._frozen = participant.frozen

    def read(self, now: float) -> tuple[SeatQuality, float]:
        """The quality since the last time, and for how many seconds it stands."""
        who, (since, received, sent) = self._participant, self._before
        self._before = now, self._received(), self._sent()
        up, down = self._lost_before
        self._lost_before = self._lost_up(), self._lost_down()
        frozen, self._frozen = who.frozen - self._frozen, who.frozen
        passed = max(now - since, 0.001)
        pictures = [
            layer
            for source in (who.camera, who.screen)
            if source is not None
            for layer in source.layers.values()
            if layer.comes(now)
        ]
        sounds = list(who.audio.layers.values()) if who.audio is not None else []
        counters = [layer.incoming.counters for layer in pictures]
        largest = max(counters, key=lambda c: c.height, default=None)
        up_kbps = (self._before[1] - received) * 8 / 1000 / passed
        held = who.view.appetite is not Appetite.ALL or up_kbps > HELD * who.held_to / 1000
        figures = Figures(
            loss_up=_share(up, self._lost_before[0]),
            loss_down=_share(down, self._lost_before[1]),
            jitter_ms=max((layer.incoming.counters.jitter / 48 for layer in sounds), default=0.0),
            rtt_ms=who.rtt * 1000,
            up_kbps=up_kbps,
            down_kbps=(self._before[2] - sent) * 8 / 1000 / passed,
            width=largest.width if largest is not None else 0,
            height=largest.height if largest is not None else 0,
            fps=who.watching.fps,
            freezes=frozen,
            overloaded=who.watching.overloaded,
            picture=bool(pictures) and not held,
            silent=not who.is_up or who.silent_for(now) > SILENT_SECONDS,
            smaller=who.view.smaller,
            withheld=who.view.withheld,
        )
        return self._grading.feed(figures), passed

    def _lost_up(self) -> tuple[int, float]:
        """Packets expected and lost, in all; what was sent again later counts as lost."""
        layers = [layer for source in self._participant.sources for layer in source.layers.values()]
        counters = [layer.incoming.counters for layer in layers]
        expected = sum(c.highest - c.first + 1 for c in counters if c.packets)
        return expected, float(expected - sum(c.packets for c in counters))

    def _lost_down(self) -> tuple[int, float]:
        return self._participant.arrivals.expected, self._participant.arrivals.lost

    def _received(self) -> int:
        return sum(layer.incoming.counters.octets for s in self._participant.sources for layer in s.layers.values())

    def _sent(self) -> int:
        return sum(sink.out.octets for sink in self._participant.sinks)


def _share(before: tuple[int, float], after: tuple[int, float]) -> float:
    expected, lost = after[0] - before[0], after[1] - before[1]
    return min(max(0.0, lost / expected), 1.0) if expected > 0 else 0.0
