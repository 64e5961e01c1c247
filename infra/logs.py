"""Where functions and APIs log: a group each, encrypted, and gone after its time."""

import json
from collections.abc import Mapping
from typing import Final

from aws_cdk import CfnElement, Fn, RemovalPolicy
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_apigatewayv2 as apigatewayv2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.key import Key

DAYS: Final = 90
"""Long enough to look into what somebody complains of weeks later; no line holds anything personal (`log.py`)."""
ANCHOR_DAYS: Final = 3653
"""Of the function that makes anchors, whose log is their third copy: as long as a trail may be kept."""

REQUEST: Final[Mapping[str, str]] = {
    "request": "$context.requestId",  # the function's lines have it too
    "at": "$context.requestTimeEpoch",
    "method": "$context.httpMethod",
    "door": "$context.resourcePath",  # as `/visits/{consultation}`: which door, and not whose
    "status": "$context.status",
    "error": "$context.error.responseType",  # which of API Gateway's own answers: THROTTLED …
    "milliseconds": "$context.responseLatency",
    "function_milliseconds": "$context.integration.latency",
    "function_status": "$context.integration.status",
    "bytes": "$context.responseLength",
}
"""What is logged of a request to the REST API, by name, and where API Gateway has it from.

An allow-list: the caller's address and browser (`identity.*`), the path and its ids (`path`), the query, headers and
what errors say (`error.message`, `integration.error`) are personal or may be, and are not in it.
"""
MESSAGE: Final[Mapping[str, str]] = {
    "request": "$context.requestId",
    "at": "$context.requestTimeEpoch",
    "event": "$context.eventType",  # CONNECT, MESSAGE, DISCONNECT
    "door": "$context.routeKey",
    "status": "$context.status",
    "error": "$context.error.responseType",
    "function_milliseconds": "$context.integration.latency",
    "function_status": "$context.integration.status",
}
"""The same of a message on a socket. Not `connectionId`: the table says whose socket it is."""


def group(scope: Construct, name: str, key: Key, *, days: int = DAYS) -> logs.CfnLogGroup:
    """A group of log lines, encrypted with the deployment's key; a long one outlives the stack."""
    made = logs.CfnLogGroup(scope, name, retention_in_days=days, kms_key_id=key.arn)
    made.apply_removal_policy(RemovalPolicy.RETAIN if days > DAYS else RemovalPolicy.DESTROY)
    return made


def writing(group: logs.CfnLogGroup) -> iam.PolicyStatement:
    """The right to write to a group, and to no other."""
    return iam.PolicyStatement(actions=["logs:CreateLogStream", "logs:PutLogEvents"], resources=[group.attr_arn])


def _arn(group: logs.CfnLogGroup) -> str:
    """Without the `:*` that CloudFormation puts behind it."""
    return Fn.select(0, Fn.split(":*", group.attr_arn))


class AccessLogs(Construct):
    """What both APIs log of each call. They ask for a role that is the account's in this region, not the stack's.

    Deployments that share an account set it one after the other, all to a role that may do the same; so it stays when
    the stack goes.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, key: Key, requests: CfnElement, messages: CfnElement
    ) -> None:
        """``requests``, ``messages``: the stages of the REST and of the WebSocket API. Raises TypeError for others."""
        super().__init__(scope, construct_id)
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("apigateway.amazonaws.com"),
            # API Gateway takes no role that may do less.
            managed_policies=[
                iam.ManagedPolicy.from_aws_managed_policy_name("service-role/AmazonAPIGatewayPushToCloudWatchLogs")
            ],
        )
        role.apply_removal_policy(RemovalPolicy.RETAIN)
        # Without the deployment's boundary, which goes with the stack: IAM keeps a policy that still bounds a role.
        iam.PermissionsBoundary.of(role).clear()
        account = apigateway.CfnAccount(self, "Account", cloud_watch_role_arn=role.role_arn)
        account.apply_removal_policy(RemovalPolicy.RETAIN)
        if not isinstance(requests, apigateway.CfnStage) or not isinstance(messages, apigatewayv2.CfnStage):
            raise TypeError("no stages")
        requests.access_log_setting = apigateway.CfnStage.AccessLogSettingProperty(
            destination_arn=_arn(group(self, "Requests", key)), format=json.dumps(REQUEST)
        )
        messages.access_log_settings = apigatewayv2.CfnStage.AccessLogSettingsProperty(
            destination_arn=_arn(group(self, "Messages", key)), format=json.dumps(MESSAGE)
        )
        for stage in (requests, messages):
            stage.node.add_dependency(account)
