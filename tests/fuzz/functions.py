"""Fuzz targets of the functions: every door, every message of every role, passes, and what an issuer answers."""

import io
import json
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, Final

import msgspec

import app as doors
from chalicelib import errors, protocol
from chalicelib.errors import VenteromError
from chalicelib.lifecycle import STAFF, Role
from chalicelib.records import from_body, to_body
from chalicelib.register import Entry
from chalicelib.rest import ErrorBody
from chalicelib.routes import Who
from chalicelib.signaling import PARSERS
from chalicelib.tokens import check_worker_pass, worker_pass
from tests.fakes.gateway import OPEN, fill, through
from tests.fakes.shapes import shaped
from tests.fakes.world import EVERYBODY, VISITORS, World
from tests.fuzz.picks import Fuzzed

CODES: Final = {
    kind.code for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, VenteromError)
}
CONNECT: Final = json.loads((Path(__file__).parents[1] / "events" / "ws_connect.json").read_text())
SPEAKERS: Final = {
    **dict.fromkeys(("unproven", "patient"), protocol.FromPatient),
    "guest": protocol.FromGuest,
    "clinician": protocol.FromClinician,
    "secretary": protocol.FromSecretary,
    "worker": protocol.FromWorker,
}


class Present:
    """A world that is as new before each run, and whose rows must be readable after it."""

    def __init__(self) -> None:
        with redirect_stdout(io.StringIO()):
            self.world = World()
            self.speakers = [who for who in SPEAKERS if _role(who) in PARSERS]
            for who in self.speakers:
                self.world.connect(who)
        self._rows = dict(self.world.clinic.store.rows)

    def again(self) -> World:
        clinic = self.world.clinic
        clinic.store.rows = dict(self._rows)
        clinic.store.counters.clear()
        for kept in (clinic.push.sent, clinic.carrier.texts, clinic.carrier.mails, clinic.scheduler.planned):
            kept.clear()
        return self.world

    def check_rows(self) -> None:
        """Whatever was written can be read back, and is the same then."""
        for key, row in self.world.clinic.store.rows.items():
            if self._rows.get(key) is not row:
                assert from_body(type(row), to_body(row)) == row
                assert all(1 <= len(part.encode()) <= 1024 for part in key), "DynamoDB's limits of keys"


_present: list[Present] = []


def present() -> Present:
    """One for all runs."""
    if not _present:
        _present.append(Present())
    return _present[0]


def door(data: bytes) -> None:
    """A request: never above 4xx but "try again", an error in our words, rows that can be read."""
    pick, now = Fuzzed(data), present()
    world = now.again()
    route = pick.one(OPEN)
    # Half of the time somebody whom the door is made for.
    fit = [who for who in EVERYBODY if who in route.staff] or list(VISITORS)
    who = pick.one(fit if pick.yes() else EVERYBODY)
    places = {name: pick.anything() or "x" if not pick.data.ConsumeIntInRange(0, 5) else value
              for name, value in world.places.items()}  # fmt: skip
    query = [(pick.anything(), pick.anything())] if not pick.data.ConsumeIntInRange(0, 9) else []
    if route.query is not None:
        query += [(name, str(value)) for name, value in shaped(route.query, pick).items()]
    if route.who is Who.ANYBODY and route.method == "GET":
        query += [(name, pick.anything()) for name in ("code", "state", "iss", "error", "sid") if pick.yes()]
    headers = world.headers(who) | {"Idempotency-Key": pick.anything()}
    for name in ("X-Forwarded-For", "Cookie", "X-Venterom", "X-Signature", "User-Agent"):
        if not pick.data.ConsumeIntInRange(0, 9):
            headers[name] = pick.anything()
    body = (
        pick.json(shaped(route.takes, pick)) if route.takes is not None and pick.data.ConsumeIntInRange(0, 7) else None
    )
    if body is None:
        body = pick.some()
    with redirect_stdout(io.StringIO()):
        answer = through(route.method, route.path, fill(route, places), query, headers.items(), body)
    assert answer.status < 500 or answer.status == 503, (route.door, answer.status)
    if answer.status >= 400:
        assert msgspec.json.decode(answer.body, type=ErrorBody).code in CODES
    json.dumps(answer.headers).encode()
    now.check_rows()


def message(data: bytes) -> None:
    """A message on a socket: its type or a code, never a fault; rows that can be read."""
    pick, now = Fuzzed(data), present()
    world = now.again()
    for _ in range(pick.data.ConsumeIntInRange(1, 4)):
        who = pick.one(now.speakers)
        said = shaped(SPEAKERS[who], pick)
        if "consultation" in said and pick.data.ConsumeIntInRange(0, 7):
            said["consultation"] = world.consultation.id
            said["call"] = world.clinic.now(world.consultation).call
        raw = pick.json(said) if pick.data.ConsumeIntInRange(0, 15) else pick.some()
        outcome = world.clinic.services.signaling.message(who, raw)
        if outcome == "ended":  # what was said before has ended this very socket
            assert world.clinic.services.sockets.find(who) is None
            continue
        assert outcome in CODES - {"internal"} or outcome == said["type"], outcome
    now.check_rows()


def ticket(data: bytes) -> None:
    """What stands behind ``?ticket=``: refused, or a genuine pass."""
    pick, now = Fuzzed(data), present()
    world = now.again()
    at = world.clinic.clock()
    genuine = worker_pass("worker", "w1", at)
    cut = pick.data.ConsumeIntInRange(0, len(genuine))
    for given in (
        pick.anything(),
        genuine[:cut] + pick.anything() + genuine[cut + pick.data.ConsumeIntInRange(0, 3) :],
    ):
        with redirect_stdout(io.StringIO()):
            answer = doors.ws_connect(CONNECT | {"queryStringParameters": {"ticket": given}}, None)
        assert answer is None or answer["statusCode"] in (200, 401, 410), answer
        try:
            check_worker_pass("worker", given, at)
        except errors.TicketInvalid:
            continue
    now.check_rows()


def entry(data: bytes) -> None:
    """A trust's register: taken or refused as a whole."""
    pick, now = Fuzzed(data), present()
    world = now.again()
    given: Any = shaped(Entry, pick) if pick.data.ConsumeIntInRange(0, 7) else pick.words()
    try:
        with redirect_stdout(io.StringIO()):
            world.clinic.services.register.enter(given)
    except (msgspec.ValidationError, VenteromError):
        assert {k: v for k, v in world.clinic.store.rows.items() if now._rows.get(k) is not v} == {}
    now.check_rows()


def _role(who: str) -> Role:
    return Role(who) if who in STAFF or who in ("guest", "worker") else Role.PATIENT
