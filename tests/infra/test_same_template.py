"""What stands in the embedded AWS is the deployed core, but for what this file lists with its reasons."""

import json
import re
from typing import Any, Final

import msgspec
from ministack.services.cloudformation.provisioners import _RESOURCE_HANDLERS

from chalicelib.settings import Settings
from infra import parameter
from local.children import ROOT
from local.template import ASSEMBLY, synthesize
from tests.infra.conftest import Deployed, Deployments

DOCUMENT = ROOT / "docs" / "operating" / "embedded-aws.md"

ONLY_DEPLOYED: Final = {
    "Entrance": "CloudFront's word to the REST API: locally pages and APIs have one origin without CloudFront",
    "FunctionsReleases": "CodeDeploy and its alarms: locally there is one caller, who sees that new code fails",
    "[A-Za-z]+Version[0-9a-f]{16}": "published versions, for the same reason: the alias names the newest code",
}
"""Constructs of the core that only a deployment has: how their logical ids begin."""

OTHERWISE: Final = {
    r"Outputs\.ExportsOutput\w+": "what the stacks of media, pages and alarms read, which are not here",
    r"Outputs\.Dkim(Name|Value)\d": "for the DNS of the sender's domain: the embedded AWS signs no e-mail",
    r"Outputs\.EntranceSecret": "where deploying turns CloudFront's word over",
    r"Resources\.\w+Live\.Properties\.FunctionVersion": "a published version there, the newest code here",
    r"Resources\.\w+Live\.UpdatePolicy": "CodeDeploy moves the alias",
    r"Resources\.\w+\.Properties\.SnapStart": "of published versions only",
    r"Resources\.\w+\.Properties\.Tags": "by which AWS tells the deployments' costs apart",
    r"Resources\.\w+\.Properties\.Code\.S3(Key|Bucket)": "the package holds its interpreter's wheels",
    r"Resources\.\w+\.Properties\.Runtime": "the embedded AWS runs functions with its own interpreter",
    r"Resources\.\w+\.Properties\.Architectures\.\d": "and on this machine",
    r"Resources\.\w+\.Properties\.ReservedConcurrentExecutions": "fewer where deployments share an account",
    r"Resources\.FunctionsMessagingSms(Sent|Failed)\w+": "what SNS logs is one deployment's of an account and region",
    r"Resources\.StateTable\w+\.Properties\.DeletionProtectionEnabled": "a developer may drop what is tried",
    r"Resources\.RestAPI\.Properties\.Policy": "wants CloudFront's word (Entrance)",
}
"""Where both templates may differ, as a pattern of the path inside."""

IGNORED: Final = {
    "AWS::ApiGateway::Account CloudWatchRoleArn": "kept; no role is needed to write logs",
    "AWS::ApiGateway::Stage AccessLogSetting": "no access log; the front's own limits and logs stand in",
    "AWS::ApiGatewayV2::Stage AccessLogSettings": "kept; no access log",
    "AWS::DynamoDB::Table PointInTimeRecoverySpecification": "no restore from the template's setting",
    "AWS::DynamoDB::Table SSESpecification": "nothing is encrypted at rest on the developer's disk",
    "AWS::DynamoDB::Table TimeToLiveSpecification": "switched on by `local/deploy.py` after the deployment",
    "AWS::IAM::Policy PolicyDocument": "enforced, but for what AWS does for itself: log groups, traces, the key",
    "AWS::KMS::Key KeyPolicy": "kept; table, secrets and queues are not encrypted with it",
    "AWS::Lambda::Function ReservedConcurrentExecutions": "the machine bounds how many functions run",
    "AWS::Lambda::Function TracingConfig": "kept; there is no X-Ray",
    "AWS::Logs::LogGroup KmsKeyId": "kept; lines are not encrypted",
    "AWS::S3::Bucket LoggingConfiguration": "kept; no access log",
    "AWS::S3::Bucket ObjectLockConfiguration": "put by `local/deploy.py` after the deployment",
    "AWS::SecretsManager::Secret KmsKeyId": "kept; not encrypted with it",
    "AWS::SES::EmailIdentity DkimSigningAttributes": "e-mail is not signed; the identity is verified by itself",
    "AWS::SES::EmailIdentity MailFromAttributes": "kept; e-mail goes to the outbox",
    "AWS::SNS::Topic KmsMasterKeyId": "not encrypted",
    "AWS::SQS::Queue KmsMasterKeyId": "not encrypted",
}
"""What the embedded AWS takes and does not do, as type and property, and what holds instead."""


def local() -> dict[str, Any]:
    synthesize()
    found: dict[str, Any] = json.loads((ASSEMBLY / "venterom.template.json").read_text())
    return found


def flat(value: Any, path: str = "") -> dict[str, Any]:
    """Each leaf by its path."""
    if isinstance(value, dict) and value:
        return {p: v for key, one in value.items() for p, v in flat(one, f"{path}.{key}" if path else key).items()}
    if isinstance(value, list) and value:
        if path.endswith((".Statement", ".Resource")):  # of a policy, where order says nothing
            value = sorted(value, key=json.dumps)
        return {p: v for n, one in enumerate(value) for p, v in flat(one, f"{path}.{n}").items()}
    return {path: value}


def told_alike(core: Deployed, body: dict[str, Any]) -> Any:
    """A template with the local stack's name in place of the deployment's, and the deployment's account and region."""
    where = {"AWS::AccountId": core.deployment.account, "AWS::Region": core.deployment.region}
    text = json.dumps(joined(body, where)).replace(core.name, "venterom").replace(core.deployment.stack, "venterom")
    return json.loads(text)


def settled(core: Deployed, here: dict[str, Any]) -> Any:
    """The local template as a deployment has it, which knows no parameters: with its settings, and what they decide."""
    assert not core.body.keys() & {"Parameters", "Conditions"}
    fields = {parameter(field.name): field.name for field in msgspec.structs.fields(Settings)}
    told = {
        name: core.setting(fields[name]) if name in fields else one["Default"]
        for name, one in here["Parameters"].items()
    }
    holding = {name: holds(joined(one, told)) for name, one in here["Conditions"].items()}
    body = {part: one for part, one in here.items() if part not in ("Parameters", "Conditions")}
    return joined(decided(body, holding), told)


def holds(condition: Any) -> bool:
    """Raises NotImplementedError for what no condition of ours is made of."""
    match condition:
        case {"Fn::Not": [inner]}:
            return not holds(inner)
        case {"Fn::Equals": [one, other]}:
            return bool(one == other)
    raise NotImplementedError(condition)


def decided(value: Any, holding: dict[str, bool]) -> Any:
    """With the branch that a condition takes in place of each `Fn::If`."""
    match value:
        case {"Fn::If": [str(name), then, otherwise]}:
            return decided(then if holding[name] else otherwise, holding)
        case dict():
            return {key: decided(one, holding) for key, one in value.items()}
        case list():
            return [decided(one, holding) for one in value]
    return value


def joined(value: Any, settings: dict[str, str]) -> Any:
    """With settings in place of parameters, and neighbouring texts of a Fn::Join as one."""
    match value:
        case {"Ref": str(name)} if name in settings:
            return settings[name]
        case {"Fn::Select": [1, {"Fn::Split": ["@", {"Ref": str(name)}]}]} if name in settings:
            return settings[name].partition("@")[2]
        case {"Fn::Join": ["", list(parts)]}:
            whole: list[Any] = []
            for part in (joined(part, settings) for part in parts):
                if isinstance(part, str) and whole and isinstance(whole[-1], str):
                    whole[-1] += part
                else:
                    whole.append(part)
            return whole[0] if len(whole) == 1 else {"Fn::Join": ["", whole]}
        case dict():
            return {key: joined(one, settings) for key, one in value.items()}
        case list():
            return [joined(one, settings) for one in value]
    return value


def differences(core: Deployed, here: dict[str, Any]) -> set[str]:
    there, ours = flat(told_alike(core, core.body)), flat(told_alike(core, settled(core, here)))
    return {path for path in there.keys() | ours.keys() if there.get(path, ...) != ours.get(path, ...)}


def only_deployed(path: str) -> bool:
    return any(re.match(rf"Resources\.{name}", path) for name in ONLY_DEPLOYED)


def unlisted(core: Deployed) -> dict[str, Any]:
    return {name: one for name, one in core.resources.items() if not only_deployed(f"Resources.{name}")}


def test_both_templates_are_the_same_but_for_what_is_listed(deployments: Deployments) -> None:
    here, met = local(), set()
    for core in deployments.of("core"):
        found = differences(core, here)
        left = {path for path in found if not only_deployed(path)}
        for pattern in OTHERWISE:
            matching = {path for path in left if re.match(rf"{pattern}(\.|$)", path)}
            left -= matching
            met |= {pattern} if matching else set()
        met |= {name for name in ONLY_DEPLOYED if any(re.match(rf"Resources\.{name}", path) for path in found)}
        assert not left, core
    assert met == OTHERWISE.keys() | ONLY_DEPLOYED.keys(), "listed, and not met"


def test_the_embedded_aws_knows_every_type_of_the_core(deployments: Deployments) -> None:
    for core in deployments.of("core"):
        kinds = {resource["Type"] for resource in unlisted(core).values()}
        assert not kinds - _RESOURCE_HANDLERS.keys()


def test_what_it_ignores_is_in_the_template(deployments: Deployments) -> None:
    for core in deployments.of("core"):
        for row in IGNORED:
            kind, name = row.split()
            assert any(name in resource["Properties"] for resource in core.of_type(kind).values()), row


def test_the_lists_stand_in_the_documentation() -> None:
    written = DOCUMENT.read_text()
    for rows in (ONLY_DEPLOYED, IGNORED):
        for name, why in rows.items():
            assert f"| `{name}` | {why} |" in written
