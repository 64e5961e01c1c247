"""What is decided about an appointment: another time, another clinician's, cancelled, by phone instead."""

from collections.abc import Callable
from typing import Any

import msgspec

from chalicelib.agenda import anew
from chalicelib.calls import Calls
from chalicelib.consultations import Consultations
from chalicelib.errors import IllegalTransition
from chalicelib.invites import Invites
from chalicelib.lifecycle import FINAL, WITH_CALL, Event, Role
from chalicelib.placing import Placing
from chalicelib.protocol import EndReason, HandedOver, Seat
from chalicelib.records import Consultation, Guest, News, Taken
from chalicelib.register import Register
from chalicelib.rest import HandOver, Move
from chalicelib.rights import Actor, own
from chalicelib.sockets import Sockets
from chalicelib.store import Delete


class Desk:
    """Each decision is taken once however often it is asked for; asked again, it is told again to whoever missed it.

    All raise NotFound for what is not (or no longer) the actor's own.
    """

    def __init__(
        self,
        consultations: Consultations,
        invites: Invites,
        register: Register,
        sockets: Sockets,
        placing: Placing,
        calls: Calls,
        now: Callable[[], float],
    ) -> None:
        self._consultations = consultations
        self._invites = invites
        self._register = register
        self._sockets = sockets
        self._placing = placing
        self._calls = calls
        self._now = now

    def move(self, by: Actor, consultation: str, move: Move) -> Consultation:
        """Another time; whoever may know of the old one is told. Raises BadRequest, IllegalTransition."""
        self._consultations.own(by, consultation)
        starts = self._consultations.time(move.starts)
        day = self._consultations.day_of(by.trust, starts)

        def decide(present: Consultation) -> dict[str, Any] | None:
            _movable(own(by, present))
            if (present.starts, present.minutes) == (starts, move.minutes):
                return None
            time = {"starts": starts, "minutes": move.minutes, "day": day}
            return time if present.starts == starts else {**time, **self._told(present, News.MOVED, starts)}

        moved = self._consultations.note(by, consultation, "rescheduled", decide)
        self._consultations.plan(moved)
        return self._invites.send_now(moved)

    def cancel(self, by: Actor, consultation: str) -> Consultation:
        """Cancel; the links say so from now on, and whoever had been sent one is told. Raises IllegalTransition."""
        self._consultations.own(by, consultation)

        def alter(present: Consultation) -> dict[str, Any]:
            return self._told(own(by, present), News.CANCELLED)

        cancelled = self._consultations.happen(by, consultation, Event.CANCEL, alter=alter)
        self._consultations.plan(cancelled)
        return self._invites.send_now(cancelled)

    def hand_over(self, by: Actor, consultation: str, to: HandOver) -> None:
        """Another clinician has it from now on. Raises Forbidden when she works elsewhere, IllegalTransition."""
        present = self._consultations.find(by.trust, consultation)
        if not self._handed_over(by, present, to.staff):
            own(by, present)
            colleague = self._register.clinician_of(by.trust, present.department, to.staff)

            def decide(present: Consultation) -> dict[str, Any] | None:
                _movable(own(by, present))
                return None if colleague.id == present.staff else {"staff": colleague.id}

            # The seat in a call that was is not hers any more: her page is not to be told that a newer one took it.
            seat = Taken(trust=by.trust, consultation=consultation, seat=Seat.CLINICIAN, connection="")
            present = self._consultations.note(by, consultation, "handed_over", decide, lambda _: [Delete(seat.key())])
        told = HandedOver(consultation=present.id, version=present.version)
        for staff in self._who_had(by, present):
            self._sockets.to_watchers(by.trust, staff, told, present.department)

    def phone(self, by: Actor, consultation: str) -> Consultation:
        """They talk by phone instead, which ends it here, also a call that goes on. Raises IllegalTransition."""
        self._consultations.own(by, consultation)

        def alter(present: Consultation) -> dict[str, Any]:
            own(by, present)
            return {"by_phone": True}

        ended = self._consultations.happen(by, consultation, Event.PHONE, alter=alter)
        if ended.by_phone and ended.call:
            self._placing.end(ended)
            self._calls.over(ended, EndReason.PHONE)
        return ended

    # ------------------------------------------------------------ parts

    def _told(self, present: Consultation, news: News, starts: int | None = None) -> dict[str, Any]:
        """The fields by which all are told. A patient who knows of nothing is invited to ``starts`` by the rule."""
        fields: dict[str, Any] = {}
        at = self._consultations.plans.news(present, starts)
        if present.phone or present.email:
            if present.may_know or (present.drop_in and news is News.MOVED):
                fields = {**anew(present), "news": news, "invite_at": at}
            elif starts is not None:
                fields = {**anew(present), "invite_at": self._consultations.plans.invitation(present.trust, starts)}
        guests = tuple(_told(guest, news, at) for guest in present.guests)
        return {**fields, "guests": guests}

    def _handed_over(self, by: Actor, present: Consultation, to: str) -> bool:
        """Whether this clinician has handed it over to that one already."""
        if present.staff != to or by.staff == to:
            return False
        return self._consultations.did(present, "handed_over", by.staff)

    def _who_had(self, by: Actor, present: Consultation) -> list[str]:
        """In whose lists it may still stand. Of a clinician's own that is hers; what a secretary hands over may have
        been anybody's of the department, when she asks for it again."""
        had = [by.staff]
        if by.role is Role.SECRETARY:
            had = [clinician.id for clinician in self._register.clinicians_of(by.trust, present.department)]
        return [staff for staff in had if staff != present.staff]


def _told(guest: Guest, news: News, at: int) -> Guest:
    return msgspec.structs.replace(guest, **anew(guest), news=news, send_at=at) if guest.may_know else guest


def _movable(present: Consultation) -> None:
    """Raises IllegalTransition during a call, when it is over, and when nobody knows any more whom it was with."""
    if present.state in FINAL | WITH_CALL or present.erased:
        raise IllegalTransition
