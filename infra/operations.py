"""The stack of those who operate it: alarms and dashboard, and what looks at the service from outside."""

from aws_cdk import DefaultStackSynthesizer, Environment, Stack, Tags
from aws_cdk import aws_xray as xray
from constructs import Construct

from infra.alarms import Alarms
from infra.core import Core
from infra.dashboard import Dashboard
from infra.deployment import Deployment, Stage
from infra.media import Media
from infra.probe import Probe
from infra.queries import Queries
from infra.spending import TAG
from infra.watches import Watches
from infra.web import Web

TRACED = {Stage.DEV: 1.0, Stage.TEST: 1.0, Stage.PROD: 0.05}
"""The share of calls of functions that X-Ray keeps, besides one a second."""


class Operations(Stack):
    """Of one deployment; it reads the others, and nothing depends on it."""

    def __init__(self, scope: Construct, *, deployment: Deployment, core: Core, media: Media, web: Web) -> None:
        super().__init__(
            scope,
            f"{deployment.stack}-operations",
            description="Venterom: alarms, dashboard, probe",
            synthesizer=DefaultStackSynthesizer(generate_bootstrap_version_rule=False),
            env=Environment(account=deployment.account, region=deployment.region),
        )
        for stack in (core, media, web, self):
            Tags.of(stack).add(TAG, deployment.stack)
        self.alarms = Alarms(self, "Alarms", deployment=deployment)
        Watches(self, "Watches", alarms=self.alarms, deployment=deployment, core=core, media=media)
        Queries(self, "Queries", deployment=deployment, core=core, media=media)
        xray.CfnSamplingRule(
            self,
            "Traced",
            sampling_rule=xray.CfnSamplingRule.SamplingRuleProperty(
                rule_name=f"{deployment.name}-{deployment.stage}",
                priority=1000,
                version=1,
                fixed_rate=TRACED[deployment.stage],
                reservoir_size=1,
                service_name=f"{deployment.stack}*",
                service_type="*",
                host="*",
                http_method="*",
                url_path="*",
                resource_arn="*",
            ),
        )
        self.probe = Probe(self, "Probe", deployment=deployment, core=core, media=media, web=web)
        self.probe.tell(self.alarms)
        # Last, so that it shows every alarm.
        Dashboard(self, "Dashboard", deployment=deployment, core=core, media=media, alarms=self.alarms)
