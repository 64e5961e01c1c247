"""What a clinician decides about an appointment: another time, a colleague's, cancelled, by phone instead."""

from collections.abc import Callable
from typing import Any

import msgspec

from chalicelib.calls import Calls
from chalicelib.consultations import Actor, Consultations, of
from chalicelib.errors import IllegalTransition
from chalicelib.invites import Invites, anew
from chalicelib.lifecycle import FINAL, WITH_CALL, Event, Role
from chalicelib.protocol import EndReason, HandedOver, Seat
from chalicelib.records import Consultation, Guest, News, Taken
from chalicelib.register import Register
from chalicelib.rest import HandOver, Move
from chalicelib.sockets import Sockets
from chalicelib.store import Delete
from chalicelib.workers import Workers


class Desk:
    """Each decision is taken once however often it is asked for; asked again, it is told again to whoever missed it.

    All raise NotFound for what is not (or no longer) the clinician's own.
    """

    def __init__(
        self,
        consultations: Consultations,
        invites: Invites,
        register: Register,
        sockets: Sockets,
        workers: Workers,
        calls: Calls,
        now: Callable[[], float],
    ) -> None:
        self._consultations = consultations
        self._invites = invites
        self._register = register
        self._sockets = sockets
        self._workers = workers
        self._calls = calls
        self._now = now

    def move(self, trust: str, staff: str, consultation: str, move: Move) -> Consultation:
        """Another time; whoever may know of the old one is told. Raises BadRequest, IllegalTransition."""
        self._consultations.own(trust, staff, consultation)
        starts = self._consultations.time(move.starts)
        day = self._consultations.day_of(trust, starts)

        def decide(present: Consultation) -> dict[str, Any] | None:
            _movable(of(staff, present))
            if (present.starts, present.minutes) == (starts, move.minutes):
                return None
            time = {"starts": starts, "minutes": move.minutes, "day": day}
            return time if present.starts == starts else {**time, **self._told(present, News.MOVED, starts)}

        by = Actor(Role.CLINICIAN, staff)
        moved = self._consultations.note(trust, consultation, "rescheduled", by, decide)
        self._consultations.plan(moved)
        return self._invites.send_now(moved)

    def cancel(self, trust: str, staff: str, consultation: str) -> Consultation:
        """Cancel; the links say so from now on, and whoever had been sent one is told. Raises IllegalTransition."""
        self._consultations.own(trust, staff, consultation)

        def alter(present: Consultation) -> dict[str, Any]:
            return self._told(of(staff, present), News.CANCELLED)

        by = Actor(Role.CLINICIAN, staff)
        cancelled = self._consultations.happen(trust, consultation, Event.CANCEL, by, alter=alter)
        self._consultations.plan(cancelled)
        return self._invites.send_now(cancelled)

    def hand_over(self, trust: str, staff: str, consultation: str, to: HandOver) -> None:
        """A colleague has it from now on. Raises Forbidden when she works elsewhere, IllegalTransition."""
        present = self._consultations.find(trust, consultation)
        if not self._handed_over(present, staff, to.staff):
            of(staff, present)
            colleague = self._register.clinician_of(trust, present.department, to.staff)

            def decide(present: Consultation) -> dict[str, Any] | None:
                _movable(of(staff, present))
                return None if colleague.id == staff else {"staff": colleague.id}

            # The seat in a call that was is not hers any more: her page is not to be told that a newer one took it.
            seat = Taken(trust=trust, consultation=consultation, seat=Seat.CLINICIAN, connection="")
            by = Actor(Role.CLINICIAN, staff)
            present = self._consultations.note(
                trust, consultation, "handed_over", by, decide, lambda _: [Delete(seat.key())]
            )
        if present.staff != staff:
            told = HandedOver(consultation=present.id, version=present.version)
            self._sockets.to_watchers(trust, staff, told)

    def phone(self, trust: str, staff: str, consultation: str) -> Consultation:
        """They talk by phone instead, which ends it here, also a call that goes on. Raises IllegalTransition."""
        self._consultations.own(trust, staff, consultation)

        def alter(present: Consultation) -> dict[str, Any]:
            of(staff, present)
            return {"by_phone": True}

        by = Actor(Role.CLINICIAN, staff)
        ended = self._consultations.happen(trust, consultation, Event.PHONE, by, alter=alter)
        if ended.by_phone and ended.call:
            self._workers.end(ended)
            self._calls.over(ended, EndReason.PHONE)
        return ended

    # ------------------------------------------------------------ parts

    def _told(self, present: Consultation, news: News, starts: int | None = None) -> dict[str, Any]:
        """The fields by which all are told. A patient who knows of nothing is invited to ``starts`` by the rule."""
        fields: dict[str, Any] = {}
        if present.phone or present.email:
            if present.may_know or (present.drop_in and news is News.MOVED):
                fields = {**anew(present), "news": news, "invite_at": int(self._now())}
            elif starts is not None:
                fields = {**anew(present), "invite_at": self._consultations.by_rule(starts)}
        guests = tuple(_told(guest, news) for guest in present.guests)
        return {**fields, "guests": guests}

    def _handed_over(self, present: Consultation, staff: str, to: str) -> bool:
        """Whether this clinician has handed it over to that one already."""
        if present.staff != to or staff == to:
            return False
        return self._consultations.did(present, "handed_over", staff)


def _told(guest: Guest, news: News) -> Guest:
    return msgspec.structs.replace(guest, **anew(guest), news=news) if guest.may_know else guest


def _movable(present: Consultation) -> None:
    """Raises IllegalTransition during a call and when it is over."""
    if present.state in FINAL | WITH_CALL:
        raise IllegalTransition
