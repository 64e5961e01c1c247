"""The probe of a deployment: a short task every five minutes, which comes in as people do, over the internet."""

import json
from typing import Final

from aws_cdk import ArnFormat, Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as targets
from constructs import Construct

from chalicelib import probing
from infra import images
from infra.alarms import SILENCE, Alarms
from infra.core import Core
from infra.deployment import Deployment
from infra.media import Media
from infra.task import Task
from infra.web import Web
from probe import metrics

EVERY: Final = Duration.minutes(5)
REGISTERED: Final = Duration.days(1)
"""Its trust's register is written once a day: the first time is when there is a probe at all."""
SIZE: Final = (256, 512)
"""The least that Fargate has: two people without pictures to encode."""


class Probe(Construct):
    """Its task, its two schedules, and the alarm for when it finds something or is heard of no more."""

    def __init__(
        self, scope: Construct, construct_id: str, *, deployment: Deployment, core: Core, media: Media, web: Web
    ) -> None:
        super().__init__(scope, construct_id)
        self.system = deployment.stack
        workers = media.workers.service
        self.task = Task(
            self,
            "Task",
            image=images.probe(self),
            key=core.state.key,
            size=SIZE,
            environment={
                "VENTEROM_PROBE_ORIGIN": deployment.origin,
                "VENTEROM_PROBE_ISSUER": deployment.settings["patient_issuer"],
                "VENTEROM_PROBE_BUCKET": web.status.bucket.bucket_name,
                "VENTEROM_PROBE_SYSTEM": self.system,
                "VENTEROM_PROBE_CLUSTER": media.cluster.cluster_name,
                "VENTEROM_PROBE_SERVICE": workers.service_name,
                "VENTEROM_PROBE_EVERY": str(int(EVERY.to_seconds())),
            },
            secrets={"VENTEROM_PROBE_KEY": core.state.probe},
        )
        for actions, resource in (
            (["s3:GetObject", "s3:PutObject"], web.status.object_arn),
            (["s3:ListBucket"], web.status.bucket.bucket_arn),  # so that what is not there is not called forbidden
            (["ecs:DescribeServices"], workers.service_arn),
        ):
            statement = iam.PolicyStatement(actions=actions, resources=[resource])
            self.task.definition.add_to_task_role_policy(statement)
        scheduler.Schedule(
            self,
            "Look",
            schedule=scheduler.ScheduleExpression.rate(EVERY),
            target=targets.EcsRunFargateTask(
                media.cluster,
                task_definition=self.task.definition,
                assign_public_ip=True,
                security_groups=[self._group(media)],
                vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC),
                retry_attempts=0,  # the next look comes soon enough
                max_event_age=Duration.minutes(1),
            ),
            description="Holds a test call",
        )
        self._register(core)

    def tell(self, alarms: Alarms) -> None:
        """Tell the operators when two of three looks found a fault, or did not come."""
        found = cloudwatch.Metric(
            namespace=metrics.NAMESPACE,
            metric_name=metrics.OK,
            dimensions_map={metrics.SYSTEM: self.system},
            statistic="Minimum",
            period=EVERY,
        )
        words = "The test call from outside fails: patients may not get through. Or it is not held any more."
        alarms.add("probe-failed", words, found, below=1, periods=2, of=3, missing=SILENCE)

    def _group(self, media: Media) -> ec2.SecurityGroup:
        """Out to the internet, and in from nowhere: not from the servers beside it either."""
        group = ec2.SecurityGroup(
            self,
            "Group",
            vpc=media.network.vpc,
            description="The probe: HTTPS, and TURN on 443, to the internet",
            allow_all_outbound=False,
            disable_inline_rules=True,
        )
        for port in (ec2.Port.tcp(443), ec2.Port.udp(443)):
            group.add_egress_rule(ec2.Peer.any_ipv4(), port, "As people come")
        return group

    def _register(self, core: Core) -> None:
        function = core.functions.id_of("RegisterTrust")
        arn = core.format_arn(
            service="lambda", resource="function", resource_name=function, arn_format=ArnFormat.COLON_RESOURCE_NAME
        )
        scheduler.Schedule(
            self,
            "Register",
            schedule=scheduler.ScheduleExpression.rate(REGISTERED),
            target=targets.Universal(
                service="lambda",
                action="invoke",
                input=scheduler.ScheduleTargetInput.from_object(
                    {"FunctionName": function, "InvocationType": "Event", "Payload": json.dumps(probing.ENTRY)}
                ),
                policy_statements=[iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[arn])],
                retry_attempts=3,
                max_event_age=Duration.hours(1),
            ),
            description="Writes the register of the probe's trust",
        )
