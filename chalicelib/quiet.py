"""The hours in which nothing is sent by itself, where the trust is: when what falls into them may go. Pure.

A message waits until they end if that still leaves the receiver two hours before what it is about; what is about
something sooner goes at once. So do, without asking here, what one of the staff sends by an own press, that somebody
is missing, and one-time codes.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from chalicelib.rest import Rules

TIME_TO_READ: Final = 2 * 3600
"""Seconds that waiting must leave before what a message is about."""


class Quiet(msgspec.Struct, frozen=True):
    """Quiet from one full hour to another, by the clocks of ``zone``; the same hour twice: never."""

    first: int
    last: int
    zone: str

    @classmethod
    def of(cls, rules: Rules, zone: str) -> "Quiet":
        """A trust's."""
        return cls(rules.quiet_from, rules.quiet_to, zone)

    def holds(self, moment: int) -> bool:
        """Whether it is quiet then (seconds since 1970)."""
        hour = self._there(moment).hour
        if self.first < self.last:
            return self.first <= hour < self.last
        return self.first != self.last and (hour >= self.first or hour < self.last)

    def after(self, moment: int, about: int | None = None) -> int:
        """When a message may go that is due at ``moment``, about what happens at ``about``; ``moment`` when at once."""
        if not self.holds(moment):
            return moment
        ends = self._end(moment)
        return moment if about is not None and about - ends < TIME_TO_READ else ends

    def either_side(self, moment: int, about: int) -> int:
        """As `after`, for what can as well go earlier: an hour before it becomes quiet, rather than in the quiet."""
        ends = self.after(moment)
        if about - ends >= TIME_TO_READ or ends == moment:
            return ends
        return self._begin(moment) - 3600

    def _end(self, moment: int) -> int:
        day = self._there(moment).date()
        ends = (self._at(day + timedelta(days=n), self.last) for n in range(4))
        return next(at for at in ends if at > moment and not self.holds(at))  # the clocks may skip the only loud hour

    def _begin(self, moment: int) -> int:
        day = self._there(moment).date()
        return next(at for at in (self._at(day - timedelta(days=n), self.first) for n in range(3)) if at <= moment)

    def _there(self, moment: int) -> datetime:
        return datetime.fromtimestamp(moment, ZoneInfo(self.zone))

    def _at(self, day: date, hour: int) -> int:
        """A full hour of a day; of one that the clocks skip, the moment at which they do."""
        return int(datetime.combine(day, time(hour), ZoneInfo(self.zone)).astimezone(UTC).timestamp())
