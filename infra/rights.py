"""What the functions may do, by what they are for: each statement names what it is about."""

from collections.abc import Collection
from typing import Final

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from infra.messaging import DeadLetters, Messaging
from infra.state import State

ENCRYPTED: Final = {
    "table": "dynamodb",
    "secrets": "secretsmanager",
    "rotation": "secretsmanager",
    "anchor": "s3",
    "check": "s3",
    "erase": "s3",
    "erase_again": "s3",
    "dead_letters": "sqs",
}
"""Through which service a use needs the deployment's key."""


class Rights:
    """The statements of each use that `functions.FUNCTIONS` names."""

    def __init__(
        self,
        *,
        state: State,
        dead_letters: DeadLetters,
        messaging: Messaging,
        scheduler_role: iam.Role,
        fleet: str,
        workers: str,
        connections: str,
    ) -> None:
        """``fleet``: ARN of the function that counts workers; ``workers``: cluster and service of the workers;
        ``connections``: ARN of the open sockets."""
        self._key = state.key
        self._statements = self._all(state, dead_letters, messaging, scheduler_role, connections) | {
            "hurry": [iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[fleet])],
            "tasks": [
                iam.PolicyStatement(
                    actions=["ecs:DescribeServices", "ecs:UpdateService"],
                    resources=[f"arn:{Aws.PARTITION}:ecs:{Aws.REGION}:{Aws.ACCOUNT_ID}:service/{workers}"],
                )
            ],
        }

    def of(self, uses: Collection[str]) -> list[iam.PolicyStatement]:
        """What a function with these uses may do; all may leave traces."""
        statements = [statement for use in sorted(uses) for statement in self._statements[use]]
        if services := sorted({ENCRYPTED[use] for use in uses if use in ENCRYPTED}):
            statements.append(self._key.through(services))
        # X-Ray's segments have no ARN.
        traces = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
        return [*statements, iam.PolicyStatement(actions=traces, resources=["*"])]

    @staticmethod
    def _all(
        state: State, dead_letters: DeadLetters, messaging: Messaging, scheduler_role: iam.Role, connections: str
    ) -> dict[str, list[iam.PolicyStatement]]:
        table = [state.table.table_arn, f"{state.table.table_arn}/index/*"]
        return {
            "table": [
                iam.PolicyStatement(
                    actions=[
                        f"dynamodb:{verb}"
                        for verb in (
                            "BatchGetItem",
                            "ConditionCheckItem",
                            "DeleteItem",
                            "DescribeTable",
                            "GetItem",
                            "PutItem",
                            "Query",
                            "UpdateItem",
                        )
                    ],
                    resources=table,
                )
            ],
            "secrets": [
                iam.PolicyStatement(
                    actions=["secretsmanager:GetSecretValue"],
                    resources=[
                        state.pepper,
                        state.turn,
                        state.worker,
                        state.probe,
                        state.login_keys,
                        state.sms_gateway,
                    ],
                )
            ],
            "rotation": [
                iam.PolicyStatement(
                    actions=["secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"],
                    resources=[state.pepper, state.turn, state.worker, state.probe, state.login_keys],
                )
            ],
            "anchor": [_objects("PutObject", state.anchors)],
            "check": [_objects("GetObjectVersion", state.anchors), _bucket("ListBucketVersions", state.anchors)],
            "erase": [_objects("PutObject", state.erasures)],
            "erase_again": [
                _objects("GetObjectVersion", state.erasures),
                _bucket("ListBucket", state.erasures),
                _bucket("ListBucketVersions", state.erasures),
            ],
            "send": [
                # SMS goes to phone numbers, which have no ARN.
                iam.PolicyStatement(actions=["sns:Publish"], resources=["*"]),
                messaging.sending,
            ],
            "dead_letters": [iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[dead_letters.arn])],
            "push": [
                iam.PolicyStatement(
                    actions=["execute-api:ManageConnections"],
                    resources=[connections],
                )
            ],
            "schedule": [
                iam.PolicyStatement(
                    actions=["scheduler:CreateSchedule", "scheduler:DeleteSchedule"],
                    resources=[f"arn:{Aws.PARTITION}:scheduler:{Aws.REGION}:{Aws.ACCOUNT_ID}:schedule/default/*"],
                ),
                iam.PolicyStatement(actions=["iam:PassRole"], resources=[scheduler_role.role_arn]),
            ],
        }


def _objects(verb: str, bucket: s3.Bucket) -> iam.PolicyStatement:
    """To do something with all objects of a bucket."""
    return iam.PolicyStatement(actions=[f"s3:{verb}"], resources=[bucket.arn_for_objects("*")])


def _bucket(verb: str, bucket: s3.Bucket) -> iam.PolicyStatement:
    """To do something with a bucket itself."""
    return iam.PolicyStatement(actions=[f"s3:{verb}"], resources=[bucket.bucket_arn])
