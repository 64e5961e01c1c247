"""The service's levels: what is promised, how it is measured, and how fast a breach uses up what may fail.

Windows and rates are those of Google's Site Reliability Workbook, chapter 5 ("Alerting on SLOs", multiwindow,
multi-burn-rate): https://sre.google/workbook/alerting-on-slos/
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from chalicelib.metrics import NAMESPACE, SYSTEM, Metric

FEWEST: Final = 3
"""So many must have failed in a window: with few consultations one failure is a large share, and no trend."""


class Pace(NamedTuple):
    """How fast what may fail in 30 days is used up: ``rate`` times too fast over both windows, in minutes."""

    rate: float
    long: int
    short: int


FAST: Final = Pace(14.4, 60, 5)
"""Two percent of a month's in an hour."""
SLOW: Final = Pace(6, 6 * 60, 30)
"""Five percent in six hours."""
STEADY: Final = Pace(1, 3 * 24 * 60, 6 * 60)
"""Ten percent in three days."""


class Level(NamedTuple):
    """A promise: this share of all is good. ``all`` and ``good`` are a metric and what is taken of it."""

    name: str
    words: str
    share: float
    all: tuple[Metric, str]
    good: tuple[Metric, str]


def _within(metric: Metric, milliseconds: int) -> dict[str, tuple[Metric, str]]:
    counted = cloudwatch.Stats.SAMPLE_COUNT
    return {"all": (metric, counted), "good": (metric, f"TC(:{milliseconds})")}


LEVELS: Final = (
    Level(
        "join",
        "Patients whose test was passed do not get into their call.",
        0.995,
        (Metric.JOINS_TRIED, cloudwatch.Stats.SUM),
        (Metric.JOINS_SUCCEEDED, cloudwatch.Stats.SUM),
    ),
    Level(
        "first-picture", "The first picture comes after more than 3 s.", 0.95, **_within(Metric.FIRST_PICTURE, 3_000)
    ),
    Level("recovery", "Calls need more than 6 s to come back after a fault.", 0.95, **_within(Metric.RECOVERY, 6_000)),
)


def ours(system: str, metric: Metric, statistic: str, period: Duration) -> cloudwatch.Metric:
    """A metric of ours, of a deployment as a whole."""
    return cloudwatch.Metric(
        namespace=NAMESPACE,
        metric_name=metric,
        dimensions_map={SYSTEM: system},
        statistic=statistic,
        period=period,
    )


def burning(system: str, level: Level, minutes: int) -> cloudwatch.MathExpression:
    """How many times too fast a level was used up in the last so many minutes; 0 where too few failed to say."""
    period = Duration.minutes(minutes)
    may_fail = round(1 - level.share, 6)
    return cloudwatch.MathExpression(
        expression=f"IF(FILL(all, 0) - FILL(good, 0) < {FEWEST}, 0, (all - FILL(good, 0)) / all / {may_fail})",
        label=f"{level.name}, {minutes} min",
        period=period,
        using_metrics={"all": ours(system, *level.all, period), "good": ours(system, *level.good, period)},
    )


def kept(system: str, level: Level, period: Duration) -> cloudwatch.MathExpression:
    """The share that was good, in percent."""
    return cloudwatch.MathExpression(
        expression="100 * FILL(good, 0) / all",
        label=f"{level.name}, % (promised: {100 * level.share:g})",
        period=period,
        using_metrics={"all": ours(system, *level.all, period), "good": ours(system, *level.good, period)},
    )


def added(metrics: Mapping[str, cloudwatch.IMetric], label: str, period: Duration) -> cloudwatch.MathExpression:
    """The sum of at most ten metrics, which is what an alarm takes."""
    if len(metrics) > 10:
        raise ValueError(f"{label}: an alarm takes ten metrics at most.")
    return cloudwatch.MathExpression(
        expression=" + ".join(f"FILL({name}, 0)" for name in metrics),
        label=label,
        period=period,
        using_metrics=dict(metrics),
    )
