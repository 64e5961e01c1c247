"""A table, a vault, a scheduler and sockets' gateway that are overloaded: tried again a little, then «wait».

A server on loopback answers as DynamoDB does, so that botocore's and pynamodb's own tries are looked at too.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError
from pynamodb.exceptions import PynamoDBException

from chalicelib import protocol as p
from chalicelib.busy import SECONDS, is_busy, told_as_busy
from chalicelib.errors import Busy
from chalicelib.lifecycle import Role
from chalicelib.push import GatewayPush
from chalicelib.records import Once, Socket
from chalicelib.schedule import AwsScheduler
from chalicelib.store import TRIES, Create, DynamoStore, Put, Refused
from chalicelib.wiring import SECRET_SECONDS, STALE_SECONDS, Services
from tests.fakes.clinic import SETTINGS, Clinic

Say = tuple[int, dict[str, Any]]
THROTTLED: Say = (400, {"__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException", "message": "a secret"})
EXCEEDED: Say = (400, {"__type": "x#ProvisionedThroughputExceededException", "message": "a secret"})
IN_PROGRESS: Say = (400, {"__type": "x#TransactionInProgressException", "message": "a secret"})
BROKEN: Say = (500, {"__type": "x#InternalServerError", "message": "a secret"})
NOT_ALLOWED: Say = (400, {"__type": "x#AccessDeniedException", "message": "a secret"})
DONE: Say = (200, {})


def cancelled(*reasons: str) -> Say:
    """A transaction that was not made, and why each of its writes was not."""
    said = [{"Code": reason} for reason in reasons]
    return 400, {"__type": "x#TransactionCanceledException", "message": "a secret", "CancellationReasons": said}


class Table:
    """Answers what it is told, one answer after the other, the last one for ever; counts what it was asked."""

    def __init__(self) -> None:
        self.answers: list[Say] = [DONE]
        self.asked: Counter[str] = Counter()
        self.tokens: list[str] = []

    def answer(self, operation: str, body: dict[str, Any]) -> Say:
        self.asked[operation] += 1
        if token := body.get("ClientRequestToken"):
            self.tokens.append(token)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """The address of a server on loopback."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def listening(table: Table) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, said = table.answer(self.headers["X-Amz-Target"].split(".")[1], body)
            sent = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.0")
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *_: Any) -> None:
            pass

    with serving(Handler) as address:
        yield address


@pytest.fixture
def table() -> Table:
    return Table()


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def store(table: Table, pauses: list[float], monkeypatch: pytest.MonkeyPatch) -> Iterator[DynamoStore]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "local")
    with listening(table) as address:
        yield DynamoStore("t", "eu-north-1", address, lambda: 1_800_000_000, pauses.append)


ONCE = Once(name="n", expires=1_900_000_000)
OPERATIONS: dict[str, Callable[[DynamoStore], object]] = {
    "GetItem": lambda store: store.get(Once, ONCE.key()),
    "Query": lambda store: store.query(Once, "pk", ""),
    "BatchGetItem": lambda store: store.many(Once, [ONCE.key()]),
    "UpdateItem": lambda store: store.renew_socket("c", 1),
    "TransactWriteItems": lambda store: store.write([Create(ONCE)]),
}


@pytest.mark.parametrize(
    ("operation", "said"), list(zip(OPERATIONS, [THROTTLED, EXCEEDED, BROKEN, THROTTLED, EXCEEDED], strict=True))
)
def test_a_table_that_stays_overloaded_is_busy_after_three_tries(
    store: DynamoStore, table: Table, operation: str, said: Say
) -> None:
    table.answers = [said]
    with pytest.raises(Busy) as busy:
        OPERATIONS[operation](store)
    assert 1 <= busy.value.wait_seconds <= SECONDS
    assert table.asked == {operation: 3}


class HangsUp(BaseHTTPRequestHandler):
    """Takes what is asked and answers nothing."""

    def do_POST(self) -> None:
        self.close_connection = True


@pytest.mark.parametrize("operation", ["GetItem", "UpdateItem"])
def test_a_table_that_hangs_up_is_busy_too(operation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "local")
    with serving(HangsUp) as address, pytest.raises(Busy):
        OPERATIONS[operation](DynamoStore("t", "eu-north-1", address, lambda: 1_800_000_000))


def test_a_table_that_was_overloaded_for_a_moment_is_none_the_worse(store: DynamoStore, table: Table) -> None:
    table.answers = [THROTTLED, IN_PROGRESS, DONE]
    store.write([Create(ONCE)])
    assert table.asked == {"TransactWriteItems": 3}
    assert len(set(table.tokens)) == 1, "DynamoDB knows the same transaction again, and makes it once"


@pytest.mark.parametrize("reason", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"])
def test_a_cancelled_transaction_is_tried_again_with_growing_pauses(
    store: DynamoStore, table: Table, pauses: list[float], reason: str
) -> None:
    table.answers = [cancelled("None", reason)]
    with pytest.raises(Busy):
        store.write([Put(ONCE), Put(Once(name="m"))])
    assert table.asked == {"TransactWriteItems": TRIES}
    assert len(pauses) == TRIES - 1
    assert all(0 <= pause <= 0.02 * 2**n for n, pause in enumerate(pauses))


def test_a_condition_that_does_not_hold_decides_whatever_else_was_the_matter(store: DynamoStore, table: Table) -> None:
    table.answers = [cancelled("ThrottlingError", "ConditionalCheckFailed")]
    with pytest.raises(Refused) as refused:
        store.write([Create(ONCE), Create(Once(name="m"))])
    assert refused.value.failed == {1}
    assert table.asked == {"TransactWriteItems": 1}


def test_what_does_not_pass_by_itself_is_not_tried_again(store: DynamoStore, table: Table) -> None:
    table.answers = [NOT_ALLOWED]
    with pytest.raises(PynamoDBException):
        store.get(Once, ONCE.key())
    assert table.asked == {"GetItem": 1}


def test_nobody_answering_is_busy_too() -> None:
    for timeout in (
        ConnectTimeoutError(endpoint_url="http://nobody.example"),
        ReadTimeoutError(endpoint_url="http://nobody.example"),
    ):
        with pytest.raises(Busy), told_as_busy():
            raise timeout


def answered(code: str, status: int) -> ClientError:
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "Any")


@pytest.mark.parametrize(
    ("code", "status", "passes"),
    [
        ("ThrottlingException", 400, True),
        ("LimitExceededException", 429, True),
        ("SlowDown", 503, True),
        ("Anything", 502, True),
        ("ConflictException", 409, False),
        ("AccessDeniedException", 403, False),
        ("ResourceNotFoundException", 400, False),
    ],
)
def test_what_passes_by_itself(code: str, status: int, passes: bool) -> None:
    assert is_busy(answered(code, status)) is passes


class Scheduler:
    """boto3's client of the scheduler."""

    class exceptions:  # noqa: N801 - boto3's own name
        class ConflictException(Exception):
            pass

    def create_schedule(self, **_: Any) -> None:
        raise answered("ThrottlingException", 429)


def test_a_scheduler_that_is_overloaded_is_busy() -> None:
    with pytest.raises(Busy):
        AwsScheduler(Scheduler(), SETTINGS).at(1_800_000_000, "elvenes", "c1", "invite-1")


class Vault:
    """boto3's client of Secrets Manager."""

    def __init__(self) -> None:
        self.fails = False

    def get_secret_value(self, **_: Any) -> dict[str, str]:
        if self.fails:
            raise answered("InternalServiceError", 500)
        return {"SecretString": "s"}


def test_a_secret_that_cannot_be_read_anew_is_used_on_for_a_while() -> None:
    now = 1_800_000_000.0
    services, vault = Services(SETTINGS, lambda: now), Vault()
    vars(services)["_vault"] = vault
    vault.fails = True
    with pytest.raises(Busy):
        services.secret("pepper")
    vault.fails = False
    assert services.secret("pepper") == "s"
    vault.fails = True
    now += SECRET_SECONDS
    assert services.secret("pepper") == "s"
    now += STALE_SECONDS
    with pytest.raises(Busy):
        services.secret("pepper")


class Failing:
    """A store whose every operation is refused for being too busy, from the n-th on."""

    def __init__(self, store: Any, after: int) -> None:
        self._store, self._left = store, after

    def __getattr__(self, name: str) -> Any:
        self._left -= 1
        if self._left < 0:
            raise Busy(3)
        return getattr(self._store, name)


def parts(clinic: Clinic) -> list[Any]:
    """Everything that holds the store."""
    return [part for part in vars(clinic.services).values() if hasattr(part, "_store")]


@pytest.mark.parametrize("after", range(12))
def test_a_message_that_meets_a_busy_table_is_answered_so_and_can_be_said_again(after: int) -> None:
    clinic = Clinic()
    waiting = clinic.waiting()
    held = parts(clinic)
    failing = Failing(clinic.store, after)
    for part in held:
        part._store = failing
    said = clinic.say("C", p.Call(consultation=waiting.id))
    for part in held:
        part._store = clinic.store
    if said != "call":
        assert said == "busy"
        told = [m for m in clinic.push.to("C") if isinstance(m, p.Error)][-1]
        assert (told.code, told.retry) == ("busy", True)
    assert clinic.say("C", p.Call(consultation=waiting.id)) == "call"
    assert clinic.now(waiting).call == 1
    assert [m for m in clinic.push.to("P") if isinstance(m, p.Ringing)]


def test_a_socket_that_is_told_there_are_too_many_keeps_its_seat(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "local")

    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            asked.append(self.path)
            self.send_response(429)
            self.send_header("x-amzn-ErrorType", "LimitExceededException")
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: Any) -> None:
            pass

    with serving(Handler) as address:
        client = boto3.client(
            "apigatewaymanagementapi",
            region_name="eu-north-1",
            endpoint_url=address,
            config=Config(retries={"mode": "standard", "total_max_attempts": 3}),
        )
        clinic = Clinic()
        called = clinic.calling()
        gateway = GatewayPush(client)
        clinic.push.send = gateway.send  # type: ignore[method-assign]
        assert clinic.services.sockets.to_seat(called, p.Seat.PATIENT, p.Pong())
        assert len(asked) == 3
    held = clinic.services.sockets.seat(clinic.trust, called.id, p.Seat.PATIENT)
    assert held is not None
    assert clinic.store.get(Socket, Socket(connection="P", role=Role.PATIENT).key())
