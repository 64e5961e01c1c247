"""Who may do what, in every stack of every deployment: as the snapshots say, in its own region, and nothing else."""

import json
import re
from collections.abc import Iterator
from typing import Any

from infra.boundary import ELSEWHERE
from infra.deployment import SmsLog
from tests.infra.conftest import Deployed, Deployments
from tests.infra.policies import policies, snapshot

# Actions that are allowed on every resource, and why they cannot name one.
ANYTHING = {
    ("sns:Publish",): "a telephone number has no ARN",
    ("xray:PutTraceSegments", "xray:PutTelemetryRecords"): "segments of traces have no ARN",
    ("ecr:GetAuthorizationToken",): "the registry's token is for all images; which may be fetched is another statement",
    ("*",): "the boundary, which grants nothing: it bounds every role to its region",
    tuple(ELSEWHERE): "the boundary again: what is called in no region",
}
REGION = re.compile(r"\b(?:us|eu|ap|sa|ca|me|af|il|mx|cn)-(?:[a-z]+-)?[a-z]+-\d\b")
# What CloudFront, which is in no region, must have in this one.
GLOBAL = re.compile(r"^arn:aws:acm:us-east-1:\d+:certificate/")


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def statements(stack: Deployed) -> Iterator[tuple[str, dict[str, Any]]]:
    """Those that a role's policies make, with the logical id of what holds them."""
    for name, resource in stack.resources.items():
        if resource["Type"] in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
            yield from ((name, s) for s in resource["Properties"]["PolicyDocument"]["Statement"])
        if resource["Type"] == "AWS::IAM::Role":
            for policy in resource["Properties"].get("Policies", []):
                yield from ((name, s) for s in policy["PolicyDocument"]["Statement"])


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from texts(one)


def test_all_policies_are_those_of_the_snapshots(deployments: Deployments) -> None:
    """Meant to change? `make policies` writes the snapshots anew, and a reviewer reads what changed."""
    for stack in deployments:
        expected = json.loads(snapshot(stack.kind).read_text())
        if stack.deployment.sms_log is SmsLog.NONE:  # nobody calls it with what SNS logs
            expected = {name: one for name, one in expected.items() if not re.search("Sms.*MayCall", name)}
        assert policies(stack) == expected, stack


def test_nobody_may_do_everything_or_do_it_to_everything_but_for_a_reason(deployments: Deployments) -> None:
    met = set()
    for stack in deployments:
        for name, statement in statements(stack):
            actions = tuple(listed(statement["Action"]))
            if "*" in listed(statement["Resource"]):
                assert actions in ANYTHING, (stack, name)
                met.add(actions)
            if actions != ("*",):
                assert not [action for action in actions if "*" in action], (stack, name)
    assert met == set(ANYTHING), "reasons for what is not there"


def test_every_role_of_every_stack_is_bounded_to_its_region(deployments: Deployments) -> None:
    for stack in deployments:
        core = deployments[f"{stack.deployment.name}-{stack.deployment.stage}", "core"]
        (boundary,) = core.of_type("AWS::IAM::ManagedPolicy")
        within, elsewhere = core.resources[boundary]["Properties"]["PolicyDocument"]["Statement"]
        assert within["Condition"] == {"StringEquals": {"aws:RequestedRegion": {"Ref": "AWS::Region"}}}
        assert listed(elsewhere["Action"]) == list(ELSEWHERE)
        for name, role in stack.of_type("AWS::IAM::Role").items():
            bound = json.dumps(role["Properties"].get("PermissionsBoundary"))
            # IAM keeps a policy that still bounds a role, and the stack would not go.
            outlives = role.get("DeletionPolicy") == "Retain"
            assert (boundary in bound) is not outlives, (stack, name)


def test_nothing_in_any_template_names_another_region(deployments: Deployments) -> None:
    exceptions = 0
    for stack in deployments:
        for text in texts(stack.body):
            if GLOBAL.match(text):
                assert stack.kind in ("web", "abroad")
                exceptions += 1
            else:
                assert set(REGION.findall(text)) <= {stack.deployment.region}, (stack, text)
    assert exceptions
