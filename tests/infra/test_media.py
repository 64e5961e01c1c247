"""What the media stack promises: one open port and nothing else, small rights, tasks that drain, coturn on 443."""

import json
import re
from ipaddress import IPv4Address, IPv4Network
from typing import Any

import pytest

from bench.scaling import GB, VCPU
from infra.images import ROOT
from infra.network import MEDIA_PORT, TURN_PORT
from infra.workers import SIZE
from media_worker.settings import Settings
from tests.infra.conftest import Deployed, Deployments

STAGES = ["elvenes-dev", "elvenes-prod", "fjordane-prod"]
EVERYWHERE = "0.0.0.0/0"
KINDS = {"Workers": "media_worker/Dockerfile", "Turn": "turn/Dockerfile"}


@pytest.fixture(params=STAGES)
def media(request: pytest.FixtureRequest, deployments: Deployments) -> Deployed:
    return deployments[request.param, "media"]


def task(media: Deployed, kind: str) -> dict[str, Any]:
    """The properties of the one task definition whose name begins so."""
    found = media.of_type("AWS::ECS::TaskDefinition")
    return next(one["Properties"] for name, one in found.items() if name.startswith(kind))


def container(media: Deployed, kind: str) -> dict[str, Any]:
    (found,) = task(media, kind)["ContainerDefinitions"]
    return dict(found)


def service(media: Deployed, kind: str) -> dict[str, Any]:
    found = media.of_type("AWS::ECS::Service")
    return next(one["Properties"] for name, one in found.items() if name.startswith(kind))


def test_a_worker_is_priced_as_large_as_it_is() -> None:
    assert (VCPU * 1024, GB * 1024) == SIZE


def rules(media: Deployed, group: str, way: str) -> set[tuple[str, str, int, int]]:
    """A group's rules: protocol, from or to where (a range, or another group's name), first and last port."""
    found = set()
    for rule in media.of_type(f"AWS::EC2::SecurityGroup{way}").values():
        given = rule["Properties"]
        if name_of(given["GroupId"]) == group:
            other = given.get("SourceSecurityGroupId") or given.get("DestinationSecurityGroupId")
            where = name_of(other) if other else given["CidrIp"]
            found.add((given["IpProtocol"], where, given["FromPort"], given["ToPort"]))
    return found


def name_of(reference: dict[str, Any]) -> str:
    return re.sub(r"^Network|[0-9A-F]{8}$", "", reference["Fn::GetAtt"][0])


def statements(media: Deployed, role: dict[str, Any]) -> list[dict[str, Any]]:
    """What a role may do that a task definition names."""
    found = []
    for policy in media.of_type("AWS::IAM::Policy").values():
        if {"Ref": role["Fn::GetAtt"][0]} in policy["Properties"]["Roles"]:
            found += policy["Properties"]["PolicyDocument"]["Statement"]
    return found


def actions(media: Deployed, role: dict[str, Any]) -> set[str]:
    return {
        action
        for one in statements(media, role)
        for action in ([one["Action"]] if isinstance(one["Action"], str) else one["Action"])
    }


def test_public_subnets_in_three_zones_and_no_nat(media: Deployed) -> None:
    media.template.resource_count_is("AWS::EC2::NatGateway", 0)
    media.template.resource_count_is("AWS::EC2::EIP", 0)
    subnets = [one["Properties"] for one in media.of_type("AWS::EC2::Subnet").values()]
    assert len(subnets) == 6
    assert {json.dumps(one["AvailabilityZone"]) for one in subnets} == {
        json.dumps({"Fn::Select": [zone, {"Fn::GetAZs": ""}]}) for zone in range(3)
    }
    assert not any(one["MapPublicIpOnLaunch"] for one in subnets)


def test_nothing_is_asked_of_an_account_when_templates_are_made(media: Deployed) -> None:
    manifest = json.loads(media.file.with_name("manifest.json").read_text())
    assert manifest.get("missing", []) == []


def test_what_comes_in_and_what_goes_out(media: Deployed) -> None:
    media_in, turn = ("udp", EVERYWHERE, MEDIA_PORT, MEDIA_PORT), (TURN_PORT, TURN_PORT)
    https = ("tcp", EVERYWHERE, 443, 443)
    assert rules(media, "Workers", "Ingress") == {media_in}
    assert rules(media, "Workers", "Egress") == {https}
    assert rules(media, "Turn", "Ingress") == {("tcp", "Balancers", *turn), ("udp", "Balancers", *turn)}
    assert rules(media, "Turn", "Egress") == {("udp", "Workers", MEDIA_PORT, MEDIA_PORT), https}
    ports = {(protocol, EVERYWHERE, port, port) for protocol in ("tcp", "udp") for port in (443, 3478)}
    assert rules(media, "Balancers", "Ingress") == ports
    assert rules(media, "Balancers", "Egress") == {("tcp", "Turn", *turn), ("udp", "Turn", *turn)}
    for group in media.of_type("AWS::EC2::SecurityGroup").values():
        assert "SecurityGroupIngress" not in group["Properties"]
        assert "SecurityGroupEgress" not in group["Properties"]
    media.template.resource_count_is("Custom::VpcRestrictDefaultSG", 1)


def test_flow_logs_tell_of_who_was_refused_only(media: Deployed) -> None:
    (flow,) = media.of_type("AWS::EC2::FlowLog").values()
    assert flow["Properties"]["TrafficType"] == "REJECT"
    assert all(one["Properties"]["RetentionInDays"] <= 90 for one in media.of_type("AWS::Logs::LogGroup").values())


@pytest.mark.parametrize("kind", KINDS)
def test_a_task_can_do_and_write_as_little_as_possible(media: Deployed, kind: str) -> None:
    runtime = {"CpuArchitecture": "ARM64", "OperatingSystemFamily": "LINUX"}
    assert task(media, kind)["RuntimePlatform"] == runtime
    one = container(media, kind)
    assert one["ReadonlyRootFilesystem"] is True
    assert one["LinuxParameters"] == {"Capabilities": {"Drop": ["ALL"]}, "InitProcessEnabled": True}
    assert not one.get("Privileged")
    assert service(media, kind).get("EnableExecuteCommand") is not True
    assert one["LogConfiguration"]["Options"]["mode"] == "non-blocking"


@pytest.mark.parametrize("kind", KINDS)
def test_its_health_is_asked_for_as_the_image_says(media: Deployed, kind: str) -> None:
    check = container(media, kind)["HealthCheck"]
    (line,) = re.findall(r"^HEALTHCHECK .*$", (ROOT / KINDS[kind]).read_text(), re.MULTILINE)
    command, retries = json.dumps(check["Command"][1:]), check["Retries"]
    seconds = f"--interval={check['Interval']}s --timeout={check['Timeout']}s --start-period={check['StartPeriod']}s"
    assert line == f"HEALTHCHECK {seconds} --retries={retries} {check['Command'][0]} {command}"


def test_the_environment_is_what_the_worker_reads(media: Deployed) -> None:
    one = container(media, "Workers")
    told = {given["Name"]: given["Value"] for given in one["Environment"]}
    secret = {given["Name"]: given["ValueFrom"] for given in one["Secrets"]}
    assert secret.keys() == {"VENTEROM_WORKER_KEY"}
    fields = {f"VENTEROM_{name.upper()}" for name in Settings.__struct_fields__}
    assert told.keys() | secret.keys() <= fields
    assert "wss://" in json.dumps(told["VENTEROM_SOCKET"])
    assert "execute-api" in json.dumps(told["VENTEROM_SOCKET"])
    text = told | {"VENTEROM_SOCKET": "wss://api.example/api", "VENTEROM_WORKER_KEY": "key"}
    settings = Settings.load(text)
    assert (settings.port, settings.plane, settings.address) == (MEDIA_PORT, "compiled", "")
    assert one["PortMappings"] == [{"ContainerPort": MEDIA_PORT, "Protocol": "udp"}]
    assert one["StopTimeout"] == 120
    assert settings.drain_seconds < one["StopTimeout"]


def test_coturn_reaches_the_workers_and_none_of_awss_own_addresses(media: Deployed) -> None:
    one = container(media, "Turn")
    told = {given["Name"]: given["Value"] for given in one["Environment"]}
    assert [given["Name"] for given in one["Secrets"]] == ["VENTEROM_TURN_SECRET"]
    known = set(re.findall(r"VENTEROM_TURN_\w+", (ROOT / "turn" / "entrypoint.sh").read_text()))
    assert told.keys() <= known
    ranges = [tuple(map(IPv4Address, one.split("-"))) for one in told["VENTEROM_TURN_PEERS"].split(",")]
    subnets = {name: one["Properties"] for name, one in media.of_type("AWS::EC2::Subnet").items()}
    workers = [IPv4Network(one["CidrBlock"]) for name, one in subnets.items() if "workers" in name]
    assert len(ranges) == len(workers) == 3
    for (first, last), subnet in zip(ranges, workers, strict=True):
        # https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html: the first four and the last
        assert (first, last) == (subnet[4], subnet[-2])


def test_a_task_may_use_its_secret_its_image_and_its_log_alone(media: Deployed) -> None:
    for kind in KINDS:
        rights = actions(media, task(media, kind)["ExecutionRoleArn"])
        assert {right.split(":")[0] for right in rights} == {"ecr", "kms", "logs", "secretsmanager"}
        everything = [one for one in statements(media, task(media, kind)["ExecutionRoleArn"]) if one["Resource"] == "*"]
        assert [one["Action"] for one in everything] == ["ecr:GetAuthorizationToken"]
    assert actions(media, task(media, "Workers")["TaskRoleArn"]) == {"ecs:UpdateTaskProtection"}
    assert statements(media, task(media, "Turn")["TaskRoleArn"]) == []


def test_the_template_leaves_the_number_of_workers_to_the_book(media: Deployed) -> None:
    assert "DesiredCount" not in service(media, "Workers")
    assert service(media, "Turn")["DesiredCount"] == media.deployment.workers.turn_servers
    media.template.resource_count_is("AWS::ApplicationAutoScaling::ScalableTarget", 0)


def test_services_have_the_names_that_others_know_them_by(media: Deployed) -> None:
    (cluster,) = media.of_type("AWS::ECS::Cluster").values()
    assert cluster["Properties"]["ClusterName"] == media.deployment.cluster
    assert (service(media, "Workers")["ServiceName"], service(media, "Turn")["ServiceName"]) == ("workers", "turn")


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_task_is_there_before_an_old_one_goes_and_a_broken_one_goes_back(media: Deployed, kind: str) -> None:
    how = service(media, kind)["DeploymentConfiguration"]
    assert (how["MinimumHealthyPercent"], how["MaximumPercent"]) == (100, 200)
    assert how["DeploymentCircuitBreaker"] == {"Enable": True, "Rollback": True}
    assert service(media, kind)["NetworkConfiguration"]["AwsvpcConfiguration"]["AssignPublicIp"] == "ENABLED"


def test_spot_is_for_workers_and_where_it_was_chosen(media: Deployed) -> None:
    providers = {one["CapacityProvider"]: one for one in service(media, "Workers")["CapacityProviderStrategy"]}
    assert ("FARGATE_SPOT" in providers) is media.deployment.workers.spot
    assert providers["FARGATE"].get("Base", 0) == (1 if media.deployment.workers.spot else 0)
    assert [one["CapacityProvider"] for one in service(media, "Turn")["CapacityProviderStrategy"]] == ["FARGATE"]


def test_coturn_is_on_443_for_udp_tcp_and_tls(media: Deployed) -> None:
    listeners: dict[str, set[tuple[int, str]]] = {}
    for one in media.of_type("AWS::ElasticLoadBalancingV2::Listener").values():
        given = one["Properties"]
        listeners.setdefault(given["LoadBalancerArn"]["Ref"], set()).add((given["Port"], given["Protocol"]))
        if given["Protocol"] == "TLS":
            assert given["Certificates"] == [{"CertificateArn": media.deployment.turn_certificate}]
            assert given["SslPolicy"].startswith("ELBSecurityPolicy-TLS13-1-2-")
    assert sorted(listeners.values(), key=len) == [{(443, "TLS")}, {(443, "TCP_UDP"), (3478, "TCP_UDP")}]
    for balancer in listeners:
        given = media.resources[balancer]["Properties"]
        assert (given["Type"], given["Scheme"], len(given["Subnets"])) == ("network", "internet-facing", 3)
        assert len(given["SecurityGroups"]) == 1
    for target in media.of_type("AWS::ElasticLoadBalancingV2::TargetGroup").values():
        given = target["Properties"]
        assert (given["Port"], given["TargetType"], given["HealthCheckProtocol"]) == (TURN_PORT, "ip", "TCP")
    assert len(service(media, "Turn")["LoadBalancers"]) == 2


def test_the_service_waits_for_its_load_balancers(media: Deployed) -> None:
    """ECS refuses a target group that no load balancer uses."""
    (name,) = [name for name in media.of_type("AWS::ECS::Service") if name.startswith("Turn")]
    waits = set(media.resources[name]["DependsOn"])
    assert set(media.of_type("AWS::ElasticLoadBalancingV2::Listener")) <= waits


def test_browsers_are_told_of_all_three(media: Deployed, deployments: Deployments) -> None:
    one = media.deployment
    core = deployments[f"{one.name}-{one.stage}", "core"]
    assert core.setting("turn_urls").split(",") == [
        f"turn:relay.{one.domain}:443?transport=udp",
        f"turn:relay.{one.domain}:443?transport=tcp",
        f"turns:turn.{one.domain}:443?transport=tcp",
    ]


def test_both_services_read_their_secrets_anew_every_week(media: Deployed) -> None:
    schedules = [one["Properties"] for one in media.of_type("AWS::Scheduler::Schedule").values()]
    assert len(schedules) == 2
    for one in schedules:
        assert re.fullmatch(r"cron\(\d+ \d+ \? \* SUN \*\)", one["ScheduleExpression"])
        assert '\\"ForceNewDeployment\\":true' in json.dumps(one["Target"]["Input"])
    targets = {json.dumps(one["Target"]["Input"]) for one in schedules}
    assert len(targets) == 2


@pytest.mark.parametrize("kind", KINDS)
def test_images_hold_what_their_dockerfiles_copy(media: Deployed, kind: str) -> None:
    """The context of the build, as it was staged: no more than that, else any change would make a new image."""
    assets = json.loads(media.file.with_name(f"{media.name}.assets.json").read_text())["dockerImages"]
    image = container(media, kind)["Image"]["Fn::Sub"].rpartition(":")[2]
    source = assets[image]["source"]
    assert next(iter(assets[image]["destinations"].values()))
    assert source.get("platform") == "linux/arm64"
    folder = media.file.parent / source["directory"]
    files = {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}
    if kind == "Turn":
        assert files == {"Dockerfile", "turnserver.conf", "entrypoint.sh", "health.sh"}
        return
    assert {file.split("/")[0] for file in files} - {".dockerignore"} == {"media_worker", "chalicelib"}
    assert not any(file.endswith((".so", ".pyc")) for file in files)
    copied = re.findall(r"chalicelib/\w+\.py", (ROOT / KINDS[kind]).read_text())
    assert {*copied, "media_worker/hotpath.c", "media_worker/requirements.txt"} <= files
