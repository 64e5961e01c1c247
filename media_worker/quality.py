"""How a participant's connection does, in one word and its cause, and how a whole call went. Pure.

| cause | fair from | poor from | after |
|---|---|---|---|
| loss, up or down | 5 % | 10 % | Daily: good below 5 %, bad from 10 %; Microsoft: poor above 10 % |
| round trip | 200 ms | 500 ms | our network test; Microsoft: poor above 500 ms |
| jitter of the sound | 30 ms | 50 ms | Twilio, Sinch, Microsoft: above 30 ms; ITU-T Y.1541: 50 ms for conversation |
| narrow, up | below 500 kbit/s and 360 lines | below 150 kbit/s and 270 lines | OpenTok: 500 for 360p, 300 for 270p |
| narrow, down | smaller pictures than there are, below 1,000 kbit/s | sound alone | our network test; `layers` |
| overloaded | it says so | and decodes below 10 frames/s | no longer seen as movement |

docs/network-test.md says where each is published. Loss is the network's, before anything is sent again. Nothing of what
should come arriving at all is poor.
"""

from collections import defaultdict
from typing import Final

import msgspec

from chalicelib.protocol import Cause, Grade, RoomQuality, Seat, SeatQuality

FAIR_LOSS: Final = 0.05
POOR_LOSS: Final = 0.10
FAIR_RTT_MS: Final = 200
POOR_RTT_MS: Final = 500
FAIR_JITTER_MS: Final = 30
POOR_JITTER_MS: Final = 50
FAIR_UP_KBPS, FAIR_LINES = 500, 360
POOR_UP_KBPS, POOR_LINES = 150, 270
FAIR_DOWN_KBPS: Final = 1_000
POOR_FPS: Final = 10
WORSE_AFTER: Final = 2
"""Measurements in a row that must be worse before it is said: one bad moment is none."""
BETTER_AFTER: Final = 3
"""Measurements in a row that must be better: so that it does not flap."""
MOST: Final = 1_000_000
"""The largest count that a message may hold."""

_ORDER: Final = {Grade.GOOD: 0, Grade.FAIR: 1, Grade.POOR: 2}


class Figures(msgspec.Struct, frozen=True):
    """What was measured of one participant since the last time; zeros where nothing is known.

    ``loss_up``, ``loss_down``: shares 0–1. ``up``: from the participant to the worker. ``jitter_ms``: of its sound.
    ``width``, ``height``: of the largest picture that arrives; ``fps``: what its browser decodes. ``freezes``,
    ``overloaded``: as its page tells (`Watching`). ``picture``: a camera or screen arrives. ``silent``: it says that it
    sends something, and nothing arrives. ``smaller``, ``withheld``: the budget keeps a larger picture, or a picture
    altogether, from it.
    """

    loss_up: float = 0.0
    loss_down: float = 0.0
    jitter_ms: float = 0.0
    rtt_ms: float = 0.0
    up_kbps: float = 0.0
    down_kbps: float = 0.0
    width: int = 0
    height: int = 0
    fps: float = 0.0
    freezes: int = 0
    overloaded: bool = False
    picture: bool = False
    silent: bool = False
    smaller: bool = False
    withheld: bool = False


def judge(figures: Figures) -> tuple[Grade, Cause]:
    """These figures alone: the worst grade with its cause; of several the first in `Cause`'s order."""
    graded = {
        Cause.NOTHING_ARRIVES: Grade.POOR if figures.silent else Grade.GOOD,
        Cause.LOSS_UP: _above(figures.loss_up, FAIR_LOSS, POOR_LOSS),
        Cause.LOSS_DOWN: _above(figures.loss_down, FAIR_LOSS, POOR_LOSS),
        Cause.DELAY: _above(figures.rtt_ms, FAIR_RTT_MS, POOR_RTT_MS),
        Cause.JITTER: _above(figures.jitter_ms, FAIR_JITTER_MS, POOR_JITTER_MS),
        Cause.NARROW_UP: _narrow_up(figures),
        Cause.NARROW_DOWN: _narrow_down(figures),
        Cause.OVERLOADED: _overloaded(figures),
    }
    cause, grade = max(graded.items(), key=lambda item: _ORDER[item[1]])
    return (grade, cause) if grade is not Grade.GOOD else (grade, Cause.NONE)


def _above(value: float, fair: float, poor: float) -> Grade:
    return Grade.POOR if value >= poor else Grade.FAIR if value >= fair else Grade.GOOD


def _narrow_up(figures: Figures) -> Grade:
    """A picture that is both coarse and small: few bits alone may be a still one. An unknown size counts as small."""
    if not figures.picture:
        return Grade.GOOD
    if figures.up_kbps < POOR_UP_KBPS and figures.height < POOR_LINES:
        return Grade.POOR
    return Grade.FAIR if figures.up_kbps < FAIR_UP_KBPS and figures.height < FAIR_LINES else Grade.GOOD


def _narrow_down(figures: Figures) -> Grade:
    """Many people's middle-sized pictures may be all that anybody needs."""
    if figures.withheld:
        return Grade.POOR
    return Grade.FAIR if figures.smaller and figures.down_kbps < FAIR_DOWN_KBPS else Grade.GOOD


def _overloaded(figures: Figures) -> Grade:
    if not figures.overloaded:
        return Grade.GOOD
    return Grade.POOR if 0 < figures.fps < POOR_FPS else Grade.FAIR


class Grading:
    """One participant's grade over time."""

    def __init__(self, seat: Seat) -> None:
        self._seat = seat
        self._shown = (Grade.GOOD, Cause.NONE)
        self._worse = self._better = 0

    def feed(self, figures: Figures) -> SeatQuality:
        """What to say after these figures; feed it every few seconds. ``freezes`` are those since the last time."""
        verdict = judge(figures)
        better = _ORDER[verdict[0]] < _ORDER[self._shown[0]]
        self._better = self._better + 1 if better else 0
        self._worse = self._worse + 1 if not better and verdict != self._shown else 0
        if self._better >= BETTER_AFTER or self._worse >= WORSE_AFTER:
            self._shown = verdict
            self._better = self._worse = 0
        grade, cause = self._shown
        return SeatQuality(
            seat=self._seat,
            grade=grade,
            cause=cause,
            rtt_ms=_count(figures.rtt_ms, 60_000),
            jitter_ms=_count(figures.jitter_ms, 60_000),
            loss_up=max(0.0, min(figures.loss_up, 1.0)),
            loss_down=max(0.0, min(figures.loss_down, 1.0)),
            up_kbps=_count(figures.up_kbps),
            down_kbps=_count(figures.down_kbps),
            width=_count(figures.width, 16_384),
            height=_count(figures.height, 16_384),
            fps=_count(figures.fps, 240),
            freezes=_count(figures.freezes),
        )


class Tally:
    """A whole call's figures, of nobody in particular."""

    def __init__(self) -> None:
        self._seats: set[Seat] = set()
        self._grades: dict[Grade, float] = defaultdict(float)
        self._causes: dict[Cause, float] = defaultdict(float)
        self._seconds = self._measured = self._round_trips = self._losses = self._kilobits = 0.0
        self._freezes = 0

    def add(self, quality: SeatQuality, seconds: float) -> None:
        """One participant's quality, which stood for so long."""
        self._seats.add(quality.seat)
        self._grades[quality.grade] += seconds
        if quality.cause is not Cause.NONE:
            self._causes[quality.cause] += seconds
        self._seconds += seconds
        self._losses += (quality.loss_up + quality.loss_down) / 2 * seconds
        if quality.rtt_ms:
            self._measured += seconds
            self._round_trips += quality.rtt_ms * seconds
        self._kilobits += quality.down_kbps * seconds
        self._freezes += quality.freezes

    def quality(self, room: str) -> RoomQuality:
        """All of it; ``room`` is the call's name. ``rtt_ms`` is the mean while one was known, ``loss`` of both ways,
        ``megabytes`` what the worker sent: that is paid for."""
        return RoomQuality(
            room=room,
            participants=len(self._seats),
            good=_count(self._grades[Grade.GOOD]),
            fair=_count(self._grades[Grade.FAIR]),
            poor=_count(self._grades[Grade.POOR]),
            causes={cause: _count(seconds) for cause, seconds in self._causes.items()},
            rtt_ms=_count(self._round_trips / self._measured) if self._measured else 0,
            loss=min(self._losses / self._seconds, 1.0) if self._seconds else 0.0,
            megabytes=_count(self._kilobits / 8_000),
            freezes=_count(self._freezes),
        )


def _count(value: float, most: int = MOST) -> int:
    """Within what a message may hold; what is no number is 0."""
    return round(max(0.0, min(value, most))) if value == value else 0
