"""What one participant is shown: of everybody at its places the layer that fits its way down, and its own wishes."""

from collections.abc import Sequence
from typing import Final

from chalicelib.protocol import Appetite
from media_worker import layers
from media_worker.downlink import NO_LIMIT, Downlink
from media_worker.sinks import Sink
from media_worker.sources import Source

MIN_SECONDS: Final = 0.5
"""A rate measured over less is none."""


class View:
    """Chooses for its sinks. Times in seconds of a steady clock, rates in bits a second.

    Browsers estimate (REMB) by pictures alone, so that is what ``downlink`` is about; sound comes on top.
    """

    def __init__(self) -> None:
        self.downlink = Downlink()
        self.appetite = Appetite.ALL
        self.smaller = False
        """Whether the way down keeps a larger picture from it."""
        self.withheld = False
        """Whether it keeps a picture from it altogether."""
        self._rooms: dict[Source, float] = {}
        self._before: tuple[float, int] | None = None

    def measure(self, sinks: Sequence[Sink], now: float) -> None:
        """About every second: how much of pictures it is sent."""
        octets = sum(sink.out.octets for sink in sinks if sink.slot.kind == "video")
        since, before = self._before or (now, octets)
        if self._before is None or now - since >= MIN_SECONDS:
            self._before = (now, octets)
        if now - since >= MIN_SECONDS:
            self.downlink.sent(max(0.0, octets - before) * 8 / (now - since), now)

    def choose(self, sinks: Sequence[Sink], shared: Sink | None, now: float) -> None:
        """Choose a layer for each sink, or nothing."""
        fed = [(sink, sink.source) for sink in sinks if sink.source is not None and sink.source.layers]
        if self.appetite is Appetite.ALL and not self.downlink.was_full and all(len(s.names) == 1 for _, s in fed):
            self._show_all(fed)
            return
        wanted = [_offer(sink, source, sink is shared, now) for sink, source in fed]
        sound = layers.sound(wanted)
        budget = sound + self.downlink.budget(now)
        plan = layers.plan(layers.brought_down(wanted, budget, self.appetite), budget, self.appetite)
        budget = sound + self.downlink.budget(now, plan.next - sound if plan.next is not None else None)
        chosen = layers.choose(layers.brought_down(wanted, budget, self.appetite), budget, self.appetite)
        self.smaller = self.withheld = False
        for (sink, source), offer, index in zip(fed, wanted, chosen, strict=True):
            if index is not None:
                sink.choose(source.ordered()[index])
                self.smaller |= self.appetite is Appetite.ALL and any(offer.layers[index + 1 :])
            elif any(offer.layers) or self.appetite is Appetite.NONE:
                sink.choose(None)  # but what only pauses stays chosen, to be there again at once
                self.withheld |= self.appetite is not Appetite.NONE
        self._rooms = {source: layers.room(wanted, at, budget, self.appetite) for at, (_, source) in enumerate(fed)}

    def _show_all(self, fed: Sequence[tuple[Sink, Source]]) -> None:
        """There is one picture of each, and nothing has been too much yet: what most calls of two are all the time."""
        for sink, source in fed:
            sink.choose(source.ordered()[0])
        self.smaller = self.withheld = False
        self._rooms = {}

    def room(self, source: Source) -> float:
        """What it has room for of a source without layers: as much as comes, unless it saves data, until its way has
        been full."""
        bound = self.downlink.was_full or self.appetite is not Appetite.ALL
        return self._rooms.get(source, NO_LIMIT) if bound else NO_LIMIT


def _offer(sink: Sink, source: Source, screen: bool, now: float) -> layers.Offer:
    ordered = source.ordered()
    current = ordered.index(sink.layer) if sink.layer in ordered and sink.layer is not None else None
    return layers.Offer(source.rates(now), screen, source.slot.kind == "audio", current)
