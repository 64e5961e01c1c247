"""Every policy of every stack, told without whose it is; `make policies` writes the snapshots of them anew."""

import json
from pathlib import Path
from typing import Any, Final

from infra.deployment import FILE
from local.template import synthesize
from tests.infra.conftest import ASSEMBLY, Deployed, Deployments

SNAPSHOTS: Final = Path(__file__).with_name("snapshots")
HOLDING: Final = {
    "AWS::IAM::Role": ("AssumeRolePolicyDocument", "Policies", "ManagedPolicyArns", "PermissionsBoundary"),
    "AWS::IAM::Policy": ("PolicyDocument", "Roles"),
    "AWS::IAM::ManagedPolicy": ("PolicyDocument",),
    "AWS::KMS::Key": ("KeyPolicy",),
    "AWS::S3::BucketPolicy": ("PolicyDocument",),
    "AWS::SQS::QueuePolicy": ("PolicyDocument",),
    "AWS::SNS::TopicPolicy": ("PolicyDocument",),
    "AWS::ApiGateway::RestApi": ("Policy",),
    "AWS::Lambda::Permission": ("Action", "FunctionName", "Principal", "SourceArn", "SourceAccount"),
    "AWS::SecretsManager::ResourcePolicy": ("ResourcePolicy",),
    "AWS::Logs::ResourcePolicy": ("PolicyDocument",),
    "AWS::ECR::Repository": ("RepositoryPolicyText",),
}
"""Where each type of resource says who may do what."""


def policies(stack: Deployed) -> dict[str, Any]:
    """By logical id what each resource of a stack grants, with the deployment's own names as words in braces."""
    held = {
        name: {
            part: resource["Properties"][part] for part in HOLDING[resource["Type"]] if part in resource["Properties"]
        }
        for name, resource in sorted(stack.resources.items())
        if resource["Type"] in HOLDING
    }
    text = json.dumps({name: parts for name, parts in held.items() if parts})
    where = stack.deployment
    for own, word in (
        (where.settings["mail_sender"], "{mail_sender}"),
        (where.stack, "{stack}"),
        (where.domain, "{domain}"),
        (where.mail_domain, "{mail_domain}"),
        (where.account, "{account}"),
        (where.region, "{region}"),
    ):
        text = text.replace(own, word)
    found: dict[str, Any] = json.loads(text)
    return found


def snapshot(kind: str) -> Path:
    """Where the policies of all stacks of a kind stand."""
    return SNAPSHOTS / f"{kind}.json"


def main() -> None:
    """Write them anew, from the first deployment for patients."""
    synthesize(ASSEMBLY, FILE)
    SNAPSHOTS.mkdir(exist_ok=True)
    for stack in Deployments(ASSEMBLY):
        if stack.deployment.stage == "prod":
            snapshot(stack.kind).write_text(json.dumps(policies(stack), indent=2, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
