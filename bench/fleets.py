"""What decides how many workers there are: the appointment book, a metric, or nobody."""

from bisect import bisect_left, bisect_right
from collections import deque
from typing import Final, NamedTuple, Protocol

from chalicelib.scaling import Booked, Policy, wanted


class Moment(NamedTuple):
    """What a fleet is decided by: second of the day, calls that go on, who waits for a line, places that there are."""

    now: float
    calls: int
    waiting: int
    places: int


class Fleet(Protocol):
    """How many workers there should be; asked every minute, first at midnight."""

    hurries: bool
    """Whether it is asked at once, too, when somebody waits for a line."""

    def wanted(self, moment: Moment) -> int:
        """At this moment."""


class ByBook:
    """What the function `fleet` does, with the book in memory."""

    hurries = True

    def __init__(self, book: list[Booked], policy: Policy) -> None:
        self._book = book
        self._policy = policy

    def wanted(self, moment: Moment) -> int:
        first, last = self._policy.window(moment.now)
        near = self._book[bisect_left(self._book, (first,)) : bisect_right(self._book, (last + 1,))]
        return self._policy.bound(wanted(near, moment.calls, moment.waiting, moment.now, self._policy))


class Tracking:
    """Target tracking on utilisation: as many workers as bring it back to ``target``, by figures one decision old.

    AWS asks for three minutes above the target before it adds, and for fifteen below nine tenths of it before it takes
    away (Application Auto Scaling, target tracking); ``after`` 1 is quicker than that. What utilisation cannot see are
    those who wait: above 100 % there is none. ``sees_waiting`` is a metric of one's own, which can.
    """

    hurries = False
    IN_AFTER: Final = 15

    def __init__(self, target: float, calls_a_worker: int, *, after: int = 1, sees_waiting: bool = True) -> None:
        self._target = target
        self._calls_a_worker = calls_a_worker
        self._after = after
        self._sees_waiting = sees_waiting
        self._past: deque[Moment] = deque(maxlen=self.IN_AFTER + 1)
        self._desired = 1  # of none there would be no metric to start the first by

    def wanted(self, moment: Moment) -> int:
        known = list(self._past)
        self._past.append(moment)
        high, low = known[-self._after :], known[-self.IN_AFTER :]
        if len(high) == self._after and all(self._use(m) > self._target for m in high):
            self._desired = max(self._desired, self._bring_back(high[-1]))
        elif len(low) == self.IN_AFTER and all(self._use(m) < 0.9 * self._target for m in low):
            self._desired = min(self._desired, max(1, *map(self._bring_back, low)))
        return self._desired

    def _use(self, moment: Moment) -> float:
        return self._demand(moment) / moment.places if moment.places else 0.0

    def _demand(self, moment: Moment) -> int:
        return moment.calls + (moment.waiting if self._sees_waiting else 0)

    def _bring_back(self, moment: Moment) -> int:
        return -int(-self._demand(moment) // (self._calls_a_worker * self._target))


class Fixed:
    """The same number day and night."""

    hurries = False

    def __init__(self, workers: int) -> None:
        self._workers = workers

    def wanted(self, moment: Moment) -> int:
        return self._workers
