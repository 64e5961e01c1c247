"""Every signalling message on the WebSocket: one frozen struct each, one union per direction.

The unions are the permission table: what a role may send is exactly what its union lists. Identity, role and trust
come from the connection's row, never from a message. ``web/src/protocol.ts`` and ``docs/protocol.md`` are generated.

A *call* is one placement of a consultation on a worker; its number grows with every new placement, so that anything
late from an older one is recognised and dropped. ``n`` numbers a participant's offers within a call: answers quote it.
The browser is always the offerer, so offers never cross.
"""

from enum import StrEnum
from typing import Annotated, Final, TypeVar

import msgspec

from chalicelib.errors import BadSdp, NotJson, TooLarge, UnknownMessage
from chalicelib.lifecycle import State

T = TypeVar("T")

MAX_MESSAGE: Final = 128 * 1024  # API Gateway's limit for one message, bytes
MAX_FRAME: Final = 32 * 1024  # API Gateway's limit for one frame, bytes; we send every message as one frame
MAX_SDP: Final = 24 * 1024  # leaves room for JSON escapes within one frame

Id = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
RoomName = Annotated[str, msgspec.Meta(max_length=140, pattern=r"^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[0-9]+$")]
Day = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Instant = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$")]
Count = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
OFFER_NUMBERS: Final = 1_000_000  # a participant's offers are numbered round: 0 comes after the last of so many
Milliseconds = Annotated[int, msgspec.Meta(ge=0, le=600_000)]
TraceParent = Annotated[str, msgspec.Meta(max_length=55, pattern=r"^(00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2})?$")]
Sdp = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_SDP)]
Attempt = Annotated[str, msgspec.Meta(max_length=22, pattern=r"^([A-Za-z0-9_-]{22})?$")]
Base64Url = Annotated[str, msgspec.Meta(max_length=8_000, pattern=r"^[A-Za-z0-9_-]*$")]


def _tag(name: str) -> str:
    return "".join("_" + c.lower() if c.isupper() else c for c in name).lstrip("_")


class Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag=_tag):
    """Base of everything on the socket; on the wire ``type`` is the class name in snake case."""


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of the values inside messages and REST bodies."""


# ---------------------------------------------------------------- values


class Answer3(StrEnum):
    """A device question's outcome."""

    YES = "yes"
    NO = "no"
    UNTESTED = "untested"


class Verdict(StrEnum):
    """The network test's outcome; the four sentences of the product."""

    GOOD = "good"
    IMPROVABLE = "improvable"
    POOR = "poor"
    BLOCKED = "blocked"


class Transport(StrEnum):
    """How the test reached the worker."""

    DIRECT = "direct"
    RELAY_UDP = "relay_udp"
    RELAY_TCP = "relay_tcp"
    RELAY_TLS = "relay_tls"
    NONE = "none"


class LoginLevel(StrEnum):
    """How surely somebody must be known, or is: by the link alone, by a one-time code sent to their phone, or at one of
    ID-porten's two levels."""

    NONE = "none"
    CODE = "code"
    SUBSTANTIAL = "substantial"
    HIGH = "high"


class Delivery(StrEnum):
    """What became of one way of sending a message. ``none``: not asked for; ``sent``: taken by the carrier;
    ``delivered``: the carrier says that it arrived; ``opted_out``: the number wants no SMS; ``uncertain``: nobody knows
    whether the carrier took it, and so it is not sent again by itself."""

    NONE = "none"
    DUE = "due"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    OPTED_OUT = "opted_out"
    UNCERTAIN = "uncertain"


class Seat(StrEnum):
    """A place in a call. The order matters: everyone is shown the others in it (see `Join`)."""

    PATIENT = "patient"
    CLINICIAN = "clinician"
    GUEST_1 = "guest1"
    GUEST_2 = "guest2"
    GUEST_3 = "guest3"
    GUEST_4 = "guest4"


class GuestKind(StrEnum):
    """Why somebody besides patient and clinician is in a call."""

    COMPANION = "companion"
    INTERPRETER = "interpreter"


class Way(StrEnum):
    """How a message reaches people."""

    SMS = "sms"
    MAIL = "mail"


class MessageKind(StrEnum):
    """What a message is about. ``missing``: the time has begun and the patient is not there; ``guest``: invites one;
    ``suspended``: the trust holds no video consultations today, and phones instead."""

    INVITED = "invited"
    REMINDER = "reminder"
    MISSING = "missing"
    MOVED = "moved"
    CANCELLED = "cancelled"
    GUEST = "guest"
    SUSPENDED = "suspended"
    CODE = "code"


class Language(StrEnum):
    """The languages of pages and messages (BCP 47)."""

    BOKMAL = "nb"
    NYNORSK = "nn"
    ENGLISH = "en"
    NORTHERN_SAMI = "se"
    POLISH = "pl"
    UKRAINIAN = "uk"
    ARABIC = "ar"


class Grade(StrEnum):
    """How a participant's connection does."""

    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"


class Cause(StrEnum):
    """What keeps a connection from being good, the worst first: whose network or device, and what about it."""

    NONE = "none"
    NOTHING_ARRIVES = "nothing_arrives"
    LOSS_UP = "loss_up"
    LOSS_DOWN = "loss_down"
    DELAY = "delay"
    JITTER = "jitter"
    NARROW_UP = "narrow_up"
    NARROW_DOWN = "narrow_down"
    OVERLOADED = "overloaded"


class Appetite(StrEnum):
    """What a participant wants to receive of the others' pictures."""

    ALL = "all"
    LOW = "low"
    NONE = "none"


class EndReason(StrEnum):
    """Why a call is over. After ``withdrawn`` and ``worker_lost`` it may come back; after the others it will not.

    ``phone``: the clinician phones instead. ``removed``: said to a guest whom the clinician showed out.
    """

    HANG_UP = "hang_up"
    WITHDRAWN = "withdrawn"
    WORKER_LOST = "worker_lost"
    CANCELLED = "cancelled"
    PHONE = "phone"
    REMOVED = "removed"


class Timing(StrEnum):
    """What a page measures. ``joined``: from being let into a call until the path to the worker is up;
    ``first_picture``: until the first picture of anybody is decoded; ``recovery``: from noticing that nothing arrives,
    or from the network's return, until something does."""

    JOINED = "joined"
    FIRST_PICTURE = "first_picture"
    RECOVERY = "recovery"


class Encryption(StrEnum):
    """What a trust wants where somebody's browser cannot encrypt end to end: no call, or one that says so."""

    REQUIRED = "required"
    PREFERRED = "preferred"


class Parcel(Part, frozen=True):
    """What one participant says to another to agree on keys (docs/e2ee.md); nobody between them can use it.

    ``attempt`` is the sender's own, new whenever they begin anew; ``about`` is the attempt of the other that this
    answers, empty while none is known; ``n`` grows within an attempt, and a smaller one is out of date. ``able``: False
    says that this browser cannot encrypt, and the rest is then empty. All bytes are base64url: 32 of the commitment, 65
    of the P-256 key once revealed, and what is sealed for the other.
    """

    attempt: Attempt
    about: Attempt
    n: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
    able: bool = True
    commitment: Annotated[str, msgspec.Meta(max_length=43, pattern=r"^[A-Za-z0-9_-]*$")] = ""
    public: Annotated[str, msgspec.Meta(max_length=87, pattern=r"^[A-Za-z0-9_-]*$")] = ""
    sealed: Base64Url = ""


class DeviceReport(Part, frozen=True):
    """The patient's answers to the three questions."""

    camera: Answer3 = Answer3.UNTESTED
    speaker: Answer3 = Answer3.UNTESTED
    microphone: Answer3 = Answer3.UNTESTED


class NetworkReport(Part, frozen=True):
    """What the network test measured: milliseconds, share lost (0–1), kilobits a second."""

    verdict: Verdict
    transport: Transport
    rtt_ms: Annotated[int, msgspec.Meta(ge=0, le=60_000)] = 0
    jitter_ms: Annotated[int, msgspec.Meta(ge=0, le=60_000)] = 0
    loss: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.0
    up_kbps: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 0
    down_kbps: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 0


class IceServer(Part, frozen=True):
    """One entry of RTCConfiguration.iceServers; credentials live a short time (TURN REST scheme)."""

    urls: list[str]
    username: str = ""
    credential: str = ""


class SeatQuality(Part, frozen=True):
    """One participant's connection now: milliseconds, shares lost (0–1), kilobits a second. ``up`` is from this
    participant to the worker; zeros where nothing is known."""

    seat: Seat
    grade: Grade
    cause: Cause
    rtt_ms: Annotated[int, msgspec.Meta(ge=0, le=60_000)] = 0
    jitter_ms: Annotated[int, msgspec.Meta(ge=0, le=60_000)] = 0
    loss_up: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.0
    loss_down: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.0
    up_kbps: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 0
    down_kbps: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 0
    width: Annotated[int, msgspec.Meta(ge=0, le=16_384)] = 0
    height: Annotated[int, msgspec.Meta(ge=0, le=16_384)] = 0
    fps: Annotated[int, msgspec.Meta(ge=0, le=240)] = 0
    freezes: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 0


class DepartmentView(Part, frozen=True):
    """A department as everyone may see it. ``address`` is its fixed web address, a path."""

    id: Id
    name: str
    phone: str
    address: str


class GuestName(Part, frozen=True):
    """A guest as everybody in the call may see them."""

    seat: Seat
    kind: GuestKind
    name: str


class GuestView(Part, frozen=True):
    """A guest as the clinician sees them. ``ready``: said to be ready. ``admitted``: may be in the call.
    ``login_level``: how surely the guest must be known."""

    id: Id
    seat: Seat
    kind: GuestKind
    name: str
    phone: str
    email: str
    login_level: LoginLevel
    sms: Delivery
    mail: Delivery
    present: bool
    ready: bool
    admitted: bool


class VisitView(Part, frozen=True):
    """A consultation for whoever holds ``seat``: its patient, or a guest; names no patient, so that an unproven visitor
    learns nothing. To a guest ``state`` is the guest's own: waiting, rung for, in the call.

    ``place`` is the place in the clinician's queue, 1 for the next one, 0 for who does not wait; ``clinician_busy``: in
    a call with somebody else; ``delay_minutes``: how late the clinician has said to be today; ``running_late``: how
    late the patient has said to be, in minutes. ``guests`` are named to whoever is proven only. ``code_ends``: the last
    two digits of the phone that one-time codes go to, empty when none can be sent. ``sms_wanted``: False once the
    visitor's number has said no to SMS from the trust; True to whoever is not proven. ``suspended``: the trust's own
    words while it holds no video consultations on this one's day, else empty; ``phone_known``: whether there is a
    number to phone instead.
    """

    consultation: Id
    version: int
    state: State
    starts: Instant
    minutes: int
    time_zone: str
    trust_name: str
    department: DepartmentView
    clinician_name: str
    login_level: LoginLevel
    logged_in: bool
    code_ends: str
    sms_wanted: bool
    clinician_present: bool
    call: int
    reference: str
    feedback_given: bool
    seat: Seat
    language: Language
    guests: list[GuestName]
    place: int
    clinician_busy: bool
    delay_minutes: int
    running_late: int
    paused_by: Seat | None
    by_phone: bool
    suspended: str
    phone_known: bool


class ConsultationView(Part, frozen=True):
    """The staff's side of a consultation; ``clinician`` is whose it is. ``call`` is 0 while there has been none.
    ``login_method`` is what the portal called the way in which the patient logged in, to be shown and not relied on.
    ``sms_wanted``: False once the patient's number has said no to SMS from the trust. ``erased``: the trust's rule or a
    person's wish took away who it was about."""

    consultation: Id
    clinician: Id
    version: int
    state: State
    starts: Instant
    minutes: int
    patient_name: str
    phone: str
    email: str
    login_level: LoginLevel
    login_method: str
    person_bound: bool
    sms_wanted: bool
    erased: bool
    drop_in: bool
    sms: Delivery
    mail: Delivery
    invite_at: Instant | None
    checked_in_at: Instant | None
    patient_present: bool
    devices: DeviceReport
    network: NetworkReport | None
    call: int
    reference: str
    department: Id
    language: Language
    tested_at: Instant | None
    guests: list[GuestView]
    running_late: int
    paused_by: Seat | None
    by_phone: bool


# ---------------------------------------------------------------- browser → functions


class Hello(Message, frozen=True):
    """First on every socket: asks for the present state (`visit` to a patient, `board` to a clinician, `pong` to a
    secretary, who says by `watch` whose list she wants to see)."""


class Ping(Message, frozen=True):
    """Keeps the socket from being closed for idleness (10 minutes at API Gateway); answered by `pong`."""


class Watch(Message, frozen=True):
    """Staff: show me this day and tell me of every change in it; answered by `board`. A secretary says whose day."""

    day: Day
    clinician: Id | None = None


class CheckIn(Message, frozen=True):
    """Patient: I am ready, tell the clinician."""

    devices: DeviceReport
    network: NetworkReport | None = None


class Leave(Message, frozen=True):
    """Patient: I leave the waiting room (and may come back)."""


class Tested(Message, frozen=True):
    """Patient: what my own test has shown so far; may be said at any time before the call."""

    devices: DeviceReport
    network: NetworkReport | None = None


class RunningLate(Message, frozen=True):
    """Patient: I am late by about so many minutes; 0 takes it back."""

    minutes: Annotated[int, msgspec.Meta(ge=0, le=60)]


class Delay(Message, frozen=True):
    """Clinician: I am late by about so many minutes today; everybody who waits or comes is told. 0 takes it back."""

    minutes: Annotated[int, msgspec.Meta(ge=0, le=180)]


class Admit(Message, frozen=True):
    """Clinician: this guest may be in the call; it rings for them as soon as it goes on and they are ready."""

    consultation: Id
    guest: Id


class Pause(Message, frozen=True):
    """Participant: picture and sound off both ways, somebody came in; or, by the same one, on again."""

    consultation: Id
    call: Count
    paused: bool


class Call(Message, frozen=True):
    """Clinician: call this patient. A worker is reserved and the patient's page rings. Where all are full, `queued`
    says how many are before her: who says `call` again every five seconds keeps her place, and gets a line in turn."""

    consultation: Id


class WithdrawCall(Message, frozen=True):
    """Clinician: stop ringing."""

    consultation: Id
    call: Count


class Accept(Message, frozen=True):
    """Patient: «Aksepter samtale»."""

    consultation: Id
    call: Count


class Offer(Message, frozen=True):
    """Participant: my session description for this call. A later ``n`` replaces an earlier one (ICE restart); it
    begins at the seconds since 1970 modulo 1,000,000, grows with each offer, and after 999,999 comes 0."""

    consultation: Id
    call: Count
    n: Count
    sdp: Sdp


class Media(Message, frozen=True):
    """Participant: what I am sending, so that the other side can say why there is no picture.

    ``interrupted``: the device took camera or microphone away, as for a phone call.
    """

    consultation: Id
    call: Count
    camera: bool
    microphone: bool
    screen: bool = False
    interrupted: bool = False


class Handshake(Message, frozen=True):
    """Participant: to the others, each their own, to agree on keys that nobody between us knows. Said again until it is
    answered; passed on unread to who is there, and kept nowhere."""

    consultation: Id
    call: Count
    parcels: Annotated[dict[Seat, Parcel], msgspec.Meta(min_length=1, max_length=5)]


class HangUp(Message, frozen=True):
    """Participant: «Avslutt samtale»."""

    consultation: Id
    call: Count


class Trouble(Message, frozen=True):
    """Participant: nothing arrives. Where the worker is silent the call moves, or is over when that one is lost and no
    other has a place; who names an older call is told the present one."""

    consultation: Id
    call: Count


class Timed(Message, frozen=True):
    """Participant: how long something took, in milliseconds, by my own clock. Counted, and answered by nothing."""

    consultation: Id
    call: Count
    what: Timing
    milliseconds: Milliseconds


class ProbeStart(Message, frozen=True):
    """Patient: I want to test the network; answered by `probe_ready`."""


class ProbeOffer(Message, frozen=True):
    """Patient: the description of a connection with one data channel, for the network test."""

    probe: Id
    sdp: Sdp


# ---------------------------------------------------------------- functions → browser


class Visit(Message, frozen=True):
    """To a patient: the whole present state. Drop it if ``version`` is smaller than the one you hold."""

    visit: VisitView


class Board(Message, frozen=True):
    """To the staff: the whole of one clinician's day. ``delay_minutes``: how late she has said to be that day;
    ``suspended``: the trust's own words while it holds no video consultations, else empty."""

    day: Day
    clinician: Id
    consultations: list[ConsultationView]
    delay_minutes: int
    suspended: str = ""


class Changed(Message, frozen=True):
    """To a clinician: one consultation as it is now. Drop it if its ``version`` is smaller than the one you hold."""

    day: Day
    consultation: ConsultationView


class Delayed(Message, frozen=True):
    """To the staff: how late a clinician has said to be that day, in minutes."""

    day: Day
    clinician: Id
    minutes: int


class Suspended(Message, frozen=True):
    """To the staff: the trust holds no video consultations for now, in its own words; empty: it does again."""

    words: str


class Queued(Message, frozen=True):
    """To a clinician: no line is free for this call; ``place`` is hers among those who wait for one, 1 for the next."""

    consultation: Id
    place: int


class HandedOver(Message, frozen=True):
    """To the staff: with ``version`` this consultation became a colleague's; drop what you hold of it from before."""

    consultation: Id
    version: int


class Ringing(Message, frozen=True):
    """To the patient: the clinician calls."""

    consultation: Id
    call: Count


class Join(Message, frozen=True):
    """To a participant: the line is reserved, send your offer. ``relay_only`` is the trust's wish.

    Said with a larger ``call`` to who is in one of this consultation already, the call moves to another worker: what
    there is goes on until the new line is up, and says `settled` before it ends.

    ``seats`` are all that may be in the call, in `Seat`'s order. The offer lays out its slots by it: sound and picture
    both ways, one shared screen, then sound and picture to receive for each further person. Who is shown where follows
    from the order: place k is the k-th of `Seat` without one's own. Said again with more seats, it asks for a new offer
    with more slots. ``encryption`` is the trust's rule.
    """

    consultation: Id
    call: Count
    seat: Seat
    ice_servers: list[IceServer]
    relay_only: bool
    seats: list[Seat]
    encryption: Encryption = Encryption.PREFERRED


class Answer(Message, frozen=True):
    """To a participant: the worker's answer to offer ``n``; drop it unless it is the latest you sent."""

    consultation: Id
    call: Count
    n: Count
    sdp: str


class PeerMedia(Message, frozen=True):
    """To a participant: what the other one sends; see `Media`."""

    consultation: Id
    call: Count
    seat: Seat
    camera: bool
    microphone: bool
    screen: bool = False
    interrupted: bool = False


class PeerHandshake(Message, frozen=True):
    """To a participant: what the one at ``seat`` says to you; see `Handshake`."""

    consultation: Id
    call: Count
    seat: Seat
    parcel: Parcel


class PeerLeft(Message, frozen=True):
    """To a participant: a guest has left the call, which goes on."""

    consultation: Id
    call: Count
    seat: Seat


class Paused(Message, frozen=True):
    """To a participant: the call is paused by this seat, or goes on (None)."""

    consultation: Id
    call: Count
    by: Seat | None


class CallEnded(Message, frozen=True):
    """To both: this call is over."""

    consultation: Id
    call: Count
    reason: EndReason


class SeatTaken(Message, frozen=True):
    """To an older socket of the same person: a newer page took the seat; this one stops."""


class ProbeReady(Message, frozen=True):
    """To the patient: where to test and how long; rates in kilobits a second, each ``milliseconds`` long."""

    probe: Id
    ice_servers: list[IceServer]
    relay_only: bool
    rates_kbps: list[int]
    milliseconds: int


class ProbeQueued(Message, frozen=True):
    """To the patient: others are testing; the offer is kept and answered in turn. ``place``: 1 for the next."""

    probe: Id
    place: int


class ProbeAnswer(Message, frozen=True):
    """To the patient: the worker's answer."""

    probe: Id
    sdp: str


class Pong(Message, frozen=True):
    """The answer to `ping` and `heartbeat`."""


class Error(Message, frozen=True):
    """What was asked did not happen. ``about`` is the type of the message that failed, or empty."""

    code: str
    message: str
    retry: bool
    about: str = ""


# ---------------------------------------------------------------- worker → functions


class Register(Message, frozen=True):
    """A worker's first message: how many calls it can carry and which it already carries."""

    worker: Id
    capacity: Annotated[int, msgspec.Meta(ge=0, le=10_000)]
    rooms: Annotated[list[RoomName], msgspec.Meta(max_length=1_000)] = []
    draining: bool = False


class Heartbeat(Message, frozen=True):
    """Every ten seconds: still here. ``load`` is the share of its CPU in use (0–1)."""

    load: Annotated[float, msgspec.Meta(ge=0, le=64)]
    rooms: Annotated[int, msgspec.Meta(ge=0, le=10_000)]
    draining: bool = False


class RoomOpened(Message, frozen=True):
    """The worker is ready for this call."""

    room: RoomName


class RelayAnswer(Message, frozen=True):
    """The worker's answer to a participant's offer ``n``, on whose behalf, and how long it took."""

    room: RoomName
    seat: Seat
    n: Count
    sdp: Sdp
    trace: TraceParent = ""
    milliseconds: Milliseconds = 0


class RelayRefused(Message, frozen=True):
    """The worker could not take an offer; ``code`` is one of the error codes."""

    room: RoomName
    seat: Seat
    n: Count
    code: Id


class RoomEnded(Message, frozen=True):
    """The worker closed a call: everybody left, or it was told to."""

    room: RoomName


class RoomRefused(Message, frozen=True):
    """The worker has no place for this call, or no strength left for it: try another one."""

    room: RoomName


class RoomQuality(Message, frozen=True):
    """How a call went, said once when its room closes; of nobody in particular. ``good``, ``fair`` and ``poor`` are
    participants' seconds; ``causes`` the seconds each cause stood; the rest are means over them and sums."""

    room: RoomName
    participants: Count
    good: Count
    fair: Count
    poor: Count
    causes: dict[Cause, Count] = {}
    rtt_ms: Count = 0
    loss: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.0
    megabytes: Count = 0
    freezes: Count = 0


class ProbeAnswered(Message, frozen=True):
    """The worker's answer to a network test."""

    reply_to: Annotated[str, msgspec.Meta(max_length=128)]
    probe: Id
    sdp: Sdp


class ProbeWaiting(Message, frozen=True):
    """The worker tests as many networks as it can just now; this one's offer is kept, ``place`` is 1 for the next."""

    reply_to: Annotated[str, msgspec.Meta(max_length=128)]
    probe: Id
    place: Count


class ProbeRefused(Message, frozen=True):
    """The worker could not take a network test; ``code`` is one of the error codes."""

    reply_to: Annotated[str, msgspec.Meta(max_length=128)]
    probe: Id
    code: Id


# ---------------------------------------------------------------- functions → worker


class Registered(Message, frozen=True):
    """You are in the list. Send a heartbeat this often; without one for the lease's length you count as lost. Open the
    next socket when this one is ``socket_seconds`` old: it will not be left to live much longer. ``address`` is where
    you come from: behind a one-to-one NAT, where browsers find you. It may be empty."""

    heartbeat_seconds: int
    lease_seconds: int
    socket_seconds: int
    address: str = ""


class OpenRoom(Message, frozen=True):
    """Make ready for a call. ``trace``: on whose behalf, for the logs (W3C `traceparent`); so in others."""

    room: RoomName
    ice_servers: list[IceServer]
    trace: TraceParent = ""


class RelayOffer(Message, frozen=True):
    """A participant's offer. Opens the room if `open_room` was overtaken."""

    room: RoomName
    seat: Seat
    n: Count
    sdp: str
    trace: TraceParent = ""


class CloseRoom(Message, frozen=True):
    """The call is over: drop everybody, then report `room_ended`. ``moved``: it goes on at another worker, so everybody
    stays until they have said that they are `settled` there, or left, or for twenty seconds."""

    room: RoomName
    moved: bool = False


class CloseSeat(Message, frozen=True):
    """A guest left or was shown out: drop that participant, the call goes on."""

    room: RoomName
    seat: Seat


class ProbeRelay(Message, frozen=True):
    """A network test's offer; ``reply_to`` is quoted back unread."""

    reply_to: str
    probe: Id
    sdp: str
    trace: TraceParent = ""


# ---------------------------------------------------------------- page ↔ worker, on the call's data channel


class Watching(Message, frozen=True):
    """Page → worker, every few seconds: what only the browser knows. ``fps`` is what it decodes; ``frozen`` and
    ``overloaded`` since the last time: pictures stood still so often; its own processor could not keep up."""

    fps: Annotated[int, msgspec.Meta(ge=0, le=240)] = 0
    frozen: Count = 0
    overloaded: bool = False


class Want(Message, frozen=True):
    """Page → worker: the pictures wished for, on a metered or poor network."""

    pictures: Appetite


class Settled(Message, frozen=True):
    """Page → worker: the call goes on elsewhere, and I get there all that I got here. What I send here may still be of
    use to the others."""


class Quality(Message, frozen=True):
    """Worker → page, every few seconds: to the clinician everybody's connection, to others their own."""

    seats: list[SeatQuality]


OnCallFromPage = Watching | Want | Settled
OnCallFromWorker = Quality

InCall = Offer | Media | Handshake | Pause | HangUp | Trouble | Timed
FromGuest = Hello | Ping | CheckIn | Leave | Accept | InCall | ProbeStart | ProbeOffer
FromPatient = FromGuest | Tested | RunningLate
FromClinician = Hello | Ping | Watch | Delay | Admit | Call | WithdrawCall | InCall
FromSecretary = Hello | Ping | Watch
FromWorker = (
    Register
    | Heartbeat
    | RoomOpened
    | RoomRefused
    | RoomQuality
    | RelayAnswer
    | RelayRefused
    | RoomEnded
    | ProbeAnswered
    | ProbeWaiting
    | ProbeRefused
)
ToPatient = (
    Visit
    | Ringing
    | Join
    | Answer
    | PeerMedia
    | PeerHandshake
    | PeerLeft
    | Paused
    | CallEnded
    | SeatTaken
    | ProbeReady
    | ProbeQueued
    | ProbeAnswer
    | Pong
    | Error
)
ToClinician = (
    Board
    | Changed
    | HandedOver
    | Delayed
    | Suspended
    | Queued
    | Join
    | Answer
    | PeerMedia
    | PeerHandshake
    | PeerLeft
    | Paused
    | CallEnded
    | SeatTaken
    | Pong
    | Error
)
ToWorker = Registered | OpenRoom | RelayOffer | CloseRoom | CloseSeat | ProbeRelay | Pong | Error


class Room(msgspec.Struct, frozen=True):
    """The full name of a call as workers know it: trust, consultation, call number."""

    trust: str
    consultation: str
    call: int

    def __str__(self) -> str:
        return f"{self.trust}.{self.consultation}.{self.call}"

    @classmethod
    def parse(cls, name: str) -> "Room":
        """Inverse of str(); ``name`` has been validated as a RoomName."""
        trust, consultation, call = name.split(".")
        return cls(trust, consultation, int(call))


_patient: msgspec.json.Decoder[FromPatient] = msgspec.json.Decoder(FromPatient)
_guest: msgspec.json.Decoder[FromGuest] = msgspec.json.Decoder(FromGuest)
_clinician: msgspec.json.Decoder[FromClinician] = msgspec.json.Decoder(FromClinician)
_secretary: msgspec.json.Decoder[FromSecretary] = msgspec.json.Decoder(FromSecretary)
_worker: msgspec.json.Decoder[FromWorker] = msgspec.json.Decoder(FromWorker)
_to_worker: msgspec.json.Decoder[ToWorker] = msgspec.json.Decoder(ToWorker)
_on_call: msgspec.json.Decoder[OnCallFromPage] = msgspec.json.Decoder(OnCallFromPage)
_encoder = msgspec.json.Encoder()


def encode(message: Message) -> bytes:
    """One message as UTF-8 JSON."""
    return _encoder.encode(message)


def parse_patient(data: str | bytes) -> FromPatient:
    """Parse what a patient's page sent. Raises TooLarge, NotJson, UnknownMessage or BadSdp."""
    return _parse(_patient, data)


def parse_guest(data: str | bytes) -> FromGuest:
    """Parse what a guest's page sent. Raises TooLarge, NotJson, UnknownMessage or BadSdp."""
    return _parse(_guest, data)


def parse_clinician(data: str | bytes) -> FromClinician:
    """Parse what a clinician's page sent. Raises TooLarge, NotJson, UnknownMessage or BadSdp."""
    return _parse(_clinician, data)


def parse_secretary(data: str | bytes) -> FromSecretary:
    """Parse what a secretary's page sent. Raises TooLarge, NotJson, UnknownMessage or BadSdp."""
    return _parse(_secretary, data)


def parse_worker(data: str | bytes) -> FromWorker:
    """Parse what a worker sent. Raises TooLarge, NotJson, UnknownMessage or BadSdp."""
    return _parse(_worker, data)


def parse_to_worker(data: str | bytes) -> ToWorker:
    """Parse what the functions sent to a worker. Raises as the others."""
    return _parse(_to_worker, data)


def parse_on_call(data: str | bytes) -> OnCallFromPage:
    """Parse what a page sent to the worker on the call's data channel. Raises as the others."""
    return _parse(_on_call, data)


def _parse(decoder: msgspec.json.Decoder[T], data: str | bytes) -> T:
    try:
        raw = data.encode() if isinstance(data, str) else data
        if len(raw) > MAX_MESSAGE:
            raise TooLarge
        message = decoder.decode(raw)
    except msgspec.ValidationError:
        raise UnknownMessage from None
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise NotJson from None
    sdp = getattr(message, "sdp", None)
    if sdp is not None and not looks_like_sdp(sdp):
        raise BadSdp
    return message


def looks_like_sdp(text: str) -> bool:
    """Whether ``text`` has the shape of a session description (RFC 8866 section 5): typed lines, version first."""
    lines = text.splitlines()
    return lines[:1] == ["v=0"] and all(len(line) > 1 and line[1] == "=" and line[0].islower() for line in lines)
