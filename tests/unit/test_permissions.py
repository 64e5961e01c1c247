"""The permission table, whole: every door and every message of the socket, for every role."""

from collections.abc import Iterator
from typing import Final, get_args

import pytest
from chalice.test import HTTPResponse

import app as doors
from chalicelib import protocol as p
from chalicelib.edge import SIGNED
from chalicelib.errors import UnknownMessage
from chalicelib.lifecycle import STAFF, Role
from chalicelib.routes import ROUTES, Route, Who
from chalicelib.signaling import PARSERS
from tests.fakes.browser import Browser, open_doors
from tests.fakes.clinic import Clinic
from tests.unit.test_protocol import SDP

MISSING: Final[set[str]] = set()
"""Doors that are described and not built yet."""

BUILT: Final = [route for route in ROUTES if route.door not in MISSING]
OF_STAFF: Final = [route for route in BUILT if route.who is Who.STAFF]
SOCKETS: Final = {
    Role.PATIENT: p.FromPatient,
    Role.GUEST: p.FromGuest,
    Role.CLINICIAN: p.FromClinician,
    Role.SECRETARY: p.FromSecretary,
    Role.WORKER: p.FromWorker,
}
ROOM: Final = "elvenes.c.1"
MESSAGES: Final[tuple[p.Message, ...]] = (
    p.Hello(),
    p.Ping(),
    p.Watch(day="2027-01-15"),
    p.Delay(5),
    p.Admit("c", "g"),
    p.Call("c"),
    p.WithdrawCall("c", 1),
    p.CheckIn(p.DeviceReport()),
    p.Leave(),
    p.Accept("c", 1),
    p.Offer("c", 1, 1, SDP),
    p.Media("c", 1, camera=True, microphone=True),
    p.Handshake("c", 1, {p.Seat.CLINICIAN: p.Parcel("", "", 1)}),
    p.Pause("c", 1, paused=True),
    p.HangUp("c", 1),
    p.Trouble("c", 1),
    p.Timed("c", 1, p.Timing.JOINED, 900),
    p.ProbeStart(),
    p.ProbeOffer("probe", SDP),
    p.Tested(p.DeviceReport()),
    p.RunningLate(5),
    p.Register("w", 1, []),
    p.Heartbeat(0.1, 1),
    p.RoomOpened(ROOM),
    p.RoomRefused(ROOM),
    p.RoomQuality(ROOM, 2, 1, 1, 1),
    p.RelayAnswer(ROOM, p.Seat.PATIENT, 1, SDP),
    p.RelayRefused(ROOM, p.Seat.PATIENT, 1, "conflict"),
    p.RoomEnded(ROOM),
    p.ProbeAnswered("P", "probe", SDP),
    p.ProbeWaiting("P", "probe", 1),
    p.ProbeRefused("P", "probe", "no_worker"),
)


@pytest.fixture
def clinic(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clinic]:
    with open_doors(monkeypatch) as clinic:
        yield clinic


def test_the_doors_are_those_that_are_described() -> None:
    built = {(method, path): entry.view_name for path, by in doors.app.routes.items() for method, entry in by.items()}
    assert built == {(route.method, route.path): route.door for route in BUILT}
    assert {route.door for route in ROUTES} >= MISSING


def knock(browser: Browser, route: Route, **known: str) -> HTTPResponse:
    """At a door of Elvenes, with a body that is understood nowhere."""
    place = {"trust": "elvenes", "consultation": "c", "guest": "g", "reference": "ABC123", "department": "medisinsk"}
    query = "?day=2027-01-15" if route.query else ""
    body = None if route.method == "GET" else {"nonsense": True}
    return browser.ask(route.method, route.path.format(**place | known) + query, body, Idempotency_Key="key")


@pytest.mark.parametrize("role", STAFF)
@pytest.mark.parametrize("route", OF_STAFF, ids=lambda route: route.door)
def test_a_door_lets_in_the_roles_that_it_names_and_no_other(clinic: Clinic, route: Route, role: Role) -> None:
    answer = knock(Browser().be(clinic, "omar-haddad", role), route)
    if role in route.staff:
        assert answer.status_code not in (401, 403)
    else:
        assert (answer.status_code, answer.json_body["code"]) == (403, "forbidden")


@pytest.mark.parametrize("route", OF_STAFF, ids=lambda route: route.door)
def test_none_of_the_staffs_doors_lets_in_anybody_else(clinic: Clinic, route: Route) -> None:
    booked = clinic.book()
    visitor = Browser()
    visitor.post("/enter", {"secret": clinic.secret()})
    (value,) = visitor.jar.values()
    visitor.jar["__Host-s-elvenes"] = value
    for browser in (Browser(), visitor):
        answer = knock(browser, route, consultation=booked.id, reference=booked.reference)
        assert (answer.status_code, answer.json_body["code"]) == (401, "unauthenticated")


@pytest.mark.parametrize("route", [r for r in BUILT if r.who in (Who.VISITOR, Who.PROVEN)], ids=lambda r: r.door)
def test_none_of_a_visits_doors_lets_in_the_staff_or_nobody(clinic: Clinic, route: Route) -> None:
    booked = clinic.book()
    staff = Browser().be(clinic, clinic.staff)
    staff.jar[f"__Host-v-{booked.id}"] = staff.jar["__Host-s-elvenes"]
    for browser in (Browser(), staff):
        answer = knock(browser, route, consultation=booked.id)
        assert (answer.status_code, answer.json_body["code"]) == (401, "unauthenticated")


@pytest.mark.parametrize("route", [r for r in BUILT if r.method != "GET" and r.who not in SIGNED], ids=lambda r: r.door)
def test_what_changes_something_cannot_be_asked_from_a_foreign_page(clinic: Clinic, route: Route) -> None:
    booked, browser = clinic.book(), Browser().be(clinic, clinic.staff, *STAFF)
    browser.post("/enter", {"secret": clinic.secret()})
    rows = dict(clinic.store.rows)
    answer = browser.ask(
        route.method,
        route.path.format(trust="elvenes", consultation=booked.id, guest="g", department="medisinsk", reference="A"),
        {},
        X_Venterom="",
    )
    assert (answer.status_code, answer.json_body["code"]) == (403, "forbidden")
    assert clinic.store.rows == rows


def test_every_message_is_in_the_table() -> None:
    known = {type(message) for message in MESSAGES}
    assert {kind for union in SOCKETS.values() for kind in get_args(union)} == known
    assert PARSERS.keys() == SOCKETS.keys()


@pytest.mark.parametrize("role", SOCKETS)
@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_a_socket_understands_what_its_role_may_say_and_nothing_else(role: Role, message: p.Message) -> None:
    if isinstance(message, get_args(SOCKETS[role])):
        assert PARSERS[role](p.encode(message)) == message
    else:
        with pytest.raises(UnknownMessage):
            PARSERS[role](p.encode(message))
