"""Nobody touches or sees another trust's data: tried at every door, on every socket, and in every key of the table.

The two trusts have a department and a person of the same id, so that nothing but the trust tells them apart.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, get_args

import msgspec
import pytest

from chalicelib import protocol as p
from chalicelib import records
from chalicelib.consultations import instant
from chalicelib.lifecycle import STAFF, Role
from chalicelib.protocol import GuestKind
from chalicelib.records import Consultation, Guest, Record, Socket
from chalicelib.rest import Booking, NewGuest, SendInvitation
from chalicelib.rights import Actor
from chalicelib.routes import ONE, Route, Who
from tests.fakes.browser import Browser, open_doors
from tests.fakes.clinic import ORIGIN, Clinic, person
from tests.unit.test_permissions import BUILT, MESSAGES, OF_STAFF, SOCKETS

OTHER: Final = json.loads((Path(__file__).parents[2] / "local" / "trust2.json").read_text())
OMAR: Final = "omar-haddad"  # who works at both
THERE: Final = Actor("solvik", Role.CLINICIAN, OMAR, ("medisinsk",))
MARKS: Final = ("Solveig", "41234567", "Solvik", "erik-holm", "maja-strand")
"""What only the other trust holds."""
BODIES: Final[dict[str, dict[str, Any]]] = {
    "move": {"starts": "2027-01-16T10:00:00Z", "minutes": 20},
    "hand_over": {"staff": "ingrid-berg"},
    "invite_guest": {"kind": "companion", "name": "Per", "phone": "90000001"},
    "wish_sms_for": {"wanted": False},
    "feedback": {"quality": "good"},
    "wish_sms": {"wanted": False},
    "check_code": {"code": "123456"},
}


@pytest.fixture
def clinic(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clinic]:
    with open_doors(monkeypatch) as clinic:
        clinic.services.register.enter(OTHER)
        yield clinic


class Other:
    """What is at the other trust: a consultation with a guest, as told to a clinician (O) and a patient (Q)."""

    def __init__(self, clinic: Clinic) -> None:
        self.clinic = clinic
        booking = Booking(
            department="medisinsk",
            patient_name="Solveig",
            starts=instant(clinic.clock.time + 3600),
            phone="41234567",
            send=SendInvitation.NOW,
        )
        services = clinic.services
        made = services.invites.send_now(services.bookings.book(THERE, booking, "there"))
        self.secret = clinic.secret()
        new = NewGuest(kind=GuestKind.COMPANION, name="Solfrid", phone="41234568")
        self.consultation: Consultation = services.company.invite(THERE, made.id, new, "guest")
        self.guest: Guest = self.consultation.guests[0]
        for socket, first in (
            (Socket(connection="O", role=Role.CLINICIAN, trust="solvik", staff=OMAR), p.Hello()),
            (Socket(connection="Q", role=Role.PATIENT, trust="solvik", consultation=made.id), p.Hello()),
        ):
            clinic.open(socket, first)
        self.rows = self.kept()
        self.told = self.heard()

    def kept(self) -> dict[Any, Any]:
        """The other trust's rows."""
        return {key: row for key, row in self.clinic.store.rows.items() if "solvik" in str((key, row))}

    def heard(self) -> int:
        return len(self.clinic.push.to("O")) + len(self.clinic.push.to("Q"))

    def untouched(self) -> bool:
        return (self.kept(), self.heard()) == (self.rows, self.told)


@pytest.fixture
def other(clinic: Clinic) -> Other:
    return Other(clinic)


def path(route: Route, trust: str, consultation: str, other: Other) -> str:
    query = "?day=2027-01-15&first=2027-01-01&last=2027-12-31" if route.query else ""
    reference = other.consultation.reference
    place = {"consultation": consultation, "guest": other.guest.id, "reference": reference}
    return route.path.format(trust=trust, department="medisinsk", **place) + query


@pytest.mark.parametrize("staff", ["ingrid-berg", OMAR, "berit-solli"])
@pytest.mark.parametrize("route", OF_STAFF, ids=lambda route: route.door)
def test_no_door_of_ones_own_trust_leads_to_another(clinic: Clinic, other: Other, route: Route, staff: str) -> None:
    browser = Browser().be(clinic, staff, *STAFF)
    asked = path(route, "elvenes", other.consultation.id, other)
    answer = browser.ask(route.method, asked, BODIES.get(route.door, {}), Idempotency_Key="guest")
    if ONE in route.path or "{reference}" in route.path:
        assert (answer.status_code, answer.json_body["code"]) == (404, "not_found")
    assert not [mark for mark in MARKS if mark in answer.body.decode()]
    assert other.untouched()


@pytest.mark.parametrize("door", ["invite_guest_again", "remove_guest"])
def test_another_trusts_guest_is_none_of_ones_own_consultation(clinic: Clinic, other: Other, door: str) -> None:
    route = next(route for route in BUILT if route.door == door)
    browser, own = Browser().be(clinic, clinic.staff), clinic.book()
    answer = browser.ask("POST", path(route, "elvenes", own.id, other), {})
    assert answer.status_code in (200, 404), "a guest who is not there was shown out before"
    assert other.untouched()


@pytest.mark.parametrize("route", OF_STAFF, ids=lambda route: route.door)
def test_a_session_opens_no_door_of_another_trust(clinic: Clinic, other: Other, route: Route) -> None:
    browser = Browser().be(clinic, OMAR, *STAFF)
    browser.jar["__Host-s-solvik"] = browser.jar["__Host-s-elvenes"]
    asked = path(route, "solvik", other.consultation.id, other)
    answer = browser.ask(route.method, asked, BODIES.get(route.door, {}), Idempotency_Key="guest")
    assert (answer.status_code, answer.json_body["code"]) == (401, "unauthenticated")
    assert other.untouched()


@pytest.mark.parametrize("clinician", [OMAR, "erik-holm"])
def test_a_list_is_of_ones_own_trust(clinic: Clinic, other: Other, clinician: str) -> None:
    for staff, role in ((OMAR, Role.CLINICIAN), ("berit-solli", Role.SECRETARY)):
        browser = Browser().be(clinic, staff, role)
        answer = browser.ask("GET", f"/staff/elvenes/consultations?day=2027-01-15&clinician={clinician}")
        assert other.consultation.id not in answer.body.decode()
        assert (answer.status_code == 200) == (clinician == OMAR)


@pytest.mark.parametrize("route", [r for r in BUILT if r.who in (Who.VISITOR, Who.PROVEN)], ids=lambda r: r.door)
def test_a_visits_cookie_opens_no_visit_at_another_trust(clinic: Clinic, other: Other, route: Route) -> None:
    browser, own = Browser(), clinic.book()
    browser.post("/enter", {"secret": clinic.secret()})
    browser.jar[f"__Host-v-{other.consultation.id}"] = browser.jar[f"__Host-v-{own.id}"]
    asked = path(route, "elvenes", other.consultation.id, other)
    answer = browser.ask(route.method, asked, BODIES.get(route.door, {}))
    assert (answer.status_code, answer.json_body["code"]) == (401, "unauthenticated")
    assert other.untouched()


def test_a_link_opens_its_own_trusts_visit(clinic: Clinic, other: Other) -> None:
    browser = Browser()
    visit = browser.post("/enter", {"secret": other.secret})
    assert (visit["consultation"], visit["trust_name"]) == (other.consultation.id, "Solvik sykehus")
    assert ORIGIN not in json.dumps(visit)
    assert browser.jar.keys() == {f"__Host-v-{other.consultation.id}"}


def test_the_fixed_address_knows_the_trusts_own_clinicians(clinic: Clinic, other: Other) -> None:
    page = Browser().get("/departments/elvenes/medisinsk")
    assert not [mark for mark in MARKS if mark in json.dumps(page)]
    arrival = {"clinician": "erik-holm", "name": "Nils", "phone": "90000000"}
    answer = Browser().ask("POST", "/departments/elvenes/medisinsk/arrivals", arrival)
    assert answer.status_code == 404
    assert other.untouched()


def test_a_login_that_began_at_one_trust_does_not_end_at_another(clinic: Clinic) -> None:
    browser, clinic.employees.person = Browser(), person(OMAR)
    there = browser.ask("GET", "/staff/elvenes/login")
    browser.jar["__Host-l-solvik"] = browser.jar.pop("__Host-l-elvenes")
    state = there.headers["Location"].split("state=")[1]
    back = browser.ask("GET", f"/login/staff/callback?code=c&state={state}&iss=x")
    assert back.headers["Location"] == "/staff/elvenes?error=login_failed"
    assert not [name for name in browser.jar if name.startswith("__Host-s-")]


def aimed(message: p.Message, other: Other) -> p.Message:
    """The message, about the other trust's consultation, guest and clinician."""
    at = {"consultation": other.consultation.id, "guest": other.guest.id, "clinician": "erik-holm", "call": 0}
    room = f"solvik.{other.consultation.id}.0"
    return msgspec.structs.replace(
        message,
        **{field: value for field, value in (at | {"room": room}).items() if field in message.__struct_fields__},
    )


@pytest.mark.parametrize("role", [Role.CLINICIAN, Role.SECRETARY, Role.PATIENT, Role.GUEST])
def test_no_message_reaches_another_trust(clinic: Clinic, other: Other, role: Role) -> None:
    own = clinic.book()
    guest = clinic.invite(own)
    clinic.patient("P", own)
    clinic.guest("G", own, guest)
    clinic.clinician("C", OMAR)
    clinic.secretary("S")
    connection = {Role.CLINICIAN: "C", Role.SECRETARY: "S", Role.PATIENT: "P", Role.GUEST: "G"}[role]
    for message in MESSAGES:
        if not isinstance(message, get_args(SOCKETS[role])):
            continue
        told = len(clinic.push.to(connection))
        said = clinic.say(connection, aimed(message, other))
        if {"consultation", "clinician"} & set(message.__struct_fields__):
            assert said in ("not_found", "forbidden"), message
        answers = str(clinic.push.to(connection)[told:])
        assert not [mark for mark in (*MARKS, other.consultation.id) if mark in answers], message
        assert other.untouched(), message


def test_what_changes_there_is_told_there_only(clinic: Clinic, other: Other) -> None:
    clinic.clinician("C", OMAR)
    clinic.secretary("S")
    clinic.say("S", p.Watch(day=other.consultation.day, clinician=OMAR))
    before = len(clinic.push.to("C")), len(clinic.push.to("S"))
    clinic.services.desk.cancel(THERE, other.consultation.id)
    assert (len(clinic.push.to("C")), len(clinic.push.to("S"))) == before
    assert other.heard() > other.told


# ---------------------------------------------------------------- the keys

BY_SECRET: Final = {
    "Link": "all that a visitor brings is the secret",
    "Session": "all that a browser brings is the cookie; its trust is compared at every use",
    "Login": "all that a portal brings back is the state; its trust names the cookie that must fit",
    "Ticket": "all that a socket brings is the pass",
    "Socket": "all that a message brings is the connection",
    "Opened": "it stands with its session; a sweep lists them by trust",
    "Handed": "all that a carrier's receipt brings is its own id of the message",
}
"""Records of a trust that are found by a hash or an id which nobody can guess, and why."""


SHARED: Final = {"Wanted": "all trusts wait for the same lines; only a place in the queue is told"}
"""Records of a trust that stand beside other trusts', and why."""

FOR_ALL_TRUSTS: Final = {"Trust"}
"""In the index by day all trusts stand together: what is done daily finds them there. It tells their names."""


def kinds() -> list[type[Record]]:
    found = [kind for kind in vars(records).values() if isinstance(kind, type) and issubclass(kind, Record)]
    return [kind for kind in found if "trust" in kind.__struct_fields__ or kind.__name__ == "Trust"]


def example(kind: type[Record]) -> Record:
    """A row of that kind at the trust ``x``."""
    given: dict[str, Any] = {}
    for field in msgspec.structs.fields(kind):
        if field.name == "trust" or (field.name == "id" and kind is records.Trust):
            given[field.name] = "x"
        elif field.required:
            given[field.name] = 1 if field.type is int else "2027-01-15" if field.name == "day" else "y"
    return kind(**given)


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.__name__)
def test_every_row_of_a_trust_has_the_trust_in_its_key(kind: type[Record]) -> None:
    row = example(kind)
    by_day = None if kind.__name__ in FOR_ALL_TRUSTS else row.day_key()
    scoped = [f"{key[0]}#".startswith("T#x#") for key in (row.key(), by_day) if key is not None]
    assert all(scoped) == (kind.__name__ not in BY_SECRET.keys() | SHARED.keys())


def test_the_exceptions_are_real() -> None:
    assert BY_SECRET.keys() | SHARED.keys() <= {kind.__name__ for kind in kinds()}
