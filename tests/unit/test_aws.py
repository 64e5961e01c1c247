"""The adapters to AWS: what they ask for, and what they make of its answers."""

import time
from collections.abc import Iterator
from typing import Any

import boto3
import msgspec
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from moto import mock_aws

from chalicelib.protocol import Pong
from chalicelib.push import GatewayPush
from chalicelib.rest import Rules
from chalicelib.rotation import KEEP, Secret
from chalicelib.schedule import AwsScheduler
from chalicelib.wiring import ROTATION_SECONDS, SECRET_SECONDS, Services
from tests.fakes.clinic import SETTINGS


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in {"ACCESS_KEY_ID": "test", "SECRET_ACCESS_KEY": "test", "DEFAULT_REGION": "eu-north-1"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    with mock_aws():
        yield


def test_a_schedule_is_asked_for_once_in_utc_and_goes_when_it_is_done(aws: None) -> None:
    client = boto3.client("scheduler")
    scheduler = AwsScheduler(client, SETTINGS)
    for _ in range(2):
        scheduler.at(1_800_000_000, "elvenes", "c1", "invite-1")
    (listed,) = client.list_schedules()["Schedules"]
    made = client.get_schedule(Name=listed["Name"])
    assert made["ScheduleExpression"] == "at(2027-01-15T08:00:00)"
    assert (made["ScheduleExpressionTimezone"], made["ActionAfterCompletion"]) == ("UTC", "DELETE")
    assert made["Target"]["Arn"] == SETTINGS.deliver_function
    assert made["Target"]["Input"] == '{"trust": "elvenes", "consultation": "c1", "reason": "invite-1"}'
    scheduler.at(1_800_000_000, "a-trust-with-a-name-as-long-as-one-can-have-it-" * 2, "c1", "close")
    assert len(client.list_schedules()["Schedules"]) == 2


def test_a_schedules_name_is_as_long_as_it_may_be_and_another_for_another_reason(aws: None) -> None:
    client = boto3.client("scheduler")
    for reason in ("announce-1-0-", "announce-2-0-", "announce-1-0-"):
        AwsScheduler(client, SETTINGS).at(1_800_000_000, "t" * 64, "t" * 64, reason)
    names = [listed["Name"] for listed in client.list_schedules()["Schedules"]]
    assert (len(names), max(len(name) for name in names)) == (2, 64)


class Gateway:
    """boto3's client of API Gateway's connection management."""

    def __init__(self, error: Exception | None) -> None:
        self.error = error
        self.posted: list[tuple[str, bytes]] = []
        self.closed: list[str] = []

    def post_to_connection(self, *, ConnectionId: str, Data: bytes) -> None:  # noqa: N803 - boto3's own names
        if self.error:
            raise self.error
        self.posted.append((ConnectionId, Data))

    def delete_connection(self, *, ConnectionId: str) -> None:  # noqa: N803
        self.closed.append(ConnectionId)
        if self.error:
            raise self.error


def answered(status: int) -> ClientError:
    return ClientError({"ResponseMetadata": {"HTTPStatusCode": status}}, "PostToConnection")


@pytest.mark.parametrize(
    ("error", "reached"),
    [
        (None, True),
        (answered(410), False),
        (answered(429), True),
        (answered(413), True),
        (EndpointConnectionError(endpoint_url="https://push.example"), True),
    ],
)
def test_only_a_socket_that_is_gone_counts_as_gone(error: Exception | None, reached: bool) -> None:
    gateway = Gateway(error)
    assert GatewayPush(gateway).send("C", Pong()) is reached
    assert gateway.posted == ([] if error else [("C", b'{"type":"pong"}')])


def test_the_login_keys_are_made_once_and_turned_over_on_demand(aws: None) -> None:
    vault: Any = boto3.client("secretsmanager")
    vault.create_secret(Name=SETTINGS.secret_oidc, SecretString="what the template generated")
    later = lambda: time.time() + ROTATION_SECONDS  # noqa: E731 - a clock
    assert Services(SETTINGS).rotate_secret(Secret.LOGIN_KEYS, only_if_missing=True), "what is new but no key set"
    first = Services(SETTINGS).public_login_keys()
    assert not Services(SETTINGS, later).rotate_secret(Secret.LOGIN_KEYS, only_if_missing=True)
    assert Services(SETTINGS).public_login_keys() == first
    assert Services(SETTINGS, later).rotate_secret(Secret.LOGIN_KEYS)
    assert Services(SETTINGS).public_login_keys() != first
    assert '"d"' not in first


@pytest.mark.parametrize("secret", [Secret.PEPPER, Secret.TURN, Secret.WORKER, Secret.PROBE])
def test_a_ring_is_turned_over_once_however_often_it_is_asked_for(aws: None, secret: Secret) -> None:
    vault: Any = boto3.client("secretsmanager")
    name = getattr(SETTINGS, f"secret_{secret}")
    vault.create_secret(Name=name, SecretString="plain")
    later = lambda: time.time() + ROTATION_SECONDS  # noqa: E731 - a clock
    assert not Services(SETTINGS).rotate_secret(secret), "it was only just made"
    assert Services(SETTINGS, later).rotate_secret(secret)
    once = Services(SETTINGS).ring(name)
    assert once.current == "plain"
    assert not Services(SETTINGS).rotate_secret(secret), "EventBridge calls at least once"
    assert Services(SETTINGS).ring(name) == once
    assert not Services(SETTINGS, later).rotate_secret(secret, only_if_missing=True)
    assert Services(SETTINGS, later).rotate_secret(secret)
    assert Services(SETTINGS).ring(name).current == once.keys[1]


@pytest.mark.parametrize("secret", [Secret.PEPPER, Secret.TURN, Secret.WORKER, Secret.PROBE])
def test_a_key_that_leaked_signs_nothing_more_at_once(aws: None, secret: Secret) -> None:
    vault: Any = boto3.client("secretsmanager")
    name = getattr(SETTINGS, f"secret_{secret}")
    vault.create_secret(Name=name, SecretString="leaked")
    assert Services(SETTINGS).rotate_secret(secret, leaked=True)
    ring = Services(SETTINGS).ring(name)
    assert ring.current != "leaked"
    assert ("leaked" in ring.keys) == (secret is Secret.PEPPER), "what was hashed with it is still found"


def test_a_process_notices_a_new_secret_within_minutes(aws: None) -> None:
    vault: Any = boto3.client("secretsmanager")
    vault.create_secret(Name=SETTINGS.secret_worker, SecretString="old")
    time_now = time.time()
    running = Services(SETTINGS, lambda: time_now)
    assert running.secret(SETTINGS.secret_worker) == "old"
    vault.put_secret_value(SecretId=SETTINGS.secret_worker, SecretString="new")
    assert running.secret(SETTINGS.secret_worker) == "old", "it is not read every time"
    time_now += SECRET_SECONDS
    assert running.secret(SETTINGS.secret_worker) == "new"


def test_rings_are_kept_as_long_as_what_was_written_with_them() -> None:
    longest = max(find_days(field) for field in msgspec.structs.fields(Rules) if field.name.startswith("keep_"))
    assert KEEP[Secret.PEPPER] * 365 >= longest + 2 * 365, "one more is in use, one comes next"


def find_days(field: msgspec.structs.FieldInfo) -> int:
    """The most days that a rule allows."""
    kind = msgspec.inspect.type_info(field.type)
    assert isinstance(kind, msgspec.inspect.IntType)
    return kind.le or 0


def test_closing_a_socket_that_is_gone_is_no_error() -> None:
    for error in (None, answered(410), EndpointConnectionError(endpoint_url="https://push.example")):
        gateway = Gateway(error)
        GatewayPush(gateway).close("C")
        assert gateway.closed == ["C"]
