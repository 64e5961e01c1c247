"""A suspension announced: the switch itself, the open pages told at once, and everybody who has to know by message.

What follows is planned before the switch is thrown, so whoever dies on the way leaves nothing undone. A minute later
the schedule runs it, in parts of a day that one function can do; each plans the next. It runs again the next morning,
for the people of that day, while the suspension lasts. Run twice it changes nothing: what is told is one message for
one reason, and what pages are told is how it is then.
"""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from chalicelib import agenda
from chalicelib.consultations import instant
from chalicelib.errors import Overtaken
from chalicelib.lifecycle import FINAL, Role
from chalicelib.plans import Plans, Scheduler
from chalicelib.protocol import Delivery, Suspended
from chalicelib.queues import Queue, Queues
from chalicelib.records import Consultation, Guest, Stopped
from chalicelib.register import Register
from chalicelib.rest import Reach, Suspension
from chalicelib.rights import Actor
from chalicelib.sockets import Sockets
from chalicelib.store import Refused
from chalicelib.suspensions import Suspensions
from chalicelib.trail import Trail
from chalicelib.wishes import Wishes

REASON: Final = "announce"
PART: Final = 200
"""Consultations that one run plans messages for: each is a request to the scheduler."""
AT_ONCE_SECONDS: Final = 8
"""How long an administrator's own request tells pages; the run tells those that are left."""
MORNING: Final = time(7)
"""When the people of the next day are told, where the trust is."""


class Announcements:
    """Throws the switch, and tells."""

    def __init__(
        self,
        suspensions: Suspensions,
        register: Register,
        queues: Queues,
        sockets: Sockets,
        plans: Plans,
        scheduler: Scheduler,
        wishes: Wishes,
        trail: Trail,
        now: Callable[[], float],
    ) -> None:
        self._suspensions = suspensions
        self._register = register
        self._queues = queues
        self._sockets = sockets
        self._plans = plans
        self._scheduler = scheduler
        self._wishes = wishes
        self._trail = trail
        self._now = now

    def shown(self, by: Actor) -> Suspension:
        """How it is at the actor's trust; to an administrator also how many a message would reach."""
        reach = self._reach(by.trust) if by.role is Role.ADMINISTRATOR else None
        return _view(self._suspensions.of(by.trust), reach)

    def change(self, by: Actor, new: Suspension) -> Suspension:
        """Put ``new`` in the place of version ``new.version``. Raises BadRequest without words, Overtaken."""
        before, after = self._suspensions.changed(by.trust, new)
        self._plan(by.trust, after.version, int(self._now()) + agenda.GRACE)
        what = "suspension_changed" if before.on == after.on else "suspended" if after.on else "reopened"
        try:
            self._trail.trust_did(by, what, also=[self._suspensions.write(after)])
        except Refused:
            raise Overtaken from None
        self._tell_lists(after)
        until = self._now() + AT_ONCE_SECONDS
        for queue in self._day(by.trust):
            for consultation in queue.day:
                if consultation.state not in FINAL and self._now() < until:
                    self._sockets.tell_visitors(consultation, queue.standing(consultation))
        return _view(after, self._reach(by.trust))

    def run(self, trust: str, reason: str) -> None:
        """Do what was planned for ``reason``, unless the switch was thrown again since: then another run does."""
        _, version, starts, id_ = reason.split("-")
        present = self._suspensions.of(trust)
        if int(version) != present.version:
            return
        first = (int(starts), id_)
        all_ = {(c.starts, c.id): (c, queue) for queue in self._day(trust) for c in queue.day if c.state not in FINAL}
        places = sorted(place for place in all_ if place >= first)
        if places[PART:]:
            self._plan(trust, present.version, int(self._now()) + agenda.GRACE, *places[PART])
        if not id_:
            self._tell_lists(present)
            if present.on:
                self._plan_morning(present)
        for consultation, queue in (all_[place] for place in places[:PART]):
            if present.on:
                self._plans.stopped(consultation, present)
            elif _was_held(consultation):
                self._plans.plan(consultation)
            self._sockets.tell_visitors(consultation, queue.standing(consultation))

    # ------------------------------------------------------------ parts

    def _plan(self, trust: str, version: int, when: int, starts: int = 0, id_: str = "") -> None:
        """A run, from one consultation of the day on. Nothing else is planned under a trust's own name."""
        self._scheduler.at(when, trust, trust, f"{REASON}-{version}-{starts}-{id_}")

    def _plan_morning(self, present: Stopped) -> None:
        zone = ZoneInfo(self._register.trust(present.trust).time_zone)
        tomorrow = datetime.fromtimestamp(self._now(), zone).date() + timedelta(days=1)
        begins = int(datetime.combine(tomorrow, time(), zone).timestamp())
        self._plan(present.trust, present.version, int(datetime.combine(tomorrow, MORNING, zone).timestamp()), begins)

    def _day(self, trust: str) -> list[Queue]:
        """Today's consultations of all clinicians."""
        today = self._suspensions.today(trust)
        return [self._queues.of(trust, one.id, today) for one in self._register.everybody(trust)]

    def _tell_lists(self, present: Stopped) -> None:
        told = Suspended(words=present.words if present.on else "")
        for one in self._register.everybody(present.trust):
            self._sockets.to_watchers(present.trust, one.id, told)

    def _reach(self, trust: str) -> Reach:
        """How many a message would reach, and by which way."""
        now = self._now()
        to_come = [c for queue in self._day(trust) for c in queue.day if agenda.to_come(c, now)]
        receivers = [receiver for c in to_come for receiver in _receivers(c)]
        sms = [r for r in receivers if r.phone and self._wishes.wants_sms(trust, r.phone)]
        mail = [r for r in receivers if r.email and r not in sms]
        return Reach(sms=len(sms), mail=len(mail), neither=len(receivers) - len(sms) - len(mail))


def _view(present: Stopped, reach: Reach | None) -> Suspension:
    return Suspension(
        version=present.version,
        on=present.on,
        words=present.words,
        tell=present.tell,
        since=instant(present.since) if present.on else None,
        reach=reach,
    )


def _was_held(consultation: Consultation) -> bool:
    """Whether a message became due that was not to go out."""
    return any(Delivery.DUE in (receiver.sms, receiver.mail) for receiver in _receivers(consultation))


def _receivers(consultation: Consultation) -> tuple[Consultation | Guest, ...]:
    return (consultation, *consultation.guests)
