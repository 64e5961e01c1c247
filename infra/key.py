"""The one key of a deployment, with which everything that is kept is encrypted; AWS turns it over every year."""

from collections.abc import Collection
from typing import Final

from aws_cdk import Aws, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

USE: Final = (
    "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom", "kms:ReEncryptTo",
)  # fmt: skip
"""What a service does with a key for who calls it (AWS KMS, "Key policies for DynamoDB" and for CloudWatch Logs)."""


class Key(Construct):
    """Customer-managed, so that whoever owns the account can see each use of it and can end them all.

    A role uses it through the services of this region that it calls, and not by itself. It outlives the stack: without
    it nobody could read the table and the buckets, which outlive the stack too.
    """

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        self.key = kms.Key(
            self,
            "Key",
            description="Venterom: everything that is kept",
            enable_key_rotation=True,
            removal_policy=RemovalPolicy.RETAIN,
        )
        self.arn = self.key.key_arn
        # Logs encrypts by itself, for each group that names the key; only for groups of this account and region.
        self._let(
            f"logs.{Aws.REGION}.amazonaws.com",
            {
                "ArnLike": {
                    "kms:EncryptionContext:aws:logs:arn": f"arn:{Aws.PARTITION}:logs:{Aws.REGION}:{Aws.ACCOUNT_ID}:*"
                }
            },
        )
        # SES tells of e-mail through a topic that is encrypted with it; alarms have a key of their own.
        self._let("ses.amazonaws.com", {"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}})

    def through(self, services: Collection[str]) -> iam.PolicyStatement:
        """The right to have these services use it for a role: ``dynamodb``, ``s3`` …"""
        return iam.PolicyStatement(
            actions=list(USE),
            resources=[self.arn],
            conditions={
                "StringEquals": {"kms:ViaService": [f"{service}.{Aws.REGION}.amazonaws.com" for service in services]}
            },
        )

    def _let(self, service: str, conditions: dict[str, dict[str, str]]) -> None:
        self.key.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal(service)],
                actions=list(USE),
                resources=["*"],  # in a key's policy: the key itself
                conditions=conditions,
            )
        )
