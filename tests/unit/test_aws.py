"""The adapters to AWS: what they ask for, and what they make of its answers."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from moto import mock_aws

from chalicelib.protocol import Pong
from chalicelib.push import GatewayPush
from chalicelib.schedule import AwsScheduler
from chalicelib.wiring import Services
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


class Gateway:
    """boto3's client of API Gateway's connection management."""

    def __init__(self, error: Exception | None) -> None:
        self.error = error
        self.posted: list[tuple[str, bytes]] = []

    def post_to_connection(self, *, ConnectionId: str, Data: bytes) -> None:  # noqa: N803 - boto3's own names
        if self.error:
            raise self.error
        self.posted.append((ConnectionId, Data))


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
    assert Services(SETTINGS).rotate_login_key(only_if_missing=True)
    first = Services(SETTINGS).public_login_keys()
    assert not Services(SETTINGS).rotate_login_key(only_if_missing=True)
    assert Services(SETTINGS).public_login_keys() == first
    assert Services(SETTINGS).rotate_login_key(only_if_missing=False)
    assert Services(SETTINGS).public_login_keys() != first
    assert '"d"' not in first
