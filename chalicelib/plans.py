"""What is to happen to a consultation later: asking the scheduler, and when messages may go by the trust's rules."""

from collections.abc import Callable
from typing import Final, Protocol

from chalicelib import agenda
from chalicelib.lifecycle import FINAL
from chalicelib.records import Consultation, Stopped
from chalicelib.rules import RuleBook
from chalicelib.settings import Settings
from chalicelib.suspensions import Suspensions

DAY: Final = 86_400


class Scheduler(Protocol):
    """Calls ``deliver`` at a time to come."""

    def at(self, when: int, trust: str, consultation: str, reason: str) -> None:
        """Once, at ``when``; asking twice for the same reason changes nothing."""


class Plans:
    """Plans; asking again changes nothing."""

    def __init__(
        self,
        scheduler: Scheduler,
        rules: RuleBook,
        suspensions: Suspensions,
        settings: Settings,
        now: Callable[[], float],
    ) -> None:
        self._scheduler = scheduler
        self._rules = rules
        self._suspensions = suspensions
        self._settings = settings
        self._now = now

    def plan(self, consultation: Consultation) -> None:
        """Ask for all that a consultation asks for: its messages, and its end."""
        c, closing = consultation, self.closing_time(consultation)
        if c.state not in FINAL:
            self._scheduler.at(closing, c.trust, c.id, f"close-{closing}")
        rules, quiet, stopped = self._rules.of(c.trust), self._rules.quiet(c.trust), self._suspensions.over(c)
        for when, reason in agenda.ahead(c, rules, quiet, int(self._now()), stopped):
            self._scheduler.at(when, c.trust, c.id, reason)

    def stopped(self, consultation: Consultation, stopped: Stopped) -> None:
        """Ask for what is told of a suspension that it falls under, and for nothing else."""
        now = int(self._now())
        for reason in agenda.told_of_stop(consultation, stopped, now):
            self._scheduler.at(now + agenda.GRACE, consultation.trust, consultation.id, reason)

    def closing_time(self, consultation: Consultation) -> int:
        """Until when links and visits of a consultation work."""
        return consultation.ends + self._settings.link_grace_seconds

    def invitation(self, trust: str, starts: int) -> int:
        """When the trust's rules let the invitation go out: so many days before, not in its quiet hours; 0: at once."""
        now, days = int(self._now()), self._rules.of(trust).lead_days
        return self._rules.quiet(trust).after(max(starts - days * DAY, now) if days else now, starts)

    def news(self, present: Consultation, starts: int | None) -> int:
        """When it may be told that an appointment is moved to ``starts``, or (None) cancelled: now, unless it is quiet
        and neither the time that was nor the one that is comes soon."""
        now = int(self._now())
        soonest = min((at for at in (present.starts, starts) if at is not None and at > now), default=now)
        return self._rules.quiet(present.trust).after(now, soonest)
