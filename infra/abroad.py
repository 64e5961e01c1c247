"""The stack of what AWS has in us-east-1 only, wherever a deployment stands: budgets, and CloudFront's certificate."""

from aws_cdk import DefaultStackSynthesizer, Environment, Stack, Tags
from constructs import Construct

from infra.alarms import Alarms
from infra.deployment import ABROAD, Deployment
from infra.spending import TAG, Spending
from infra.watches import watch_certificate


class Abroad(Stack):
    """Of one deployment. Nothing of patients is in it: the address that is told of it, and figures."""

    def __init__(self, scope: Construct, *, deployment: Deployment) -> None:
        super().__init__(
            scope,
            f"{deployment.stack}-abroad",
            description="Venterom: budget, and the watch over the pages' certificate",
            synthesizer=DefaultStackSynthesizer(generate_bootstrap_version_rule=False),
            env=Environment(account=deployment.account, region=ABROAD),
        )
        Tags.of(self).add(TAG, deployment.stack)
        Spending(self, "Spending", deployment=deployment)
        watch_certificate(
            Alarms(self, "Alarms", deployment=deployment),
            "pages-certificate-expiring",
            "The pages' certificate runs out.",
            deployment.certificate,
        )
