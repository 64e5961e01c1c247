"""What one participant's connection measures, every few seconds, and the grade it gets for it."""

from chalicelib.protocol import SeatQuality
from media_worker.participant import Participant
from media_worker.quality import Figures, Grading


class Meter:
    """Reads a participant's figures."""

    def __init__(self, participant: Participant, now: float) -> None:
        self._participant = participant
        self._grading = Grading(participant.seat)
        self._before = now, self._received(), self._sent()
        self._frozen = participant.frozen

    def read(self, now: float) -> tuple[SeatQuality, float]:
        """The quality since the last time, and for how many seconds it stands."""
        who, (since, received, sent) = self._participant, self._before
        self._before = now, self._received(), self._sent()
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
        figures = Figures(
            loss_up=max((layer.interval.fraction_lost for layer in pictures or sounds), default=0.0),
            loss_down=who.loss_down,
            jitter_ms=max((layer.incoming.counters.jitter / 48 for layer in sounds), default=0.0),
            rtt_ms=who.rtt * 1000,
            up_kbps=(self._before[1] - received) * 8 / 1000 / passed,
            down_kbps=(self._before[2] - sent) * 8 / 1000 / passed,
            width=largest.width if largest is not None else 0,
            height=largest.height if largest is not None else 0,
            fps=who.watching.fps,
            freezes=frozen,
            overloaded=who.watching.overloaded,
            picture=bool(pictures),
            silent=not who.is_up,
            smaller=who.view.smaller,
            withheld=who.view.withheld,
        )
        return self._grading.feed(figures), passed

    def _received(self) -> int:
        return sum(layer.incoming.counters.octets for s in self._participant.sources for layer in s.layers.values())

    def _sent(self) -> int:
        return sum(sink.out.octets for sink in self._participant.sinks)
