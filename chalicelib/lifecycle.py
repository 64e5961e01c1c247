"""A consultation's life: its states, what can happen in each, and who may do it. Pure, and drawn as a diagram."""

from enum import StrEnum
from typing import Final

from chalicelib.errors import Forbidden, IllegalTransition


class State(StrEnum):
    """Where a consultation is."""

    BOOKED = "booked"
    INVITED = "invited"
    CHECKED_IN = "checked_in"
    CALLING = "calling"
    IN_CALL = "in_call"
    ENDED = "ended"
    CANCELLED = "cancelled"
    MISSED = "missed"


class Event(StrEnum):
    """What can happen to a consultation."""

    INVITE = "invite"
    CHECK_IN = "check_in"
    LEAVE = "leave"
    CALL = "call"
    WITHDRAW_CALL = "withdraw_call"
    ACCEPT = "accept"
    DROP = "drop"
    HANG_UP = "hang_up"
    CANCEL = "cancel"
    MISS = "miss"
    PHONE = "phone"


class Role(StrEnum):
    """Who does it. A guest changes no state. ``system`` is a schedule or a lease that ran out.

    Of the staff, a clinician has patients of her own; a secretary books for the clinicians of her departments; an
    administrator decides the trust's rules, texts and what is kept of a person; support looks up references; an auditor
    reads the trail. One person may be several of them.
    """

    PATIENT = "patient"
    GUEST = "guest"
    CLINICIAN = "clinician"
    SECRETARY = "secretary"
    ADMINISTRATOR = "administrator"
    SUPPORT = "support"
    AUDITOR = "auditor"
    WORKER = "worker"
    SYSTEM = "system"


STAFF: Final = (Role.CLINICIAN, Role.SECRETARY, Role.ADMINISTRATOR, Role.SUPPORT, Role.AUDITOR)
"""What the trust's own people can be; who is several acts as the first that a door or a message allows."""

S, E = State, Event  # short names keep the table readable

TRANSITIONS: Final[dict[tuple[State, Event], State]] = {
    (S.BOOKED, E.INVITE): S.INVITED,
    (S.BOOKED, E.CANCEL): S.CANCELLED,
    (S.BOOKED, E.MISS): S.MISSED,
    (S.INVITED, E.CHECK_IN): S.CHECKED_IN,
    (S.INVITED, E.CANCEL): S.CANCELLED,
    (S.INVITED, E.MISS): S.MISSED,
    (S.CHECKED_IN, E.LEAVE): S.INVITED,
    (S.CHECKED_IN, E.CALL): S.CALLING,
    (S.CHECKED_IN, E.CANCEL): S.CANCELLED,
    (S.CHECKED_IN, E.MISS): S.MISSED,
    (S.CALLING, E.ACCEPT): S.IN_CALL,
    (S.CALLING, E.WITHDRAW_CALL): S.CHECKED_IN,
    (S.CALLING, E.LEAVE): S.INVITED,
    (S.CALLING, E.DROP): S.CHECKED_IN,
    (S.IN_CALL, E.HANG_UP): S.ENDED,
    (S.IN_CALL, E.DROP): S.CHECKED_IN,
    # A patient who comes long after the time is still welcome: the clinician decides.
    (S.MISSED, E.CHECK_IN): S.CHECKED_IN,
    (S.MISSED, E.CANCEL): S.CANCELLED,
    # Video did not work out: they talk by phone, which ends it here.
    **{(at, E.PHONE): S.ENDED for at in (S.BOOKED, S.INVITED, S.CHECKED_IN, S.CALLING, S.IN_CALL, S.MISSED)},
}

# What may arrive twice and then changes nothing: a retry, a second tap, a function run again.
REPEATS: Final[frozenset[tuple[State, Event]]] = frozenset(
    {
        (S.INVITED, E.INVITE),
        (S.CHECKED_IN, E.INVITE),
        (S.INVITED, E.LEAVE),
        (S.CHECKED_IN, E.CHECK_IN),
        (S.CALLING, E.CHECK_IN),
        (S.IN_CALL, E.CHECK_IN),
        (S.CALLING, E.CALL),
        (S.IN_CALL, E.CALL),
        (S.CHECKED_IN, E.WITHDRAW_CALL),
        (S.IN_CALL, E.ACCEPT),
        (S.CHECKED_IN, E.DROP),
        (S.ENDED, E.DROP),
        (S.ENDED, E.HANG_UP),
        (S.ENDED, E.PHONE),
        (S.CANCELLED, E.CANCEL),
        (S.MISSED, E.MISS),
    }
)

ALLOWED: Final[dict[Event, frozenset[Role]]] = {
    E.INVITE: frozenset({Role.CLINICIAN, Role.SECRETARY, Role.SYSTEM}),
    E.CHECK_IN: frozenset({Role.PATIENT}),
    E.LEAVE: frozenset({Role.PATIENT}),
    E.CALL: frozenset({Role.CLINICIAN}),
    E.WITHDRAW_CALL: frozenset({Role.CLINICIAN, Role.SYSTEM}),
    E.ACCEPT: frozenset({Role.PATIENT}),
    E.DROP: frozenset({Role.WORKER, Role.SYSTEM}),
    E.HANG_UP: frozenset({Role.PATIENT, Role.CLINICIAN}),
    E.CANCEL: frozenset({Role.CLINICIAN, Role.SECRETARY}),
    E.MISS: frozenset({Role.SYSTEM}),
    E.PHONE: frozenset({Role.CLINICIAN, Role.SECRETARY}),
}

FINAL: Final[frozenset[State]] = frozenset({S.ENDED, S.CANCELLED})
WITH_CALL: Final[frozenset[State]] = frozenset({S.CALLING, S.IN_CALL})


def step(state: State, event: Event, role: Role) -> State:
    """Return the state after ``event`` by ``role``; the same state means a repeat that must write nothing.

    Raises Forbidden when the role may never do this, IllegalTransition when it cannot happen now.
    """
    if role not in ALLOWED[event]:
        raise Forbidden
    if (state, event) in REPEATS:
        return state
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise IllegalTransition from None
