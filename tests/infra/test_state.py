"""What is kept, of every deployment: encrypted with the deployment's own key, and outliving the stack."""

import json
from typing import Any

import msgspec
import pytest
from aws_cdk import App, Stack
from aws_cdk.assertions import Template

from infra.deployment import Stage
from infra.limits import ACCOUNT, TOGETHER
from infra.logs import MESSAGE, REQUEST
from infra.state import State
from tests.infra.conftest import ASSEMBLY, Deployed, Deployments

KEPT = {"AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::SecretsManager::Secret", "AWS::KMS::Key"}


def cores(deployments: Deployments) -> list[Deployed]:
    found = deployments.of("core")
    assert len(found) == 6
    return found


def the_key(core: Deployed) -> dict[str, Any]:
    (name,) = core.of_type("AWS::KMS::Key")
    return {"Fn::GetAtt": [name, "Arn"]}


def test_the_key_is_turned_over_and_no_principal_outside_the_account_may_use_it(deployments: Deployments) -> None:
    for core in cores(deployments):
        (key,) = core.of_type("AWS::KMS::Key").values()
        assert key["Properties"]["EnableKeyRotation"] is True
        own, *services = key["Properties"]["KeyPolicy"]["Statement"]
        assert "iam::" in json.dumps(own["Principal"])
        assert own["Principal"]["AWS"] != "*"
        for statement in services:
            assert set(statement["Principal"]) == {"Service"}
            assert "AWS::AccountId" in json.dumps(statement["Condition"]) or core.deployment.account in json.dumps(
                statement["Condition"]
            )


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("AWS::DynamoDB::Table", "SSESpecification.KMSMasterKeyId"),
        ("AWS::SecretsManager::Secret", "KmsKeyId"),
        ("AWS::SQS::Queue", "KmsMasterKeyId"),
        ("AWS::SNS::Topic", "KmsMasterKeyId"),
        ("AWS::Logs::LogGroup", "KmsKeyId"),
    ],
)
def test_what_holds_data_is_encrypted_with_it(deployments: Deployments, kind: str, path: str) -> None:
    for core in cores(deployments):
        found = core.of_type(kind)
        assert found
        for name, resource in found.items():
            value: Any = resource["Properties"]
            for part in path.split("."):
                value = value.get(part, {})
            assert value == the_key(core), (core, name)


def test_buckets_are_too_but_for_the_one_that_s3_writes_its_logs_to(deployments: Deployments) -> None:
    for core in cores(deployments):
        by_name = {name: bucket["Properties"] for name, bucket in core.of_type("AWS::S3::Bucket").items()}
        logged = {p["LoggingConfiguration"]["DestinationBucketName"]["Ref"] for p in by_name.values()
                  if "LoggingConfiguration" in p}  # fmt: skip
        assert len(logged) == 1
        for name, properties in by_name.items():
            (rule,) = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
            by = rule["ServerSideEncryptionByDefault"]
            if name in logged:
                assert by == {"SSEAlgorithm": "AES256"}
                assert properties["LifecycleConfiguration"]
            else:
                assert by == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": the_key(core)}
                assert "LoggingConfiguration" in properties, name


def test_what_is_kept_stays_when_the_stack_goes(deployments: Deployments) -> None:
    for core in cores(deployments):
        for name, resource in core.resources.items():
            if resource["Type"] in KEPT and not name.startswith("Entrance"):  # its word is made anew
                assert resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == "Retain", name
        (table,) = core.of_type("AWS::DynamoDB::Table").values()
        assert table["Properties"]["DeletionProtectionEnabled"] is True


def test_no_stack_for_patients_is_deleted_by_mistake(deployments: Deployments) -> None:
    artifacts = json.loads((ASSEMBLY / "manifest.json").read_text())["artifacts"]
    for stack in deployments:
        assert artifacts[stack.name]["properties"].get("terminationProtection", False) == (
            stack.deployment.stage is Stage.PROD
        ), stack


def test_other_stacks_are_told_the_name_of_the_table_in_use_and_may_change_to_another(deployments: Deployments) -> None:
    """An export that another stack reads can neither change nor go: that of the own table is there all the time."""
    exports = []
    for restored in ("", "restored-1"):
        stack = Stack(App(), "core")
        deployment = msgspec.structs.replace(deployments.deployments[0], restored_table=restored)
        state = State(stack, "State", deployment=deployment)
        for name in (stack.resolve(state.table_name), stack.resolve(state.table.table_name)):
            assert name == restored if restored else "Ref" in name
        exports.append(Template.from_stack(stack).to_json()["Outputs"])
    assert exports[0] == exports[1]
    assert "Ref" in json.dumps(exports[0])


def test_every_log_group_forgets(deployments: Deployments) -> None:
    for stack in deployments:
        for name, group in stack.of_type("AWS::Logs::LogGroup").items():
            assert group["Properties"]["RetentionInDays"] >= 1, (stack, name)


def test_every_function_logs_to_its_own_group_and_may_write_to_no_other(deployments: Deployments) -> None:
    for core in cores(deployments):
        policies = core.of_type("AWS::IAM::Policy").values()
        groups = []
        for name, function in core.of_type("AWS::Lambda::Function").items():
            group = function["Properties"]["LoggingConfig"]["LogGroup"]["Ref"]
            groups.append(group)
            role = function["Properties"]["Role"]["Fn::GetAtt"][0]
            (writing,) = (
                statement
                for policy in policies
                if {"Ref": role} in policy["Properties"]["Roles"]
                for statement in policy["Properties"]["PolicyDocument"]["Statement"]
                if "logs:" in json.dumps(statement["Action"])
            )
            assert writing["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"], name
            assert f'"{group}"' in json.dumps(writing["Resource"])
            assert function["Properties"]["TracingConfig"] == {"Mode": "Active"}
        assert len(groups) == len(set(groups))


def test_what_apis_log_of_a_call_says_nothing_of_whose_it_is(deployments: Deployments) -> None:
    """Only what is on these lists, and nothing on them that AWS fills with an address, a browser, a path or an id."""
    allowed = {
        "requestId", "requestTimeEpoch", "httpMethod", "resourcePath", "routeKey", "eventType", "status",
        "error.responseType", "responseLatency", "responseLength", "integration.latency", "integration.status",
    }  # fmt: skip
    for fields in (REQUEST, MESSAGE):
        assert {value.removeprefix("$context.") for value in fields.values()} <= allowed
    for core in cores(deployments):
        (rest,) = core.of_type("AWS::ApiGateway::Stage").values()
        (socket,) = core.of_type("AWS::ApiGatewayV2::Stage").values()
        assert json.loads(rest["Properties"]["AccessLogSetting"]["Format"]) == REQUEST
        assert json.loads(socket["Properties"]["AccessLogSettings"]["Format"]) == MESSAGE
        for settings in rest["Properties"]["MethodSettings"]:
            assert (settings["LoggingLevel"], settings["DataTraceEnabled"]) == ("OFF", False)
        assert not rest["Properties"].get("TracingEnabled"), "API Gateway's segments hold headers"


def test_what_functions_reserve_fits_into_their_account(deployments: Deployments) -> None:
    for core in cores(deployments):
        reserved = [
            function["Properties"]["ReservedConcurrentExecutions"]
            for function in core.of_type("AWS::Lambda::Function").values()
        ]
        assert min(reserved) >= 1
        sharing = [d for d in deployments.deployments if d.account == core.deployment.account]
        assert len(sharing) <= TOGETHER
        assert sum(reserved) * len(sharing) <= ACCOUNT, core
