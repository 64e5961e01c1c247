"""Who else comes to a consultation: inviting guests, inviting them again, and showing them out."""

from collections.abc import Callable
from typing import Any

from chalicelib.agenda import anew
from chalicelib.calls import Calls
from chalicelib.consultations import ONCE_SECONDS, Consultations, new_id
from chalicelib.crew import Crew
from chalicelib.errors import BadRequest, Conflict, IllegalTransition, NotFound
from chalicelib.guests import altered, free_seats, guest_of, in_call, without, without_pause
from chalicelib.invites import Invites
from chalicelib.lifecycle import FINAL, WITH_CALL
from chalicelib.phones import e164
from chalicelib.protocol import CallEnded, Delivery, EndReason, LoginLevel, Seat
from chalicelib.records import Consultation, Guest, Once
from chalicelib.rest import NewGuest
from chalicelib.rights import Actor, own
from chalicelib.sockets import Sockets
from chalicelib.store import Create, Refused, Store


class Company:
    """The clinician decides who may come; their links and seats end when she says so."""

    def __init__(
        self,
        store: Store,
        consultations: Consultations,
        invites: Invites,
        sockets: Sockets,
        crew: Crew,
        calls: Calls,
        now: Callable[[], float],
    ) -> None:
        self._store = store
        self._consultations = consultations
        self._invites = invites
        self._sockets = sockets
        self._crew = crew
        self._calls = calls
        self._now = now

    def invite(self, by: Actor, consultation: str, new: NewGuest, once: str) -> Consultation:
        """Give somebody a seat and send them a link; the same ``once`` again makes no second guest.

        Raises NotFound, BadRequest, Conflict when all seats are taken, IllegalTransition when it is over.
        """
        self._consultations.own(by, consultation)
        if not (new.phone or new.email) or (new.login_level is LoginLevel.CODE and not new.phone):
            raise BadRequest  # a code goes to a phone
        phone, name = e164(new.phone) if new.phone else "", f"guest#{by.trust}#{consultation}#{by.staff}#{once}"
        made = Once(name=name, result=new_id(), expires=int(self._now()) + ONCE_SECONDS)
        known = self._store.get(Once, made.key())

        def decide(present: Consultation) -> dict[str, Any] | None:
            self._raise_if_over(own(by, present))
            seats = free_seats(present)
            if not seats:
                raise Conflict
            guest = Guest(
                id=made.result,
                seat=seats[0],
                kind=new.kind,
                name=new.name,
                phone=phone,
                email=new.email,
                login_level=new.login_level,
                language=new.language,
                sms=Delivery.DUE if phone else Delivery.NONE,
                mail=Delivery.DUE if new.email else Delivery.NONE,
                send_at=int(self._now()),
            )
            return {"guests": (*present.guests, guest)}

        if known is None:
            try:
                after = self._consultations.note(by, consultation, "guest_invited", decide, lambda _: [Create(made)])
            except Refused:  # the same request, at the same time
                return self.invite(by, consultation, new, once)
        else:  # whoever took it first may have died on the way
            made, after = known, self._consultations.find(by.trust, consultation)
        if after.state in WITH_CALL:
            self._calls.ask_everybody(after, in_call(after))  # for pages with slots for one more
        return self._send(after)

    def invite_again(self, by: Actor, consultation: str, guest: str) -> Consultation:
        """A new link for a guest, at once. Raises NotFound, IllegalTransition when it would not open."""
        self._consultations.own(by, consultation)

        def decide(present: Consultation) -> dict[str, Any]:
            known = guest_of(own(by, present), guest)
            if known is None:
                raise NotFound
            self._raise_if_over(present)
            return {"guests": altered(present, guest, **anew(known), send_at=int(self._now()))}

        after = self._consultations.note(by, consultation, "guest_invited", decide)
        return self._send(after)

    def remove(self, by: Actor, consultation: str, guest: str) -> Consultation:
        """Show a guest out: nothing of theirs opens anything any more. Done again, it is answered as if done now.

        Raises NotFound, IllegalTransition when the consultation is over.
        """
        self._consultations.own(by, consultation)
        freed: list[Seat] = []

        def decide(present: Consultation) -> dict[str, Any] | None:
            nonlocal freed
            if present.state in FINAL:
                raise IllegalTransition
            known = guest_of(own(by, present), guest)
            if known is None:  # whoever showed them out may have died on the way, and the seat is known to nobody
                freed = free_seats(present)
                return None
            freed = [known.seat]
            return {"guests": without(present, guest), "pausers": without_pause(present, known.seat)}

        after = self._consultations.note(by, consultation, "guest_removed", decide)
        if held := self._sockets.guest_seat(by.trust, consultation, guest):
            told = CallEnded(consultation=consultation, call=after.call, reason=EndReason.REMOVED)
            self._sockets.to(held.connection, told)
            self._sockets.leave(held)
        if after.state in WITH_CALL:
            for seat in freed:
                self._crew.close_seat(after, seat)
                self._calls.left(after, seat)
        return after

    def _send(self, consultation: Consultation) -> Consultation:
        """Send what is due now, with the schedule behind it in case we die on the way."""
        self._consultations.plan(consultation)
        return self._invites.send_now(consultation)

    def _raise_if_over(self, consultation: Consultation) -> None:
        if consultation.state in FINAL or self._consultations.closing_time(consultation) <= self._now():
            raise IllegalTransition
