"""What a consultation costs: the price list is dated and complete, and the formula adds up."""

import datetime

import msgspec
import pytest

from infra.prices import AMOUNTS, Amounts, amounts, prices

LIST = """
read = 2026-11-26
[aws]
table_write = { usd = 0.5, unit = "write", source = "https://aws.example/table" }
mail = { usd = 0.1, unit = "e-mail", source = "https://aws.example/mail" }
[beside]
[others]
"""


def measured(**more: dict[str, float]) -> Amounts:
    parts = ("once", "waiting_minute", "talking_minute", "worker_minute", "month")
    nothing: dict[str, dict[str, float]] = {part: {} for part in parts}
    return Amounts(measured=datetime.date(2026, 11, 26), worker_minutes=0.5, **nothing | more)


def test_each_price_says_whose_it_is_and_the_list_when_it_was_read() -> None:
    listed = prices()
    assert listed.read <= datetime.datetime.now(datetime.UTC).date()
    for price in [*listed.aws.values(), *listed.beside.values(), *listed.others.values()]:
        assert price.usd > 0
        assert price.source.startswith("https://")
        assert price.unit


def test_amounts_are_priced_by_name() -> None:
    listed = prices(LIST)
    assert listed.usd({"table_write": 4, "mail": 0}) == {"table_write": 2.0}
    assert listed.sum({"table_write": 4, "mail": 10}) == pytest.approx(3.0)
    with pytest.raises(KeyError, match="gold"):
        listed.sum({"gold": 1})


def test_a_consultation_is_what_it_takes_once_by_the_minute_and_its_share_of_what_stands_there() -> None:
    found = measured(
        once={"mail": 1}, waiting_minute={"table_write": 1}, talking_minute={"table_write": 2},
        worker_minute={"table_write": 10}, month={"mail": 300},
    ).consultation(talking=20, waiting=10, a_month=100)  # fmt: skip
    assert found == {"mail": 1 + 3, "table_write": 10 + 40 + 10 * 0.5 * 20}


def test_a_field_that_is_not_known_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="euro"):
        prices(LIST.replace("unit = ", "euro = 1, unit = ", 1))


def test_what_was_measured_has_a_price() -> None:
    if not AMOUNTS.exists():
        pytest.fail("make cost has not been run")
    total = amounts().consultation(talking=20, waiting=10, a_month=10_000)
    assert prices().sum(total) > 0
