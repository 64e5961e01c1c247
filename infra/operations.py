"""The stack of those who operate it: alarms, dashboard and budget, and what looks at the service from outside."""

from aws_cdk import DefaultStackSynthesizer, Environment, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infra.alarms import Alarms
from infra.core import Core
from infra.deployment import Deployment
from infra.media import Media
from infra.probe import Probe
from infra.web import Web


class Operations(Stack):
    """Of one deployment; it reads the others, and nothing depends on it."""

    def __init__(self, scope: Construct, *, deployment: Deployment, core: Core, media: Media, web: Web) -> None:
        super().__init__(
            scope,
            f"{deployment.stack}-operations",
            description="Venterom: alarms, dashboard, budget, probe",
            synthesizer=DefaultStackSynthesizer(generate_bootstrap_version_rule=False),
            env=Environment(account=deployment.account, region=deployment.region),
        )
        self.alarms = Alarms(self, "Alarms", deployment=deployment)
        self.alarms.add(
            "dead-letters",
            "What was to be done later failed for good: messages, cleaning up, or anchors.",
            cloudwatch.Metric(
                namespace="AWS/SQS",
                metric_name="ApproximateNumberOfMessagesVisible",
                dimensions_map={"QueueName": core.functions.dead_letters.name},
                statistic="Maximum",
            ),
            above=0,
        )
        self.probe = Probe(self, "Probe", deployment=deployment, core=core, media=media, web=web)
        self.probe.tell(self.alarms)
