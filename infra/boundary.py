"""What no role of a deployment can do, whatever its policies say: call AWS outside the deployment's own region."""

from collections.abc import Mapping
from typing import Final

from aws_cdk import Aws, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

ELSEWHERE: Final[Mapping[str, str]] = {
    "iam:PassRole": "no call of its own: which roles may be passed is what a role's own policy says",
}
"""What AWS does in no region or in another one, and why a role of ours needs it."""


class Boundary(Construct):
    """The permissions boundary that every role of every stack of a deployment has (`apply`), save one that outlives it.

    A boundary grants nothing; a role may do what its policies and the boundary both allow. So a policy that somebody
    widens later, to another region's resources or to `*`, does not reach out of the region.
    """

    def __init__(self, scope: Construct, construct_id: str, *, name: str) -> None:
        super().__init__(scope, construct_id)
        self.policy = iam.ManagedPolicy(
            self,
            "Region",
            managed_policy_name=name,
            description="Bounds every role of this deployment to its own region",
            statements=[
                iam.PolicyStatement(
                    actions=["*"],
                    resources=["*"],
                    conditions={"StringEquals": {"aws:RequestedRegion": Aws.REGION}},
                ),
                iam.PolicyStatement(actions=list(ELSEWHERE), resources=["*"]),
            ],
        )

    def apply(self, stack: Stack) -> None:
        """Bound every role of a stack, those that the CDK makes for itself too."""
        iam.PermissionsBoundary.of(stack).apply(self.policy)
