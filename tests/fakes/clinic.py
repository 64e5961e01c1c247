"""The functions in memory: the real use cases over fakes, with patients, clinicians and workers to act in it."""

import json
from email.message import EmailMessage
from pathlib import Path
from typing import Any, ClassVar

import boto3
import msgspec

from chalicelib import protocol as p
from chalicelib.consultations import instant
from chalicelib.errors import LoginFailed, VenteromError
from chalicelib.guests import guest_of
from chalicelib.lifecycle import Role
from chalicelib.oidc import Started
from chalicelib.oidc_token import Person
from chalicelib.protocol import GuestKind, LoginLevel, Message
from chalicelib.records import Consultation, Guest, Socket, Worker
from chalicelib.rest import Booking, NewGuest, SendInvitation
from chalicelib.rights import Actor
from chalicelib.settings import Settings
from chalicelib.wiring import Services
from tests.fakes.objects import FakeObjects
from tests.fakes.store import FakeStore
from tests.invariants.table import Table

REGISTERED = json.loads((Path(__file__).parents[2] / "local" / "trust.json").read_text())
# The register says who is what, and not the issuer: fewer things to set up.
TRUST = {
    **REGISTERED,
    "trust": {**REGISTERED["trust"], "login": {"issuer": "https://portal.example", "client_id": "staff"}},
}
ORIGIN = "https://venterom.example"
PORTAL = "https://portal.example"
ID_TOKEN = "eyJoIjoxfQ.eyJub25jZSI6MX0.c2lnbmF0dXJl"
SETTINGS = Settings(
    table="table",
    origin=ORIGIN,
    push_endpoint="https://push.example",
    secret_pepper="pepper",
    secret_turn="turn",
    secret_worker="worker",
    secret_probe="probe",
    secret_oidc="oidc",
    patient_issuer="https://portal.example",
    patient_client_id="patients",
    turn_urls="turn:turn.example?transport=udp",
    mail_sender="no-reply@venterom.example",
    sms_sender="Venterom",
    mail_configuration="receipts",
    secret_sms_gateway="gateway",
    dead_letters="arn:dead",
    deliver_function="arn:deliver",
    fleet_function="arn:fleet",
    scheduler_role="arn:role",
    anchor_bucket="anchors",
    erasure_bucket="erasures",
)


class Clock:
    """Time, moved by hand."""

    def __init__(self) -> None:
        self.time = 1_800_000_000

    def __call__(self) -> float:
        return self.time


class FakePush:
    """Keeps what is sent to each socket; ``gone`` are the sockets that have closed."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, Message]] = []
        self.gone: set[str] = set()

    def send(self, connection: str, message: Message) -> bool:
        if connection in self.gone:
            return False
        self.sent.append((connection, message))
        return True

    def close(self, connection: str) -> None:
        self.gone.add(connection)

    def to(self, connection: str) -> list[Message]:
        return [message for to, message in self.sent if to == connection]


class FakeCarrier:
    """Keeps what is sent to people, under which key; ``fail`` is raised instead while it is set."""

    name = "fake"
    repeatable = False

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.senders: list[str] = []
        self.texts: list[tuple[str, str]] = []
        self.mails: list[EmailMessage] = []
        self.fail: BaseException | None = None

    def send_sms(self, number: str, text: str, *, sender: str, key: str) -> str:
        if self.fail:
            raise self.fail
        self.texts.append((number, text))
        self.senders.append(sender)
        return self._id(key)

    def send_mail(self, message: EmailMessage, *, key: str) -> str:
        if self.fail:
            raise self.fail
        self.mails.append(message)
        return self._id(key)

    def _id(self, key: str) -> str:
        self.keys.append(key)
        return f"id-{len(self.keys)}"


class FakeScheduler:
    """Keeps what was asked for, by reason: when."""

    def __init__(self) -> None:
        self.planned: dict[tuple[str, str], int] = {}

    def at(self, when: int, trust: str, consultation: str, reason: str) -> None:
        self.planned.setdefault((consultation, reason), when)


class FakeTasks:
    """Keeps how many workers are to run; ``fail`` is raised instead while it is set."""

    def __init__(self) -> None:
        self.number = 0
        self.told: list[int] = []
        self.fail: Exception | None = None

    def desired(self) -> int:
        if self.fail:
            raise self.fail
        return self.number

    def run(self, number: int) -> None:
        self.number = number
        self.told.append(number)


class FakePortal:
    """An OpenID provider and us at it; ``person`` is who logs in next, or what goes wrong."""

    def __init__(self, name: str = "") -> None:
        self.name = name
        self.person: Person | VenteromError = LoginFailed()
        self.started: list[tuple[LoginLevel, str]] = []
        self.anew: list[bool] = []
        self.finished: list[tuple[str, str, str, str, LoginLevel]] = []

    def start(self, level: LoginLevel, locale: str, *, anew: bool = False, nonce: str = "") -> Started:
        self.started.append((level, locale))
        self.anew.append(anew)
        n = f"{self.name}{len(self.started)}"
        location = f"https://portal.example/login?state=state-{n}"
        return Started(location, f"state-{n}", nonce or f"nonce-{n}", f"verifier-{n}")

    def logout_address(self) -> str:
        return f"{PORTAL}/logout"

    def frames(self) -> tuple[str, ...]:
        return (PORTAL,)

    def ended(self, logout_token: str) -> str:
        sid = logout_token.removeprefix("ended:")
        if sid == logout_token:
            raise LoginFailed
        return sid

    def finish(
        self, code: str, iss: str, verifier: str, nonce: str, level: LoginLevel, *, with_token: bool = False
    ) -> Person:
        self.finished.append((code, iss, verifier, nonce, level))
        if isinstance(self.person, VenteromError):
            raise self.person
        return msgspec.structs.replace(self.person, token=ID_TOKEN) if with_token else self.person


def person(
    subject: str,
    national_id: str = "",
    level: LoginLevel = LoginLevel.HIGH,
    *,
    roles: tuple[str, ...] = (),
    sid: str = "",
) -> Person:
    """Somebody at a portal."""
    return Person(PORTAL, subject, level, national_id, roles=roles, sid=sid, auth_time=1_800_000_000 if sid else 0)


class Clinic:
    """One trust, its people and workers."""

    trust = "elvenes"
    staff = "ingrid-berg"
    by = Actor(trust, Role.CLINICIAN, staff, ("medisinsk",), LoginLevel.HIGH)
    made: ClassVar[list["Clinic"]] = []
    """All of the present test: what must always hold is held against each when it ends."""

    def __init__(self, services: Services | None = None, *, store: Any = None, clock: Any = None) -> None:
        self.services = services or Services(SETTINGS)
        self.clock = clock or Clock()
        self.store: Any = store or FakeStore(self.clock)
        self.push, self.carrier = FakePush(), FakeCarrier()
        self.scheduler, self.patients, self.employees = FakeScheduler(), FakePortal(), FakePortal("staff-")
        self.sealed, self.erasures = FakeObjects(), FakeObjects()
        self.tasks, self.hurried = FakeTasks(), 0
        # What is made when first used can be given beforehand.
        vars(self.services).update(
            now=self.clock,
            store=self.store,
            push=self.push,
            sms=self.carrier,
            mail=self.carrier,
            scheduler=self.scheduler,
            patients=self.patients,
            staff=lambda trust: self.employees,
            sealed=self.sealed,
            erasures=self.erasures,
            tasks=self.tasks,
            decide_soon=self._hurry,
            secret=lambda name: name,
            side_by_side=map,
        )
        self.services.register.enter(TRUST)
        self._bookings = 0
        self.made.append(self)

    def _hurry(self) -> None:
        self.hurried += 1

    def scales(self, **policy: Any) -> None:
        """From now on the number of workers is set, by such a policy (fields of Settings without ``worker_``)."""
        fields = {f"worker_{name}": value for name, value in {"service": "workers", **policy}.items()}
        if calls := fields.pop("worker_calls", None):
            fields["calls_a_worker"] = calls
        vars(self.services)["settings"] = msgspec.structs.replace(self.services.settings, **fields)

    def book(self, **changes: Any) -> Consultation:
        self._bookings += 1
        booking: dict[str, Any] = {
            "department": "medisinsk",
            "patient_name": "Kari Testesen",
            "starts": instant(self.clock.time + 3600),
            "phone": "90000000",
            "login_level": LoginLevel.NONE,
            "send": SendInvitation.NOW,
        }
        made = self.services.bookings.book(self.by, Booking(**booking | changes), f"key-{self._bookings}")
        return self.services.invites.send_now(made)

    def secret(self) -> str:
        """The secret of the link in the latest SMS."""
        return self.carrier.texts[-1][1].split(f"{ORIGIN}/i#")[1].split()[0]

    def deliver(self, consultation: Consultation, reason: str) -> None:
        self.services.invites.deliver(self.trust, consultation.id, reason)

    def patient(self, connection: str, consultation: Consultation) -> None:
        self.open(
            Socket(connection=connection, role=Role.PATIENT, trust=self.trust, consultation=consultation.id), p.Hello()
        )

    def invite(self, consultation: Consultation, once: str = "", **changes: Any) -> Guest:
        """Somebody more for a call; ``once`` when it is the same request."""
        self._bookings += 1
        new: dict[str, Any] = {"kind": GuestKind.COMPANION, "name": "Per Testesen", "phone": "90000001"}
        company, key = self.services.company, once or f"guest-{self._bookings}"
        company.invite(self.by, consultation.id, NewGuest(**new | changes), key)
        return self.now(consultation).guests[-1]

    def remove(self, consultation: Consultation, guest: Guest) -> None:
        self.services.company.remove(self.by, consultation.id, guest.id)

    def guest(self, connection: str, consultation: Consultation, guest: Guest) -> None:
        who = Socket(
            connection=connection, role=Role.GUEST, trust=self.trust, consultation=consultation.id, guest=guest.id
        )
        self.open(who, p.Hello())

    def clinician(self, connection: str, staff: str = "") -> None:
        socket = Socket(connection=connection, role=Role.CLINICIAN, trust=self.trust, staff=staff or self.staff)
        self.open(socket, p.Hello())

    def secretary(self, connection: str, staff: str = "berit-solli") -> None:
        self.open(Socket(connection=connection, role=Role.SECRETARY, trust=self.trust, staff=staff), p.Hello())

    def worker(self, connection: str, name: str, *, capacity: int = 1, rooms: tuple[str, ...] = ()) -> None:
        register = p.Register(worker=name, capacity=capacity, rooms=list(rooms))
        self.open(Socket(connection=connection, role=Role.WORKER, worker=name), register)

    def say(self, connection: str, message: Message) -> str:
        """What the log says of it: the message's type, or an error's code."""
        return self.services.signaling.message(connection, p.encode(message))

    def leave(self, connection: str) -> None:
        self.push.gone.add(connection)
        self.services.signaling.disconnect(connection)

    def as_(self, staff: str, role: Role = Role.CLINICIAN) -> Actor:
        """Somebody of the staff, with the departments that the register gives her."""
        return Actor(self.trust, role, staff, self.services.register.staff(self.trust, staff).departments)

    def table(self) -> Table:
        """All that is kept."""
        hashes = self.services.ring(SETTINGS.secret_pepper).hashes
        if isinstance(self.store, FakeStore):
            return Table.of(self.store, self.clock(), hashes)
        meta = self.store._row.Meta
        client = boto3.client("dynamodb", region_name=meta.region, endpoint_url=meta.host)
        return Table.scanned(client, meta.table_name, self.clock, hashes)

    def now(self, consultation: Consultation) -> Consultation:
        return self.services.consultations.find(self.trust, consultation.id)

    def workers(self) -> list[Worker]:
        found: list[Worker] = self.store.query(Worker, Worker.PARTITION, "W#")
        return found

    def waiting(self) -> Consultation:
        """A patient (socket P) who waits for a clinician (socket C), and a worker (socket W)."""
        consultation = self.book()
        self.worker("W", "w1")
        self.clinician("C")
        self.patient("P", consultation)
        assert self.say("P", p.CheckIn(devices=p.DeviceReport())) == "check_in"
        return consultation

    def calling(self) -> Consultation:
        consultation = self.waiting()
        assert self.say("C", p.Call(consultation=consultation.id)) == "call"
        return self.now(consultation)

    def talking(self) -> Consultation:
        """Patient and clinician in their first call."""
        called = self.calling()
        assert self.say("P", p.Accept(consultation=called.id, call=1)) == "accept"
        return self.now(called)

    def two_calls(self) -> tuple[Consultation, Consultation]:
        """Two that ring, on one worker (``w1``, socket W, two places): the patients are P and Q."""
        self.worker("W", "w1", capacity=2)
        self.clinician("C")
        made = self.book(), self.book()
        for name, consultation in zip("PQ", made, strict=True):
            self.patient(name, consultation)
            assert self.say(name, p.CheckIn(devices=p.DeviceReport())) == "check_in"
            assert self.say("C", p.Call(consultation=consultation.id)) == "call"
        return self.now(made[0]), self.now(made[1])

    def joined(self, connection: str = "G", **changes: Any) -> tuple[Consultation, Guest]:
        """As `talking`, and a guest with them."""
        talking = self.talking()
        guest = self.invite(talking, **changes)
        self.join(connection, talking, guest)
        return self.now(talking), guest_of(self.now(talking), guest.id) or guest

    def join(self, connection: str, consultation: Consultation, guest: Guest) -> None:
        """A guest goes all the way into the present call."""
        self.guest(connection, consultation, guest)
        self.say("C", p.Admit(consultation=consultation.id, guest=guest.id))
        assert self.say(connection, p.CheckIn(devices=p.DeviceReport())) == "check_in"
        call = self.now(consultation).call
        assert self.say(connection, p.Accept(consultation=consultation.id, call=call)) == "accept"

    def open(self, socket: Socket, first: Message) -> None:
        """Open a socket, people's with a session of its own, and say the first word on it."""
        if socket.role is not Role.WORKER:
            session, _ = self.services.sessions.begin(
                trust=socket.trust,
                role=socket.role,
                consultation=socket.consultation,
                guest=socket.guest,
                staff=socket.staff,
                roles=socket.roles,
                proven=True,
            )
            socket = msgspec.structs.replace(socket, session=session.digest)
        opens = self.services.sessions.opens(socket)
        self.store.write([*self.services.leases.rows(socket), *opens])
        assert self.say(socket.connection, first) in ("hello", "register")
