"""What the meter counts is what AWS would charge: units, messages, time of functions, and what stands there."""

from typing import Any

import pytest

from bench import meter
from bench.metered import CALL_MS, amounts, busy_ms, operations
from bench.standing import month
from chalicelib.protocol import MAX_MESSAGE

TWO: dict[str, Any] = {"TransactItems": [{}, {}]}


@pytest.mark.parametrize(
    ("action", "asked", "consumed", "counted"),
    [
        ("GetItem", {}, {"CapacityUnits": 1.0}, 1.0),
        ("Query", {}, {"CapacityUnits": 0.5}, 0.5),
        ("BatchGetItem", {}, [{"CapacityUnits": 1.0}, {"CapacityUnits": 2.0}], 3.0),
        ("TransactWriteItems", TWO, [{"CapacityUnits": 10.0}], 10.0),
        ("TransactWriteItems", TWO, [], 4.0),
    ],
)
def test_units_are_the_engines(action: str, asked: dict[str, Any], consumed: Any, counted: float) -> None:
    assert meter.units(action, asked, {"ConsumedCapacity": consumed}) == counted


@pytest.mark.parametrize(("action", "counted"), [("GetItem", 0), ("UpdateItem", 1), ("TransactWriteItems", 4)])
def test_what_is_refused_takes_units_too(action: str, counted: int) -> None:
    assert meter.refused(action, TWO) == counted


@pytest.mark.parametrize(
    ("size", "counted"),
    [(0, 1), (1, 1), (meter.MESSAGE_BYTES, 1), (meter.MESSAGE_BYTES + 1, 2), (MAX_MESSAGE, 4)],
)
def test_messages_are_charged_by_32_kb(size: int, counted: int) -> None:
    assert meter.messages(size) == counted


def test_a_message_is_named_by_its_type_and_nothing_else() -> None:
    event = {"requestContext": {"eventType": "MESSAGE"}, "body": '{"type":"check_in","devices":{}}'}
    assert meter.kind(event) == "check_in"
    assert meter.kind({"requestContext": {"eventType": "MESSAGE"}, "body": "no JSON"}) == ""
    assert meter.kind({"requestContext": {"resourcePath": "/enter"}, "body": '{"secret":"s"}'}) == "/enter"


def test_a_function_with_half_a_core_takes_twice_as_long() -> None:
    entry = meter.Entry(at=0, what="lambda_ms", amount=900, cpu_ms=10, memory_mb=1769 // 2)
    assert busy_ms(entry) == pytest.approx(20, rel=0.01)
    assert busy_ms(meter.Entry(at=0, what="lambda_ms", cpu_ms=10, memory_mb=4096)) == 10


def test_entries_are_summed_by_the_names_of_prices() -> None:
    entries = [
        meter.Entry(at=0, what="lambda_ms", amount=500, by="send", cpu_ms=10, memory_mb=1769),
        meter.Entry(at=0, what="table_write", amount=6, by="send", of="TransactWriteItems"),
        meter.Entry(at=0, what="table_read", amount=1, by="send", of="GetItem"),
        meter.Entry(at=0, what="sms", amount=2, by="send"),
        meter.Entry(at=0, what="answer_bytes", amount=1e9, by="send"),
        meter.Entry(at=0, what="rest_request", by="send"),
        meter.Entry(at=0, what="socket_open", by="send"),
        meter.Entry(at=0, what="socket_open", amount=-1, by="send"),
    ]
    found = amounts(entries, scheduled="send")
    assert found.pop("lambda_gb_second") == pytest.approx((10 + 3 * CALL_MS) / 1000 * 1769 / 1024)
    assert found == {
        "lambda_request": 1, "schedule_call": 1, "table_write": 6, "table_read": 1, "sms": 2, "page_gb": 1.0,
        "rest_request": 1, "page_request": 2,
    }  # fmt: skip
    assert operations(entries) == {
        "GetItem": {"count": 1, "read_units": 1},
        "TransactWriteItems": {"count": 1, "write_units": 6},
    }


def test_what_stands_there_is_counted_in_the_templates() -> None:
    template: dict[str, Any] = {
        "Key": {"Type": "AWS::KMS::Key"},
        "Balancer": {"Type": "AWS::ElasticLoadBalancingV2::LoadBalancer"},
        "Task": {"Type": "AWS::ECS::TaskDefinition", "Properties": {"Cpu": "512", "Memory": "1024"}},
        "Service": {
            "Type": "AWS::ECS::Service",
            "Properties": {"DesiredCount": 2, "TaskDefinition": {"Ref": "Task"}},
        },
        "Table": {"Type": "AWS::DynamoDB::Table"},
    }
    assert month([template]) == {
        "key_month": 1, "balancer_hour": 730, "vcpu_hour": 730, "memory_gb_hour": 1460, "address_hour": 1460,
    }  # fmt: skip
