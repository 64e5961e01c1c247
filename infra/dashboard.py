"""The page on which operators see at a glance that it is well: alarms, levels, lines, and what it costs, by trust."""

from collections.abc import Mapping
from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from chalicelib.metrics import NAMESPACE, SYSTEM, TRUST, Metric
from infra.alarms import Alarms
from infra.core import Core
from infra.deployment import Deployment
from infra.functions import FUNCTIONS
from infra.levels import LEVELS, kept, ours
from infra.prices import amounts, prices
from infra.rates import rates
from infra.workers import SIZE

HOUR: Final = Duration.hours(1)
FIVE: Final = Duration.minutes(5)
WHOSE: Final = f"${{PROP('Dim.{TRUST}')}}"
"""In a label: the trust's name (CloudWatch, "Use dynamic labels")."""


class Dashboard(Construct):
    """One of each deployment, of its name."""

    def __init__(
        self, scope: Construct, construct_id: str, *, deployment: Deployment, core: Core, alarms: Alarms
    ) -> None:
        super().__init__(scope, construct_id)
        self._system = deployment.stack
        self._core = core
        page = cloudwatch.Dashboard(self, "Page", dashboard_name=deployment.stack, default_interval=Duration.days(1))
        page.add_widgets(
            cloudwatch.AlarmStatusWidget(
                title="Is it well? Every alarm has its runbook in docs/operating/alarms",
                alarms=list(alarms.all.values()),
                width=24,
                height=6,
            )
        )
        page.add_widgets(*(self._graph(level.name, kept(self._system, level, HOUR)) for level in LEVELS))
        page.add_widgets(
            self._graph(
                "Joins by trust", *(self._by_trust(m, "Sum") for m in (Metric.JOINS_TRIED, Metric.JOINS_SUCCEEDED))
            ),
            self._graph("First picture by trust, ms, p95", self._by_trust(Metric.FIRST_PICTURE, "p95")),
            self._graph("Recovery by trust, ms, p95", self._by_trust(Metric.RECOVERY, "p95")),
        )
        page.add_widgets(
            self._graph(
                "Workers and places",
                *(self._ours(m, "Maximum") for m in (Metric.WORKERS, Metric.WORKERS_WANTED, Metric.WORKERS_CAPPED)),
                *(self._ours(m, "Minimum") for m in (Metric.FREE_PLACES, Metric.LINES_WAITED_FOR)),
            ),
            self._graph(
                "Calls, and who waits for a line",
                self._ours(Metric.CALLS, "Maximum"),
                self._ours(Metric.NO_LINE, "Sum"),
            ),
            self._graph(
                "What went wrong",
                *(
                    self._ours(m, "Sum")
                    for m in (
                        Metric.UNFORESEEN,
                        Metric.BUSY,
                        Metric.PUSH_FAILURES,
                        Metric.CALLS_MOVED,
                        Metric.CALLS_DROPPED,
                        Metric.WORKERS_LOST,
                        Metric.DELIVERIES_FAILED,
                    )
                ),
            ),
        )
        page.add_widgets(
            self._graph("Workers: memory, MB", self._ours(Metric.WORKER_MEMORY, "Maximum")),
            self._graph("Workers: too late, ms", self._ours(Metric.WORKER_DELAY, "Maximum")),
            self._graph(
                "Workers: what they lost",
                *(self._ours(metric, "Sum") for metric in (Metric.PACKETS_DROPPED, Metric.SOCKETS_LOST)),
            ),
        )
        page.add_widgets(
            self._graph("What it costs an hour, USD", *self._costs()),
            cloudwatch.GraphWidget(
                title="What it costs an hour by trust, USD (what stands there by the month is shared, and not in it)",
                # CloudWatch adds no two searches: each part is a layer of its own, and the stack is the sum.
                left=[
                    self._by_trust(metric, "Sum", usd, f"{WHOSE} {part}")
                    for part, (metric, usd) in rates(amounts(), prices()).items()
                ],
                stacked=True,
                width=16,
                height=6,
            ),
        )
        page.add_widgets(
            self._graph("Consultations begun, by trust", self._by_trust(Metric.CONSULTATIONS_BEGUN, "Sum")),
            self._graph("Consultations ended, by trust", self._by_trust(Metric.CONSULTATIONS_ENDED, "Sum")),
            self._graph("USD a consultation that ended", self._each()),
        )

    def _graph(self, title: str, *left: cloudwatch.IMetric) -> cloudwatch.GraphWidget:
        return cloudwatch.GraphWidget(title=title, left=list(left), width=8, height=6)

    def _ours(self, metric: Metric, statistic: str) -> cloudwatch.Metric:
        return ours(self._system, metric, statistic, FIVE)

    def _by_trust(self, metric: Metric, statistic: str, times: float = 1, label: str = "") -> cloudwatch.MathExpression:
        """A line for each trust that there is: nobody lists them."""
        found = (
            f'SEARCH(\'{{{NAMESPACE},{SYSTEM},{TRUST}}} MetricName="{metric}" {SYSTEM}="{self._system}"\', '
            f"'{statistic}', 3600)"
        )
        return cloudwatch.MathExpression(
            expression=found if times == 1 else f"{found} * {times:.12f}", label=label or metric, period=HOUR
        )

    def _costs(self) -> list[cloudwatch.MathExpression]:
        return [self._cost(*part) for part in self._parts()]

    def _each(self) -> cloudwatch.MathExpression:
        terms: list[str] = []
        using: dict[str, cloudwatch.IMetric] = {"ended": ours(self._system, Metric.CONSULTATIONS_ENDED, "Sum", HOUR)}
        for _, expression, metrics in self._parts():
            terms.append(f"({expression})")
            using |= metrics
        return cloudwatch.MathExpression(
            expression=f"IF(ended > 0, ({' + '.join(terms)}) / ended)",
            label="USD each",
            period=HOUR,
            using_metrics=using,
        )

    def _cost(
        self, label: str, expression: str, metrics: Mapping[str, cloudwatch.IMetric]
    ) -> cloudwatch.MathExpression:
        return cloudwatch.MathExpression(expression=expression, label=label, period=HOUR, using_metrics=dict(metrics))

    def _parts(self) -> list[tuple[str, str, dict[str, cloudwatch.IMetric]]]:
        """What is counted in an hour, times the prices of prices.toml; what stands there by the month is not in it."""
        aws, sms = prices().aws, prices().beside["sms"].usd
        cpus, gigabytes = SIZE[0] / 1024, SIZE[1] / 1024
        worker = cpus * aws["vcpu_hour"].usd + gigabytes * aws["memory_gb_hour"].usd + aws["address_hour"].usd
        of_function = {
            f"ran{number}": cloudwatch.Metric(
                namespace="AWS/Lambda",
                metric_name="Duration",
                dimensions_map={"FunctionName": self._core.functions.id_of(name)},
                statistic="Sum",
                period=HOUR,
            )
            for number, name in enumerate(FUNCTIONS)
        }
        lasted = " + ".join(
            f"FILL(ran{number}, 0) * {FUNCTIONS[name][0] / 1024:g}" for number, name in enumerate(FUNCTIONS)
        )
        units = {
            kind: cloudwatch.Metric(
                namespace="AWS/DynamoDB",
                metric_name=f"Consumed{kind.capitalize()}CapacityUnits",
                dimensions_map={"TableName": self._core.state.table_name},
                statistic="Sum",
                period=HOUR,
            )
            for kind in ("read", "write")
        }
        return [
            ("functions", f"({lasted}) / 1000 * {aws['lambda_gb_second'].usd:.12f}", {**of_function}),
            (
                "table",
                f"FILL(read, 0) * {aws['table_read'].usd:.12f} + FILL(write, 0) * {aws['table_write'].usd:.12f}",
                {**units},
            ),
            (
                "workers",
                f"FILL(workers, 0) * {worker:.6f}",
                {"workers": ours(self._system, Metric.WORKERS, "Average", HOUR)},
            ),
            (
                "traffic",
                f"FILL(megabytes, 0) / 1000 * {aws['egress_gb'].usd:g}",
                {"megabytes": ours(self._system, Metric.TRAFFIC, "Sum", HOUR)},
            ),
            (
                "messages",
                f"FILL(sms, 0) * {sms:g} + FILL(mail, 0) * {aws['mail'].usd:.6f}",
                {
                    "sms": ours(self._system, Metric.SMS, "Sum", HOUR),
                    "mail": ours(self._system, Metric.MAIL, "Sum", HOUR),
                },
            ),
        ]
