"""What is kept, one frozen struct for each kind of row, and where in the one table it stands. Pure."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, ClassVar, Final, get_args

import msgspec

from chalicelib.lifecycle import Role, State
from chalicelib.protocol import (
    Cause,
    Delivery,
    DeviceReport,
    GuestKind,
    Language,
    LoginLevel,
    MessageKind,
    NetworkReport,
    Seat,
    Way,
)
from chalicelib.rest import FailureCause, Feedback, Rules

TRUSTS: Final = "TRUSTS"
"""Partition, in the index by day, of all trusts."""


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A row. Times are whole seconds since 1970; ``expires`` is None for what another rule removes."""

    expires: int | None = None

    def key(self) -> tuple[str, str]:
        """Partition and sort key."""
        raise TypeError(type(self).__name__)

    def day_key(self) -> tuple[str, str] | None:
        """Keys in the index by day, for what stands in it."""
        return None


class LoginProfile(StrEnum):
    """What an issuer asks of its clients: HelseID's rules (FAPI 2.0 with DPoP), or those of a company's directory."""

    HELSEID = "helseid"
    ENTERPRISE = "enterprise"


class StaffLogin(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a trust's staff log in, and what the issuer's claims mean.

    ``role_claim`` is the name of the claim with somebody's roles, ``roles`` what each of its values makes of them here;
    without such a claim the register says it. ``id_claim``: by which claim the register knows somebody.
    """

    issuer: str
    client_id: str
    profile: LoginProfile = LoginProfile.ENTERPRISE
    id_claim: str = "sub"
    role_claim: str = ""
    roles: dict[str, tuple[Role, ...]] = {}


class Trust(Record, frozen=True, kw_only=True):
    """A health trust."""

    id: str
    name: str
    time_zone: str
    login: StaffLogin

    def key(self) -> tuple[str, str]:
        """Under the trust."""
        return trust_key(self.id), "TRUST"

    def day_key(self) -> tuple[str, str]:
        """With all trusts: how what is done daily finds them."""
        return TRUSTS, self.id


class Department(Record, frozen=True, kw_only=True):
    """A department with the number patients phone. ``message_name``: what messages call it, when its name tells."""

    trust: str
    id: str
    name: str
    phone: str
    message_name: str = ""

    def key(self) -> tuple[str, str]:
        """Under its trust."""
        return trust_key(self.trust), f"DEP#{self.id}"


class Staff(Record, frozen=True, kw_only=True):
    """One of the staff; ``id`` is what the trust's issuer calls her. ``roles`` count where the issuer tells none."""

    trust: str
    id: str
    name: str
    departments: tuple[str, ...] = ()
    roles: tuple[Role, ...] = (Role.CLINICIAN,)

    def key(self) -> tuple[str, str]:
        """Under the trust."""
        return trust_key(self.trust), f"STAFF#{self.id}"


class News(StrEnum):
    """What the present message to a patient is about."""

    INVITED = "invited"
    MOVED = "moved"
    CANCELLED = "cancelled"


class Guest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody invited into a consultation's call besides its two; part of the consultation's row."""

    id: str
    seat: Seat
    kind: GuestKind
    name: str
    phone: str = ""
    email: str = ""
    login_level: LoginLevel = LoginLevel.NONE
    language: Language = Language.BOKMAL
    sms: Delivery = Delivery.NONE
    mail: Delivery = Delivery.NONE
    invitation: int = 1
    send_at: int = 0
    """When the present message may go out."""
    news: News = News.INVITED
    told: bool = False
    """See `Consultation`."""
    ready: bool = False
    """Said to be ready, in the waiting room."""
    admitted: bool = False
    call: int = 0
    """The call that this guest accepted."""

    @property
    def reason(self) -> str:
        """What the latest message to the guest is sent for."""
        return f"guest-{self.id}-{self.invitation}"

    @property
    def may_know(self) -> bool:
        """See `Consultation`."""
        return self.told or Delivery.SENDING in (self.sms, self.mail)


class Consultation(Record, frozen=True, kw_only=True):
    """An appointment and all that is decided about it; every change raises ``version`` by one."""

    trust: str
    id: str
    version: int
    state: State
    starts: int
    minutes: int
    day: str
    department: str
    staff: str
    patient_name: str
    phone: str = ""
    email: str = ""
    login_level: LoginLevel = LoginLevel.NONE
    person: str = ""
    """Keyed hash of the national identity number that may log in; empty: anyone with the link."""
    drop_in: bool = False
    language: Language = Language.BOKMAL
    sms: Delivery = Delivery.NONE
    mail: Delivery = Delivery.NONE
    invitation: int = 0
    """How many invitations there have been; names the reason of each message."""
    invite_at: int | None = None
    checked_in_at: int | None = None
    devices: DeviceReport = DeviceReport()
    network: NetworkReport | None = None
    call: int = 0
    begun: int = 0
    """Under which number the present call began: it has another each time it moves."""
    worker: str = ""
    moved: int = 0
    """When the present call came there from another worker; seconds since 1970, 0 when it began there."""
    reference: str = ""
    feedback_given: bool = False
    news: News = News.INVITED
    told: bool = False
    """Whether a message has gone out to the patient, be it an earlier one than the present."""
    tested_at: int | None = None
    running_late: int = 0
    """Minutes the patient has said to be late."""
    by_phone: bool = False
    pausers: tuple[Seat, ...] = ()
    """Who wants the call to be paused, in the order in which they asked: it goes on when nobody does any more."""
    guests: tuple[Guest, ...] = ()
    login_method: str = ""
    """What the portal called the way in which the patient logged in last."""
    trail_hash: str = ""
    """Hash of the trail's last entry."""
    erased: bool = False
    """Whether who it was about has been taken away."""

    @property
    def ends(self) -> int:
        """When the booked time is over."""
        return self.starts + self.minutes * 60

    @property
    def paused_by(self) -> Seat | None:
        """Who is said to pause the call: whoever asked first."""
        return next(iter(self.pausers), None)

    @property
    def reason(self) -> str:
        """What the latest message to the patient is sent for."""
        return f"invite-{self.invitation}"

    @property
    def may_know(self) -> bool:
        """Whether the patient has been sent something, or is being sent it just now: then changes must be told."""
        return self.told or Delivery.SENDING in (self.sms, self.mail)

    @property
    def seats(self) -> tuple[Seat, ...]:
        """Who may be in its call, in `Seat`'s order: also guests not yet admitted, so that there is room for them."""
        return Seat.PATIENT, Seat.CLINICIAN, *sorted((g.seat for g in self.guests), key=list(Seat).index)

    def key(self) -> tuple[str, str]:
        """Under itself, together with its trail."""
        return consultation_key(self.trust, self.id), "CONSULTATION"

    def day_key(self) -> tuple[str, str]:
        """By clinician and day, in the order of time."""
        return day_partition(self.trust, self.staff, self.day), f"{self.starts:012d}#{self.id}"


class Happening(Record, frozen=True, kw_only=True):
    """One entry of the append-only trail of a consultation, or of the trust itself (``consultation`` is empty then).

    Its number is the version that it made, ``hash`` is over itself and ``previous``, the entry before's. It names
    nobody but staff.
    """

    trust: str
    consultation: str
    number: int
    at: int
    what: str
    role: Role
    staff: str = ""
    level: LoginLevel = LoginLevel.NONE
    state: State | None = None
    counts: dict[str, int] = {}
    """How much of what, for what was done to many rows at once."""
    previous: str = ""
    hash: str = ""

    def key(self) -> tuple[str, str]:
        """With its consultation, or under the trust's own trail."""
        return entry_key(self.trust, self.consultation, self.number)

    def day_key(self) -> tuple[str, str]:
        """By day (UTC), in the order of time."""
        return trail_day(self.trust, self.day), f"{self.at:012d}#{self.consultation}#{self.number:08d}"

    @property
    def day(self) -> str:
        """The day (UTC) on which it happened."""
        return datetime.fromtimestamp(self.at, UTC).date().isoformat()


class Head(Record, frozen=True, kw_only=True):
    """Where the trust's own trail ends: the last entry's number, which is the version, and its hash."""

    trust: str
    version: int
    hash: str

    def key(self) -> tuple[str, str]:
        """With the trail."""
        return trail_partition(self.trust, ""), "HEAD"


class Anchor(Record, frozen=True, kw_only=True):
    """One day's anchor (UTC): a hash over the hashes of all its entries, in order, and the day before's anchor."""

    trust: str
    day: str
    entries: int
    previous: str
    hash: str

    def key(self) -> tuple[str, str]:
        """A partition of the trust's own, by day."""
        return f"{trust_key(self.trust)}#ANCHOR", self.day


class Gone(Record, frozen=True, kw_only=True):
    """What retention leaves of a trail's entry: its hash, for the anchor of its day, and the number of the entry of the
    trust's own trail that says so. It is about nobody, so it stays."""

    trust: str
    day: str
    hash: str
    purge: int

    def key(self) -> tuple[str, str]:
        """By the hash."""
        return f"{trust_key(self.trust)}#GONE#{self.hash}", "GONE"

    def day_key(self) -> tuple[str, str]:
        """By the day (UTC) of the entry."""
        return gone_day(self.trust, self.day), self.hash


class Kept(Record, frozen=True, kw_only=True):
    """That there is a consultation of a day, whoever's: how the daily clean-up finds it."""

    trust: str
    consultation: str
    day: str

    def key(self) -> tuple[str, str]:
        """With its consultation."""
        return consultation_key(self.trust, self.consultation), "KEPT"

    def day_key(self) -> tuple[str, str]:
        """By trust and day."""
        return kept_day(self.trust, self.day), self.consultation


class Purged(Record, frozen=True, kw_only=True):
    """Until which day, that one too, each kind of data has been cleaned up.

    ``entries``: which entries of the trust's own trail say how much went, the newest first.
    """

    trust: str
    version: int
    days: dict[str, str] = {}
    entries: tuple[int, ...] = ()

    def key(self) -> tuple[str, str]:
        """Under the trust."""
        return trust_key(self.trust), "PURGED"


class Ruled(Record, frozen=True, kw_only=True):
    """A trust's rules."""

    trust: str
    version: int
    rules: Rules

    def key(self) -> tuple[str, str]:
        """Under the trust."""
        return trust_key(self.trust), "RULES"


class Stopped(Record, frozen=True, kw_only=True):
    """Whether a trust holds video consultations; ``number`` counts the times that it did not, ``since`` is the start of
    the latest, ``day`` the trust's day then; empty in what older releases wrote. For the rest see `rest.Suspension`."""

    trust: str
    version: int = 0
    on: bool = False
    words: str = ""
    tell: bool = False
    number: int = 0
    since: int = 0
    day: str = ""

    def reason(self, day: str) -> str:
        """What a patient's message is sent for about it and a consultation of a day: who is moved to a later one that
        is not held either is told of that one too."""
        later = self.day and day > self.day
        return f"suspended-{self.number}" + (f"_{day.replace('-', '')}" if later else "")

    def key(self) -> tuple[str, str]:
        """Under the trust."""
        return trust_key(self.trust), "SUSPENSION"


class Wording(Record, frozen=True, kw_only=True):
    """A trust's own words for one kind of message."""

    trust: str
    kind: MessageKind
    way: Way
    language: Language
    text: str

    def key(self) -> tuple[str, str]:
        """Under the trust."""
        return trust_key(self.trust), f"TEXT#{self.kind}#{self.way}#{self.language}"


class OptedOut(Record, frozen=True, kw_only=True):
    """A number (its keyed hash) that wants no SMS from any department of the trust."""

    trust: str
    number: str

    def key(self) -> tuple[str, str]:
        """Under the person."""
        return person_partition(self.trust, self.number), "NOSMS"


class Mention(Record, frozen=True, kw_only=True):
    """That a consultation holds something of a person: by the keyed hash of a number, an address or an identity."""

    trust: str
    person: str
    consultation: str
    guest: str = ""

    def key(self) -> tuple[str, str]:
        """Under the person."""
        return person_partition(self.trust, self.person), f"C#{self.consultation}#{self.guest}"


class Answered(Record, frozen=True, kw_only=True):
    """The patient's feedback, once."""

    trust: str
    consultation: str
    at: int
    feedback: Feedback

    def key(self) -> tuple[str, str]:
        """With its consultation."""
        return feedback_key(self.trust, self.consultation)


class Taken(Record, frozen=True, kw_only=True):
    """Which socket holds a seat, and what its owner sends. A guest's is the guest's own, whoever has the seat later.

    ``since``: when that socket opened, or its page asked for the seat, in milliseconds; of one person the newest has it
    """

    trust: str
    consultation: str
    seat: Seat
    guest: str = ""
    connection: str
    since: int = 0
    camera: bool = False
    microphone: bool = False
    screen: bool = False
    interrupted: bool = False

    def key(self) -> tuple[str, str]:
        """With its consultation."""
        return consultation_key(self.trust, self.consultation), f"SEAT#{self.guest or self.seat}"


class Sending(Record, frozen=True, kw_only=True):
    """One message for one reason: claimed by whoever sends it, so that it goes out once; ``done``: never try again.

    ``handed_over``: the carrier was about to be given it, so that trying again could send it twice. ``message`` is the
    carrier's id of it, by which receipts come. ``seed`` makes its link, while it is under way only, so that a carrier
    that sends what comes twice once is given the same again.
    """

    trust: str
    consultation: str
    reason: str
    claimed_until: int
    kind: MessageKind = MessageKind.INVITED
    way: Way = Way.SMS
    guest: str = ""
    state: Delivery = Delivery.SENDING
    why: FailureCause = FailureCause.NONE
    at: int = 0
    handed_over: bool = False
    seed: str = ""
    message: str = ""
    done: bool = False
    version: int = 1

    def key(self) -> tuple[str, str]:
        """With its consultation."""
        return consultation_key(self.trust, self.consultation), f"MSG#{self.reason}"


class Handed(Record, frozen=True, kw_only=True):
    """Which message a carrier's id stands for, until its receipt comes."""

    carrier: str
    message: str
    trust: str
    consultation: str
    reason: str

    def key(self) -> tuple[str, str]:
        """By the carrier's id: it is all that a receipt brings."""
        return f"HANDED#{self.carrier}#{self.message}", "HANDED"


class Code(Record, frozen=True, kw_only=True):
    """The one-time code under way to who holds a session: its keyed hash, and how often it was tried."""

    session: str
    digest: str
    tries: int = 0
    version: int = 1

    def key(self) -> tuple[str, str]:
        """With its session: a new code takes the place of the old one, and nobody else can use up its tries."""
        return f"SESSION#{self.session}", "CODE"


class Link(Record, frozen=True, kw_only=True):
    """An invitation's secret, as its hash."""

    digest: str
    trust: str
    consultation: str
    role: Role = Role.PATIENT
    guest: str = ""

    def key(self) -> tuple[str, str]:
        """By the hash alone: the secret is all that a visitor brings."""
        return f"LINK#{self.digest}", "LINK"


class Session(Record, frozen=True, kw_only=True):
    """Who a cookie stands for: a visitor of one consultation, or one of the staff; then ``roles`` are what her issuer
    says she is, none where the register says it."""

    digest: str
    trust: str
    role: Role
    consultation: str = ""
    guest: str = ""
    staff: str = ""
    roles: tuple[Role, ...] = ()
    proven: bool = False
    """Whether the login that the consultation asks for has been done."""
    level: LoginLevel = LoginLevel.NONE
    """How surely its owner is known."""
    seen: int = 0
    """When its owner last did something, to the minute."""
    signed_in: str = ""
    """Hash of the issuer and its own session (``sid``), by which a logout elsewhere is told."""
    logged_out: bool = False
    """Whether that has ended: then only a call that goes on keeps it."""
    ends: int
    """When it is over in any case; the row stays for a call that lasts longer."""
    version: int = 1

    def key(self) -> tuple[str, str]:
        """By the hash of the cookie."""
        return f"SESSION#{self.digest}", "SESSION"


class Opened(Record, frozen=True, kw_only=True):
    """A socket that a session opened, so that it ends with it; a worker's has no session and is of no trust."""

    session: str
    connection: str
    trust: str = ""

    def key(self) -> tuple[str, str]:
        """With the session."""
        return f"SESSION#{self.session}", f"CONN#{self.connection}"

    def day_key(self) -> tuple[str, str]:
        """With all sockets of the trust: how the sweep finds them. A sign of life changes nothing here."""
        return open_sockets(self.trust), self.connection


class SignedIn(Record, frozen=True, kw_only=True):
    """Which of our sessions came of one session at an issuer."""

    signed_in: str
    session: str

    def key(self) -> tuple[str, str]:
        """By the issuer's session."""
        return f"SIGNED#{self.signed_in}", f"SESSION#{self.session}"


class Login(Record, frozen=True, kw_only=True):
    """A login under way, from leaving for the portal until coming back."""

    digest: str
    """Hash of ``state``."""
    session: str
    """Hash of the cookie of the browser that left."""
    trust: str
    role: Role
    verifier: str
    nonce: str
    level: LoginLevel
    consultation: str = ""
    anew: bool = False
    """Whether the portal was told to let nobody in by an earlier login."""
    bound: bool = False
    """Whether the nonce is the browser's own, which then wants the ID token."""

    def key(self) -> tuple[str, str]:
        """By the hash of ``state``."""
        return f"LOGIN#{self.digest}", "LOGIN"


class Ticket(Record, frozen=True, kw_only=True):
    """A pass for one socket; ``session`` is the hash of the cookie it was given to."""

    digest: str
    trust: str
    role: Role
    session: str = ""
    level: LoginLevel = LoginLevel.NONE
    consultation: str = ""
    guest: str = ""
    staff: str = ""
    roles: tuple[Role, ...] = ()

    def key(self) -> tuple[str, str]:
        """By its hash."""
        return f"TICKET#{self.digest}", "TICKET"


class Socket(Record, frozen=True, kw_only=True):
    """An open socket's identity; nothing a message says can change it.

    It is alive until ``lease``, which every sign of life renews; 0: it has ended, and what it held is being cleared up.
    ``opened`` is in milliseconds.
    """

    connection: str
    role: Role
    lease: int = 0
    opened: int = 0
    session: str = ""
    level: LoginLevel = LoginLevel.NONE
    trust: str = ""
    consultation: str = ""
    guest: str = ""
    staff: str = ""
    roles: tuple[Role, ...] = ()
    """As the session's."""
    worker: str = ""
    address: str = ""
    """Where a worker comes from, as API Gateway sees it: its public address. Nobody else's is kept."""
    clinician: str = ""
    """Whose list one of the staff's pages shows, when it is another's than her own."""
    trace: str = ""
    """The page's own `traceparent`, random, for the logs: nothing depends on it."""

    def key(self) -> tuple[str, str]:
        """By API Gateway's connection id."""
        return f"CONN#{self.connection}", "CONN"


class Delay(Record, frozen=True, kw_only=True):
    """How late a clinician has said to be on one day."""

    trust: str
    staff: str
    day: str
    minutes: int

    def key(self) -> tuple[str, str]:
        """Under the clinician."""
        return staff_partition(self.trust, self.staff), f"DELAY#{self.day}"


class Referred(Record, frozen=True, kw_only=True):
    """Which consultation a reference stands for."""

    trust: str
    reference: str
    consultation: str = ""

    def key(self) -> tuple[str, str]:
        """Under the trust, by what support types."""
        return trust_key(self.trust), f"REF#{self.reference}"


class Watcher(Record, frozen=True, kw_only=True):
    """A socket that is told of everything in one clinician's list: her own or, with ``by``, a secretary's, who is told
    of what is of her departments; ``roles`` as the session's."""

    trust: str
    staff: str
    connection: str
    by: str = ""
    roles: tuple[Role, ...] = ()

    def key(self) -> tuple[str, str]:
        """Under the clinician."""
        return staff_partition(self.trust, self.staff), f"CONN#{self.connection}"


class Slot(Record, frozen=True, kw_only=True):
    """How many appointments begin at a moment and last so many minutes, of all trusts: a sum of the book.

    It may stand in several parts, which are to be added up; one of them alone may be negative. ``version`` is when a
    part changed last, in milliseconds.
    """

    starts: int
    minutes: int
    part: int = 0
    number: int = 0
    version: int = 0

    def key(self) -> tuple[str, str]:
        """By day (UTC), in the order of time."""
        return book_day(self.starts), f"{book_order(self.starts)}#{self.minutes:03d}#{self.part}"


class Worker(Record, frozen=True, kw_only=True):
    """A media worker: alive until ``lease``, carrying ``rooms``, with ``load`` (share of one core) when last heard.

    While it is ``resting`` it takes no further call; that is decided by `fleet`.
    """

    PARTITION: ClassVar[str] = "WORKERS"

    id: str
    connection: str
    capacity: int
    lease: int
    draining: bool = False
    resting: bool = False
    load: float = 0.0
    rooms: frozenset[str] = frozenset()

    def key(self) -> tuple[str, str]:
        """All workers stand in one partition: there are few."""
        return self.PARTITION, f"W#{self.id}"


class Wanted(Record, frozen=True, kw_only=True):
    """That a line is wanted for a consultation's call while all are taken; ``since`` when, in milliseconds."""

    PARTITION: ClassVar[str] = "LINES"

    trust: str
    consultation: str
    since: int

    def key(self) -> tuple[str, str]:
        """All of them stand in one partition, for all trusts share the workers."""
        return self.PARTITION, f"T#{self.trust}#C#{self.consultation}"


class DayFigures(Record, frozen=True, kw_only=True):
    """How a trust's calls of one day went, as sums; of nobody in particular.

    ``calls`` are rooms that closed, ``good``, ``fair``, ``poor`` and ``causes`` participants' seconds; what was a mean
    over a room's participants is summed weighted by their seconds.
    """

    trust: str
    day: str
    version: int = 0
    calls: int = 0
    participants: int = 0
    good: int = 0
    fair: int = 0
    poor: int = 0
    causes: dict[Cause, int] = {}
    rtt_weighted: int = 0
    """Milliseconds times seconds."""
    loss_weighted: float = 0.0
    """Share lost (0–1) times seconds."""
    megabytes: int = 0
    freezes: int = 0

    @property
    def seconds(self) -> int:
        """Participants' seconds in all."""
        return self.good + self.fair + self.poor

    @property
    def rtt_ms(self) -> float:
        """Mean round trip in milliseconds; 0 when nothing was measured."""
        return self.rtt_weighted / self.seconds if self.seconds else 0.0

    @property
    def loss(self) -> float:
        """Mean share lost (0–1); 0 when nothing was measured."""
        return self.loss_weighted / self.seconds if self.seconds else 0.0

    def key(self) -> tuple[str, str]:
        """A partition of the trust's own, by day."""
        return f"{trust_key(self.trust)}#QUALITY", self.day


class Once(Record, frozen=True, kw_only=True):
    """Something that may be done once; ``result`` is what came of it."""

    name: str
    result: str = ""

    def key(self) -> tuple[str, str]:
        """By its name."""
        return f"ONCE#{self.name}", "ONCE"


def trust_key(trust: str) -> str:
    """Partition of a trust's register."""
    return f"T#{trust}"


def consultation_key(trust: str, consultation: str) -> str:
    """Partition of one consultation."""
    return f"T#{trust}#C#{consultation}"


def feedback_key(trust: str, consultation: str) -> tuple[str, str]:
    """Where the patient's answer to a consultation stands."""
    return consultation_key(trust, consultation), "FEEDBACK"


def trail_partition(trust: str, consultation: str) -> str:
    """Partition of a consultation's trail, or of the trust's own."""
    return consultation_key(trust, consultation) if consultation else f"{trust_key(trust)}#TRAIL"


def entry_key(trust: str, consultation: str, number: int) -> tuple[str, str]:
    """Where an entry of a consultation's trail, or of the trust's own, stands."""
    return trail_partition(trust, consultation), f"TRAIL#{number:08d}"


def trail_day(trust: str, day: str) -> str:
    """Partition, in the index by day, of all that happened at a trust on a day (UTC)."""
    return f"{trust_key(trust)}#TRAIL#{day}"


def kept_day(trust: str, day: str) -> str:
    """Partition, in the index by day, of all consultations of a day, whoever's."""
    return f"{trust_key(trust)}#KEPT#{day}"


def gone_day(trust: str, day: str) -> str:
    """Partition, in the index by day, of what retention left of the entries of a day (UTC)."""
    return f"{trust_key(trust)}#GONE#{day}"


def person_partition(trust: str, person: str) -> str:
    """Partition of what is known of one person, by a keyed hash."""
    return f"{trust_key(trust)}#P#{person}"


def staff_partition(trust: str, staff: str) -> str:
    """Partition of the sockets that watch a clinician's list."""
    return f"T#{trust}#S#{staff}"


def open_sockets(trust: str) -> str:
    """Partition, in the index by day, of a trust's open sockets; of the workers', when no trust is named."""
    return f"{trust_key(trust)}#SOCKETS"


def book_day(starts: float) -> str:
    """Partition of the book's sums of the day (UTC) of a moment."""
    return f"BOOK#{datetime.fromtimestamp(starts, UTC).date().isoformat()}"


def book_order(starts: float) -> str:
    """How the sort keys of the book's sums of a moment begin."""
    return f"{int(starts):012d}"


def day_partition(trust: str, staff: str, day: str) -> str:
    """Partition, in the index by day, of one clinician's day."""
    return f"T#{trust}#S#{staff}#{day}"


def to_body(record: Record) -> bytes:
    """A record as JSON."""
    return msgspec.json.encode(record)


def from_body(kind: type[Any], body: bytes | str) -> Any:
    """A record back from JSON. What a later release wrote besides is passed over, at any depth: while two releases run,
    and after one was taken back, each reads the other's rows (docs/operating/migrations.md)."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError:
        # Rows hold parts of messages and requests, and those refuse what they do not know.
        return msgspec.convert(_known(kind, msgspec.json.decode(body)), kind)


def _known(kind: Any, value: Any) -> Any:
    """A JSON value without the fields that its type does not have."""
    if isinstance(value, list):
        inside = [one for one in get_args(kind) if one is not Ellipsis]
        return [_known(inside[0], one) for one in value] if inside else value
    if not isinstance(value, dict):
        return value
    for one in (kind, *get_args(kind)):
        if isinstance(one, type) and issubclass(one, msgspec.Struct):
            fields = {field.encode_name: field.type for field in msgspec.structs.fields(one)}
            return {name: _known(fields[name], inner) for name, inner in value.items() if name in fields}
    return value
