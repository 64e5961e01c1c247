"""The TURN servers of a deployment: coturn on Fargate, behind two load balancers on port 443.

A load balancer of AWS has one listener a port. So one takes UDP and TCP on 443 (and on 3478, which some networks let
through for others' meetings), and one takes TLS on 443 and ends it.
"""

from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elb
from constructs import Construct

from infra import images
from infra.core import Core
from infra.deployment import TURN_SERVERS, Deployment
from infra.network import TURN as SUBNETS
from infra.network import TURN_PORT, TURN_PORTS, Network
from infra.task import Task

SIZE: Final = (1024, 2048)
"""coturn moves packets between two sockets, on one CPU for each address that it listens on."""
LAST_CALLS: Final = Duration.minutes(20)
"""A server that is to go takes no new connection for so long before it is stopped: most calls are over then."""


class Turn(Construct):
    """The servers, the service that keeps them running, and what stands before them."""

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
        self._network = network
        self.task = Task(
            self,
            "Task",
            image=images.turn(self),
            key=core.state.key,
            size=SIZE,
            environment={"VENTEROM_TURN_PEERS": network.peers, "VENTEROM_TURN_PORT": str(TURN_PORT)},
            secrets={"VENTEROM_TURN_SECRET": core.state.turn},
            port=ecs.PortMapping(container_port=TURN_PORT, protocol=ecs.Protocol.TCP),
        )
        self.task.container.add_port_mappings(ecs.PortMapping(container_port=TURN_PORT, protocol=ecs.Protocol.UDP))
        self.service = self.task.service(
            self,
            name=TURN_SERVERS,
            cluster=cluster,
            desired_count=deployment.workers.turn_servers,
            vpc_subnets=network.subnets(SUBNETS),
            security_groups=[network.turn],
            health_check_grace_period=Duration.minutes(1),
            capacity_provider_strategies=[ecs.CapacityProviderStrategy(capacity_provider="FARGATE", weight=1)],
        )
        self.relay, self.relay_targets = self._balancer("Relay", elb.Protocol.TCP_UDP)
        for port in TURN_PORTS:
            self.relay.add_listener(
                f"On{port}", port=port, protocol=elb.Protocol.TCP_UDP, default_target_groups=[self.relay_targets]
            )
        self.tls, self.tls_targets = self._balancer("Tls", elb.Protocol.TCP)
        self.tls.add_listener(
            "On443",
            port=443,
            protocol=elb.Protocol.TLS,
            certificates=[elb.ListenerCertificate.from_arn(deployment.turn_certificate)],
            ssl_policy=elb.SslPolicy.RECOMMENDED_TLS,
            default_target_groups=[self.tls_targets],
        )

    def _balancer(self, name: str, protocol: elb.Protocol) -> tuple[elb.NetworkLoadBalancer, elb.NetworkTargetGroup]:
        """A load balancer, and the servers behind it. Whoever comes by UDP or TCP is seen by her own address."""
        balancer = elb.NetworkLoadBalancer(
            self,
            name,
            vpc=self._network.vpc,
            internet_facing=True,
            # With as many servers as zones each has its own; while one is replaced, another zone's takes over.
            cross_zone_enabled=True,
            vpc_subnets=self._network.subnets(SUBNETS),
            security_groups=[self._network.balancers],
        )
        targets = elb.NetworkTargetGroup(
            self,
            f"{name}Targets",
            vpc=self._network.vpc,
            port=TURN_PORT,
            protocol=protocol,
            targets=[
                self.service.load_balancer_target(
                    container_name=self.task.container.container_name, container_port=TURN_PORT
                )
            ],
            health_check=elb.HealthCheck(
                protocol=elb.Protocol.TCP,
                interval=Duration.seconds(10),
                healthy_threshold_count=2,
                unhealthy_threshold_count=2,
            ),
            deregistration_delay=LAST_CALLS,
        )
        return balancer, targets
