"""Sends the synthesized template to the embedded AWS, as a change set, the way AWS's own tools would."""

import hashlib
import json
from pathlib import Path
from typing import Any, Final

import boto3
import botocore.exceptions

from infra import STACK

REGION: Final = "eu-north-1"
ACCOUNT: Final = "000000000000"
ADMIN: Final = "local"  # the embedded AWS's own key and secret; whoever has it may do everything


class DeploymentFailed(Exception):
    """CloudFormation did not take the template; the message says why."""


class Aws:
    """Clients of the embedded AWS at one endpoint."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self._session = boto3.Session(
            aws_access_key_id=ADMIN,
            aws_secret_access_key=ADMIN,
            region_name=REGION,
        )

    def client(self, service: str) -> Any:
        """A boto3 client."""
        return self._session.client(service, endpoint_url=self.endpoint)

    def outputs(self) -> dict[str, str] | None:
        """The stack's outputs, or None when there is no finished stack."""
        try:
            (stack,) = self.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
        except botocore.exceptions.ClientError:
            return None
        if stack["StackStatus"] not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            return None
        return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}

    def secret(self, arn: str) -> str:
        """A secret's present value."""
        value: str = self.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"]
        return value

    def invoke(self, function: str, payload: object) -> Any:
        """Call a function by name; what it answers. Raises DeploymentFailed when it fails."""
        answer = self.client("lambda").invoke(FunctionName=function, Payload=json.dumps(payload).encode())
        body = answer["Payload"].read()
        if answer.get("FunctionError"):
            raise DeploymentFailed(f"{function} failed: {body[:500]!r}")
        return json.loads(body)


def deploy(aws: Aws, assembly: Path, parameters: dict[str, str]) -> dict[str, str]:
    """Create or update the stack; return its outputs. Nothing happens when this very template stands already.

    Raises DeploymentFailed.
    """
    template = (assembly / f"{STACK}.template.json").read_text()
    fingerprint = hashlib.sha256((template + json.dumps(parameters, sort_keys=True)).encode()).hexdigest()
    formation = aws.client("cloudformation")
    standing = aws.outputs()
    if standing and _tag(formation) == fingerprint:
        return standing
    template_url = _publish(aws, assembly)
    name = f"c{fingerprint[:32]}"
    formation.create_change_set(
        StackName=STACK,
        ChangeSetName=name,
        ChangeSetType="UPDATE" if standing else "CREATE",
        TemplateURL=template_url,
        Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in parameters.items()],
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
        Tags=[{"Key": "fingerprint", "Value": fingerprint}],
    )
    formation.get_waiter("change_set_create_complete").wait(
        StackName=STACK, ChangeSetName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )
    formation.execute_change_set(StackName=STACK, ChangeSetName=name)
    waiter = formation.get_waiter("stack_update_complete" if standing else "stack_create_complete")
    try:
        waiter.wait(StackName=STACK, WaiterConfig={"Delay": 1, "MaxAttempts": 180})
    except botocore.exceptions.WaiterError as error:
        raise DeploymentFailed(_reason(formation)) from error
    outputs = aws.outputs()
    if outputs is None:
        raise DeploymentFailed(_reason(formation))
    # The embedded AWS ignores the template's Object Lock and TTL.
    aws.client("s3").put_object_lock_configuration(
        Bucket=outputs["AnchorBucket"],
        ObjectLockConfiguration={
            "ObjectLockEnabled": "Enabled",
            "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 3650}},
        },
    )
    aws.client("dynamodb").update_time_to_live(
        TableName=outputs["Table"], TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"}
    )
    return outputs


def _tag(formation: Any) -> str | None:
    (stack,) = formation.describe_stacks(StackName=STACK)["Stacks"]
    return next((tag["Value"] for tag in stack.get("Tags", []) if tag["Key"] == "fingerprint"), None)


def _reason(formation: Any) -> str:
    events = formation.describe_stack_events(StackName=STACK)["StackEvents"]
    failed = [e for e in events if e["ResourceStatus"].endswith("FAILED")]
    return (
        "; ".join(f"{e['LogicalResourceId']}: {e.get('ResourceStatusReason', '?')}" for e in failed)
        or "no reason given"
    )


def _publish(aws: Aws, assembly: Path) -> str:
    """Upload the assembly's files as its manifest says; return the template's address."""
    manifest = json.loads((assembly / f"{STACK}.assets.json").read_text())
    storage = aws.client("s3")
    template_url = ""
    for asset in manifest["files"].values():
        for destination in asset["destinations"].values():
            bucket = destination["bucketName"].replace("${AWS::AccountId}", ACCOUNT).replace("${AWS::Region}", REGION)
            try:
                storage.head_bucket(Bucket=bucket)
            except botocore.exceptions.ClientError:
                storage.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
            storage.upload_file(str(assembly / asset["source"]["path"]), bucket, destination["objectKey"])
            if asset["source"]["path"].endswith(".template.json"):
                template_url = f"{aws.endpoint}/{bucket}/{destination['objectKey']}"
    return template_url
