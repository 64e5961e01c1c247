"""Plants names, numbers, links, codes, tokens and session descriptions in every input of every handler, and looks for
them in the logs, the errors, the answers, what is pushed, what is scheduled and what is stored.

Driven by the tables of doors and messages: a new one is covered without a line here.
"""

import json
import typing
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from botocore.exceptions import ClientError
from chalice.app import EventSourceHandler, WebsocketEventSourceHandler

import app as doors
from chalicelib import protocol as p
from chalicelib.carriers import NotSent
from chalicelib.lifecycle import STAFF
from chalicelib.login_proof import proof_cookie
from chalicelib.protocol import Message
from chalicelib.records import Department, Record, Staff, Trust
from chalicelib.routes import Route
from tests.fakes.gateway import OPEN, Answer, fill, through
from tests.fakes.logged import invoke, logged
from tests.fakes.shapes import shaped
from tests.fakes.world import EVERYBODY, VISITORS, World
from tests.security.planted import (
    ADDRESS,
    CODE,
    DESCRIPTIONS,
    EMAIL,
    EVERYTHING,
    KEPT,
    NAME,
    NATIONAL,
    NEEDLE,
    SDP,
    SHOWN,
    WORD,
    Planting,
    held,
    misplaced,
)  # fmt: skip

SPEAKERS: Final = {
    "patient": p.FromPatient, "guest": p.FromGuest, "clinician": p.FromClinician, "secretary": p.FromSecretary,
    "worker": p.FromWorker,
}  # fmt: skip
EVENTS: Final = Path(__file__).parents[1] / "events"
TOKEN: Final = f"{WORD}.{WORD}.{WORD}"
"""In the shape of an ID token, so that it rides in the cookie of one."""
STORED: Final = {kind.__name__: fields for kind, fields in KEPT.items()}


class Broken(Exception):
    """An adapter's failure that quotes everything."""


def quoting() -> ClientError:
    """AWS refuses something and repeats it."""
    return ClientError({"Error": {"Code": "ValidationException", "Message": f"{EVERYTHING} {SDP}"}}, "PutItem")


FAILURES: Final[dict[str, Callable[[World], None]]] = {}


def failure(break_: Callable[[World], None]) -> Callable[[World], None]:
    FAILURES[break_.__name__] = break_
    return break_


@failure
def nothing(_: World) -> None:
    """All is well."""


@failure
def the_carrier(world: World) -> None:
    world.clinic.carrier.fail = NotSent(EVERYTHING, retry=True)


@failure
def the_carrier_unexpectedly(world: World) -> None:
    world.clinic.carrier.fail = quoting()


@failure
def the_table(world: World) -> None:
    def fail() -> None:
        raise quoting()

    world.clinic.store.before_write = fail


@failure
def the_scheduler(world: World) -> None:
    def fail(*_: object) -> None:
        raise quoting()

    vars(world.clinic.scheduler)["at"] = fail


@failure
def the_push(world: World) -> None:
    def fail(*_: object) -> bool:
        raise Broken(EVERYTHING)

    vars(world.clinic.push)["send"] = fail


@failure
def the_portals(world: World) -> None:
    def fail(*_: object, **__: object) -> None:
        raise Broken(EVERYTHING)

    for portal in (world.clinic.patients, world.clinic.employees):
        vars(portal).update(start=fail, finish=fail)


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    for who in SPEAKERS:
        made.connect(who)
    made.clinic.push.sent.clear()
    made.clinic.carrier.texts.clear()
    yield made
    made.close()


def known(world: World) -> dict[str, str]:
    """What must be right for a message or a body to be taken at all."""
    now = world.clinic.now(world.consultation)
    return {
        "consultation": now.id, "guest": world.guest.id, "department": "medisinsk", "clinician": "clinician",
        "staff": "clinician", "worker": "w1", "day": "2027-01-15", "first": "2027-01-15", "last": "2027-01-16",
        "room": f"{world.trust}.{now.id}.{now.call}",
    }  # fmt: skip


def look(world: World, log: str, kept_before: dict[Any, Record]) -> None:
    """Nothing planted where it may not be, but in answers, which `answered` looks at."""
    assert not NEEDLE.search(log), log
    assert not any(secret in log for secret in secrets(world)), log
    store, clinic = world.clinic.store, world.clinic
    for key, row in store.rows.items():
        if kept_before.get(key) is not row:
            assert not NEEDLE.search(" ".join(key)) or isinstance(row, Trust | Department | Staff), key
            assert not misplaced(row, STORED), row
            assert not any(secret in text for secret in secrets(world) for _, text in held(row)), row
    assert not NEEDLE.search(" ".join(store.counters))
    assert not NEEDLE.search(str(list(clinic.scheduler.planned)))
    for to, message in clinic.push.sent:
        if not isinstance(message, DESCRIPTIONS):
            assert not misplaced(message, SHOWN if to in STAFF or to in VISITORS else {}), (to, message)
    for _, text in clinic.carrier.texts:
        assert not any(needle in text for needle in (NAME, NATIONAL, EMAIL, WORD)), text


def secrets(world: World) -> list[str]:
    """Cookies, and the links that were sent."""
    links = [text.split("/i#")[1].split()[0] for _, text in world.clinic.carrier.texts if "/i#" in text]
    return [*world.cookies.values(), *links]


def answered(route: Route, answer: Answer) -> None:
    """Errors repeat nothing; what is given holds it only where the reader is to see it."""
    shown = {**answer.headers, "Set-Cookie": []}
    assert not NEEDLE.search(str(shown)), shown
    if answer.status >= 400 or route.gives is None:
        assert not NEEDLE.search(answer.body), answer.body
    elif route.gives is not dict[str, Any]:
        assert not misplaced(msgspec.json.decode(answer.body, type=route.gives), SHOWN), answer.body


def requests(world: World, route: Route, who: str) -> Iterator[dict[str, Any]]:
    """Everything that can be planted in a request of one door: well-formed, and in each way not."""
    places = fill(route, world.places)
    riding = f"{proof_cookie(world.consultation.id)}={TOKEN}"
    headers = world.headers(who, Cookie="; ".join(filter(None, (world.cookie(who), riding)))) | {
        "Idempotency-Key": EVERYTHING[:64], "User-Agent": EVERYTHING, "Referer": f"https://x.example/{WORD}",
        "X-Forwarded-For": f"203.0.113.9, {ADDRESS}", "Accept-Language": WORD, "X-Signature": WORD,
    }  # fmt: skip
    query = [(WORD, EVERYTHING), ("code", CODE), ("state", WORD), ("iss", WORD), ("error", WORD), ("sid", WORD)]
    if route.query is not None:
        asked = shaped(route.query, Planting(known(world)))
        query += [(name, str(value)) for name, value in asked.items()]
    bodies: list[bytes] = [EVERYTHING.encode(), json.dumps({WORD: EVERYTHING}).encode()]
    for turn in range(4 if route.takes is not None else 0):
        whole = shaped(route.takes, Planting(known(world), turn))
        bodies += [json.dumps(whole).encode(), json.dumps(whole | {WORD: NAME}).encode()]
        bodies += [json.dumps(whole | {field: EVERYTHING}).encode() for field in whole] if not turn else []
    for body in bodies:
        yield {"places": places, "query": query, "headers": headers, "body": body}
    first = {"query": query, "headers": headers, "body": bodies[-1]}
    for place in places:
        yield first | {"places": places | {place: WORD}}
        yield first | {"places": places | {place: EVERYTHING}}
    yield first | {
        "places": places,
        "headers": (headers | {"Cookie": f"{WORD}={NATIONAL}; {world.cookie(who)}"}),
    }
    yield first | {"places": places, "headers": headers | {"Cookie": f"__Host-s-{world.trust}={WORD}"}}
    yield first | {"places": places, "headers": headers | {"X-Venterom": WORD}}


@pytest.mark.parametrize("broken", FAILURES)
@pytest.mark.parametrize("route", OPEN, ids=lambda route: route.door)
def test_a_door_lets_nothing_through(world: World, route: Route, broken: str) -> None:
    store = world.clinic.store
    before = dict(store.rows)
    for who in EVERYBODY if broken == "nothing" else ("patient", *route.staff[:1]):
        for request in requests(world, route, who):
            store.rows = dict(before)
            store.counters.clear()
            FAILURES[broken](world)
            with logged() as log:
                answer = through(route.method, route.path, **request)
            answered(route, answer)
            look(world, log.getvalue(), before)
            world.clinic.push.sent.clear()


def in_a_call(world: World) -> None:
    """Patient and clinician talk over a worker, and the guest waits."""
    say = world.clinic.say
    say("patient", p.CheckIn(devices=p.DeviceReport()))
    say("clinician", p.Call(consultation=world.consultation.id))
    say("patient", p.Accept(consultation=world.consultation.id, call=1))
    say("guest", p.CheckIn(devices=p.DeviceReport()))
    assert world.clinic.now(world.consultation).call == 1


def messages(world: World, who: str) -> Iterator[str]:
    """Everything that can be planted in what a role says."""
    kinds: tuple[type[Message], ...] = typing.get_args(SPEAKERS[who])
    for kind in kinds:
        whole = shaped(kind, Planting(known(world)))
        whole |= {"call": 1} if "call" in whole else {}
        yield json.dumps(whole)
        yield json.dumps(whole | {WORD: NAME})
        for field in whole:
            yield json.dumps(whole | {field: EVERYTHING})
    yield json.dumps({"type": WORD, NAME: NATIONAL})
    yield EVERYTHING
    yield SDP


@pytest.mark.parametrize("broken", ["nothing", "the_table", "the_push"])
@pytest.mark.parametrize("talking", [False, True], ids=["before", "in the call"])
@pytest.mark.parametrize("who", SPEAKERS)
def test_a_socket_lets_nothing_through(world: World, who: str, talking: bool, broken: str) -> None:
    if talking:
        in_a_call(world)
    store = world.clinic.store
    before = dict(store.rows)
    for said in messages(world, who):
        store.rows = dict(before)
        world.clinic.push.sent.clear()
        FAILURES[broken](world)
        with logged() as log:
            invoke(doors.ws_message, socket_event("ws_message", who, body=said))
        look(world, log.getvalue(), before)


def socket_event(name: str, connection: str, **more: Any) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text()) | more
    event["requestContext"]["connectionId"] = connection
    return event


@pytest.mark.parametrize("broken", ["nothing", "the_table"])
def test_connecting_and_leaving_let_nothing_through(world: World, broken: str) -> None:
    before = dict(world.clinic.store.rows)
    for given in (WORD, EVERYTHING, f"worker.{WORD}.1.{WORD}.{WORD}", SDP):
        FAILURES[broken](world)
        with logged() as log:
            query = {"ticket": given, WORD: EVERYTHING}
            answer = invoke(doors.ws_connect, socket_event("ws_connect", "new", queryStringParameters=query))
            FAILURES[broken](world)
            invoke(doors.ws_disconnect, socket_event("ws_disconnect", "patient"))
        assert not NEEDLE.search(str(answer))
        look(world, log.getvalue(), before)


def by_name() -> dict[str, Any]:
    """Every function that is called by name or by the clock: what Chalice wraps, but for doors and sockets."""
    wrapped = {name: value for name, value in vars(doors).items() if isinstance(value, EventSourceHandler)}
    return {name: value for name, value in wrapped.items() if not isinstance(value, WebsocketEventSourceHandler)}


PAYLOADS: Final[tuple[dict[str, str], ...]] = (
    {"trust": WORD, "consultation": WORD, "reason": WORD},
    {"trust": "elvenes", "consultation": WORD, "reason": NAME},
    {WORD: EVERYTHING},
    {},
)


@pytest.mark.parametrize("broken", FAILURES)
@pytest.mark.parametrize("function", by_name())
def test_a_function_called_by_name_lets_nothing_through(world: World, function: str, broken: str) -> None:
    scheduled = json.loads((EVENTS / "schedule.json").read_text())
    now = world.clinic.now(world.consultation)
    told = {"trust": world.trust, "consultation": now.id, "reason": now.reason}
    for payload in (*PAYLOADS, told, scheduled, scheduled | {"detail": {WORD: EVERYTHING}}):
        before = dict(world.clinic.store.rows)
        FAILURES[broken](world)
        with logged() as log:
            invoke(by_name()[function], payload)
        look(world, log.getvalue(), before)
