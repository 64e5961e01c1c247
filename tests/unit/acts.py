"""Everything that can happen to the functions, each as it usually does: every door, every message, every schedule."""

import base64
import gzip
import json
from collections.abc import Callable
from copy import copy
from pathlib import Path
from typing import Any, Final

import msgspec

import app as doors
from chalicelib import protocol as p
from chalicelib.consultations import instant
from chalicelib.login_proof import proof_cookie
from chalicelib.outcomes import signature
from chalicelib.protocol import LoginLevel
from chalicelib.records import Staff
from chalicelib.settings import SmsBy
from chalicelib.store import Put
from tests.fakes.clinic import ID_TOKEN, person
from tests.fakes.world import VISITORS, World

EVENTS: Final = Path(__file__).parents[1] / "events"
SDP: Final = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
KEY: Final = "whsec_" + base64.b64encode(b"a key that both know").decode()
NONCE: Final = "n" * 43
HOUR: Final = 3600
CHANGING: Final = (
    *("store", "push", "carrier", "scheduler", "patients", "employees", "sealed", "erasures"),
    *("tasks", "clock"),
)
CARRIERS: Final = ("gateway", "sns", "ses")
Act = Callable[["Stage"], Any]


class Stage(World):
    """A world in which a consultation has come so far: ``invited``, ``waiting``, ``calling``, ``talking`` or ``ended``.

    In a call the guest is with them. By a carrier's name: invited through that one.
    """

    def __init__(self, at: str = "waiting") -> None:
        super().__init__()
        clinic = self.clinic
        if at == "coded":
            self.consultation = clinic.book(login_level=LoginLevel.CODE)
            self.guest = clinic.invite(self.consultation)
            self.cookies |= {who: self._let_in(who) for who in VISITORS}
        if at in CARRIERS:
            keys = json.dumps({"token": "t", "receipts": KEY})
            clinic.carrier.name = at
            vars(clinic.services)["settings"] = msgspec.structs.replace(
                clinic.services.settings, sms_carrier=SmsBy.GATEWAY
            )
            vars(clinic.services)["secret"] = lambda name: keys if name == "gateway" else name
            self.consultation = clinic.book(**({"phone": "", "email": "kari@example.com"} if at == "ses" else {}))
        colleague = Staff(trust=self.trust, id="colleague", name="Ansatt to", departments=("medisinsk",))
        clinic.store.write([Put(colleague)])
        self.secret = clinic.secret() if at not in CARRIERS else ""
        for who in ("worker", "patient", "guest", "clinician", "secretary"):
            if at not in CARRIERS or who != "guest":
                self.connect(who)
        clinic.worker("worker2", "w2", capacity=4)
        steps: dict[str, list[tuple[str, p.Message]]] = {
            "invited": [],
            "coded": [],
            "waiting": [("patient", p.CheckIn(devices=p.DeviceReport()))],
            "calling": [("clinician", p.Call(consultation=self.consultation.id))],
            "talking": [
                ("patient", p.Accept(consultation=self.consultation.id, call=1)),
                ("clinician", p.Admit(consultation=self.consultation.id, guest=self.guest.id)),
                ("guest", p.CheckIn(devices=p.DeviceReport())),
                ("guest", p.Accept(consultation=self.consultation.id, call=1)),
            ],
            "ended": [("clinician", p.HangUp(consultation=self.consultation.id, call=1))],
        }
        for stage, said in steps.items():
            for who, message in said:
                clinic.say(who, message)
            if stage == at or at in CARRIERS:
                break

    def kept(self) -> dict[str, Any]:
        """All that a run can change."""
        clinic = self.clinic
        return {
            f"{name}.{part}": copy(value)
            for name in CHANGING
            for part, value in vars(getattr(clinic, name)).items()
            if isinstance(value, dict | list | set | int)
        }

    def again(self, kept: dict[str, Any]) -> None:
        """As it was then."""
        for name, value in kept.items():
            owner, part = name.split(".")
            setattr(getattr(self.clinic, owner), part, copy(value))
        self.clinic.services.signaling._floods._counts.clear()

    @property
    def state(self) -> str:
        return str(self.clinic.now(self.consultation).state)

    def knock(self, who: str, method: str, path: str, body: Any = None, **headers: str) -> int:
        """At a door, whose places are filled; returns the status."""
        raw = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        return self.ask(who, method, path.format(**self.places), raw, **headers).status

    def in_hours(self, hours: float) -> str:
        return instant(int(self.clinic.clock.time + hours * HOUR))

    @property
    def room(self) -> str:
        now = self.clinic.now(self.consultation)
        return f"{now.trust}.{now.id}.{now.call}"


ONE: Final = "/staff/{trust}/consultations/{consultation}"
VISIT: Final = "/visits/{consultation}"
GUEST: Final = ONE + "/guests/{guest}"


def door(who: str, method: str, path: str, body: Any = None, at: str = "waiting", **headers: str) -> tuple[str, Act]:
    """A request, and the stage at which it is made."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return at, lambda stage: stage.knock(who, method, path, body(stage) if callable(body) else body, **sent)


def logs_in(stage: Stage) -> Any:
    """A patient goes to the portal and comes back."""
    stage.clinic.patients.person = person("x", "13116900216")
    stage.knock("unproven", "POST", VISIT + "/login", {"nonce": NONCE})
    n = len(stage.clinic.patients.started)
    return stage.knock("unproven", "GET", f"/login/patient/callback?code=c&state=state-{n}&iss=https://portal.example")


def asks_for_the_proof(stage: Stage) -> Any:
    """A patient is back from the portal, with her ID token in a cookie."""
    cookies = f"{stage.cookie('patient')}; {proof_cookie(stage.consultation.id)}={ID_TOKEN}"
    return stage.knock("patient", "POST", VISIT + "/proof", Cookie=cookies)


def staff_logs_in(stage: Stage) -> Any:
    stage.clinic.employees.person = person("clinician")
    stage.ask("nobody", "GET", f"/staff/{stage.trust}/login")
    n = len(stage.clinic.employees.started)
    return stage.knock(
        "nobody", "GET", f"/login/staff/callback?code=c&state=state-staff-{n}&iss=https://portal.example"
    )


def checks_a_code(stage: Stage) -> Any:
    stage.knock("unproven", "POST", VISIT + "/code")
    code = next((word for word in stage.clinic.carrier.texts[-1][1].split() if word[:6].isdigit()), "000000")
    return stage.knock("unproven", "POST", VISIT + "/code/check", {"code": code[:6]})


def hears_of_an_sms(stage: Stage) -> Any:
    body = json.dumps({"message": f"id-{len(stage.clinic.carrier.keys)}", "delivered": True}).encode()
    time = str(int(stage.clinic.clock.time))
    signed = f"v1,{signature(KEY, 'r', time, body)}"
    headers = {"webhook-id": "r", "webhook-timestamp": time, "webhook-signature": signed}
    return stage.knock("nobody", "POST", "/receipts/sms", body, **headers)


RULES: Final = {"lead_days": 3}
WORDS: Final = "Vi tar ingen videotimer akkurat nå. Vi ringer deg."
DOORS: Final[dict[str, tuple[str, Act]]] = {
    "health": door("nobody", "GET", "/health"),
    "enter": door("nobody", "POST", "/enter", lambda stage: {"secret": stage.secret}, "invited"),
    "visit": door("patient", "GET", VISIT),
    "visit_login": door("unproven", "POST", VISIT + "/login", {"nonce": NONCE}),
    "proof": ("invited", asks_for_the_proof),
    "visit_logout": door("patient", "POST", VISIT + "/logout"),
    "send_code": door("unproven", "POST", VISIT + "/code", at="coded"),
    "check_code": ("coded", checks_a_code),
    "visit_ticket": door("patient", "POST", VISIT + "/ticket"),
    "feedback": door("patient", "POST", VISIT + "/feedback", {"quality": "good"}, "ended"),
    "wish_sms": door("patient", "POST", VISIT + "/sms", {"wanted": False}),
    "receipt": door("patient", "GET", VISIT + "/receipt"),
    "visit_login_callback": ("invited", logs_in),
    "visit_logged_out": door("patient", "GET", "/login/patient/logout?iss=https://portal.example&sid=s"),
    "visit_ended": door("nobody", "POST", "/login/patient/logout", b"logout_token=ended:s",
                        Content_Type="application/x-www-form-urlencoded"),
    "department": door("nobody", "GET", "/departments/{trust}/{department}"),
    "arrive": door("nobody", "POST", "/departments/{trust}/{department}/arrivals",
                   {"clinician": "clinician", "name": "Nils", "phone": "90000009"}),
    "staff_login": door("nobody", "GET", "/staff/{trust}/login"),
    "staff_login_callback": ("invited", staff_logs_in),
    "staff_logged_out": door("clinician", "GET", "/login/staff/logout?iss=https://portal.example&sid=s"),
    "me": door("clinician", "GET", "/staff/{trust}/me"),
    "log_out": door("clinician", "POST", "/staff/{trust}/logout"),
    "staff_ticket": door("clinician", "POST", "/staff/{trust}/ticket"),
    "day": door("clinician", "GET", "/staff/{trust}/consultations?day=2027-01-15"),
    "book": door("clinician", "POST", "/staff/{trust}/consultations",
                 lambda stage: {"department": "medisinsk", "patient_name": "Nils", "starts": stage.in_hours(2),
                                "phone": "90000009", "login_level": "none", "send": "now"},
                 Idempotency_Key="once-and-only-once"),
    "trail": door("clinician", "GET", ONE + "/trail"),
    "messages": door("clinician", "GET", ONE + "/messages"),
    "cancel": door("clinician", "POST", ONE + "/cancel"),
    "invite": door("clinician", "POST", ONE + "/invite"),
    "move": door("clinician", "POST", ONE + "/move", lambda stage: {"starts": stage.in_hours(30), "minutes": 45}),
    "hand_over": door("clinician", "POST", ONE + "/hand_over", {"staff": "colleague"}),
    "phone": door("clinician", "POST", ONE + "/phone", at="talking"),
    "wish_sms_for": door("clinician", "POST", ONE + "/sms", {"wanted": False}),
    "invite_guest": door("clinician", "POST", ONE + "/guests",
                         {"kind": "interpreter", "name": "Ola", "phone": "90000008"}, "talking",
                         Idempotency_Key="once-and-only-once"),
    "invite_guest_again": door("clinician", "POST", GUEST + "/invite"),
    "remove_guest": door("clinician", "POST", GUEST + "/remove", at="talking"),
    "reference": door("support", "GET", "/staff/{trust}/references/{reference}"),
    "rules": door("administrator", "GET", "/staff/{trust}/rules"),
    "set_rules": door("administrator", "PUT", "/staff/{trust}/rules", {"version": 0, "rules": RULES}),
    "suspension": door("administrator", "GET", "/staff/{trust}/suspension"),
    "suspend": door("administrator", "PUT", "/staff/{trust}/suspension",
                    {"version": 0, "on": True, "words": WORDS, "tell": True}, "invited"),
    "phone_list": door("clinician", "GET", "/staff/{trust}/phone_list"),
    "texts": door("administrator", "GET", "/staff/{trust}/texts"),
    "set_text": door("administrator", "PUT", "/staff/{trust}/texts",
                     {"kind": "reminder", "way": "sms", "language": "nb", "text": "Husk: {link}. Ring {phone}."}),
    "check_text": door("administrator", "POST", "/staff/{trust}/texts/check",
                       {"kind": "reminder", "way": "sms", "language": "nb", "text": "Husk: {link}. Ring {phone}."}),
    "export_person": door("administrator", "POST", "/staff/{trust}/people/export", {"phone": "90000000"}),
    "erase_person": door("administrator", "POST", "/staff/{trust}/people/erase", {"phone": "90000000"}, "ended"),
    "purges": door("auditor", "GET", "/staff/{trust}/purges"),
    "audit": door("auditor", "GET", "/staff/{trust}/audit?first=2027-01-15&last=2027-01-15"),
    "anchors": door("auditor", "GET", "/staff/{trust}/audit/anchors"),
    "verify": door("auditor", "POST", "/staff/{trust}/audit/verify", {"day": "2027-01-15"}),
    "sms_receipt": ("gateway", hears_of_an_sms),
}  # fmt: skip
"""What each door is asked, by its name."""
DOORLESS: Final = {"login_keys": "shows a secret's keys and touches nothing"}


def says(who: str, at: str, make: Callable[[str, Stage], p.Message]) -> tuple[str, str, Act]:
    """A message on somebody's socket."""
    return who, at, lambda stage: stage.clinic.say(who, make(stage.consultation.id, stage))


PROBE: Final = "probe0123456789"
REPORT: Final = p.DeviceReport(camera=p.Answer3.YES)
PARCEL: Final = p.Parcel(attempt="a" * 22, about="b" * 22, n=1, commitment="c" * 43)
OTHERS: Final = dict.fromkeys((p.Seat.PATIENT, p.Seat.CLINICIAN, p.Seat.GUEST_1), PARCEL)
OF_VISITORS: Final[list[tuple[str, Callable[[str, Stage], p.Message]]]] = [
    ("waiting", lambda c, s: p.Hello()),
    ("waiting", lambda c, s: p.Ping()),
    ("invited", lambda c, s: p.CheckIn(devices=REPORT)),
    ("talking", lambda c, s: p.Offer(consultation=c, call=1, n=1, sdp=SDP)),
    ("talking", lambda c, s: p.Media(consultation=c, call=1, camera=True, microphone=True)),
    ("talking", lambda c, s: p.Handshake(consultation=c, call=1, parcels=OTHERS)),
    ("talking", lambda c, s: p.Pause(consultation=c, call=1, paused=True)),
    ("talking", lambda c, s: p.HangUp(consultation=c, call=1)),
    ("talking", lambda c, s: p.Trouble(consultation=c, call=1)),
    ("talking", lambda c, s: p.Timed(consultation=c, call=1, what=p.Timing.JOINED, milliseconds=900)),
    ("waiting", lambda c, s: p.ProbeStart()),
    ("waiting", lambda c, s: p.ProbeOffer(probe=PROBE, sdp=SDP)),
]
MESSAGES: Final[list[tuple[str, str, Act]]] = [
    *(says("patient", at, make) for at, make in OF_VISITORS),
    says("patient", "calling", lambda c, s: p.Leave()),
    says("patient", "calling", lambda c, s: p.Accept(consultation=c, call=1)),
    says("patient", "waiting", lambda c, s: p.Tested(devices=REPORT)),
    says("patient", "waiting", lambda c, s: p.RunningLate(minutes=10)),
    *(says("guest", at, make) for at, make in OF_VISITORS),
    says("guest", "talking", lambda c, s: p.Accept(consultation=c, call=1)),
    says("guest", "waiting", lambda c, s: p.Leave()),
    says("clinician", "talking", lambda c, s: p.Hello()),
    says("clinician", "waiting", lambda c, s: p.Ping()),
    says("clinician", "waiting", lambda c, s: p.Watch(day="2027-01-15")),
    says("clinician", "waiting", lambda c, s: p.Delay(minutes=15)),
    says("clinician", "waiting", lambda c, s: p.Call(consultation=c)),
    says("clinician", "calling", lambda c, s: p.WithdrawCall(consultation=c, call=1)),
    says("clinician", "talking", lambda c, s: p.Admit(consultation=c, guest=s.guest.id)),
    says("clinician", "invited", lambda c, s: p.Admit(consultation=c, guest=s.guest.id)),
    says("clinician", "talking", lambda c, s: p.Offer(consultation=c, call=1, n=1, sdp=SDP)),
    says("clinician", "talking", lambda c, s: p.Media(consultation=c, call=1, camera=True, microphone=True)),
    says("clinician", "talking", lambda c, s: p.Handshake(consultation=c, call=1, parcels=OTHERS)),
    says("clinician", "talking", lambda c, s: p.Pause(consultation=c, call=1, paused=True)),
    says("clinician", "talking", lambda c, s: p.HangUp(consultation=c, call=1)),
    says("clinician", "talking", lambda c, s: p.Trouble(consultation=c, call=1)),
    says(
        "clinician",
        "talking",
        lambda c, s: p.Timed(consultation=c, call=1, what=p.Timing.RECOVERY, milliseconds=900),
    ),
    says("secretary", "waiting", lambda c, s: p.Hello()),
    says("secretary", "waiting", lambda c, s: p.Ping()),
    says("secretary", "waiting", lambda c, s: p.Watch(day="2027-01-15", clinician="clinician")),
    says("worker", "talking", lambda c, s: p.Register(worker="w1", capacity=4)),
    says("worker", "talking", lambda c, s: p.Register(worker="w1", capacity=4, rooms=[s.room])),
    says("worker", "talking", lambda c, s: p.Heartbeat(load=0.1, rooms=1)),
    says("worker", "talking", lambda c, s: p.Heartbeat(load=0.1, rooms=1, draining=True)),
    says("worker", "talking", lambda c, s: p.RoomOpened(room=s.room)),
    says("worker", "talking", lambda c, s: p.RoomRefused(room=s.room)),
    says("worker", "talking", lambda c, s: p.RoomQuality(room=s.room, participants=2, good=60, fair=0, poor=0)),
    says("worker", "talking", lambda c, s: p.RelayAnswer(room=s.room, seat=p.Seat.PATIENT, n=1, sdp=SDP)),
    says("worker", "talking", lambda c, s: p.RelayRefused(room=s.room, seat=p.Seat.PATIENT, n=1, code="bad_sdp")),
    says("worker", "talking", lambda c, s: p.RelayRefused(room=s.room, seat=p.Seat.PATIENT, n=1, code="gone")),
    says("worker", "talking", lambda c, s: p.RelayRefused(room=s.room, seat=p.Seat.PATIENT, n=1, code="unavailable")),
    says("worker", "talking", lambda c, s: p.RoomEnded(room=s.room)),
    says("worker", "waiting", lambda c, s: p.ProbeAnswered(reply_to="patient", probe=PROBE, sdp=SDP)),
    says("worker", "waiting", lambda c, s: p.ProbeWaiting(reply_to="patient", probe=PROBE, place=1)),
    says("worker", "waiting", lambda c, s: p.ProbeRefused(reply_to="patient", probe=PROBE, code="busy")),
]
"""Who says what, and at which stage."""


def runs(name: str, payload: Callable[[Stage], Any], at: str = "waiting", later: float = 0) -> tuple[str, str, Act]:
    """A function by its name, so many seconds later."""

    def act(stage: Stage) -> Any:
        stage.clinic.clock.time = max(stage.clinic.clock.time, 1_800_000_000 + int(later))
        doors.app.handler_map[name](payload(stage), None)
        return "ran"

    return name, at, act


def delivers(reason: Callable[[Stage], str], at: str, later: float) -> tuple[str, str, Act]:
    def payload(stage: Stage) -> Any:
        now = stage.clinic.now(stage.consultation)
        return {"trust": now.trust, "consultation": now.id, "reason": reason(stage)}

    return runs("deliver", payload, at, later)


def _tick(_: Stage) -> Any:
    return json.loads((EVENTS / "schedule.json").read_text())


def _scaled(stage: Stage) -> Any:
    stage.clinic.scales(calls=4, spare=0)
    return _tick(stage)


def _mail(stage: Stage) -> Any:
    return json.loads(_about(stage, "ses_delivery", "EXAMPLE7c191be45-e9aedb9a-02f9-4d12-a87d-dd0099a07f8a-000000"))


def _sms(stage: Stage) -> Any:
    packed = gzip.compress(_about(stage, "sns_sms_success", "34d9b400-c6dd-5444-820d-fbeb0f1f54cf").encode())
    return {"awslogs": {"data": base64.b64encode(packed).decode()}}


def _about(stage: Stage, name: str, message: str) -> str:
    """An event about the latest message."""
    return (EVENTS / f"{name}.json").read_text().replace(message, f"id-{len(stage.clinic.carrier.keys)}")


def _person(stage: Stage) -> Any:
    return {"trust": stage.trust, "phone": "90000000"}


DAY: Final = 86400
FUNCTIONS: Final[list[tuple[str, str, Act]]] = [
    runs("sweep", _tick, "talking"),
    runs("sweep", _tick, "talking", 20),
    runs("fleet", _scaled, "talking"),
    runs("recount", lambda _: {"days": 2}),
    runs("anchor", _tick, "ended", 3 * DAY),
    runs("purge", _tick, "ended", 40 * DAY),
    runs("purge", _tick, "ended", 400 * DAY),
    runs("purge", _tick, "ended", 2000 * DAY),
    runs("export_person", _person),
    runs("erase_person", _person, "ended"),
    runs("verify_trail", lambda stage: {"trust": stage.trust, "first": "2027-01-15", "last": "2027-01-15"}),
    delivers(lambda stage: stage.clinic.now(stage.consultation).reason, "invited", 60),
    delivers(lambda stage: f"missing-{stage.consultation.starts}-1", "invited", HOUR + 700),
    delivers(lambda stage: f"close-{stage.consultation.ends + DAY}", "invited", DAY + 3 * HOUR),
    runs("mail_receipt", _mail, "ses"),
    runs("sms_receipt_log", _sms, "sns"),
    runs("register_trust", lambda stage: json.loads((EVENTS.parents[1] / "local" / "trust2.json").read_text())),
]
"""What runs by itself or by hand, by name."""
FUNCTIONLESS: Final = {"rotate_secret": "turns over a secret and touches no table"}


def socket_closes(who: str, at: str) -> tuple[str, str, Act]:
    def act(stage: Stage) -> Any:
        stage.clinic.push.gone.add(who)
        stage.clinic.services.signaling.disconnect(who)
        return "gone"

    return who, at, act


CLOSINGS: Final = [socket_closes(who, "talking") for who in ("patient", "guest", "clinician", "secretary", "worker")]
ROLES: Final[dict[str, Any]] = {
    "patient": p.FromPatient,
    "guest": p.FromGuest,
    "clinician": p.FromClinician,
    "secretary": p.FromSecretary,
    "worker": p.FromWorker,
}
ALL: Final[dict[str, tuple[str, Act]]] = {
    **{f"door {name}": act for name, act in DOORS.items()},
    **{f"{who} says {n}": (at, act) for n, (who, at, act) in enumerate(MESSAGES)},
    **{f"{name} runs {n}": (at, act) for n, (name, at, act) in enumerate(FUNCTIONS)},
    **{f"{who} closes": (at, act) for who, at, act in CLOSINGS},
}
"""All of it, by name: at which stage it is done, and the doing."""
sweeps: Final = runs("sweep", _tick)[2]
__all__ = ["ALL", "DOORLESS", "DOORS", "FUNCTIONLESS", "FUNCTIONS", "MESSAGES", "ROLES", "SDP", "Stage", "sweeps"]
