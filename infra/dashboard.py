"""The page on which operators see at a glance that it is well: alarms, levels, lines, and what it costs, by trust."""

from collections.abc import Mapping
from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from chalicelib.metrics import NAMESPACE, SYSTEM, TRUST, Metric
from infra import turn
from infra.alarms import Alarms
from infra.core import Core
from infra.deployment import Deployment
from infra.functions import FUNCTIONS, SOCKET_STAGE
from infra.levels import LEVELS, kept, ours
from infra.media import Media
from infra.prices import amounts, prices
from infra.rates import rates
from infra.workers import SIZE

HOUR: Final = Duration.hours(1)
FIVE: Final = Duration.minutes(5)
LEFT_OUT: Final = "without logs, open sockets, pages, balancers by use, probe, and what is paid by the month"
"""What CloudWatch counts nowhere, or not by deployment, of what `make cost` holds."""
BALANCERS: Final = 2
"""Of TURN (infra/turn.py)."""
WHOSE: Final = f"${{PROP('Dim.{TRUST}')}}"
"""In a label: the trust's name (CloudWatch, "Use dynamic labels")."""


class Dashboard(Construct):
    """One of each deployment, of its name."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        core: Core,
        media: Media,
        alarms: Alarms,
    ) -> None:
        super().__init__(scope, construct_id)
        self._system = deployment.stack
        self._core = core
        self._media = media
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
            self._graph("Workers: CPU of the busiest, %", self._ours(Metric.LOAD, "Maximum")),
            self._graph("Workers: answers to offers, ms, p95", self._ours(Metric.ANSWER, "p95")),
            self._graph("SMS by trust, parts", self._by_trust(Metric.SMS, "Sum")),
        )
        page.add_widgets(
            self._graph(f"What it costs an hour, USD ({LEFT_OUT})", *self._costs()),
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
            self._graph("USD a consultation that ended (of the same parts)", self._each()),
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

    @staticmethod
    def _counted(service: str, name: str, dimensions: dict[str, str], statistic: str) -> cloudwatch.Metric:
        """What AWS counts by itself in an hour."""
        return cloudwatch.Metric(
            namespace=f"AWS/{service}",
            metric_name=name,
            dimensions_map=dimensions,
            statistic=statistic,
            period=HOUR,
        )

    def _parts(self) -> list[tuple[str, str, dict[str, cloudwatch.IMetric]]]:
        """What is counted in an hour, times the prices of prices.toml; what stands there by the month is not in it."""
        aws, sms = prices().aws, prices().beside["sms"].usd
        worker, server = (
            cpu / 1024 * aws["vcpu_hour"].usd + memory / 1024 * aws["memory_gb_hour"].usd + aws["address_hour"].usd
            for cpu, memory in (SIZE, turn.SIZE)
        )
        of_function = {
            f"{kind}{number}": self._counted(
                "Lambda", metric, {"FunctionName": self._core.functions.id_of(name)}, "Sum"
            )
            for number, name in enumerate(FUNCTIONS)
            for kind, metric in (("ran", "Duration"), ("times", "Invocations"))
        }
        called = " + ".join(f"FILL(times{number}, 0)" for number in range(len(FUNCTIONS)))
        asked = f"times{list(FUNCTIONS).index('APIHandler')}"
        socket = {"ApiId": self._core.functions.id_of("WebsocketAPI"), "Stage": SOCKET_STAGE}
        relay = self._media.turn.relay, self._media.turn.relay_targets
        lasted = " + ".join(
            f"FILL(ran{number}, 0) * {FUNCTIONS[name][0] / 1024:g}" for number, name in enumerate(FUNCTIONS)
        )
        units = {
            kind: self._counted(
                "DynamoDB",
                f"Consumed{kind.capitalize()}CapacityUnits",
                {"TableName": self._core.state.table_name},
                "Sum",
            )
            for kind in ("read", "write")
        }
        return [
            (
                "functions",
                f"({lasted}) / 1000 * {aws['lambda_gb_second'].usd:.12f}"
                f" + ({called}) * {aws['lambda_request'].usd:.12f}",
                {**of_function},
            ),
            (
                "APIs",
                # Each request that the REST API takes calls this function, which is one deployment's; the API's own
                # count goes by its name, which all have.
                f"FILL({asked}, 0) * {aws['rest_request'].usd:.12f} + FILL(said, 0) * {aws['socket_message'].usd:.12f}",
                {
                    asked: of_function[asked],
                    "said": self._counted("ApiGateway", "MessageCount", socket, "Sum"),
                },
            ),
            (
                "TURN",
                f"FILL(servers, 0) * {server:.6f} + {BALANCERS * aws['balancer_hour'].usd:.6f}",
                {
                    "servers": self._counted(
                        "NetworkELB",
                        "HealthyHostCount",
                        {
                            "LoadBalancer": relay[0].load_balancer_full_name,
                            "TargetGroup": relay[1].target_group_full_name,
                        },
                        "Average",
                    )
                },
            ),
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
