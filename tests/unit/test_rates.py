"""A trust's live costs add up to what the same consultations cost by the formula."""

import math

import pytest

from chalicelib.metrics import KINDS, Metric
from infra.prices import amounts, prices
from infra.rates import rates

MINUTES = 20


def test_a_trusts_parts_are_a_consultations_price_without_waiting_and_what_stands_there() -> None:
    found, listed = amounts(), prices()
    counted = {
        Metric.CONSULTATIONS_ENDED: 1,
        Metric.TALK: 2 * MINUTES * 60,
        Metric.TRAFFIC: 1000 * found.talking_minute["egress_gb"] * MINUTES,
        Metric.MAIL: found.once["mail"],
        Metric.SMS: 2,
    }
    parts = {name: usd * counted[metric] for name, (metric, usd) in rates(found, listed).items()}
    whole = listed.sum(found.consultation(talking=MINUTES, waiting=0, a_month=math.inf))
    assert sum(parts.values()) - parts["SMS"] == pytest.approx(whole)
    assert parts["SMS"] == pytest.approx(2 * listed.beside["sms"].usd)
    assert all(usd > 0 for usd in parts.values())


def test_each_part_goes_by_a_metric_that_is_told_by_trust() -> None:
    found = rates(amounts(), prices())
    assert all(KINDS[metric].by_trust for metric, _ in found.values())
