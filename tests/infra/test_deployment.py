"""deployments.toml: what it may say, and how clearly it is told what it may not."""

import json
import re
from typing import Any

import msgspec
import pytest
from aws_cdk import Stack

from infra.deployment import ABROAD, FILE, Deployment, Stage, load
from infra.parameters import Parameters
from tests.infra.conftest import ASSEMBLY, Deployments

OF_ABROAD = {
    "AWS::Budgets::Budget",
    "AWS::CloudWatch::Alarm",
    "AWS::KMS::Key",
    "AWS::SNS::Subscription",
    "AWS::SNS::Topic",
    "AWS::SNS::TopicPolicy",
}
ONE = """
[{name}.{stage}]
account = "111111111111"
region = "{region}"
domain = "{domain}"
certificate = "arn:aws:acm:us-east-1:111111111111:certificate/1"
turn_certificate = "arn:aws:acm:eu-north-1:111111111111:certificate/2"
portal_keys = "{portal_keys}"
alarms_to = "drift@one.example"
{more}
"""


def one(**values: str) -> str:
    usual = {
        "name": "one", "stage": "dev", "region": "eu-north-1", "domain": "video.one.example", "more": "",
        "portal_keys": "https://portal.example/jwks.json",
    }  # fmt: skip
    return ONE.format(**usual | values)


def loaded(text: str) -> Deployment:
    (found,) = load(text)
    return found


def test_the_repository_names_two_trusts_at_three_stages() -> None:
    found = load(FILE.read_text())
    assert len({d.name for d in found}) == 2
    assert [(d.name, d.stage) for d in found] == [
        (name, s) for name in dict.fromkeys(d.name for d in found) for s in Stage
    ]


def test_names_and_addresses_follow_from_it() -> None:
    found = loaded(one())
    assert (found.stack, found.origin, found.turn_domain) == (
        "venterom-one-dev", "https://video.one.example", "turn.video.one.example",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (one(region="us-east-1"), r"region"),
        (one(region="eu-north"), r"region"),
        (one(domain="localhost"), r"domain"),
        (one(domain="https://video.one.example"), r"domain"),
        (one(portal_keys="http://portal.example/jwks.json"), r"portal_keys"),
        (one(portal_keys="https://portal.example"), r"portal_keys"),
        (one(name="One"), r"^\[One.dev\].*name"),
        (one(stage="production"), r"stage"),
        (one(more="size = 3"), r"unknown field `size`"),
        (one(more="workers = { largest = 3 }"), r"unknown field `largest` - at `\$.workers`"),
        (one(more="workers = { most = 0 }"), r"workers.most"),
        (one(more="budget_usd = 0"), r"budget_usd"),
        (one(more="settings = { origin = 3 }"), r"settings"),
        (one().replace('account = "111111111111"', 'account = "1111"'), r"account"),
        (one().replace('account = "111111111111"', ""), r"missing required field `account`"),
    ],
)
def test_what_is_wrong_is_named(text: str, said: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=said):
        load(text)


def test_two_deployments_have_two_domains() -> None:
    with pytest.raises(ValueError, match=r"video\.one\.example"):
        load(one() + one(stage="test"))


@pytest.mark.parametrize(
    ("kinds", "said"),
    [
        (["", ""], r'2 deployments of account 111111111111 in eu-north-1 have sms_log = "own"'),
        (["own", "shared", "shared"], r'2 deployments .* have sms_log = "shared"'),
        (["shared", "none"], r'sms_log = "shared", and none has "own"'),
    ],
)
def test_deployments_of_an_account_and_region_agree_on_the_log_of_sms(kinds: list[str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        load(logging(kinds))
    assert len(load(logging(["own", "shared", "none", "none"]))) == 4
    apart = logging(["own"]) + one(stage="prod", domain="b.one.example", region="eu-west-1")
    assert len(load(apart)) == 2


def logging(kinds: list[str]) -> str:
    """Deployments of one account and region."""
    return "".join(
        one(name=f"trust{n}", domain=f"video.{n}.example", more=f'sms_log = "{kind}"' if kind else "")
        for n, kind in enumerate(kinds)
    )


MAY_BE_ALIKE = {
    "AWS::ApiGateway::RestApi", "AWS::ApiGateway::Stage", "AWS::ApiGatewayV2::Api", "AWS::ApiGatewayV2::Stage",
    "AWS::ECS::Service", "AWS::IAM::Policy", "AWS::Lambda::Alias",
}  # fmt: skip
"""What has its name within something else, or an id besides."""
PSEUDO = re.compile(r"AWS::[A-Za-z]+")


def literal(value: Any) -> bool:
    """Whether a name is made of nothing that a stack alone has."""
    if isinstance(value, dict):
        return all(
            PSEUDO.fullmatch(str(inner)) if key == "Ref" else key == "Fn::Join" and literal(inner)
            for key, inner in value.items()
        )
    return all(literal(inner) for inner in value) if isinstance(value, list) else True


def test_deployments_that_share_an_account_and_region_name_nothing_alike(deployments: Deployments) -> None:
    """CloudFormation refuses the second of them."""
    named: dict[tuple[str, ...], str] = {}
    for stack in deployments:
        where = (stack.deployment.account, stack.deployment.region_of(stack.kind))
        for name, resource in stack.resources.items():
            kind = resource["Type"]
            properties = resource.get("Properties", {})
            for field in {"Name", f"{kind.rpartition('::')[2]}Name", "EmailIdentity"} & properties.keys():
                if kind in MAY_BE_ALIKE or not literal(properties[field]):
                    continue
                key = (*where, kind, json.dumps(properties[field]))
                assert key not in named, (stack, name, named[key])
                named[key] = f"{stack} {name}"
    assert len({kind for _, _, kind, _ in named}) > 5


def sending(name: str, sender: str, region: str = "eu-north-1") -> str:
    return one(
        name=name,
        domain=f"video.{name}.example",
        region=region,
        more=f'sms_log = "none"\n[{name}.dev.settings]\nmail_sender = "{sender}"',
    )


def test_two_deployments_in_one_account_and_region_send_e_mail_from_two_domains() -> None:
    one_, other = sending("one", "video@trust.example"), sending("two", "other@trust.example")
    with pytest.raises(ValueError, match=r"111111111111, eu-north-1 send e-mail from trust\.example"):
        load(one_ + other)
    assert load(one_ + sending("two", "video@test.trust.example"))
    assert load(one_ + sending("two", "video@trust.example", "eu-west-1"))
    assert load(one_ + other.replace("111111111111", "222222222222"))


@pytest.mark.parametrize("name", ["patient_isuer", "table"])
def test_a_setting_that_is_not_one_or_that_the_template_knows_is_named(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        Parameters(Stack(), "Parameters", known={"table"}, given={name: "x"})


@pytest.mark.parametrize("text", ["name = 1", "[one]\nstage = 1"])
def test_what_is_no_table_of_a_stage_is_refused(text: str) -> None:
    with pytest.raises(msgspec.ValidationError, match="object"):
        load(text)


def test_every_stack_is_for_the_account_and_region_that_the_file_says(deployments: Deployments) -> None:
    manifest = json.loads((ASSEMBLY / "manifest.json").read_text())["artifacts"]
    assert len(deployments.of("core")) == len(deployments.deployments)
    for stack in deployments:
        where = stack.deployment
        region = where.region
        if stack.kind == "abroad":  # where AWS keeps budgets and CloudFront's certificates; nothing may hold data there
            region = ABROAD
            assert {resource["Type"] for resource in stack.resources.values()} == OF_ABROAD
        assert manifest[stack.name]["environment"] == f"aws://{where.account}/{region}"
