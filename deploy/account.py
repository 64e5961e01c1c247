"""The account where a deployment stands: all that the deploy tool itself asks of AWS, and does there."""

import datetime
import json
import re
from collections.abc import Iterator
from typing import Any, Final

import boto3
import msgspec
from botocore.exceptions import BotoCoreError, ClientError, WaiterError

from deploy import Problem

BOOTSTRAPPED: Final = "/cdk-bootstrap/hnb659fds/version"
"""Where `cdk bootstrap` says that it was there."""
KEPT: Final = frozenset({"Retain", "RetainExceptOnCreate"})
NONE_STANDS: Final = "does not exist"
KEY_DAYS: Final = 7
"""The fewest after which a key may be gone for good (KMS)."""


class Thing(msgspec.Struct, frozen=True, order=True):
    """Something that a stack is made of."""

    kind: str
    """CloudFormation's type: AWS::DynamoDB::Table."""
    name: str
    """What the service calls it: a name, an id or an ARN."""
    region: str = ""
    """Where it stands."""


class Account:
    """The one that boto3 finds credentials for, in one region."""

    def __init__(self, region: str) -> None:
        self._region = region
        self._session = boto3.Session(region_name=region)

    def _client(self, service: str, region: str = "") -> Any:
        return self._session.client(service, region_name=region or self._region)

    def at(self, region: str) -> "Account":
        """The same account in another region."""
        return self if region == self._region else Account(region)

    def number(self) -> str:
        """Its twelve digits. Raises Problem when nobody is logged in."""
        try:
            number: str = self._client("sts").get_caller_identity()["Account"]
        except (BotoCoreError, ClientError) as error:
            raise Problem(f"No AWS credentials that work: {error}. Log in first, as with aws sso login.") from None
        return number

    def bootstrapped(self) -> bool:
        """Whether `cdk bootstrap` has been run in it."""
        try:
            self._client("ssm").get_parameter(Name=BOOTSTRAPPED)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ParameterNotFound":
                return False
            raise
        return True

    def certificate(self, arn: str) -> str:
        """What ACM says of a certificate: ISSUED, PENDING_VALIDATION, …; MISSING when it is not there."""
        try:
            found = self._client("acm", arn.split(":")[3]).describe_certificate(CertificateArn=arn)
        except ClientError as error:
            if error.response["Error"]["Code"] in ("ResourceNotFoundException", "InvalidArnException"):
                return "MISSING"
            raise
        status: str = found["Certificate"]["Status"]
        return status

    def outputs(self, stack: str) -> dict[str, str] | None:
        """A stack's outputs; None when it does not stand."""
        found = self._stack(stack)
        return found and {one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", [])}

    def _stack(self, stack: str) -> dict[str, Any] | None:
        try:
            (found,) = self._client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
        except ClientError as error:
            if NONE_STANDS in error.response["Error"]["Message"]:
                return None
            raise
        return None if found["StackStatus"] == "DELETE_COMPLETE" else found

    def secret(self, name: str) -> tuple[str, str, datetime.datetime]:
        """What a secret holds now, in which version, and since when."""
        found = self._client("secretsmanager").get_secret_value(SecretId=name)
        return found["SecretString"], found["VersionId"], found["CreatedDate"]

    def put_secret(self, name: str, text: str, version: str) -> None:
        """The next version of a secret, with an id that was chosen for it; once, however often it is put."""
        self._client("secretsmanager").put_secret_value(SecretId=name, SecretString=text, ClientRequestToken=version)

    def put(self, bucket: str, name: str, body: bytes, kind: str, cache: str) -> None:
        """One file of the pages, with its content type and for how long it may be kept."""
        self._client("s3").put_object(Bucket=bucket, Key=name, Body=body, ContentType=kind, CacheControl=cache)

    def steady(self, stack: str) -> None:
        """Return when as many tasks of the stack's services run as shall, and no old ones. Raises Problem."""
        ecs = self._client("ecs")
        for service in [one["PhysicalResourceId"] for one in self._resources(stack, "AWS::ECS::Service")]:
            cluster = re.split("[:/]", service)[-2]
            try:
                ecs.get_waiter("services_stable").wait(cluster=cluster, services=[service])
            except WaiterError as error:
                raise Problem(f"The service {service} does not become steady: {error}") from None

    def _resources(self, stack: str, kind: str = "") -> Iterator[dict[str, Any]]:
        pages = self._client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack)
        for page in pages:
            for one in page["StackResourceSummaries"]:
                if kind in ("", one["ResourceType"]) and one["ResourceStatus"] != "DELETE_COMPLETE":
                    yield one

    def kept(self, stack: str) -> list[Thing]:
        """What deleting the stack would leave, by its own template; nothing when it does not stand."""
        return [one for one, stays in self._fates(stack).items() if stays]

    def buckets(self, stack: str) -> list[str]:
        """Names of the buckets that go with the stack; CloudFormation wants them empty."""
        return [one.name for one, stays in self._fates(stack).items() if one.kind == "AWS::S3::Bucket" and not stays]

    def _fates(self, stack: str) -> dict[Thing, bool]:
        """All that it is made of, and whether that outlives it."""
        if self._stack(stack) is None:
            return {}
        body = self._client("cloudformation").get_template(StackName=stack)["TemplateBody"]
        resources = (json.loads(body) if isinstance(body, str) else body)["Resources"]
        return {
            Thing(one["ResourceType"], one["PhysicalResourceId"], self._region): (
                resources.get(one["LogicalResourceId"], {}).get("DeletionPolicy") in KEPT
            )
            for one in self._resources(stack)
            if one.get("PhysicalResourceId")  # without one it was never made
        }

    def empty(self, bucket: str) -> None:
        """Every version of everything in it, locked ones too unless nobody can undo the lock. Raises Problem."""
        s3 = self._client("s3")
        try:
            locked = "ObjectLockConfiguration" in s3.get_object_lock_configuration(Bucket=bucket)
        except ClientError:
            locked = False
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
            if found:
                done = s3.delete_objects(
                    Bucket=bucket,
                    Delete={"Objects": [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in found]},
                    **({"BypassGovernanceRetention": True} if locked else {}),
                )
                if done.get("Errors"):
                    raise Problem(f"{bucket} cannot be emptied: {done['Errors'][0].get('Message', 'refused')}")

    def delete(self, stack: str) -> None:
        """A stack, a protected one too: who asks has agreed. Return when it is gone; raises Problem with its words."""
        stands = self._stack(stack)
        if stands is None:
            return
        formation = self._client("cloudformation")
        if stands.get("EnableTerminationProtection"):
            formation.update_termination_protection(StackName=stack, EnableTerminationProtection=False)
        formation.delete_stack(StackName=stack)
        try:
            formation.get_waiter("stack_delete_complete").wait(StackName=stack, WaiterConfig={"Delay": 5})
        except WaiterError:
            found = self._stack(stack) or {}
            raise Problem(f"{stack} is not gone: {found.get('StackStatusReason', 'see its events')}") from None

    def remove(self, kept: Thing) -> str:
        """One of what outlived its stack, with its data; how it went, in a word or two."""
        try:
            return self._remove(kept)
        except ClientError as error:
            if re.search("NotFound|NoSuch", error.response["Error"]["Code"]):
                return "gone already"
            raise Problem(f"{kept.kind} {kept.name} cannot be removed: {error}") from None

    def _remove(self, kept: Thing) -> str:
        match kept.kind:
            case "AWS::DynamoDB::Table":
                dynamodb = self._client("dynamodb")
                if dynamodb.describe_table(TableName=kept.name)["Table"].get("DeletionProtectionEnabled"):
                    dynamodb.update_table(TableName=kept.name, DeletionProtectionEnabled=False)
                dynamodb.delete_table(TableName=kept.name)
            case "AWS::S3::Bucket":
                self.empty(kept.name)
                self._client("s3").delete_bucket(Bucket=kept.name)
            case "AWS::SecretsManager::Secret":
                self._client("secretsmanager").delete_secret(SecretId=kept.name, ForceDeleteWithoutRecovery=True)
            case "AWS::KMS::Key":
                self._client("kms").schedule_key_deletion(KeyId=kept.name, PendingWindowInDays=KEY_DAYS)
                return f"goes in {KEY_DAYS} days"
            case "AWS::Logs::LogGroup":
                self._client("logs").delete_log_group(logGroupName=kept.name)
            case _:
                return "stays: take it away by hand"
        return "removed"
