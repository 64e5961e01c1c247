"""What a consultation costs: the price list is dated and complete, and the formula adds up."""

import datetime
import json
import re
from pathlib import Path

import msgspec
import pytest

from bench.cost import A_MONTH, TALK_MINUTES, WAIT_MINUTES, report
from infra.prices import AMOUNTS, Amounts, amounts, prices, written

COSTS = Path(__file__).parents[2] / "docs/costs.md"

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
    total = amounts().consultation(talking=TALK_MINUTES, waiting=WAIT_MINUTES, a_month=A_MONTH)
    assert prices().sum(total) > 0


def test_what_make_cost_reports_and_what_it_keeps_fit() -> None:
    """Both files are of one walk: what cost.json holds can be read again, and costs what it says."""
    kept = amounts()
    assert AMOUNTS.read_bytes() == written(kept), "written by make cost, not by hand"
    figures = json.loads(json.dumps(report(kept, 2.0, {}, {"talking": 50.0})))
    again = msgspec.convert(figures["amounts"], Amounts)
    assert again == kept
    total = again.consultation(figures["talk_minutes"], figures["wait_minutes"], figures["consultations_a_month"])
    assert figures["aws_usd_per_consultation"] == pytest.approx(prices().sum(total), abs=1e-5)
    assert sum(figures["of_which"].values()) == pytest.approx(figures["aws_usd_per_consultation"], abs=1e-4)
    assert figures["sms_usd_per_consultation"] == pytest.approx(2 * prices().beside["sms"].usd)


def test_the_page_of_costs_says_what_the_amounts_cost() -> None:
    figures = report(amounts(), 2.0, {}, {})
    page = COSTS.read_text()
    for part, row in (("media", "media"), ("standing", "what stands there"), ("aws", r"\*\*AWS in all\*\*")):
        usd = figures["of_which"].get(part, figures["aws_usd_per_consultation"])
        (said,) = re.findall(rf"^\| {row} \| \**([\d.]+)", page, re.MULTILINE)
        assert f"{usd:.{len(said.partition('.')[2])}f}" == said, row
