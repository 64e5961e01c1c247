"""What people saw and heard by their pages' own notes (`watch.js`): how long still, silent, and until it was back.

Times are ms since 1970 in notes and seconds in figures.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Page, expect

SCRIPT: Final = (Path(__file__).parent / "watch.js").read_text()
STILL_MS: Final = 400.0
"""A picture that stands for longer is frozen, sound that is away for longer is gone (as `watch.js` has it)."""
CALM_MS: Final = 2_000
"""Picture and sound that have gone on for so long are back."""
MOST_MS: Final = 90_000
"""After which a test gives up: nothing here is a promise."""


@dataclass(frozen=True)
class Notes:
    """When pictures were shown to one person and when sound was played to them."""

    pictures: Sequence[float]
    sounds: Sequence[float]


@dataclass(frozen=True)
class Figures:
    """One fault once. ``recovery``: seconds from what counts as its beginning (or the network's return) until both had
    picture and sound again. ``still_ms`` and ``silent_ms``: the longest between two pictures, and between two packets
    of sound. ``frames_lost``: the pictures that would have been shown while it was frozen."""

    recovery: float
    still_ms: float
    silent_ms: float
    frames_lost: int


@dataclass(frozen=True)
class Counts:
    """What a browser has counted on the connections that are up, whose numbers are ``connections``. ``port``: the
    worker's, or the relay's."""

    connections: tuple[int, ...]
    lost: int
    freezes: int
    dropped: int
    decoded: int
    concealed: int
    relayed: bool | None
    port: int


@dataclass(frozen=True)
class Life:
    """A signalling socket's."""

    opened: float
    closed: float | None


class Watch:
    """One page's notes; ``SCRIPT`` has run in it before its own."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def notes(self, since: float) -> Notes:
        """From then on."""
        found = self.page.evaluate(
            "since => ['pictures', 'sounds'].map(list => __seen[list].filter(at => at >= since))", since
        )
        return Notes(*(sorted(moments) for moments in found))

    def counts(self) -> Counts:
        """As they stand."""
        found: dict[str, Any] = self.page.evaluate("() => __seen.counts()")
        return Counts(**found | {"connections": tuple(found["connections"])})

    def until_calm(self, since: float) -> None:
        """Until picture and sound have gone on for a while, all of it after ``since``."""
        self.page.wait_for_function(
            "([since, ms]) => __seen.calm(since, ms)", arg=[since, CALM_MS], polling=100, timeout=MOST_MS
        )
        assert self.page.evaluate("ms => __seen.audible(ms)", MOST_MS), "sound arrives, and nobody plays it"

    def until_moved(self, before: Counts) -> None:
        """Until a connection is up that was not there before, and the page still lives."""
        self.page.wait_for_function(
            "last => __seen.connections.some((pc, n) => n > last && pc.connectionState === 'connected')",
            arg=max(before.connections, default=-1),
            polling=50,
            timeout=MOST_MS,
        )

    def sockets(self) -> list[Life]:
        """All that were opened, the first one first."""
        return [
            Life(**life) for life in self.page.evaluate("() => __seen.sockets.filter(socket => socket.opened !== null)")
        ]

    def until_sockets(self, count: int) -> None:
        """Until so many have been opened, and all but the last of them have ended."""
        self.page.wait_for_function(
            "count => __seen.sockets.filter(s => s.opened).length >= count"
            " && __seen.sockets.filter(s => s.opened && !s.closed).length === 1",
            arg=count,
            polling=100,
            timeout=MOST_MS,
        )

    def pass_time(self, seconds: float) -> None:
        """As long as a fault is to last."""
        self.page.wait_for_timeout(seconds * 1000)

    def interrupt(self) -> None:
        """As a phone call does."""
        self.page.evaluate("() => __seen.interrupt()")

    def give_back(self) -> None:
        """The phone call is over."""
        self.page.evaluate("() => __seen.giveBack()")

    def expect_in_call(self) -> None:
        """The page is still in its call."""
        expect(self.page.locator("main[data-step=call], [data-view=call]")).to_be_visible()


def figures(everybody: Sequence[Notes], struck: float, back: float, end: float) -> Figures:
    """Of all who were in the call, whose notes begin before ``struck`` and go on until ``end``.

    ``back``: from when on recovery counts, the fault itself or the network's return.
    """
    recovery = still = silent = 0.0
    lost = 0
    for notes in everybody:
        for moments in (notes.pictures, notes.sounds):
            ends = [to for begun, to in _gaps(moments, struck, end) if to - begun > STILL_MS]
            recovery = max(recovery, *(to - back for to in ends), 0.0)
        still = max(still, *(to - begun for begun, to in _gaps(notes.pictures, struck, end)), 0.0)
        silent = max(silent, *(to - begun for begun, to in _gaps(notes.sounds, struck, end)), 0.0)
        lost += _lost(notes.pictures, struck, end)
    return Figures(round(recovery / 1000, 3), round(still, 1), round(silent, 1), lost)


def _gaps(moments: Sequence[float], struck: float, end: float) -> Iterator[tuple[float, float]]:
    """Between one and the next, of those that reach beyond ``struck``; the last may still last at ``end``."""
    before = [at for at in moments if at <= struck]
    chosen = [*before[-1:], *(at for at in moments if struck < at <= end), end]
    yield from itertools.pairwise(chosen)


def _lost(pictures: Sequence[float], struck: float, end: float) -> int:
    """By the rate at which they came before."""
    before = [at for at in pictures if at <= struck]
    usual = (before[-1] - before[0]) / (len(before) - 1) if len(before) > 1 else STILL_MS
    return round(sum((to - begun) / usual - 1 for begun, to in _gaps(pictures, struck, end) if to - begun > STILL_MS))
