"""The calendar by which the keys of each secret are turned over."""

import json
from collections.abc import Mapping
from typing import Final

from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from chalicelib.rotation import Secret

DAYS: Final[Mapping[Secret, int]] = {
    Secret.LOGIN_KEYS: 91,  # the ID portal takes no key older than a year; each signs in its second period
    Secret.TURN: 30,
    Secret.WORKER: 30,
    Secret.PROBE: 30,
    Secret.PEPPER: 365,
}
"""After how many days."""


class Rotations(Construct):
    """One rule of EventBridge for each secret, which calls the one function that turns keys over."""

    def __init__(self, scope: Construct, construct_id: str, *, function: str) -> None:
        """``function``: the ARN by which it is called."""
        super().__init__(scope, construct_id)
        for secret, days in DAYS.items():
            name = "".join(word.capitalize() for word in secret.split("_"))
            rule = events.CfnRule(
                self,
                name,
                description=f"Turns the keys of {secret} over",
                schedule_expression=f"rate({days} days)",
                targets=[
                    events.CfnRule.TargetProperty(arn=function, id="rotate", input=json.dumps({"secret": secret.value}))
                ],
            )
            lambda_.CfnPermission(
                self,
                f"{name}May",
                action="lambda:InvokeFunction",
                function_name=function,
                principal="events.amazonaws.com",
                source_arn=rule.attr_arn,
            )
