"""The media workers of a deployment: one service of Fargate tasks, counted by the appointment book."""

from typing import Final

from aws_cdk import Aws
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra import images
from infra.core import Core
from infra.deployment import WORKERS, Deployment
from infra.network import MEDIA_PORT, Network
from infra.network import WORKERS as SUBNETS
from infra.task import Task

SIZE: Final = (1024, 2048)
"""A worker runs on one CPU (docs/performance.md); 2 GiB is the least memory that Fargate gives with it, and twenty
times what it uses."""


class Workers(Construct):
    """Their tasks, and the service that keeps them running."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        core: Core,
        network: Network,
        cluster: ecs.Cluster,
    ) -> None:
        super().__init__(scope, construct_id)
        self.task = Task(
            self,
            "Task",
            image=images.worker(self),
            key=core.state.key,
            size=SIZE,
            environment={
                "VENTEROM_SYSTEM": deployment.stack,
                "VENTEROM_SOCKET": core.socket_url,
                "VENTEROM_PORT": str(MEDIA_PORT),
                "VENTEROM_PLANE": "compiled",  # it would rather not start than be slow
            },
            secrets={"VENTEROM_WORKER_KEY": core.state.worker},
            port=ecs.PortMapping(container_port=MEDIA_PORT, protocol=ecs.Protocol.UDP),
        )
        self.task.definition.add_to_task_role_policy(
            iam.PolicyStatement(
                # Asked through the agent of ECS, for itself.
                actions=["ecs:UpdateTaskProtection"],
                resources=[
                    f"arn:{Aws.PARTITION}:ecs:{Aws.REGION}:{Aws.ACCOUNT_ID}:task/{deployment.cluster}/*",
                ],
            )
        )
        # How many is no matter of the template: the schedule sets it by the book, and a deployment leaves it as it is.
        self.service = self.task.service(
            self,
            name=WORKERS,
            cluster=cluster,
            vpc_subnets=network.subnets(SUBNETS),
            security_groups=[network.workers],
            capacity_provider_strategies=_strategies(spot=deployment.workers.spot),
            # A worker is stopped because it is not needed, never to balance zones: its calls would move.
            availability_zone_rebalancing=ecs.AvailabilityZoneRebalancing.DISABLED,
        )


def _strategies(*, spot: bool) -> list[ecs.CapacityProviderStrategy]:
    """With Spot the first worker is still one that AWS does not take back."""
    if not spot:
        return [ecs.CapacityProviderStrategy(capacity_provider="FARGATE", weight=1)]
    return [
        ecs.CapacityProviderStrategy(capacity_provider="FARGATE", base=1, weight=0),
        ecs.CapacityProviderStrategy(capacity_provider="FARGATE_SPOT", weight=1),
    ]
