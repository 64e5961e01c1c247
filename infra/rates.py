"""What one of each thing costs that is counted by trust: with them a trust's share of the costs is seen live. Pure."""

from collections.abc import Mapping
from typing import Final

from chalicelib.metrics import Metric
from infra.prices import Amount, Amounts, Prices

PEOPLE: Final = 2
"""Who talk in the minute that was measured; seconds of talking are those of all in a call, added up."""


def rates(found: Amounts, listed: Prices) -> Mapping[str, tuple[Metric, float]]:
    """By the name of a part of the costs: the metric it goes by, and the USD of one of what that counts.

    Together they are a consultation's price but for its waiting, which nobody counts by trust, and its share of what
    stands there by the month.
    """
    talking = listed.sum(_without("egress_gb", found.talking_minute))
    workers = found.worker_minutes * listed.sum(found.worker_minute)
    return {
        "once": (Metric.CONSULTATIONS_ENDED, listed.sum(_without("mail", found.once))),
        "talking": (Metric.TALK, (talking + workers) / PEOPLE / 60),
        "traffic": (Metric.TRAFFIC, listed.aws["egress_gb"].usd / 1000),
        "SMS": (Metric.SMS, listed.beside["sms"].usd),
        "mail": (Metric.MAIL, listed.aws["mail"].usd),
    }


def _without(name: str, amounts: Amount) -> Amount:
    """What has a metric of its own is not counted twice."""
    return {other: amount for other, amount in amounts.items() if other != name}
