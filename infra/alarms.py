"""Alarms: each tells the operators one thing, has one runbook of its name, and is told by mail."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra.deployment import Deployment

RUNBOOKS: Final = Path(__file__).resolve().parent.parent / "docs/operating/alarms"
QUIET: Final = cloudwatch.TreatMissingData.NOT_BREACHING
SILENCE: Final = cloudwatch.TreatMissingData.BREACHING
"""For what must be heard of again and again: not to hear of it is the alarm."""


class Alarms(Construct):
    """The alarms of one deployment and the topic that they are told through."""

    def __init__(self, scope: Construct, construct_id: str, *, deployment: Deployment) -> None:
        super().__init__(scope, construct_id)
        self._prefix = deployment.stack
        self.topic = self._topic(deployment.alarms_to)
        self.all: dict[str, cloudwatch.AlarmBase] = {}
        """Those that somebody is told of, by the name of their runbook."""

    def add(
        self,
        name: str,
        words: str,
        metric: cloudwatch.IMetric,
        *,
        above: float | None = None,
        below: float | None = None,
        periods: int = 1,
        of: int | None = None,
        missing: cloudwatch.TreatMissingData = QUIET,
    ) -> cloudwatch.Alarm:
        """Tell the operators when ``metric`` is ``above`` or ``below`` a figure in ``periods`` of the last ``of``.

        ``name`` is its runbook's, ``words`` say what is the matter. Raises ValueError unless one figure is given.
        """
        alarm = self._alarm(name, self._described(name, words), metric, above, below, periods, of, missing)
        self._tell(name, alarm)
        return alarm

    def part(
        self, name: str, words: str, metric: cloudwatch.IMetric, *, above: float | None = None
    ) -> cloudwatch.Alarm:
        """One condition of an `either`; by itself nobody is told of it."""
        return self._alarm(name, words, metric, above, None, 1, None, QUIET)

    def either(
        self, name: str, words: str, conditions: Iterable[Iterable[cloudwatch.IAlarm]]
    ) -> cloudwatch.CompositeAlarm:
        """Tell the operators when all parts of any of ``conditions`` hold at once."""
        rules = [
            cloudwatch.AlarmRule.all_of(
                *(cloudwatch.AlarmRule.from_alarm(part, cloudwatch.AlarmState.ALARM) for part in parts)
            )
            for parts in conditions
        ]
        alarm = cloudwatch.CompositeAlarm(
            self,
            _pascal(name),
            composite_alarm_name=f"{self._prefix}-{name}",
            alarm_description=self._described(name, words),
            alarm_rule=cloudwatch.AlarmRule.any_of(*rules),
        )
        self._tell(name, alarm)
        return alarm

    def _alarm(
        self,
        name: str,
        described: str,
        metric: cloudwatch.IMetric,
        above: float | None,
        below: float | None,
        periods: int,
        of: int | None,
        missing: cloudwatch.TreatMissingData,
    ) -> cloudwatch.Alarm:
        if (above is None) == (below is None):
            raise ValueError(f"{name}: above or below?")
        operator = cloudwatch.ComparisonOperator
        return cloudwatch.Alarm(
            self,
            _pascal(name),
            alarm_name=f"{self._prefix}-{name}",
            alarm_description=described,
            metric=metric,
            threshold=above if above is not None else below or 0,
            comparison_operator=operator.GREATER_THAN_THRESHOLD if below is None else operator.LESS_THAN_THRESHOLD,
            evaluation_periods=of or periods,
            datapoints_to_alarm=periods,
            treat_missing_data=missing,
        )

    def _tell(self, name: str, alarm: cloudwatch.AlarmBase) -> None:
        action = actions.SnsAction(self.topic)
        alarm.add_alarm_action(action)
        alarm.add_ok_action(action)
        self.all[name] = alarm

    @staticmethod
    def _described(name: str, words: str) -> str:
        return f"{words} What to do: docs/operating/alarms/{name}.md"

    def _topic(self, to: str) -> sns.Topic:
        """Encrypted with a key that CloudWatch may use, which AWS's own key for topics does not let it."""
        key = kms.Key(self, "Key", description="Venterom: alarms on their way", enable_key_rotation=True)
        told_by = [iam.ServicePrincipal("cloudwatch.amazonaws.com"), iam.ServicePrincipal("budgets.amazonaws.com")]
        for service in told_by:
            key.grant(service, "kms:Decrypt", "kms:GenerateDataKey*")
        topic = sns.Topic(self, "Topic", display_name="Venterom", master_key=key, enforce_ssl=True)
        for service in told_by:
            topic.grant_publish(service)
        topic.add_subscription(subscriptions.EmailSubscription(to))
        return topic


def _pascal(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("-"))
