"""What the one template promises: its state, each function's rights and settings, and nothing linters object to."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from aws_cdk.assertions import Match, Template

from chalicelib.rest import Rules
from chalicelib.settings import Settings
from infra import parameter
from infra.functions import FUNCTIONS
from local.template import ASSEMBLY, synthesize

Resources = dict[str, dict[str, Any]]


@pytest.fixture(scope="session")
def template_file() -> Path:
    synthesize()
    return ASSEMBLY / "venterom.template.json"


@pytest.fixture(scope="session")
def resources(template_file: Path) -> Resources:
    found: Resources = json.loads(template_file.read_text())["Resources"]
    return found


@pytest.fixture(scope="session")
def template(template_file: Path) -> Template:
    return Template.from_json(json.loads(template_file.read_text()))


def statements(resources: Resources, role: str) -> list[dict[str, Any]]:
    """What a role may do, each statement with a list of actions."""
    found = []
    for policy in of_type(resources, "AWS::IAM::Policy").values():
        if {"Ref": role} in policy["Properties"]["Roles"]:
            found += policy["Properties"]["PolicyDocument"]["Statement"]
    return [s | {"Action": [s["Action"]] if isinstance(s["Action"], str) else s["Action"]} for s in found]


def of_type(resources: Resources, kind: str) -> Resources:
    return {name: resource for name, resource in resources.items() if resource["Type"] == kind}


def role_of(resources: Resources, function: str) -> str:
    role: str = resources[function]["Properties"]["Role"]["Fn::GetAtt"][0]
    return role


def actions(resources: Resources, function: str) -> set[str]:
    return {action for s in statements(resources, role_of(resources, function)) for action in s["Action"]}


def test_one_table_with_its_index_recovery_and_encryption(template: Template) -> None:
    template.resource_count_is("AWS::DynamoDB::Table", 1)
    template.has_resource(
        "AWS::DynamoDB::Table",
        {
            "DeletionPolicy": "Retain",
            "Properties": {
                "BillingMode": "PAY_PER_REQUEST",
                "KeySchema": [
                    {"AttributeName": "pk", "KeyType": "HASH"},
                    {"AttributeName": "sk", "KeyType": "RANGE"},
                ],
                "GlobalSecondaryIndexes": [
                    {
                        "IndexName": "by_day",
                        "KeySchema": [
                            {"AttributeName": "day_pk", "KeyType": "HASH"},
                            {"AttributeName": "day_sk", "KeyType": "RANGE"},
                        ],
                        "Projection": {"ProjectionType": "ALL"},
                    }
                ],
                "TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": True},
                "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
                "SSESpecification": {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": Match.any_value()},
            },
        },
    )


def bucket(resources: Resources, setting: str) -> tuple[str, dict[str, Any]]:
    """The bucket that a setting names: its logical id and properties."""
    name = resources["APIHandler"]["Properties"]["Environment"]["Variables"][setting]["Ref"]
    assert resources[name]["DeletionPolicy"] == "Retain"
    return name, resources[name]["Properties"]


def test_nobody_changes_an_anchor_before_its_time(resources: Resources) -> None:
    _, anchors = bucket(resources, "VENTEROM_ANCHOR_BUCKET")
    assert anchors["VersioningConfiguration"] == {"Status": "Enabled"}
    assert anchors["ObjectLockEnabled"] is True
    retention = anchors["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]
    longest = next(f for f in msgspec.structs.fields(Rules) if f.name == "keep_trail_days")
    assert retention == {"Mode": "GOVERNANCE", "Days": get_args(longest.type)[1].le}
    for name in FUNCTIONS:
        assert not {a for a in actions(resources, name) if a.startswith("s3:")} - {
            "s3:PutObject", "s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket", "s3:ListBucketVersions",
        }, name  # fmt: skip


def test_what_was_erased_is_remembered_longer_than_the_table_can_be_restored_from(resources: Resources) -> None:
    _, erasures = bucket(resources, "VENTEROM_ERASURE_BUCKET")
    (rule,) = erasures["LifecycleConfiguration"]["Rules"]
    assert rule == {"ExpirationInDays": 40, "Status": "Enabled"}
    assert "VersioningConfiguration" not in erasures, "an older version would outlive it"


@pytest.mark.parametrize("setting", ["VENTEROM_ANCHOR_BUCKET", "VENTEROM_ERASURE_BUCKET"])
def test_buckets_are_encrypted_never_public_and_reached_by_tls_only(resources: Resources, setting: str) -> None:
    name, properties = bucket(resources, setting)
    assert all(properties["PublicAccessBlockConfiguration"].values())
    assert len(properties["PublicAccessBlockConfiguration"]) == 4
    assert properties["BucketEncryption"]
    (policy,) = (
        p["Properties"]["PolicyDocument"]["Statement"]
        for p in of_type(resources, "AWS::S3::BucketPolicy").values()
        if p["Properties"]["Bucket"] == {"Ref": name}
    )
    assert {"Bool": {"aws:SecureTransport": "false"}} in [s["Condition"] for s in policy if s["Effect"] == "Deny"]


@pytest.mark.parametrize(
    ("function", "schedule"),
    [
        ("Anchor", "cron(40 0 * * ? *)"),
        ("Purge", "cron(10 1-5 * * ? *)"),
        ("Recount", "cron(20 2 * * ? *)"),
        ("Sweep", "rate(1 minute)"),
        ("Fleet", "rate(1 minute)"),
    ],
)
def test_what_is_done_time_and_again_is_done_by_itself(resources: Resources, function: str, schedule: str) -> None:
    (rule,) = (
        rule["Properties"]
        for rule in of_type(resources, "AWS::Events::Rule").values()
        if {"Ref": f"{function}Live"} in [target["Arn"] for target in rule["Properties"]["Targets"]]
    )
    assert rule["ScheduleExpression"] == schedule


def test_secrets_are_made_by_aws_and_only_named_to_the_functions(template: Template, resources: Resources) -> None:
    template.all_resources_properties(
        "AWS::SecretsManager::Secret",
        Match.object_like({"GenerateSecretString": Match.any_value(), "SecretString": Match.absent()}),
    )
    for name in FUNCTIONS:
        variables = resources[name]["Properties"]["Environment"]["Variables"]
        for secret in (v for k, v in variables.items() if k.startswith("VENTEROM_SECRET_")):
            assert resources[secret["Fn::GetAtt"][0]]["Type"] == "AWS::SecretsManager::Secret"


def test_no_secret_stands_in_the_template_or_in_the_environment_of_a_function(
    template_file: Path, resources: Resources
) -> None:
    assert "{{resolve:" not in template_file.read_text(), "what is resolved when deploying can be read by who may look"
    secrets = of_type(resources, "AWS::SecretsManager::Secret")
    for name, function in of_type(resources, "AWS::Lambda::Function").items():
        for variable, value in function["Properties"]["Environment"]["Variables"].items():
            named = [secret for secret in secrets if f'"{secret}"' in json.dumps(value)]
            assert bool(named) == variable.startswith("VENTEROM_SECRET_"), (name, variable)
            if named:
                assert value == {"Fn::GetAtt": [named[0], "Id"]}, "an id, and not what it is the id of"
    fields = {field.name for field in msgspec.structs.fields(Settings)}
    assert {name for name in fields if name.startswith("secret_")} == {
        "secret_pepper", "secret_turn", "secret_worker", "secret_probe", "secret_oidc", "secret_sms_gateway",
    }  # fmt: skip
    assert not [name for name in fields if re.search("key|token|password|pepper$", name) and "secret_" not in name]


def test_the_keys_of_every_secret_are_turned_over_by_the_calendar(resources: Resources) -> None:
    rules = {
        json.loads(target["Input"])["secret"]: (rule["Properties"]["ScheduleExpression"], target["Arn"], name)
        for name, rule in of_type(resources, "AWS::Events::Rule").items()
        for target in rule["Properties"]["Targets"]
        if "secret" in target.get("Input", "")
    }
    assert {secret: when for secret, (when, _, _) in rules.items()} == {
        "login_keys": "rate(91 days)",
        "turn": "rate(30 days)",
        "worker": "rate(30 days)",
        "probe": "rate(30 days)",
        "pepper": "rate(365 days)",
    }
    allowed = [p["Properties"] for p in of_type(resources, "AWS::Lambda::Permission").values()]
    for _, arn, name in rules.values():
        assert arn == {"Ref": "RotateSecretLive"}
        assert [p for p in allowed if p.get("SourceArn") == {"Fn::GetAtt": [name, "Arn"]}]


def test_both_apis_take_so_much_and_no_more(template: Template) -> None:
    bounded = {"ThrottlingRateLimit": Match.any_value(), "ThrottlingBurstLimit": Match.any_value()}
    every = Match.object_like({"HttpMethod": "*", "ResourcePath": "/*", **bounded})
    template.has_resource_properties("AWS::ApiGateway::Stage", {"MethodSettings": [every]})
    template.has_resource_properties("AWS::ApiGatewayV2::Stage", {"DefaultRouteSettings": bounded})
    template.resource_count_is("AWS::ApiGateway::Stage", 1)
    template.all_resources_properties("AWS::ApiGateway::Deployment", {"StageName": Match.absent()})  # makes another one


def test_every_function_is_set_exactly_what_settings_reads(resources: Resources) -> None:
    assert set(of_type(resources, "AWS::Lambda::Function")) == set(FUNCTIONS)
    fields = {f"VENTEROM_{field.name.upper()}" for field in msgspec.structs.fields(Settings)}
    for name in FUNCTIONS:
        assert set(resources[name]["Properties"]["Environment"]["Variables"]) == fields, name


def test_the_defaults_of_the_parameters_are_those_of_settings(template_file: Path) -> None:
    parameters = json.loads(template_file.read_text())["Parameters"]
    required = {f.name: "x" for f in msgspec.structs.fields(Settings) if f.required}
    given = {
        f.name: parameters[parameter(f.name)]["Default"]
        for f in msgspec.structs.fields(Settings)
        if not f.required and parameter(f.name) in parameters
    }
    assert len(given) > 5
    environment = {f"VENTEROM_{name.upper()}": value for name, value in (required | given).items()}
    assert Settings.load(environment) == msgspec.convert(required, Settings)


def test_each_function_has_a_role_of_its_own(resources: Resources) -> None:
    assert len({role_of(resources, name) for name in FUNCTIONS}) == len(FUNCTIONS)


def test_no_role_may_do_everything_or_do_it_everywhere(resources: Resources) -> None:
    for role in of_type(resources, "AWS::IAM::Role"):
        for statement in statements(resources, role):
            assert not [action for action in statement["Action"] if "*" in action], role
            if statement["Resource"] == "*":
                # Neither a telephone number nor a segment of a trace has an ARN.
                assert statement["Action"] in (["sns:Publish"], ["xray:PutTraceSegments", "xray:PutTelemetryRecords"])


@pytest.mark.parametrize(
    ("function", "may", "may_not"),
    [
        ("WebsocketConnect", {"dynamodb:PutItem"}, {"execute-api:ManageConnections", "sns:Publish"}),
        ("WebsocketMessage", {"execute-api:ManageConnections"}, {"sns:Publish", "scheduler:CreateSchedule"}),
        ("APIHandler", {"scheduler:CreateSchedule", "iam:PassRole"}, {"secretsmanager:PutSecretValue"}),
        ("Fleet", {"ecs:UpdateService", "ecs:DescribeServices"}, {"ecs:RunTask", "secretsmanager:GetSecretValue"}),
        ("Recount", {"dynamodb:Query"}, {"ecs:UpdateService", "secretsmanager:GetSecretValue"}),
        ("Deliver", {"sns:Publish", "ses:SendRawEmail", "scheduler:CreateSchedule"}, {"secretsmanager:PutSecretValue"}),
        ("RegisterTrust", {"dynamodb:PutItem"}, {"secretsmanager:GetSecretValue", "sns:Publish"}),
        ("Anchor", {"dynamodb:PutItem", "s3:PutObject"}, {"s3:GetObject", "secretsmanager:GetSecretValue"}),
        ("Purge", {"dynamodb:DeleteItem", "s3:GetObjectVersion"}, {"s3:PutObject", "sns:Publish"}),
        ("ExportPerson", {"dynamodb:Query"}, {"s3:PutObject", "s3:GetObjectVersion", "sns:Publish"}),
        ("ErasePerson", {"dynamodb:DeleteItem", "s3:PutObject"}, {"s3:GetObjectVersion", "sns:Publish"}),
        ("VerifyTrail", {"dynamodb:Query", "s3:GetObjectVersion"}, {"s3:PutObject", "secretsmanager:GetSecretValue"}),
        ("RotateSecret", {"secretsmanager:PutSecretValue"}, {"dynamodb:GetItem", "sns:Publish"}),
    ],
)
def test_a_function_may_do_its_own_work_only(
    resources: Resources, function: str, may: set[str], may_not: set[str]
) -> None:
    allowed = actions(resources, function)
    assert may <= allowed
    assert not may_not & allowed


def test_the_number_of_workers_is_set_by_one_function_and_of_one_service(resources: Resources) -> None:
    setting = [name for name in FUNCTIONS if "ecs:UpdateService" in actions(resources, name)]
    assert setting == ["Fleet"]
    (statement,) = (s for s in statements(resources, role_of(resources, "Fleet")) if "ecs:UpdateService" in s["Action"])
    *_, cluster, _, service = statement["Resource"]["Fn::Join"][1]
    assert (cluster, service) == ({"Ref": "WorkerCluster"}, {"Ref": "WorkerService"})


def test_who_waits_for_a_line_may_call_what_decides_and_nothing_else(resources: Resources) -> None:
    calling = [name for name in FUNCTIONS if "lambda:InvokeFunction" in actions(resources, name)]
    assert calling == ["WebsocketMessage"]
    (statement,) = (
        s
        for s in statements(resources, role_of(resources, "WebsocketMessage"))
        if "lambda:InvokeFunction" in s["Action"]
    )
    fleet = resources["Fleet"]["Properties"]
    arn = json.dumps(statement["Resource"])
    assert f":function:{fleet['FunctionName']}" in arn
    assert json.dumps(fleet["Environment"]["Variables"]["VENTEROM_FLEET_FUNCTION"]) == arn


def test_no_function_may_scan_or_drop_the_table(resources: Resources) -> None:
    for name in FUNCTIONS:
        assert not {"dynamodb:Scan", "dynamodb:DeleteTable", "dynamodb:UpdateTable"} & actions(resources, name)


def test_the_scheduler_calls_deliver_and_nothing_else(resources: Resources) -> None:
    (role,) = (
        name
        for name, found in of_type(resources, "AWS::IAM::Role").items()
        if "scheduler.amazonaws.com" in json.dumps(found["Properties"]["AssumeRolePolicyDocument"])
    )
    statement, letters, _ = statements(resources, role)
    assert (statement["Action"], letters["Action"]) == (["lambda:InvokeFunction"], ["sqs:SendMessage"])
    deliver = resources["Deliver"]["Properties"]
    arn = json.dumps(statement["Resource"])
    assert f":function:{deliver['FunctionName']}:live" in arn
    assert json.dumps(deliver["Environment"]["Variables"]["VENTEROM_DELIVER_FUNCTION"]) == arn
    assert deliver["Environment"]["Variables"]["VENTEROM_SCHEDULER_ROLE"] == {"Fn::GetAtt": [role, "Arn"]}


def test_ses_is_let_in_before_it_tries_the_topic(resources: Resources) -> None:
    (told,) = of_type(resources, "AWS::SES::ConfigurationSetEventDestination").values()
    topic = told["Properties"]["EventDestination"]["SnsDestination"]["TopicARN"]
    (policy,) = (
        name
        for name, one in of_type(resources, "AWS::SNS::TopicPolicy").items()
        if topic in one["Properties"]["Topics"] and "ses.amazonaws.com" in json.dumps(one)
    )
    assert policy in told["DependsOn"]


def test_e_mail_is_signed_for_the_domain_of_its_from_address(resources: Resources) -> None:
    (identity,) = (one["Properties"] for one in of_type(resources, "AWS::SES::EmailIdentity").values())
    domain = {"Fn::Select": [1, {"Fn::Split": ["@", {"Ref": "MailSender"}]}]}
    assert identity["EmailIdentity"] == domain
    assert identity["DkimSigningAttributes"] == {"NextSigningKeyLength": "RSA_2048_BIT"}
    assert identity["MailFromAttributes"]["MailFromDomain"] == {"Fn::Join": ["", ["bounces.", domain]]}


def test_a_changed_route_reaches_the_socket_by_itself(template: Template) -> None:
    template.resource_count_is("AWS::ApiGatewayV2::Deployment", 0)
    template.has_resource_properties("AWS::ApiGatewayV2::Stage", {"AutoDeploy": True, "DeploymentId": Match.absent()})
    for route in ("$connect", "$default", "$disconnect"):
        template.has_resource_properties("AWS::ApiGatewayV2::Route", {"RouteKey": route})


def test_linters_have_nothing_to_say(template_file: Path) -> None:
    linter = Path(sys.executable).with_name("cfn-lint")
    done = subprocess.run([linter, template_file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
