"""DynamoDB Local, started once, and a table of its own for each test."""

import os
import secrets
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from threading import Event

import boto3
import pytest

from chalicelib.store import DynamoStore, Store
from local.children import free_port
from tests.fakes.store import FakeStore
from tools.dynamodb_local import command, fetch


class Clock:
    """The store's time, moved by hand."""

    def __init__(self) -> None:
        self.time = 1_800_000_000

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def dynamodb() -> Iterator[str]:
    """The address of a running DynamoDB Local."""
    port = free_port()
    process = subprocess.Popen(
        command(port), cwd=fetch(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, process_group=0
    )
    address = f"http://127.0.0.1:{port}"
    pause = Event()
    for _ in range(600):
        assert process.poll() is None, "DynamoDB Local ended"
        try:
            urllib.request.urlopen(address, timeout=5)
        except urllib.error.HTTPError:
            break
        except OSError:
            pause.wait(0.1)
    yield address
    os.killpg(process.pid, signal.SIGTERM)
    process.wait()


@pytest.fixture
def dynamo_store(dynamodb: str, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> DynamoStore:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "local")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "local")
    table = f"t{secrets.token_hex(8)}"
    strings = [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "day_pk", "day_sk")]
    boto3.client("dynamodb", region_name="eu-north-1", endpoint_url=dynamodb).create_table(
        TableName=table,
        AttributeDefinitions=strings,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by_day",
                "KeySchema": [
                    {"AttributeName": "day_pk", "KeyType": "HASH"},
                    {"AttributeName": "day_sk", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    return DynamoStore(table, "eu-north-1", dynamodb, clock)


@pytest.fixture(params=["fake", "dynamodb"])
def store(request: pytest.FixtureRequest, clock: Clock) -> Store:
    return FakeStore(clock) if request.param == "fake" else request.getfixturevalue("dynamo_store")
