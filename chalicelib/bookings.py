"""How a consultation comes about: the staff books it, or a patient comes to the department's fixed address."""

from collections.abc import Callable
from typing import Any

from chalicelib.consultations import ONCE_SECONDS, Consultations, new_id, new_reference
from chalicelib.errors import BadRequest, Forbidden
from chalicelib.lifecycle import Role, State
from chalicelib.phones import e164
from chalicelib.protocol import Delivery, LoginLevel
from chalicelib.records import Consultation, Once
from chalicelib.register import Register
from chalicelib.rest import Arrival, Booking, SendInvitation
from chalicelib.rights import Actor, patient
from chalicelib.rings import Ring
from chalicelib.store import Refused, Store
from chalicelib.suspensions import Suspensions


class Bookings:
    """Makes consultations; nothing else does."""

    def __init__(
        self,
        store: Store,
        consultations: Consultations,
        register: Register,
        suspensions: Suspensions,
        pepper: Callable[[], Ring],
        now: Callable[[], float],
    ) -> None:
        self._store = store
        self._consultations = consultations
        self._register = register
        self._suspensions = suspensions
        self._pepper = pepper
        self._now = now

    def book(self, by: Actor, booking: Booking, once: str) -> Consultation:
        """Book, a clinician for herself, a secretary for a clinician of her departments.

        The same ``once`` again gives what it made before. Raises BadRequest, Forbidden, NotFound.
        """
        name = f"book#{by.trust}#{by.staff}#{once}"
        if done := self._store.get(Once, Once(name=name).key()):
            made = self._consultations.own(by, done.result)
            self._consultations.plan(made)  # whoever booked may have been cut off before this
            return made
        if by.role is Role.SECRETARY and booking.department not in by.departments:
            raise Forbidden
        whose = self._register.whose(by, booking.clinician)
        clinician = self._register.clinician_of(by.trust, booking.department, whose)
        now, starts = int(self._now()), self._consultations.time(booking.starts)
        if not (booking.phone or booking.email):
            raise BadRequest
        if booking.national_id and booking.login_level in (LoginLevel.NONE, LoginLevel.CODE):
            raise BadRequest  # a number can only be compared after a login at the portal
        if booking.login_level is LoginLevel.CODE and not booking.phone:
            raise BadRequest  # a code goes to a phone
        at_once = booking.send is SendInvitation.NOW
        invite_at = now if at_once else self._consultations.plans.invitation(by.trust, starts)
        made = self._new(
            by.trust,
            staff=clinician.id,
            department=booking.department,
            starts=starts,
            minutes=booking.minutes,
            state=State.BOOKED,
            patient_name=booking.patient_name,
            phone=e164(booking.phone) if booking.phone else "",
            email=booking.email,
            login_level=booking.login_level,
            person=self._pepper().hash(by.trust, booking.national_id) if booking.national_id else "",
            language=booking.language,
            sms=Delivery.DUE if booking.phone else Delivery.NONE,
            mail=Delivery.DUE if booking.email else Delivery.NONE,
            invitation=1,
            invite_at=invite_at,
        )
        try:
            return self._consultations.begin(
                by, made, "booked", Once(name=name, result=made.id, expires=now + ONCE_SECONDS)
            )
        except Refused:
            return self.book(by, booking, once)

    def arrive(self, trust: str, department: str, arrival: Arrival) -> Consultation:
        """A patient comes to the department's fixed address. Raises NotFound, Forbidden, BadRequest, Suspended."""
        clinician = self._register.clinician_of(trust, department, arrival.clinician)
        self._suspensions.let_in(trust)
        made = self._new(
            trust,
            staff=clinician.id,
            department=department,
            starts=int(self._now()),
            minutes=30,
            state=State.INVITED,
            patient_name=arrival.name,
            phone=e164(arrival.phone),
            login_level=LoginLevel.NONE,
            drop_in=True,
            language=arrival.language,
        )
        return self._consultations.begin(patient(trust), made, "arrived")

    def _new(self, trust: str, *, starts: int, **fields: Any) -> Consultation:
        return Consultation(
            trust=trust,
            id=new_id(),
            version=1,
            starts=starts,
            day=self._consultations.day_of(trust, starts),
            reference=new_reference(),
            **fields,
        )
