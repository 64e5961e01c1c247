"""What is watched of one deployment: an alarm for each thing that somebody should get up for, or look at by day."""

from collections.abc import Sequence
from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from chalicelib.metrics import Metric
from infra.alarms import SILENCE, Alarms
from infra.core import Core
from infra.deployment import Deployment
from infra.levels import FAST, LEVELS, SLOW, STEADY, added, burning, ours
from infra.media import Media
from infra.workers import SIZE

ASKED: Final = ("APIHandler", "WebsocketConnect", "WebsocketMessage", "WebsocketDisconnect")
"""The functions that somebody waits for."""
SCHEDULED: Final = (
    "Sweep",
    "Fleet",
    "Recount",
    "Deliver",
    "Anchor",
    "Purge",
    "RotateSecret",
)
"""Not those that take receipts: they refuse what is known only soon, or to another deployment, and are asked again;
what fails for good is a dead letter."""
OPERATIONS: Final = ("GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems")
"""Of DynamoDB, that the functions use."""
MEMORY: Final = 0.8
"""The share of a worker's that may be used; it uses a twentieth (docs/performance.md)."""
STALLED: Final = 500
"""Milliseconds: what is so late is heard in every call."""
BOUNCES: Final = 0.04
"""AWS reviews an account at 5 % of e-mails that bounce (SES: reputation metrics)."""
CERTIFICATE_DAYS: Final = 30
"""Certificate Manager renews by itself 60 days before; whatever is not renewed by now needs somebody."""

MISSED_HOURS: Final = 26
"""Without a run of what runs once a night. An alarm looks back from now, not from midnight: in 24 hours that end just
before the next run was counted there may be none."""


class Watches(Construct):
    """Adds them to ``alarms``."""

    def __init__(
        self, scope: Construct, construct_id: str, *, alarms: Alarms, deployment: Deployment, core: Core, media: Media
    ) -> None:
        super().__init__(scope, construct_id)
        self._alarms = alarms
        self._system = deployment.stack
        self._core = core
        self._levels()
        self._functions()
        self._schedule()
        self._table(core.state.table_name)
        self._lines()
        self._turn(deployment, media)
        self._messages(deployment)

    def _levels(self) -> None:
        for level in LEVELS:
            fast, slow, steady = (
                [
                    self._alarms.part(
                        f"{level.name}-over-{minutes}-minutes",
                        f"A part of {level.name}.",
                        burning(self._system, level, minutes),
                        above=pace.rate,
                    )
                    for minutes in ((pace.long, pace.short) if pace is not STEADY else (pace.long,))
                ]
                for pace in (FAST, SLOW, STEADY)
            )
            self._alarms.either(f"{level.name}-now", f"{level.words} It is many, now.", [fast, slow])
            self._alarms.either(f"{level.name}-slowly", f"{level.words} It is more than is promised.", [steady])

    def _functions(self) -> None:
        five = Duration.minutes(5)
        self._alarms.add(
            "functions-failing",
            "Functions that pages wait for end with errors or run out of time.",
            self._of_functions("Errors", ASKED, five),
            above=5,
            periods=2,
            of=3,
        )
        self._alarms.add(
            "schedule-failing",
            "What runs by the clock or in the background fails.",
            self._of_functions("Errors", SCHEDULED, five),
            above=0,
            periods=3,
            of=4,
        )
        self._alarms.add(
            "functions-throttled",
            "AWS runs fewer functions at once than are asked for.",
            self._of_functions("Throttles", (*ASKED, "Sweep", "Deliver"), five),
            above=0,
            periods=2,
            of=3,
        )
        self._counted(
            "unforeseen", "Something was answered with an error that nobody thought of.", Metric.UNFORESEEN, 3
        )
        self._counted("busy", "Many are asked to wait a moment and come again.", Metric.BUSY, 20, periods=2)
        self._counted("push-failing", "Messages do not get to open pages.", Metric.PUSH_FAILURES, 10, periods=2)
        self._alarms.add(
            "dead-letters",
            "What was to be done later failed for good: messages, cleaning up, or anchors.",
            _aws("SQS", "ApproximateNumberOfMessagesVisible", {"QueueName": self._core.functions.dead_letters.name}),
            above=0,
        )

    def _schedule(self) -> None:
        five, hour = Duration.minutes(5), Duration.hours(1)
        ran = {
            "sweep-stopped": ("Sweep", "Nobody clears up behind lost workers and pages.", five, 1),
            "anchor-missing": ("Anchor", "The trail of a day was not anchored.", hour, MISSED_HOURS),
            "purge-missing": ("Purge", "What the trusts' rules give up was not taken away.", hour, MISSED_HOURS),
        }
        for name, (function, words, period, periods) in ran.items():
            went = cloudwatch.MathExpression(
                expression="FILL(ran, 0) - FILL(failed, 0)",
                label=f"{function} went well",
                period=period,
                using_metrics={
                    "ran": self._function("Invocations", function, period),
                    "failed": self._function("Errors", function, period),
                },
            )
            self._alarms.add(name, words, went, below=1, periods=periods, missing=SILENCE)

    def _table(self, name: str) -> None:
        five = Duration.minutes(5)
        throttled = {
            kind[:1].lower() + kind[1:]: _aws("DynamoDB", kind, {"TableName": name}, "Sum", five)
            for kind in ("ReadThrottleEvents", "WriteThrottleEvents")
        }
        self._alarms.add(
            "table-throttled",
            "DynamoDB refuses reads or writes for being too many.",
            added(throttled, "refused", five),
            above=5,
            periods=2,
            of=3,
        )
        failing = {
            operation[:1].lower() + operation[1:]: _aws(
                "DynamoDB", "SystemErrors", {"TableName": name, "Operation": operation}, "Sum", five
            )
            for operation in OPERATIONS
        }
        self._alarms.add(
            "table-failing",
            "DynamoDB itself fails.",
            added(failing, "failed", five),
            above=5,
            periods=2,
            of=3,
        )

    def _lines(self) -> None:
        minute, five = Duration.minutes(1), Duration.minutes(5)
        none = cloudwatch.MathExpression(
            expression="IF(FILL(wanted, 0) > 0 AND FILL(there, 0) == 0, 1, 0)",
            label="wanted, and none there",
            period=minute,
            using_metrics={
                "wanted": ours(self._system, Metric.WORKERS_WANTED, "Maximum", minute),
                "there": ours(self._system, Metric.WORKERS, "Maximum", minute),
            },
        )
        self._alarms.add(
            "workers-none", "Consultations are booked and no media worker is there.", none, above=0, periods=5
        )
        self._alarms.add(
            "lines-waited-for",
            "Clinicians wait for a line: all places on the workers are taken.",
            ours(self._system, Metric.LINES_WAITED_FOR, "Minimum", minute),
            above=0,
            periods=3,
            of=5,
        )
        self._alarms.add(
            "workers-capped",
            "More workers are wanted than the deployment lets be started.",
            ours(self._system, Metric.WORKERS_CAPPED, "Maximum", five),
            above=0,
            periods=2,
        )
        self._counted("workers-lost", "Media workers are lost, and their calls move.", Metric.WORKERS_LOST, 2)
        self._counted("calls-dropped", "Calls ended because no worker could take them over.", Metric.CALLS_DROPPED, 0)
        self._alarms.add(
            "workers-busy",
            "A media worker's CPU is at its end.",
            ours(self._system, Metric.LOAD, "Maximum", five),
            above=90,
            periods=3,
        )
        self._alarms.add(
            "workers-memory",
            "A media worker has used up most of its memory; at the end of it the task is killed.",
            ours(self._system, Metric.WORKER_MEMORY, "Maximum", five),
            above=round(MEMORY * SIZE[1] * 2**20 / 1e6),
            periods=2,
        )
        self._alarms.add(
            "workers-stalling",
            "A media worker does not come to its calls in time.",
            ours(self._system, Metric.WORKER_DELAY, "Maximum", minute),
            above=STALLED,
            periods=5,
        )

    def _turn(self, deployment: Deployment, media: Media) -> None:
        healthy = {
            name: _aws(
                "NetworkELB",
                "HealthyHostCount",
                {"LoadBalancer": balancer.load_balancer_full_name, "TargetGroup": targets.target_group_full_name},
                "Minimum",
                Duration.minutes(1),
            )
            for name, balancer, targets in (
                ("relay", media.turn.relay, media.turn.relay_targets),
                ("tls", media.turn.tls, media.turn.tls_targets),
            )
        }
        self._alarms.add(
            "turn-unhealthy",
            "A TURN server does not answer its load balancer.",
            cloudwatch.MathExpression(
                expression="MIN([FILL(relay, 0), FILL(tls, 0)])",
                label="healthy servers",
                period=Duration.minutes(1),
                using_metrics=healthy,
            ),
            below=deployment.workers.turn_servers,
            periods=5,
            missing=SILENCE,
        )
        watch_certificate(
            self._alarms,
            "certificate-expiring",
            "The TURN servers' certificate runs out.",
            deployment.turn_certificate,
        )

    def _messages(self, deployment: Deployment) -> None:
        hour = Duration.hours(1)
        self._counted("deliveries-failing", "SMS or e-mail to patients do not go.", Metric.DELIVERIES_FAILED, 10, hour)
        self._alarms.add(
            "mail-bouncing",
            "So much e-mail comes back that AWS may stop it.",
            _aws("SES", "Reputation.BounceRate", {}, "Maximum", hour),
            above=BOUNCES,
        )
        self._alarms.add(
            "sms-spend",
            "SMS have used up most of the month's budget; AWS stops them at the account's limit.",
            _aws("SNS", "SMSMonthToDateSpentUSD", {}, "Maximum", hour),
            above=0.8 * deployment.budget_usd,
        )

    def _counted(
        self,
        name: str,
        words: str,
        metric: Metric,
        above: float,
        period: Duration | None = None,
        *,
        periods: int = 1,
    ) -> None:
        """An alarm on the sum of what is counted in five minutes, or in ``period``."""
        of = ours(self._system, metric, "Sum", period or Duration.minutes(5))
        self._alarms.add(name, words, of, above=above, periods=periods)

    def _of_functions(self, what: str, names: Sequence[str], period: Duration) -> cloudwatch.MathExpression:
        each = {name[:1].lower() + name[1:]: self._function(what, name, period) for name in names}
        return added(each, what, period)

    def _function(self, what: str, name: str, period: Duration) -> cloudwatch.Metric:
        return _aws("Lambda", what, {"FunctionName": self._core.functions.id_of(name)}, "Sum", period)


def watch_certificate(alarms: Alarms, name: str, words: str, arn: str) -> None:
    """Tell the operators when it was not renewed in time. AWS counts the days in the certificate's own region."""
    days = _aws("CertificateManager", "DaysToExpiry", {"CertificateArn": arn}, "Minimum", Duration.days(1))
    alarms.add(name, words, days, below=CERTIFICATE_DAYS)


def _aws(
    service: str, name: str, dimensions: dict[str, str], statistic: str = "Maximum", period: Duration | None = None
) -> cloudwatch.Metric:
    """A metric that AWS keeps by itself."""
    return cloudwatch.Metric(
        namespace=f"AWS/{service}",
        metric_name=name,
        dimensions_map=dimensions,
        statistic=statistic,
        period=period or Duration.minutes(5),
    )
