"""Every body of the REST API: one frozen struct each. TypeScript types are generated from here; see `routes.py`."""

from enum import StrEnum
from typing import Annotated, Literal

import msgspec

from chalicelib.lifecycle import Role, State
from chalicelib.protocol import (
    ConsultationView,
    Day,
    Delivery,
    DepartmentView,
    DeviceReport,
    Encryption,
    GuestKind,
    Id,
    Instant,
    Language,
    LoginLevel,
    MessageKind,
    NetworkReport,
    Part,
    Way,
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


class PatientLogin(Part, frozen=True):
    """A login at the portal is to begin. ``nonce``, of the visitor's own browser, makes its ID token say whose key that
    login was for (docs/decisions/0042-who-sits-behind-the-keys.md); empty from a browser that has no such key."""

    nonce: Annotated[str, msgspec.Meta(pattern=r"^([A-Za-z0-9_-]{43})?$")] = ""


class LoginProof(Part, frozen=True):
    """The portal's ID token of the visitor's own login, given once; empty where there is none (any more)."""

    token: str


class LoggedOut(Part, frozen=True, forbid_unknown_fields=False):
    """What a portal tells of a logout elsewhere (OpenID Connect Front-Channel Logout 1.0 section 3); answered with an
    empty page that it may frame."""

    iss: str = ""
    sid: str = ""


class CodeSent(Part, frozen=True):
    """A one-time code is on its way to the phone that ends with ``ends``; good for ``seconds``."""

    ends: str
    seconds: int


class CodeGiven(Part, frozen=True):
    """The one-time code as typed."""

    code: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{6}$")]


class SmsWish(Part, frozen=True):
    """Whether a number wants SMS from the trust, from any of its departments."""

    wanted: bool


class Ticket(Part, frozen=True):
    """A pass for one socket, good once and for ``seconds``; goes in the query as ``ticket``.

    Say `ping` on the socket every ``ping_seconds``, and open the next one when it is ``socket_seconds`` old.
    """

    ticket: str
    seconds: int
    ping_seconds: int
    socket_seconds: int


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
    """What a department's fixed address shows; ``suspended`` as in `VisitView`."""

    trust_name: str
    department: DepartmentView
    clinicians: list[ClinicianView]
    suspended: str


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
    """Who of the staff is logged in, as what, and those she shares a department with.

    ``clinicians``: in whose lists she may book as a secretary; empty for who is none.
    """

    id: Id
    name: str
    roles: list[Role]
    level: LoginLevel
    trust: Id
    trust_name: str
    time_zone: str
    departments: list[DepartmentView]
    colleagues: list[Colleague]
    clinicians: list[Colleague]


class WhichDay(Part, frozen=True, forbid_unknown_fields=False):
    """Of which day a list is asked for; of whose, for a secretary to say."""

    day: Day
    clinician: Id | None = None


class DayList(Part, frozen=True):
    """One clinician's day, by time."""

    day: Day
    consultations: list[ConsultationView]
    delay_minutes: int


class Booking(Part, frozen=True):
    """A new consultation. Needs ``phone`` or ``email``, a login at the portal for ``national_id``, kept as a keyed hash
    only, and ``phone`` for one-time codes. ``clinician``: whose, for a secretary to say."""

    department: Id
    patient_name: Name
    starts: Instant
    clinician: Id | None = None
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
    """Somebody more for a call, with a link of their own. Needs ``phone`` or ``email``, and ``phone`` for codes."""

    kind: GuestKind
    name: Name
    phone: Phone = ""
    email: Email = ""
    login_level: LoginLevel = LoginLevel.CODE
    language: Language = Language.BOKMAL


class TrailEntry(Part, frozen=True):
    """One thing that happened: ``what`` an event's or a message's name, ``who`` a role or, for staff, an id, ``level``
    how surely they were known."""

    number: int
    at: Instant
    what: str
    who: str
    level: LoginLevel
    state: str


class Trail(Part, frozen=True):
    """Everything that happened to one consultation, oldest first; ``intact``: the chain of its hashes holds."""

    entries: list[TrailEntry]
    intact: bool


class ReceiptEntry(Part, frozen=True):
    """One thing that happened, for the patient to read: ``name`` is of the staff only."""

    at: Instant
    what: str
    who: Role
    name: str
    level: LoginLevel


class Receipt(Part, frozen=True):
    """What happened to the patient's own consultation, and whether the chain of it holds."""

    reference: str
    trust_name: str
    department: DepartmentView
    starts: Instant
    minutes: int
    entries: list[ReceiptEntry]
    intact: bool


class FailureCause(StrEnum):
    """Why a message did not arrive."""

    NONE = "none"
    RECEIVER = "receiver"
    OPTED_OUT = "opted_out"
    CARRIER = "carrier"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


class SentMessage(Part, frozen=True):
    """One message of a consultation: to the patient, or to ``guest``."""

    kind: MessageKind
    way: Way
    guest: str
    state: Delivery
    at: Instant
    why: FailureCause


class SentMessages(Part, frozen=True):
    """All messages of one consultation, the newest first."""

    messages: list[SentMessage]


class SmsReceipt(Part, frozen=True):
    """What the HTTPS gateway says became of a message that it took: whether it arrived, and why not."""

    message: Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
    delivered: bool
    why: FailureCause = FailureCause.NONE


Hour = Annotated[int, msgspec.Meta(ge=0, le=23)]
Sender = Annotated[str, msgspec.Meta(pattern=r"^([A-Za-z0-9][A-Za-z0-9 ]{0,10})?$")]
Days = Annotated[int, msgspec.Meta(ge=1, le=3650)]


class Rules(Part, frozen=True):
    """What a trust decides for all its departments.

    Messages: days before the appointment that the invitation goes out, 0 for as soon as it is booked; hours before it
    that a reminder goes out and minutes after it that who is not there is told so, 0 for neither; the hours of the day,
    where the trust is, between which nothing but codes is sent by itself (the same: at any hour); the sender's name on
    phones, empty for the deployment's. Retention, in days after the appointment: who it was about (names, numbers,
    addresses), the answers of patients, the consultation itself, and its trail. Calls: what holds where somebody's
    browser cannot encrypt from end to end.
    """

    lead_days: Annotated[int, msgspec.Meta(ge=0, le=30)] = 2
    remind_hours: Annotated[int, msgspec.Meta(ge=0, le=72)] = 24
    missing_minutes: Annotated[int, msgspec.Meta(ge=0, le=60)] = 10
    quiet_from: Hour = 21
    quiet_to: Hour = 8
    sms_sender: Sender = ""
    keep_contact_days: Days = 30
    keep_feedback_days: Days = 365
    keep_consultation_days: Days = 365
    keep_trail_days: Annotated[int, msgspec.Meta(ge=365, le=3650)] = 1825
    encryption: Encryption = Encryption.PREFERRED


class TrustRules(Part, frozen=True):
    """The rules, and their version: who writes quotes the one that was read."""

    version: Annotated[int, msgspec.Meta(ge=0)]
    rules: Rules


class Reach(Part, frozen=True):
    """How many of those with an appointment today that is yet to be held are told of a suspension by SMS, how many by
    e-mail, and how many by neither: they have to be phoned."""

    sms: int
    mail: int
    neither: int


class Suspension(Part, frozen=True):
    """Whether a trust holds video consultations, and its version: who writes quotes the one that was read.

    While it is ``on`` no call begins; those that go on are left in peace. ``words`` are the trust's own, shown to
    patients and staff, and are needed then. ``tell``: everybody with an appointment today gets an SMS, or an e-mail
    where no SMS can go, once a suspension. In answers only: ``since``, and ``reach`` to an administrator.
    """

    version: Annotated[int, msgspec.Meta(ge=0)]
    on: bool
    words: Annotated[str, msgspec.Meta(max_length=300)] = ""
    tell: bool = False
    since: Instant | None = None
    reach: Reach | None = None


class ToPhone(Part, frozen=True):
    """One consultation of a day, for who has to phone instead. ``told``: what became of the message about it."""

    consultation: Id
    starts: Instant
    minutes: int
    patient_name: str
    phone: str
    language: Language
    department: str
    clinician_name: str
    state: State
    reference: str
    told: Delivery


class PhoneList(Part, frozen=True):
    """Who has an appointment on a day and is not done, by time: of one's own, of one's departments and, to an
    administrator, today and while there is a suspension, of the trust."""

    day: Day
    consultations: list[ToPhone]


class WhichPhoneList(Part, frozen=True):
    """Of which day; today where the trust is when it is not said."""

    day: Day | None = None


class Text(Part, frozen=True):
    """What one kind of message says: ``text`` the trust's own words, empty while it has none; ``standard`` ours.

    An SMS is all of it; of an e-mail it is the sentence that opens it. Fields stand in braces, as ``{link}``.
    """

    kind: MessageKind
    way: Way
    language: Language
    text: str
    standard: str


class Texts(Part, frozen=True):
    """Every message of a trust."""

    texts: list[Text]


class NewText(Part, frozen=True):
    """Other words for one kind of message; empty: ours again."""

    kind: MessageKind
    way: Way
    language: Language
    text: Annotated[str, msgspec.Meta(max_length=1000)]


class TextProblem(StrEnum):
    """Why a text is refused. ``telling``: names an illness, a treatment or a clinic that tells of one."""

    NO_LINK = "no_link"
    NO_PHONE = "no_phone"
    NO_CODE = "no_code"
    UNKNOWN_FIELD = "unknown_field"
    FOREIGN_LINK = "foreign_link"
    TELLING = "telling"
    TOO_LONG = "too_long"
    UNFIT = "unfit"


class CheckedText(Part, frozen=True):
    """How a text would look and what is wrong with it: ``words`` that tell too much; SMS in GSM-7 or UCS-2, with its
    length in characters of that alphabet and in parts (3GPP TS 23.038, 23.040)."""

    problems: list[TextProblem]
    words: list[str]
    preview: str
    unicode: bool
    length: int
    parts: int


class PersonQuery(Part, frozen=True):
    """Whose data: by any of what the trust may hold of them."""

    national_id: Annotated[str, msgspec.Meta(pattern=r"^(\d{11})?$")] = ""
    phone: Phone = ""
    email: Email = ""


class PersonConsultation(Part, frozen=True):
    """Everything that is kept of one person in one consultation; ``guest`` when it is theirs as a guest."""

    consultation: ConsultationView
    guest: str
    trail: Trail
    messages: list[SentMessage]
    feedback: Feedback | None


class PersonExport(Part, frozen=True):
    """Everything that is kept of one person (GDPR articles 15 and 20)."""

    sms_wanted: bool
    consultations: list[PersonConsultation]


class Erased(Part, frozen=True):
    """What was taken away of one person (GDPR article 17); ``open``: consultations yet to come, which stay."""

    consultations: int
    guests: int
    messages: int
    feedback: int
    open: int


class Purge(Part, frozen=True):
    """One daily clean-up: how much of each kind went by the trust's rules."""

    at: Instant
    contacts: int
    feedback: int
    consultations: int
    trails: int


class Purges(Part, frozen=True):
    """The clean-ups, the newest first."""

    purges: list[Purge]


class AuditQuery(Part, frozen=True, forbid_unknown_fields=False):
    """Which entries: of which days (UTC), whose, what, of which reference; ``cursor`` from the page before."""

    first: Day
    last: Day
    staff: Annotated[str, msgspec.Meta(max_length=64)] = ""
    what: Annotated[str, msgspec.Meta(max_length=64)] = ""
    reference: Annotated[str, msgspec.Meta(max_length=24)] = ""
    cursor: Annotated[str, msgspec.Meta(max_length=200)] = ""


class AuditEntry(Part, frozen=True):
    """One entry of the trail, of a consultation or, with neither id nor reference, of the trust itself."""

    at: Instant
    consultation: str
    reference: str
    number: int
    what: str
    role: Role
    staff: str
    name: str
    level: LoginLevel
    state: str
    hash: str


class AuditPage(Part, frozen=True):
    """Some of the entries asked for, the oldest first; the next ones by ``cursor``, empty when there are none."""

    entries: list[AuditEntry]
    cursor: str


class AnchorDay(Part, frozen=True):
    """One day's anchor: a hash over all that happened on it and the day before's anchor."""

    day: Day
    entries: int
    hash: str


class Anchors(Part, frozen=True):
    """The anchors, the newest first."""

    days: list[AnchorDay]


class Verify(Part, frozen=True):
    """Which day to check."""

    day: Day


class Verified(Part, frozen=True):
    """Whether a day is as it was: the anchor fits, and the chains of all that happened on it hold."""

    day: Day
    entries: int
    anchored: bool
    intact: bool
    broken: list[str]


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
    """Every error's body: a stable code, a text for a person, whether trying again can help, and how long to wait."""

    code: str
    message: str
    retry: bool
    wait_seconds: int = 0
