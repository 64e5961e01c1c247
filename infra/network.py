"""The network of a deployment's media: public subnets and no NAT, which would cost more than all behind it."""

from ipaddress import IPv4Network
from typing import Final

from aws_cdk import CfnResource, RemovalPolicy, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.key import Key

RANGE: Final = "10.64.0.0/18"
"""Private addresses; it is joined to no other network."""
WORKERS: Final = "workers"
TURN: Final = "turn"
MEDIA_PORT: Final = 10_000
"""The workers' UDP port: that of Jitsi's bridges, which some networks' rules know by now."""
TURN_PORT: Final = 3478
"""The TURN servers' own port, for UDP and TCP."""
TURN_PORTS: Final = (443, 3478)
"""Where their load balancers listen."""
RESERVED: Final = 4
"""Addresses at the beginning of each subnet that are AWS's own: the router, the resolver of names
(https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html)."""


class Network(Construct):
    """Three zones, in each a subnet of workers, and one of TURN servers and their load balancers."""

    def __init__(self, scope: Construct, construct_id: str, *, relay_only: bool, key: Key) -> None:
        """``relay_only``: whether browsers reach the workers through the TURN servers alone."""
        super().__init__(scope, construct_id)
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=ec2.IpAddresses.cidr(RANGE),
            max_azs=3,
            nat_gateways=0,
            restrict_default_security_group=True,
            subnet_configuration=[
                ec2.SubnetConfiguration(
                    name=name, subnet_type=ec2.SubnetType.PUBLIC, cidr_mask=22, map_public_ip_on_launch=False
                )
                for name in (WORKERS, TURN)
            ],
            # Layers of images come from S3: so they pass no address that is paid for.
            gateway_endpoints={"S3": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.S3)},
        )
        self._tidy()
        self.workers = self._group("Workers", "Media workers: media from anywhere on one port, and nothing else")
        self.turn = self._group("Turn", "TURN servers: from their load balancers, and to the workers")
        self.balancers = self._group("Balancers", "Load balancers of the TURN servers")
        self._allow(self.turn if relay_only else ec2.Peer.any_ipv4())
        self._log_refused(key)

    def subnets(self, name: str) -> ec2.SubnetSelection:
        """Those of WORKERS or TURN, one a zone."""
        return ec2.SubnetSelection(subnet_group_name=name)

    @property
    def peers(self) -> str:
        """The addresses that a worker can have, ``first-last`` a zone, separated by commas: all that a TURN server may
        reach. AWS's own are left out: no rule of a security group keeps anybody from the resolver of names."""
        ranges = (
            IPv4Network(one.ipv4_cidr_block) for one in self.vpc.select_subnets(subnet_group_name=WORKERS).subnets
        )
        return ",".join(f"{one[RESERVED]}-{one[-2]}" for one in ranges)

    def _allow(self, callers: ec2.IPeer) -> None:
        """All that goes where. Groups remember who asked: answers need no rule."""
        anywhere = ec2.Peer.any_ipv4()
        media, https = ec2.Port.udp(MEDIA_PORT), ec2.Port.tcp(443)
        self.workers.add_ingress_rule(callers, media, "Media")
        self.workers.add_egress_rule(anywhere, https, "The socket API, and what starts a task")
        for port in TURN_PORTS:
            self.balancers.add_ingress_rule(anywhere, ec2.Port.tcp(port), "TURN")
            self.balancers.add_ingress_rule(anywhere, ec2.Port.udp(port), "TURN")
        for one in (ec2.Port.tcp(TURN_PORT), ec2.Port.udp(TURN_PORT)):
            self.balancers.add_egress_rule(self.turn, one, "TURN servers")
            self.turn.add_ingress_rule(self.balancers, one, "TURN, from whoever came to the load balancers")
        self.turn.add_egress_rule(self.workers, media, "Media")
        self.turn.add_egress_rule(anywhere, https, "What starts a task: image, secret, log; coturn itself opens no TCP")

    def _tidy(self) -> None:
        """What empties the default group is the CDK's own function; it says twice what it depends on (W3005)."""
        provider = Stack.of(self).node.find_child("Custom::VpcRestrictDefaultSGCustomResourceProvider")
        handler = provider.node.find_child("Handler")
        if isinstance(handler, CfnResource):
            handler.add_deletion_override("DependsOn")

    def _log_refused(self, key: Key) -> None:
        """Who was refused, for a month. Whoever is let in has an address that says who was in a consultation when."""
        group = logs.LogGroup(
            self,
            "Refused",
            retention=logs.RetentionDays.ONE_MONTH,
            removal_policy=RemovalPolicy.DESTROY,
            encryption_key=key.key,
        )
        self.vpc.add_flow_log(
            "FlowLog",
            destination=ec2.FlowLogDestination.to_cloud_watch_logs(group),
            traffic_type=ec2.FlowLogTrafficType.REJECT,
            max_aggregation_interval=ec2.FlowLogMaxAggregationInterval.TEN_MINUTES,
        )

    def _group(self, name: str, description: str) -> ec2.SecurityGroup:
        return ec2.SecurityGroup(
            self, name, vpc=self.vpc, description=description, allow_all_outbound=False, disable_inline_rules=True
        )
