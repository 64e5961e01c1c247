"""The guests of a consultation: which seat each has, and how far each has come. Pure."""

from typing import Any, Final

import msgspec

from chalicelib.errors import LinkWithdrawn
from chalicelib.lifecycle import FINAL, WITH_CALL, State
from chalicelib.protocol import Seat
from chalicelib.records import Consultation, Guest

SEATS: Final = (Seat.GUEST_1, Seat.GUEST_2, Seat.GUEST_3, Seat.GUEST_4)


def guest_of(consultation: Consultation, id_: str) -> Guest | None:
    """A guest by id; None when they were shown out, or never invited."""
    return next((guest for guest in consultation.guests if guest.id == id_), None)


def expected(consultation: Consultation, id_: str) -> Guest:
    """As `guest_of`. Raises LinkWithdrawn when there is none."""
    guest = guest_of(consultation, id_)
    if guest is None:
        raise LinkWithdrawn
    return guest


def at(consultation: Consultation, seat: Seat) -> Guest | None:
    """Whose seat it is; None for the seats of patient and clinician and for free ones."""
    return next((guest for guest in consultation.guests if guest.seat is seat), None)


def free_seats(consultation: Consultation) -> list[Seat]:
    """The seats for further guests, the first to be taken first."""
    return [seat for seat in SEATS if at(consultation, seat) is None]


def altered(consultation: Consultation, id_: str, **changes: Any) -> tuple[Guest, ...]:
    """All guests, one of them changed."""
    return tuple(
        msgspec.structs.replace(guest, **changes) if guest.id == id_ else guest for guest in consultation.guests
    )


def without(consultation: Consultation, id_: str) -> tuple[Guest, ...]:
    """All guests but one."""
    return tuple(guest for guest in consultation.guests if guest.id != id_)


def without_pause(consultation: Consultation, seat: Seat) -> tuple[Seat, ...]:
    """Who wants the call to be paused besides the one at ``seat``."""
    return tuple(other for other in consultation.pausers if other is not seat)


def state_of(consultation: Consultation, guest: Guest) -> State:
    """Where a guest is, in the patient's words: their page is the patient's.

    It rings for a guest while patient and clinician talk; not before, for nobody may meet in a call alone.
    """
    if consultation.state in FINAL:
        return consultation.state
    if not guest.ready:
        return State.INVITED
    if consultation.state is not State.IN_CALL or not guest.admitted:
        return State.CHECKED_IN
    return State.IN_CALL if guest.call == consultation.call else State.CALLING


def standing(consultation: Consultation, seat: Seat) -> State:
    """Where the one at a seat is: rung for or in the call, above all. A clinician is in the call that she places.

    Whoever had a free seat is as out of it as if all were cancelled.
    """
    if seat in SEATS:
        guest = at(consultation, seat)
        return state_of(consultation, guest) if guest else State.CANCELLED
    if seat is Seat.CLINICIAN and consultation.state in WITH_CALL:
        return State.IN_CALL
    return consultation.state


def in_call(consultation: Consultation) -> list[Seat]:
    """The seats of those who are in the present call."""
    return [seat for seat in consultation.seats if standing(consultation, seat) is State.IN_CALL]


def concerned(consultation: Consultation) -> list[Seat]:
    """The seats of those whom a call concerns, also one that is just over: guests who prepare or wait are not told."""
    guests = [guest.seat for guest in consultation.guests if guest.ready and guest.admitted]
    return [seat for seat in consultation.seats if seat not in SEATS or seat in guests]


def carried_on(consultation: Consultation, call: int) -> tuple[Guest, ...]:
    """The guests when the present call goes on under another number: whoever is in it stays in it."""
    return tuple(
        msgspec.structs.replace(guest, call=call) if guest.call == consultation.call else guest
        for guest in consultation.guests
    )
