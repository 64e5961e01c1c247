"""What is kept: the one table, the secrets, and two buckets that outlive the table's recovery."""

import string
from typing import Any, Final

from aws_cdk import CfnCondition, CfnParameter, Duration, Fn, RemovalPolicy, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra.deployment import LONGEST_TRAIL_DAYS, Deployment, Lock
from infra.key import Key

ERASURES_LIVE: Final = Duration.days(40)
"""Longer than the table can be restored from (35 days), which is what what was erased could come back by."""

LOGS_LIVE: Final = Duration.days(400)
"""Of who reached into the buckets: functions and operators, no patients; a year, and a month to look into it."""


class State(Construct):
    """One DynamoDB table with its index by day, and one secret for each purpose."""

    def __init__(self, scope: Construct, construct_id: str, *, deployment: Deployment | None = None) -> None:
        super().__init__(scope, construct_id)
        # Without the flag the CDK lets S3 write its logs by an access list, which a bucket with one owner has none of.
        self.node.set_context("@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy", True)
        self.key = Key(self, "Key")
        own = dynamodb.Table(
            self,
            "Table",
            partition_key=dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="sk", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            time_to_live_attribute="expires",
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
            encryption_key=self.key.key,
            removal_policy=RemovalPolicy.RETAIN,
            deletion_protection=deployment is not None,
        )
        own.add_global_secondary_index(
            index_name="by_day",
            partition_key=dynamodb.Attribute(name="day_pk", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="day_sk", type=dynamodb.AttributeType.STRING),
        )
        restored = deployment.restored_table if deployment else ""
        self.table = self._in_use(own, deployment)
        """The table that the functions use."""
        self.table_name = restored or own.table_name
        """Its name for other stacks, in which this one's condition means nothing."""
        if deployment:
            # Also while another table is in use: CloudFormation takes no export away that another stack still reads.
            Stack.of(self).export_value(own.table_name)
        self.pepper = self._random("Pepper", "Key of every keyed hash; changing it unbinds what was hashed before")
        self.turn = self._random("Turn", "Shared with the TURN server: time-limited credentials")
        self.worker = self._random("Worker", "Media workers sign their connection with it")
        self.probe = self._random("Probe", "The probe signs its connection with it")
        self.sms_gateway = self._random(
            "SmsGateway", "JSON with token and receipts, put here by who uses a gateway of SMS"
        )
        # An RSA key cannot be made by a template: the function rotate_secret replaces this value.
        self.login_keys = self._random("LoginKeys", "Private JSON Web Keys with which we sign in at the ID portal")

        self.bucket_logs = self._bucket("BucketLogs", lifecycle_rules=[s3.LifecycleRule(expiration=LOGS_LIVE)])
        self.anchors = self._anchors(deployment)
        # A restored table has been erased from again when what is said here has been done again.
        self.erasures = self._private("Erasures", lifecycle_rules=[s3.LifecycleRule(expiration=ERASURES_LIVE)])

    def _in_use(self, own: dynamodb.Table, deployment: Deployment | None) -> dynamodb.ITable:
        """The stack's own table, or one that was restored from a backup and takes its place.

        A deployment has it by name: functions keep, with a published version, the table that they had when it was made,
        and a version is made when their properties differ. What a parameter says is not seen in those.
        """
        if deployment:
            return dynamodb.Table.from_table_name(self, "InUse", deployment.restored_table or own.table_name)
        restored = CfnParameter(
            self,
            "RestoredTable",
            default="",
            description="Name of a table, restored from a backup, to be used instead of the stack's own; usually empty",
        )
        restored.override_logical_id(restored.node.id)
        is_own = CfnCondition(self, "OwnTable", expression=Fn.condition_equals(restored.value_as_string, ""))
        name = Fn.condition_if(is_own.logical_id, own.table_name, restored.value_as_string).to_string()
        return dynamodb.Table.from_table_name(self, "InUse", name)

    def _anchors(self, deployment: Deployment | None) -> s3.Bucket:
        """The bucket of the anchors: what is put there cannot be changed by anybody before its time."""
        bucket = self._private("Anchors", versioned=True, object_lock_enabled=True)
        bucket_resource = bucket.node.default_child
        if not isinstance(bucket_resource, s3.CfnBucket):
            raise TypeError(bucket.node.path)
        bucket_resource.object_lock_configuration = s3.CfnBucket.ObjectLockConfigurationProperty(
            object_lock_enabled="Enabled",
            rule=s3.CfnBucket.ObjectLockRuleProperty(
                default_retention=s3.CfnBucket.DefaultRetentionProperty(
                    mode=deployment.anchor_lock if deployment else Lock.GOVERNANCE,
                    days=deployment.anchor_days if deployment else LONGEST_TRAIL_DAYS,
                )
            ),
        )
        return bucket

    def _private(self, name: str, **more: Any) -> s3.Bucket:
        """A bucket of state: encrypted with the deployment's key, each access to it logged."""
        return self._bucket(
            name,
            encryption=s3.BucketEncryption.KMS,
            encryption_key=self.key.key,
            bucket_key_enabled=True,
            server_access_logs_bucket=self.bucket_logs,
            server_access_logs_prefix=f"{name.lower()}/",
            **more,
        )

    def _bucket(
        self, name: str, *, encryption: s3.BucketEncryption = s3.BucketEncryption.S3_MANAGED, **more: Any
    ) -> s3.Bucket:
        """A bucket of our own: encrypted, reached by TLS only, never public, and not removed with the stack.

        With S3's key where S3 itself writes its logs: it takes no other there.
        """
        return s3.Bucket(
            self,
            name,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=encryption,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            removal_policy=RemovalPolicy.RETAIN,
            **more,
        )

    def _random(self, name: str, description: str) -> str:
        """A secret made by AWS, letters and digits only; returns its ARN."""
        secret = secretsmanager.CfnSecret(
            self,
            name,
            description=description,
            kms_key_id=self.key.arn,
            generate_secret_string=secretsmanager.CfnSecret.GenerateSecretStringProperty(
                exclude_characters=string.punctuation, password_length=43
            ),
        )
        secret.apply_removal_policy(RemovalPolicy.RETAIN)
        return secret.attr_id
