"""What the probe's stack promises: a task that may do little, looks often, and is missed when it does not."""

import json
from typing import Any

import pytest

from chalicelib import probing
from probe.settings import Settings
from tests.infra.conftest import Deployed, Deployments


@pytest.fixture(scope="session")
def stacks(deployments: Deployments) -> list[Deployed]:
    found = deployments.of("operations")
    assert len(found) == 6
    return found


def container(stack: Deployed) -> dict[str, Any]:
    (task,) = stack.of_type("AWS::ECS::TaskDefinition").values()
    assert task["Properties"]["RuntimePlatform"]["CpuArchitecture"] == "ARM64"
    (one,) = task["Properties"]["ContainerDefinitions"]
    found: dict[str, Any] = one
    return found


def schedules(stack: Deployed) -> dict[str, dict[str, Any]]:
    found = stack.of_type("AWS::Scheduler::Schedule").values()
    return {one["Properties"]["ScheduleExpression"]: one["Properties"] for one in found}


def test_its_container_writes_nothing_and_is_told_what_its_settings_ask_for(stacks: list[Deployed]) -> None:
    for stack in stacks:
        given = container(stack)
        assert given["ReadonlyRootFilesystem"] is True
        assert given["LinuxParameters"]["Capabilities"]["Drop"] == ["ALL"]
        assert "PortMappings" not in given or given["PortMappings"] == []
        names = {one["Name"] for one in (*given["Environment"], *given["Secrets"])}
        fields = {f"VENTEROM_PROBE_{name.upper()}" for name in Settings.__struct_fields__}
        assert fields - names == {"VENTEROM_PROBE_FILE", "VENTEROM_PROBE_PATIENCE"}
        assert names <= fields
        assert [one["Name"] for one in given["Secrets"]] == ["VENTEROM_PROBE_KEY"]


def test_it_looks_every_five_minutes_from_outside(stacks: list[Deployed]) -> None:
    for stack in stacks:
        target = schedules(stack)["rate(5 minutes)"]["Target"]
        network = target["EcsParameters"]["NetworkConfiguration"]["AwsvpcConfiguration"]
        assert network["AssignPublicIp"] == "ENABLED"
        assert target["EcsParameters"]["LaunchType"] == "FARGATE"
        (group,) = stack.of_type("AWS::EC2::SecurityGroup")
        assert network["SecurityGroups"] == [{"Fn::GetAtt": [group, "GroupId"]}]
        assert stack.of_type("AWS::EC2::SecurityGroupIngress") == {}
        out = [rule["Properties"] for rule in stack.of_type("AWS::EC2::SecurityGroupEgress").values()]
        assert {(rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) for rule in out} == {
            ("tcp", 443, 443), ("udp", 443, 443),
        }  # fmt: skip


def test_it_may_write_its_document_and_ask_how_many_workers_are_wanted(stacks: list[Deployed]) -> None:
    for stack in stacks:
        (task,) = stack.of_type("AWS::ECS::TaskDefinition").values()
        role = task["Properties"]["TaskRoleArn"]["Fn::GetAtt"][0]
        (policy,) = (
            one["Properties"]["PolicyDocument"]["Statement"]
            for one in stack.of_type("AWS::IAM::Policy").values()
            if {"Ref": role} in one["Properties"]["Roles"]
        )
        allowed = {json.dumps(s["Action"]): json.dumps(s["Resource"]) for s in policy}
        assert set(allowed) == {'["s3:GetObject", "s3:PutObject"]', '"s3:ListBucket"', '"ecs:DescribeServices"'}
        assert "/status.json" in allowed['["s3:GetObject", "s3:PutObject"]']
        assert '"*"' not in allowed.values()


def test_its_trust_is_registered_by_itself(stacks: list[Deployed]) -> None:
    for stack in stacks:
        target = schedules(stack)["rate(1 day)"]["Target"]
        assert target["Arn"]["Fn::Join"][1][-1].endswith(":aws-sdk:lambda:invoke")
        parts = target["Input"]["Fn::Join"][1]
        said = json.loads("".join(part if isinstance(part, str) else "function" for part in parts))
        assert (said["FunctionName"], json.loads(said["Payload"])) == ("function", probing.ENTRY)


def test_not_to_hear_of_it_is_an_alarm(stacks: list[Deployed]) -> None:
    for stack in stacks:
        (alarm,) = (
            one["Properties"]
            for one in stack.of_type("AWS::CloudWatch::Alarm").values()
            if one["Properties"]["AlarmName"].endswith("-probe-failed")
        )
        assert (alarm["MetricName"], alarm["Statistic"], alarm["Period"]) == ("ProbeOk", "Minimum", 300)
        assert (alarm["DatapointsToAlarm"], alarm["EvaluationPeriods"]) == (2, 3)
        assert (alarm["Threshold"], alarm["TreatMissingData"]) == (1, "breaching")
        assert alarm["Dimensions"] == [{"Name": "System", "Value": stack.deployment.stack}]
