"""What the gallery's pages are told: a believable department, its people and their day, in the contracts' words."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

import msgspec

from chalicelib import protocol, rest
from chalicelib.lifecycle import STAFF, Role, State
from chalicelib.protocol import (
    Answer3,
    ConsultationView,
    Delivery,
    DepartmentView,
    DeviceReport,
    GuestKind,
    GuestName,
    GuestView,
    IceServer,
    Join,
    Language,
    LoginLevel,
    MessageKind,
    NetworkReport,
    Seat,
    Transport,
    Verdict,
    VisitView,
    Way,
)
from probe import outcome as probe
from probe.outcome import Part
from probe.status import DAYS, Day, Status

T = TypeVar("T")

NOW: Final = datetime(2026, 11, 26, 9, 7, tzinfo=UTC)
"""The gallery's clock: a Thursday, 10:07 in Oslo."""
DAY: Final = "2026-11-26"
BAD: Final = (0, 17, 18, 44)
"""So many days ago something did not work."""
VISIT: Final = "k7m2x9qd4wtn"
MEDICAL: Final = DepartmentView("medisinsk", "Medisinsk poliklinikk", "+4733000100", "/d/elvenes/medisinsk")
CHILDREN: Final = DepartmentView("barn", "Barne- og ungdomsklinikken", "+4733000200", "/d/elvenes/barn")
TESTED: Final = DeviceReport(Answer3.YES, Answer3.YES, Answer3.YES)
SERVERS: Final = [IceServer(["turn:turn.elvenes.example:3478"], "1764150000", "c2VjcmV0")]


def instant(minutes: int) -> str:
    """So many minutes from now, as on the wire."""
    return (NOW + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


def network(verdict: Verdict = Verdict.GOOD) -> NetworkReport:
    """What a test may have measured for each of the four verdicts."""
    figures: dict[Verdict, tuple[Any, ...]] = {
        Verdict.GOOD: (Transport.DIRECT, 38, 4, 0.0, 1480, 1490),
        Verdict.IMPROVABLE: (Transport.RELAY_TCP, 240, 35, 0.01, 610, 640),
        Verdict.POOR: (Transport.DIRECT, 380, 90, 0.14, 180, 210),
        Verdict.BLOCKED: (Transport.NONE, 0, 0, 1.0, 0, 0),
    }
    return NetworkReport(verdict, *figures[verdict])


def visit(state: State = State.INVITED, **changes: Any) -> VisitView:
    """A patient's consultation with Ingrid Berg at 10:15; ``changes`` are fields of VisitView."""
    view = VisitView(
        consultation=VISIT,
        version=4,
        state=state,
        starts=instant(8),
        minutes=30,
        time_zone="Europe/Oslo",
        trust_name="Elvenes helseforetak",
        department=MEDICAL,
        clinician_name="Ingrid Berg",
        login_level=LoginLevel.HIGH,
        logged_in=True,
        code_ends="",
        sms_wanted=True,
        clinician_present=True,
        call=1 if state in {State.CALLING, State.IN_CALL, State.ENDED} else 0,
        reference="K7M2-X9QD",
        feedback_given=False,
        seat=Seat.PATIENT,
        language=Language.BOKMAL,
        guests=[],
        place=1 if state == State.CHECKED_IN else 0,
        clinician_busy=False,
        delay_minutes=0,
        running_late=0,
        paused_by=None,
        by_phone=False,
        suspended="",
        phone_known=True,
    )
    return checked(msgspec.structs.replace(view, **changes))


def join(seat: Seat, *seats: Seat) -> Join:
    """A reserved line for whoever holds ``seat``, among ``seats``."""
    return Join(VISIT, 1, seat, SERVERS, False, list(seats) or [Seat.PATIENT, Seat.CLINICIAN])


def guest(kind: GuestKind, **changes: Any) -> GuestView:
    """A companion or an interpreter who has been invited."""
    companion = kind is GuestKind.COMPANION
    view = GuestView(
        id="g1" if companion else "g2",
        seat=Seat.GUEST_1 if companion else Seat.GUEST_2,
        kind=kind,
        name="Turid Solberg" if companion else "Amina Yusuf",
        phone="+4790000011" if companion else "+4790000012",
        email="",
        login_level=LoginLevel.CODE,
        sms=Delivery.SENT,
        mail=Delivery.NONE,
        present=False,
        ready=False,
        admitted=False,
    )
    return checked(msgspec.structs.replace(view, **changes))


GUEST_NAMES: Final = [
    GuestName(Seat.GUEST_1, GuestKind.COMPANION, "Turid Solberg"),
    GuestName(Seat.GUEST_2, GuestKind.INTERPRETER, "Amina Yusuf"),
]


def consultation(name: str, starts: int, state: State = State.INVITED, **changes: Any) -> ConsultationView:
    """A row of the clinician's list, ``starts`` minutes from now; ``changes`` are fields of ConsultationView."""
    view = ConsultationView(
        consultation=changes.pop("consultation", f"c{abs(starts)}{'p' if starts > 0 else 'm'}"),
        clinician="ingrid-berg",
        version=3,
        state=state,
        starts=instant(starts),
        minutes=30,
        patient_name=name,
        phone=f"+4790{100000 + (starts + 500) * 37:06d}",
        email="",
        login_level=LoginLevel.HIGH,
        login_method="",
        person_bound=True,
        sms_wanted=True,
        erased=False,
        drop_in=False,
        sms=Delivery.SENT,
        mail=Delivery.NONE,
        invite_at=None,
        checked_in_at=None,
        patient_present=False,
        devices=DeviceReport(),
        network=None,
        call=0,
        reference="K7M2-X9QD",
        department="medisinsk",
        language=Language.BOKMAL,
        tested_at=None,
        guests=[],
        running_late=0,
        paused_by=None,
        by_phone=False,
    )
    return checked(msgspec.structs.replace(view, **changes))


def has_tested(verdict: Verdict = Verdict.GOOD, devices: DeviceReport = TESTED) -> dict[str, Any]:
    """The fields of a row whose patient has tested."""
    return {"devices": devices, "network": network(verdict), "tested_at": instant(-50)}


def waiting(minutes: int) -> dict[str, Any]:
    """The fields of a row whose patient has waited so long."""
    return {"state": State.CHECKED_IN, "checked_in_at": instant(-minutes), "patient_present": True}


def mine(state: State, **changes: Any) -> ConsultationView:
    """The row that is called in the gallery: Kari Nordmann's."""
    given = {
        "consultation": VISIT,
        "call": 1 if state in {State.CALLING, State.IN_CALL} else 0,
        **has_tested(),
        **changes,
    }
    return consultation("Kari Nordmann", 8, state, patient_present=True, **given)


def full_day() -> list[ConsultationView]:
    """A morning as it is: one over, one missed, some waiting, some to come."""
    interpreter = guest(GuestKind.INTERPRETER, present=True, ready=True)
    troubled = DeviceReport(Answer3.YES, Answer3.NO, Answer3.YES)
    return [
        consultation("Arne Dahl", -97, State.ENDED, **has_tested()),
        consultation("Liv Haugen", -67, State.MISSED, sms=Delivery.FAILED),
        consultation("Mohammed Ali", -22, login_method="BankID", **waiting(31), **has_tested(Verdict.IMPROVABLE)),
        mine(State.CHECKED_IN, checked_in_at=instant(-6), guests=[interpreter]),
        consultation("Bjørn Olav Kristoffersen-Thorvaldsen", 38, **has_tested(Verdict.POOR, troubled), running_late=10),
        consultation("Solveig Moen", 68, State.BOOKED, sms=Delivery.NONE, mail=Delivery.DUE, invite_at=instant(30),
                     email="solveig.moen@pasient.example", person_bound=False, login_level=LoginLevel.SUBSTANTIAL),
        consultation("Ola Innom", 98, drop_in=True, sms=Delivery.NONE, login_level=LoginLevel.NONE, person_bound=False),
        consultation("Ruth Pedersen", 128, State.CANCELLED),
    ]  # fmt: skip


def sent(
    kind: MessageKind,
    minutes: int,
    state: Delivery,
    *,
    way: Way = Way.SMS,
    guest: str = "",
    why: rest.FailureCause = rest.FailureCause.NONE,
) -> rest.SentMessage:
    """A message that went out so many minutes from now."""
    return rest.SentMessage(kind, way, guest, state, instant(minutes), why)


ME: Final = rest.Me(
    id="ingrid-berg",
    name="Ingrid Berg",
    roles=[Role.CLINICIAN],
    level=LoginLevel.HIGH,
    trust="elvenes",
    trust_name="Elvenes helseforetak",
    time_zone="Europe/Oslo",
    departments=[MEDICAL, CHILDREN],
    colleagues=[
        rest.Colleague("omar-haddad", "Omar Haddad", ["medisinsk"]),
        rest.Colleague("siri-lund", "Siri Lund", ["medisinsk", "barn"]),
    ],
    clinicians=[],
)
SECRETARY: Final = msgspec.structs.replace(
    ME,
    id="berit-dale",
    name="Berit Dale",
    roles=[Role.SECRETARY],
    clinicians=[rest.Colleague("ingrid-berg", "Ingrid Berg", ["medisinsk"]), *ME.colleagues],
)
BOTH: Final = msgspec.structs.replace(ME, roles=[Role.CLINICIAN, Role.SECRETARY], clinicians=ME.colleagues)
EVERYTHING: Final = msgspec.structs.replace(BOTH, roles=list(STAFF))
OFFICER: Final = msgspec.structs.replace(
    ME, id="rune-vik", name="Rune Vik", roles=[Role.ADMINISTRATOR], departments=[], colleagues=[]
)
HELPER: Final = msgspec.structs.replace(OFFICER, id="nils-ask", name="Nils Ask", roles=[Role.SUPPORT])
AUDITOR: Final = msgspec.structs.replace(OFFICER, id="eva-moe", name="Eva Moe", roles=[Role.AUDITOR])
TRAIL: Final = rest.Trail(
    [
        rest.TrailEntry(1, instant(-2900), "booked", "ingrid-berg", LoginLevel.HIGH, "booked"),
        rest.TrailEntry(2, instant(-2895), "invite", "system", LoginLevel.NONE, "invited"),
        rest.TrailEntry(3, instant(-2895), "sms_sent", "system", LoginLevel.NONE, "invited"),
        rest.TrailEntry(4, instant(-52), "logged_in_high", "patient", LoginLevel.HIGH, "invited"),
        rest.TrailEntry(5, instant(-6), "check_in", "patient", LoginLevel.HIGH, "checked_in"),
    ],
    intact=True,
)
RECEIPT: Final = rest.Receipt(
    reference="K7M2-X9QD",
    trust_name="Elvenes helseforetak",
    department=MEDICAL,
    starts=instant(8),
    minutes=30,
    entries=[
        rest.ReceiptEntry(instant(-2900), "booked", Role.SECRETARY, "Signe Dahl", LoginLevel.HIGH),
        rest.ReceiptEntry(instant(-2895), "sms_sent", Role.SYSTEM, "", LoginLevel.NONE),
        rest.ReceiptEntry(instant(-52), "logged_in_high", Role.PATIENT, "", LoginLevel.HIGH),
        rest.ReceiptEntry(instant(-6), "check_in", Role.PATIENT, "", LoginLevel.HIGH),
        rest.ReceiptEntry(instant(1), "call", Role.CLINICIAN, "Ingrid Berg", LoginLevel.HIGH),
        rest.ReceiptEntry(instant(1), "accept", Role.PATIENT, "", LoginLevel.HIGH),
        rest.ReceiptEntry(instant(21), "hang_up", Role.CLINICIAN, "Ingrid Berg", LoginLevel.HIGH),
        rest.ReceiptEntry(instant(22), "something_new", Role.SYSTEM, "", LoginLevel.NONE),
    ],
    intact=True,
)
MESSAGES: Final = rest.SentMessages(
    [
        sent(MessageKind.CODE, -4, Delivery.DELIVERED),
        sent(MessageKind.GUEST, -30, Delivery.UNCERTAIN, guest="g2"),
        sent(MessageKind.REMINDER, -60, Delivery.FAILED, why=rest.FailureCause.EXPIRED),
        sent(MessageKind.REMINDER, -60, Delivery.SENT, way=Way.MAIL),
        sent(MessageKind.MOVED, -1500, Delivery.FAILED, why=rest.FailureCause.CARRIER),
        sent(MessageKind.INVITED, -2895, Delivery.DELIVERED),
    ]
)
RULES: Final = rest.TrustRules(7, rest.Rules(sms_sender="Elvenes HF"))
SUPPORT: Final = rest.Support(
    reference="K7M2-X9QD",
    state=State.CHECKED_IN,
    starts=instant(8),
    department=MEDICAL.name,
    clinician="Ingrid Berg",
    sms=Delivery.SENT,
    mail=Delivery.NONE,
    devices=TESTED,
    network=network(Verdict.IMPROVABLE),
    patient_present=True,
    trail=TRAIL.entries,
)
STOPPED: Final = (
    "Sykehuset har problemer med nettet i dag, og vi kan ikke møte deg på video.\n"
    "Vi beklager, og ringer deg til avtalt tid."
)
PAGE: Final = rest.DepartmentPage(
    "Elvenes helseforetak",
    MEDICAL,
    [
        rest.ClinicianView("ingrid-berg", "Ingrid Berg"),
        rest.ClinicianView("omar-haddad", "Omar Haddad"),
        rest.ClinicianView("siri-lund", "Siri Lund"),
    ],
    suspended="",
)


def checked(part: T) -> T:
    """The same, once it has been read back as what it says it is: constructors check nothing."""
    return msgspec.json.decode(msgspec.json.encode(part), type=type(part))


def said(message: protocol.Message, union: Any) -> str:
    """A message as it goes over the socket to one of ``union``'s readers."""
    data = protocol.encode(message)
    msgspec.json.decode(data, type=union)
    return data.decode()


def status(minutes: int, changed: Mapping[Part, probe.State]) -> bytes:
    """What the probe wrote so many minutes ago, of ninety days with faults on some; ``changed``: what is not well."""
    at = int(NOW.timestamp()) - 60 * minutes
    days = [
        Day(
            (NOW - timedelta(days=back)).date().isoformat(),
            288,
            {Part.CALLS: 3, Part.ROOMS: back % 2} if back in BAD else {},
        )
        for back in range(DAYS - 12, -1, -1)
    ]
    parts = {**dict.fromkeys(Part, probe.State.OK), **changed}
    written = Status(at=at, every=300, since=at - 1200, parts=parts, cause=probe.Cause.NONE, join_ms=900, days=days)
    return msgspec.json.encode(written)
