"""Who does something, and which consultations are whose to do something about: the one place of it. Pure."""

from collections.abc import Sequence

import msgspec

from chalicelib.errors import NotFound
from chalicelib.lifecycle import Role
from chalicelib.protocol import LoginLevel
from chalicelib.records import Consultation


class Actor(msgspec.Struct, frozen=True):
    """Who does something, in what role and how surely known; for staff also who of them, in which departments.

    Everybody acts at one trust: what is read or written for an actor is of that trust.
    """

    trust: str
    role: Role
    staff: str = ""
    departments: tuple[str, ...] = ()
    level: LoginLevel = LoginLevel.NONE


def system(trust: str) -> Actor:
    """A schedule, or a lease that ran out."""
    return Actor(trust, Role.SYSTEM)


def patient(trust: str, level: LoginLevel = LoginLevel.NONE) -> Actor:
    """A patient, known as surely as ``level``."""
    return Actor(trust, Role.PATIENT, level=level)


def owns(by: Actor, consultation: Consultation) -> bool:
    """Whether somebody of the staff has it: a clinician her own, a secretary those of her departments."""
    if consultation.trust != by.trust:
        return False
    if by.role is Role.SECRETARY:
        return consultation.department in by.departments
    return by.role is Role.CLINICIAN and consultation.staff == by.staff


def own(by: Actor, consultation: Consultation) -> Consultation:
    """The consultation, if it is (still) theirs. Raises NotFound for any other: who asks learns nothing."""
    if not owns(by, consultation):
        raise NotFound
    return consultation


def foremost(actors: Sequence[Actor], consultation: Consultation) -> Actor:
    """Of somebody's roles the first in which a consultation is hers; the very first when it is hers in none."""
    return next((actor for actor in actors if owns(actor, consultation)), actors[0])


def acting(actors: Sequence[Actor], clinician: str | None) -> Actor:
    """Of somebody's roles the first in which she can mean this clinician's list, her own when none is named."""
    hers = (actor for actor in actors if actor.role is not Role.CLINICIAN or clinician in (None, actor.staff))
    return next(hers, actors[0])
