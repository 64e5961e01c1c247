"""Functions are called by their alias only; in a deployment it moves to a new version by steps, and back by itself."""

import json
from typing import Any

import msgspec
import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk.assertions import Template

from chalicelib.settings import Settings
from infra import parameter
from infra.deployment import SmsLog, Stage
from infra.functions import FUNCTIONS
from infra.releases import AWAITED, OF_A_NAME, STEPPED, STEPS, Releases, alias_id, by_alias
from local.template import ASSEMBLY, synthesize
from tests.infra.conftest import Deployed, Deployments

CALLERS = (
    "AWS::ApiGateway::RestApi",
    "AWS::ApiGatewayV2::Integration",
    "AWS::Events::Rule",
    "AWS::Lambda::Permission",
    "AWS::Logs::SubscriptionFilter",
    "AWS::SNS::Subscription",
)


@pytest.fixture(scope="module")
def local() -> dict[str, Any]:
    synthesize()
    resources: dict[str, Any] = json.loads((ASSEMBLY / "venterom.template.json").read_text())["Resources"]
    return resources


@pytest.fixture(scope="module")
def cores(deployments: Deployments) -> list[Deployed]:
    return deployments.of("core")


def named(value: Any) -> set[str]:
    """The resources that a part of a template names."""
    if isinstance(value, dict):
        if isinstance(value.get("Ref"), str):
            return {value["Ref"]}
        if isinstance(value.get("Fn::GetAtt"), list):
            return {value["Fn::GetAtt"][0]}
        sub = value.get("Fn::Sub")
        text = sub if isinstance(sub, str) else ""
        found = {name for name in FUNCTIONS if f"${{{name}." in text or f"${{{name}}}" in text}
        return found.union(*(named(inner) for inner in value.values()))
    if isinstance(value, list):
        return set().union(*(named(inner) for inner in value))
    return set()


def test_nobody_calls_a_function_but_by_its_alias(local: dict[str, Any], cores: list[Deployed]) -> None:
    without_sms = [core.resources for core in cores if core.deployment.sms_log is SmsLog.NONE]
    for resources in (local, *(core.resources for core in cores)):
        callers = {name: one for name, one in resources.items() if one["Type"] in CALLERS}
        expected = set(CALLERS) - ({"AWS::Logs::SubscriptionFilter"} if resources in without_sms else set())
        assert {one["Type"] for one in callers.values()} == expected
        called = set().union(*(named(one["Properties"]) for one in callers.values()))
        assert ":function:$" not in json.dumps(callers), "Ref of an alias is an ARN already"
        assert not called & set(FUNCTIONS)
        assert {alias_id(name) for name in (*STEPPED, "Sweep", "Anchor", "Purge", "MailReceipt")} <= called


def test_each_function_has_one_alias_here_of_its_newest_code(local: dict[str, Any]) -> None:
    for name in FUNCTIONS:
        assert local[alias_id(name)]["Properties"] == {
            "FunctionName": {"Ref": name},
            "FunctionVersion": "$LATEST",
            "Name": "live",
        }


def test_in_a_deployment_it_names_a_version(cores: list[Deployed]) -> None:
    for core in cores:
        versions = core.of_type("AWS::Lambda::Version")
        assert len(versions) == len(FUNCTIONS)
        for name in FUNCTIONS:
            version, _ = core.resources[alias_id(name)]["Properties"]["FunctionVersion"]["Fn::GetAtt"]
            assert versions[version]["Properties"] == {"FunctionName": {"Ref": name}}
            assert "DeletionPolicy" not in versions[version], "an old one costs as long as it is kept"


def test_functions_run_on_arm_and_those_that_somebody_waits_for_are_started_ahead(cores: list[Deployed]) -> None:
    for core in cores:
        for name in FUNCTIONS:
            properties = core.resources[name]["Properties"]
            assert (properties["Runtime"], properties["Architectures"]) == ("python3.13", ["arm64"])
            assert ("SnapStart" in properties) == (name in AWAITED)


def test_a_deployments_settings_are_no_parameters_whose_old_values_would_be_kept(cores: list[Deployed]) -> None:
    for core in cores:
        fields = {parameter(field.name) for field in msgspec.structs.fields(Settings)}
        assert not fields & core.body.get("Parameters", {}).keys()
        variables = core.resources["APIHandler"]["Properties"]["Environment"]["Variables"]
        assert variables["VENTEROM_ORIGIN"] == core.deployment.origin
        assert variables["VENTEROM_MAIL_SENDER"] == core.deployment.settings["mail_sender"]


def test_nothing_of_a_function_changes_by_a_parameter_which_its_version_would_not_see(cores: list[Deployed]) -> None:
    for core in cores:
        decided = core.body.get("Parameters", {}).keys() | core.body.get("Conditions", {}).keys()
        for name, function in core.of_type("AWS::Lambda::Function").items():
            text = json.dumps(function["Properties"])
            assert not {one for one in decided if f'"{one}"' in text}, (core, name)


def test_what_pages_call_moves_by_steps_and_back_by_itself(cores: list[Deployed]) -> None:
    for core in cores:
        for name in FUNCTIONS:
            policy = core.resources[alias_id(name)].get("UpdatePolicy")
            assert bool(policy) == (name in STEPPED)
            if not policy:
                continue
            group = core.resources[policy["CodeDeployLambdaAliasUpdate"]["DeploymentGroupName"]["Ref"]]["Properties"]
            assert group["DeploymentConfigName"] == STEPS[core.deployment.stage]
            assert group["AutoRollbackConfiguration"]["Enabled"] is True
            assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]
            version = core.resources[alias_id(name)]["Properties"]["FunctionVersion"]
            alarms = [core.resources[one["Name"]["Ref"]]["Properties"] for one in group["AlarmConfiguration"]["Alarms"]]
            assert {alarm.get("MetricName", "Errors") for alarm in alarms} == {"Errors", "Duration"}
            for alarm in alarms:
                assert version in [value for _, value in dimensions(alarm)], "of the new version alone"
    assert "Canary" in STEPS[Stage.PROD]


def dimensions(alarm: dict[str, Any]) -> list[tuple[str, Any]]:
    found = alarm.get("Dimensions") or alarm["Metrics"][1]["MetricStat"]["Metric"]["Dimensions"]
    return [(one["Name"], one["Value"]) for one in found]


def version_of(memory: int, afterwards: int | None = None) -> str:
    """The logical id of a function's version, ``afterwards`` said of the function once it was made."""
    stack = Stack(App(), "Stack")
    code = lambda_.CfnFunction.CodeProperty(s3_bucket="b", s3_key="k")
    function = lambda_.CfnFunction(stack, "Sweep", code=code, role="r", timeout=5, memory_size=memory)
    alias = lambda_.CfnAlias(stack, "SweepLive", function_name="x", function_version="1", name="live")
    Releases(stack, "Releases", stage=Stage.TEST).add("Sweep", function, alias)
    if afterwards:
        function.memory_size = afterwards
    (version,) = Template.from_stack(stack).find_resources("AWS::Lambda::Version")
    return version


def test_what_differs_in_anything_is_another_version_and_what_does_not_is_none() -> None:
    first = version_of(256)
    assert version_of(256) == first
    assert version_of(512) != first
    assert version_of(256, afterwards=512) == version_of(512)


def test_two_deployments_have_the_same_version_exactly_when_their_functions_are_the_same(cores: list[Deployed]) -> None:
    for name in FUNCTIONS:
        by_version: dict[str, list[Any]] = {}
        for core in cores:
            version, _ = core.resources[alias_id(name)]["Properties"]["FunctionVersion"]["Fn::GetAtt"]
            by_version.setdefault(version, []).append(core.resources[name]["Properties"])
        assert all(one == same[0] for same in by_version.values() for one in same)
        assert len({json.dumps(same[0], sort_keys=True) for same in by_version.values()}) == len(by_version)


def test_whatever_way_a_template_calls_a_function_is_led_to_the_alias() -> None:
    template: dict[str, Any] = {
        "Resources": {
            "F": {"Type": "AWS::Lambda::Function", "Properties": {}},
            "A": {"Type": "X", "Properties": {"B": [{"Ref": "F"}, {"Ref": "G"}, {"Fn::GetAtt": ["F", "Arn"]}]}},
            "C": {"Type": "X", "Properties": {"Fn::Sub": "x/${F.Arn}/${G.Arn}"}},
            "D": {"Type": "X", "Properties": {"Fn::Sub": [f"x/{OF_A_NAME}${{H}}/y", {"H": {"Ref": "F"}}]}},
        },
        "Outputs": {"Name": {"Value": {"Ref": "F"}}},
    }
    by_alias(template)
    resources = template["Resources"]
    assert resources["A"]["Properties"]["B"] == [{"Ref": "FLive"}, {"Ref": "G"}, {"Ref": "FLive"}]
    assert resources["C"]["Properties"] == {"Fn::Sub": "x/${FLive}/${G.Arn}"}
    assert resources["D"]["Properties"] == {"Fn::Sub": ["x/${H}/y", {"H": {"Ref": "FLive"}}]}, "its ARN, not its name"
    assert template["Outputs"]["Name"]["Value"] == {"Ref": "F"}
