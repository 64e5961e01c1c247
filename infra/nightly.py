"""What is called every night with a payload of its own, as who calls it by hand gives it one."""

import json
from collections.abc import Mapping

from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_
from constructs import Construct


class Nightly(Construct):
    """A rule of EventBridge that calls a function, by its ARN, at a time of the day (UTC)."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function: str,
        hour: int,
        minute: int,
        payload: Mapping[str, object],
    ) -> None:
        super().__init__(scope, construct_id)
        rule = events.CfnRule(
            self,
            "Rule",
            schedule_expression=f"cron({minute} {hour} * * ? *)",
            targets=[events.CfnRule.TargetProperty(arn=function, id="nightly", input=json.dumps(dict(payload)))],
        )
        lambda_.CfnPermission(
            self,
            "May",
            action="lambda:InvokeFunction",
            function_name=function,
            principal="events.amazonaws.com",
            source_arn=rule.attr_arn,
        )
