"""Every body of the REST API: one frozen struct each. TypeScript types are generated from here.

Routes (all under ``/api``; JSON in and out; a request that changes something carries the header ``X-Venterom: 1``,
which no foreign page can send without asking first):

===== ============================================= ================== =================== ==========================
POST  /enter                                        Enter              VisitView           sets the visit's cookie
GET   /visits/{consultation}                                           VisitView
POST  /visits/{consultation}/login                                     Redirect            to the ID portal
POST  /visits/{consultation}/ticket                                    Ticket
POST  /visits/{consultation}/feedback               Feedback           204
GET   /login/patient/callback                                          302                 back to /v#{consultation}
GET   /departments/{trust}/{department}                                DepartmentPage
POST  /departments/{trust}/{department}/arrivals    Arrival            VisitView           sets the visit's cookie
GET   /staff/{trust}/login                                             302                 to the trust's issuer
GET   /login/staff/callback                                            302                 back to /staff/{trust}
GET   /staff/{trust}/me                                                Me
POST  /staff/{trust}/logout                                            204
POST  /staff/{trust}/ticket                                            Ticket
GET   /staff/{trust}/consultations?day=                                DayList
POST  /staff/{trust}/consultations                  Booking            ConsultationView    header Idempotency-Key
GET   /staff/{trust}/consultations/{id}/trail                          Trail
POST  /staff/{trust}/consultations/{id}/cancel                         ConsultationView
POST  /staff/{trust}/consultations/{id}/invite                         ConsultationView    sends again, now
POST  /staff/{trust}/consultations/{id}/move        Move               ConsultationView    tells the patient
POST  /staff/{trust}/consultations/{id}/hand_over   HandOver           204                 to a colleague
POST  /staff/{trust}/consultations/{id}/phone                          ConsultationView    by phone instead
POST  /staff/{trust}/consultations/{id}/guests      NewGuest           ConsultationView    header Idempotency-Key
POST  /staff/{trust}/consultations/{id}/guests/{guest}/invite          ConsultationView    sends again, now
POST  /staff/{trust}/consultations/{id}/guests/{guest}/remove          ConsultationView    withdraws the link
GET   /staff/{trust}/references/{reference}                            Support             what support may see
GET   /health                                                          Health
===== ============================================= ================== =================== ==========================
"""

from enum import StrEnum
from typing import Annotated, Literal

import msgspec

from chalicelib.lifecycle import State
from chalicelib.protocol import (
    ConsultationView,
    Day,
    Delivery,
    DepartmentView,
    DeviceReport,
    GuestKind,
    Id,
    Instant,
    Language,
    LoginLevel,
    NetworkReport,
    Part,
)

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100, pattern=r"^\S.*$")]
# E.164 (ITU-T), or a Norwegian number typed without its country code; spaces are taken away first.
Phone = Annotated[str, msgspec.Meta(max_length=24, pattern=r"^(\+?[0-9][0-9 ]{4,22})?$")]
Email = Annotated[str, msgspec.Meta(max_length=254, pattern=r"^([^\s@<>\",;]+@[^\s@<>\",;]+\.[^\s@<>\",;]+)?$")]
Secret = Annotated[str, msgspec.Meta(max_length=64)]


class SendInvitation(StrEnum):
    """When the invitation goes out: by the trust's rule (two days before), or now."""

    BY_RULE = "by_rule"
    NOW = "now"


class Enter(Part, frozen=True):
    """What stands after ``#`` in the link."""

    secret: Secret


class Redirect(Part, frozen=True):
    """Where the page is to go next."""

    location: str


class Ticket(Part, frozen=True):
    """A pass for one socket, good once and for ``seconds``; goes in the query as ``ticket``."""

    ticket: str
    seconds: int


class Impression(StrEnum):
    """«Hvordan var kvaliteten på lyd og bilde i samtalen?»"""

    VERY_GOOD = "very_good"
    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"


class Problem(StrEnum):
    """What was wrong; choices only, so that nobody writes about their health here."""

    NO_PICTURE = "no_picture"
    BAD_PICTURE = "bad_picture"
    NO_SOUND = "no_sound"
    BAD_SOUND = "bad_sound"
    DROPPED = "dropped"
    HARD_TO_USE = "hard_to_use"


class Feedback(Part, frozen=True):
    """The patient's answer, taken once."""

    quality: Impression
    problems: Annotated[tuple[Problem, ...], msgspec.Meta(max_length=6)] = ()


class ClinicianView(Part, frozen=True):
    """A clinician in a department's list."""

    id: Id
    name: str


class DepartmentPage(Part, frozen=True):
    """What a department's fixed address shows."""

    trust_name: str
    department: DepartmentView
    clinicians: list[ClinicianView]


class Arrival(Part, frozen=True):
    """A patient at the fixed address: whom they are to meet and who they say they are."""

    clinician: Id
    name: Name
    phone: Phone
    language: Language = Language.BOKMAL


class Colleague(Part, frozen=True):
    """Somebody a consultation can be handed over to: who works in its department."""

    id: Id
    name: str
    departments: list[Id]


class Me(Part, frozen=True):
    """The clinician who is logged in, and those she shares a department with."""

    id: Id
    name: str
    trust: Id
    trust_name: str
    time_zone: str
    departments: list[DepartmentView]
    colleagues: list[Colleague]


class DayList(Part, frozen=True):
    """One clinician's day, by time."""

    day: Day
    consultations: list[ConsultationView]
    delay_minutes: int


class Booking(Part, frozen=True):
    """A new consultation. Needs ``phone`` or ``email``, and a login for ``national_id``, kept as a keyed hash only."""

    department: Id
    patient_name: Name
    starts: Instant
    phone: Phone = ""
    email: Email = ""
    minutes: Annotated[int, msgspec.Meta(ge=5, le=240)] = 30
    login_level: LoginLevel = LoginLevel.HIGH
    national_id: Annotated[str, msgspec.Meta(pattern=r"^(\d{11})?$")] = ""
    language: Language = Language.BOKMAL
    send: SendInvitation = SendInvitation.BY_RULE


class Move(Part, frozen=True):
    """Another time for a consultation; its links go on working."""

    starts: Instant
    minutes: Annotated[int, msgspec.Meta(ge=5, le=240)]


class HandOver(Part, frozen=True):
    """Whose the consultation shall be."""

    staff: Id


class NewGuest(Part, frozen=True):
    """Somebody more for a call, with a link of their own. Needs ``phone`` or ``email``."""

    kind: GuestKind
    name: Name
    phone: Phone = ""
    email: Email = ""
    language: Language = Language.BOKMAL


class TrailEntry(Part, frozen=True):
    """One thing that happened: ``what`` an event's or a message's name, ``who`` a role and, for staff, an id."""

    number: int
    at: Instant
    what: str
    who: str
    state: str


class Trail(Part, frozen=True):
    """Everything that happened to one consultation, oldest first."""

    entries: list[TrailEntry]


class Support(Part, frozen=True):
    """What support finds by the reference that a patient reads out: how it stands technically, and of whom nothing."""

    reference: str
    state: State
    starts: Instant
    department: str
    clinician: str
    sms: Delivery
    mail: Delivery
    devices: DeviceReport
    network: NetworkReport | None
    patient_present: bool
    trail: list[TrailEntry]


class Health(Part, frozen=True):
    """The service answers."""

    status: Literal["ok"] = "ok"


class ErrorBody(Part, frozen=True):
    """Every error's body: a stable code, a text for a person, and whether trying again can help."""

    code: str
    message: str
    retry: bool
