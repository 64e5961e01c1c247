"""A restart of the services' tasks once a week, for they read their secrets when they start."""

from collections.abc import Sequence
from typing import Final

from aws_cdk import Duration, TimeZone
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as targets
from constructs import Construct

WHEN: Final = scheduler.ScheduleExpression.cron(
    week_day="SUN", hour="3", minute="30", time_zone=TimeZone.of("Europe/Oslo")
)
"""When few talk. A key is known for a month before it is used (docs/operating/secrets.md), so a week is enough."""


class Restarts(Construct):
    """The scheduler asks ECS itself for a deployment of what is deployed already: it rolls and drains as any other."""

    def __init__(self, scope: Construct, construct_id: str, *, services: Sequence[ecs.FargateService]) -> None:
        super().__init__(scope, construct_id)
        for service in services:
            target = targets.Universal(
                service="ecs",
                action="updateService",
                input=scheduler.ScheduleTargetInput.from_object(
                    {
                        "Cluster": service.cluster.cluster_name,
                        "Service": service.service_name,
                        "ForceNewDeployment": True,
                    }
                ),
                policy_statements=[iam.PolicyStatement(actions=["ecs:UpdateService"], resources=[service.service_arn])],
                retry_attempts=3,
                max_event_age=Duration.hours(1),
            )
            scheduler.Schedule(
                self,
                service.node.scope.node.id if service.node.scope else service.node.id,
                schedule=WHEN,
                target=target,
                description="Restarts the tasks of the service for the sake of their secrets",
            )
