"""The stack of a deployment's media: network, workers and TURN servers."""

from typing import Final

from aws_cdk import CfnOutput, DefaultStackSynthesizer, Environment, Fn, Stack
from aws_cdk import aws_ecs as ecs
from constructs import Construct

from infra.core import Core
from infra.deployment import Deployment
from infra.network import Network
from infra.restarts import Restarts
from infra.turn import Turn
from infra.workers import Workers

ZONES: Final = 3
"""Of the region, in each of which there are subnets: every region of the EU has as many."""


class Media(Stack):
    """What carries pictures and sound. It reads the core, and the core knows it by names that are given beforehand."""

    def __init__(self, scope: Construct, *, deployment: Deployment, core: Core) -> None:
        super().__init__(
            scope,
            f"{deployment.stack}-media",
            description="Venterom: media workers and TURN servers",
            synthesizer=DefaultStackSynthesizer(generate_bootstrap_version_rule=False),
            env=Environment(account=deployment.account, region=deployment.region),
        )
        self.network = Network(
            self, "Network", relay_only=deployment.settings.get("relay_only") == "true", key=core.state.key
        )
        self.cluster = ecs.Cluster(
            self,
            "Cluster",
            cluster_name=deployment.cluster,
            vpc=self.network.vpc,
            enable_fargate_capacity_providers=True,
        )
        self.workers = Workers(
            self, "Workers", deployment=deployment, core=core, network=self.network, cluster=self.cluster
        )
        self.turn = Turn(self, "Turn", deployment=deployment, core=core, network=self.network, cluster=self.cluster)
        Restarts(self, "Restarts", services=[self.workers.service, self.turn.service])
        # What the trust's DNS is to say of the two names.
        CfnOutput(
            self, "RelayTarget", value=self.turn.relay.load_balancer_dns_name, description=deployment.relay_domain
        )
        CfnOutput(self, "TurnTarget", value=self.turn.tls.load_balancer_dns_name, description=deployment.turn_domain)

    @property
    def availability_zones(self) -> list[str]:
        """Those that the account has by these places in its list: it is not asked when templates are made."""
        return [Fn.select(zone, Fn.get_azs()) for zone in range(ZONES)]
