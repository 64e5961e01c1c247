"""Who is sent which simulcast layer of whom, by what fits their way down; and what other senders are held to. Pure.

Sound comes first, the shared screen next, then everybody's smallest picture before anybody's larger one. What fits is a
prefix of one fixed list of steps, each a layer more of one picture: so a larger budget never takes anything away.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec

from chalicelib.protocol import Appetite
from media_worker.downlink import GROWTH, NO_LIMIT

SOUND: Final = 50_000
"""Bits a second kept free for each person's sound: Opus at its usual 32 kbit/s with headers and extensions."""
SPARE: Final = 1.15
"""A step up must fit with this to spare; one already taken need only fit, so that nothing flaps."""
TOLERABLE: Final = 0.6
"""So much of a picture must fit that is nobody's larger one: of one without layers, for its sender is brought down to
what fits, and of a smallest one that is sent already, for rates vary and a picture that comes and goes is worse."""
LEAST_PICTURE: Final = 100_000
"""Bits a second below which no picture is worth looking at: sound alone instead."""
LOW_PICTURE: Final = 150_000
"""Bits a second of a picture without layers for somebody who saves data: about a smallest layer's."""


class Offer(msgspec.Struct, frozen=True):
    """What one source can give one receiver. ``layers``: measured bits a second, small to large, 0 for one that does
    not come now; one alone for sources without simulcast. ``current``: what this receiver is sent of it."""

    layers: tuple[float, ...]
    screen: bool = False
    audio: bool = False
    current: int | None = None


class Plan(msgspec.Struct, frozen=True):
    """``layers``: for each offer the index of the layer to send, or None. ``next``: the budget with which one step more
    would be taken, or with all taken a picture without layers could grow; None when more is of no use."""

    layers: list[int | None]
    next: float | None


class _Step(msgspec.Struct, frozen=True):
    """One layer more: ``cost`` on top of the one below, of which ``needed`` must fit. ``held``: it is sent already."""

    offer: int
    layer: int
    cost: float
    needed: float
    held: bool


def choose(wanted: Sequence[Offer], budget: float, appetite: Appetite) -> list[int | None]:
    """For each offer the index of the layer to send, or None; ``budget`` in bits a second."""
    return plan(wanted, budget, appetite).layers


def plan(wanted: Sequence[Offer], budget: float, appetite: Appetite) -> Plan:
    """As `choose`, with what the next step up would take."""
    chosen: list[int | None] = [0 if offer.audio else None for offer in wanted]
    used = sound(wanted)
    for step in _steps(wanted, appetite):
        needed = (used + step.needed) * (1 if step.held else SPARE)
        if needed > budget:
            return Plan(chosen, needed)
        chosen[step.offer] = step.layer
        used += step.cost
    grows = appetite is Appetite.ALL and any(map(_is_single, wanted))
    return Plan(chosen, GROWTH * budget if grows else None)


def room(wanted: Sequence[Offer], index: int, budget: float, appetite: Appetite) -> float:
    """Bits a second that one receiver has for a picture without layers: an equal share, or what the others leave if
    that is more. NO_LIMIT for what needs no limit: sound, pictures with layers, a receiver who wants no pictures."""
    if appetite is Appetite.NONE or not _is_single(wanted[index]):
        return NO_LIMIT
    smallest = (_active(offer)[:1] for offer in wanted if not _is_single(offer) and not offer.audio)
    single = [i for i, offer in enumerate(wanted) if _is_single(offer)]
    free = max(0.0, budget - sound(wanted) - sum(rate for active in smallest for rate, _ in active))
    left = free - sum(wanted[i].layers[0] for i in single if i != index)
    share = max(free / len(single), left)
    return min(share, LOW_PICTURE) if appetite is Appetite.LOW else share


def brought_down(wanted: Sequence[Offer], budget: float, appetite: Appetite) -> list[Offer]:
    """The offers as they will be when senders without layers keep to what there is room for, which takes them less
    than a second: a picture that is too large for a moment is better than none for two."""
    rooms = [room(wanted, index, budget, appetite) for index in range(len(wanted))]
    return [
        msgspec.structs.replace(offer, layers=(min(offer.layers[0], max(limit, LEAST_PICTURE)),))
        if _is_single(offer)
        else offer
        for offer, limit in zip(wanted, rooms, strict=True)
    ]


def ceiling(rooms: Iterable[float], rest: float = SOUND) -> int:
    """Bits a second (REMB) that a sender should be held to, by what each of its receivers has room for: the least of
    them. Who has not even LEAST_PICTURE gets sound alone and holds nobody up, unless there is nobody else. ``rest``:
    what else it sends on the same connection, sound and other pictures."""
    rooms = list(rooms)
    limit = min((room for room in rooms if room >= LEAST_PICTURE), default=LEAST_PICTURE if rooms else NO_LIMIT)
    return int(min(NO_LIMIT, limit + rest))


def sound(wanted: Sequence[Offer]) -> float:
    """Bits a second kept free for sound."""
    return sum(max(SOUND, *offer.layers) if offer.layers else SOUND for offer in wanted if offer.audio)


def _is_single(offer: Offer) -> bool:
    return len(offer.layers) == 1 and not offer.audio


def _active(offer: Offer) -> list[tuple[float, int]]:
    return [(rate, layer) for layer, rate in enumerate(offer.layers) if rate > 0]


def _steps(wanted: Sequence[Offer], appetite: Appetite) -> Iterator[_Step]:
    """All steps in the order in which they are taken. Within a round those already taken come first, then the cheapest:
    when that does not fit, nothing of its round does."""
    if appetite is Appetite.NONE:
        return
    for screen in (True, False):
        towers = [list(_climb(i, o)) for i, o in enumerate(wanted) if o.screen == screen and not o.audio]
        highest = max(map(len, towers), default=0)
        for level in range(min(highest, 1) if appetite is Appetite.LOW else highest):
            yield from sorted((t[level] for t in towers if level < len(t)), key=lambda s: (not s.held, s.cost))


def _climb(index: int, offer: Offer) -> Iterator[_Step]:
    below = 0.0
    for rate, layer in _active(offer):
        cost = rate - below
        held = offer.current is not None and layer <= offer.current
        tolerable = _is_single(offer) or (held and not below)
        yield _Step(index, layer, cost, cost * TOLERABLE if tolerable else cost, held)
        below = rate
