"""The whole table is read from DynamoDB as from memory, and nothing in it is passed over."""

from typing import Any

import boto3
import pytest

from chalicelib.store import DynamoStore
from tests.fakes.clinic import Clinic
from tests.fakes.store import FakeStore
from tests.invariants import ALWAYS, AT_REST, broken


@pytest.fixture
def clinic(dynamo_store: DynamoStore, clock) -> Clinic:
    made = Clinic(store=dynamo_store, clock=clock)
    made.joined()
    return made


def item(pk: str, sk: str, **fields: Any) -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"S": sk}, **fields}


def test_what_is_read_back_is_what_was_kept(clinic: Clinic, clock) -> None:
    table, alike = clinic.table(), Clinic(store=FakeStore(clock), clock=clock)
    alike.joined()
    kinds = sorted(type(row).__name__ for row in table.rows.values())
    assert kinds == sorted(type(row).__name__ for row in alike.table().rows.values())
    assert broken(table, [*ALWAYS, *AT_REST]) == []


@pytest.mark.untrue("that is what it is about")
@pytest.mark.parametrize(
    "wrong",
    [
        item("NOBODY#knows", "THIS"),
        item("ONCE#x", "ONCE"),
        item("ONCE#x", "ONCE", body={"S": "{"}, expires={"N": "1800000009"}),
        item("ONCE#x", "ONCE", body={"S": '{"name":"x","expires":1800000009}'}, expires={"N": "1800000008"}),
        item("ONCE#x", "ONCE", body={"S": '{"name":"y","expires":1800000009}'}, expires={"N": "1800000009"}),
        item("LIMIT#x", "LIMIT", version={"N": "1"}),
    ],
    ids=["unknown", "no_body", "unreadable", "attribute_differs", "another_key", "counter_for_ever"],
)
def test_what_is_wrong_with_a_row_is_said(clinic: Clinic, wrong: dict[str, Any]) -> None:
    meta = clinic.store._row.Meta
    boto3.client("dynamodb", region_name=meta.region, endpoint_url=meta.host).put_item(
        TableName=meta.table_name, Item=wrong
    )
    assert len(broken(clinic.table(), ALWAYS)) == 1
