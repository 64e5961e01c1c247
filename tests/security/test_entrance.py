"""Threats to the way in: what comes to the REST API without having come through CloudFront."""

from typing import Any

import pytest
from aws_cdk import Stack
from aws_cdk import aws_apigateway as apigateway
from aws_cdk.assertions import Template

from infra.deployment import FIRST_WORD
from infra.entrance import Entrance
from infra.key import Key

VERSION = "0a1b2c3d-0000-4000-8000-000000000000"
STAGE = "AWS::ApiGateway::Stage"
WORD = "{{resolve:secretsmanager:${secret}:SecretString:%s::%s}}"


def resources(version: str) -> dict[str, Any]:
    """Of a stack with an API behind the entrance."""
    stack = Stack()
    api = apigateway.CfnRestApi(stack, "Api", name="api")
    released = apigateway.CfnDeployment(stack, "Released", rest_api_id=api.ref)
    apigateway.CfnStage(stack, "Stage", rest_api_id=api.ref, deployment_id=released.ref)
    Entrance(stack, "Entrance", api=api, released=released, key=Key(stack, "Key"), version=version)
    found: dict[str, Any] = Template.from_stack(stack).to_json()["Resources"]
    return found


def heard(version: str) -> list[Any]:
    """What the API wants to hear from whoever asks it for anything."""
    (statement,) = resources(version)["Api"]["Properties"]["Policy"]["Statement"]
    assert (statement["Effect"], statement["Action"], statement["Resource"]) == (
        "Allow",
        "execute-api:Invoke",
        "execute-api:/*",
    )
    said = statement.get("Condition", {}).get("StringEquals", {}).get("aws:Referer", [])
    return [one["Fn::Sub"][0] for one in said]


@pytest.mark.parametrize("version", [FIRST_WORD, VERSION])
def test_t105_nobody_goes_around_cloudfront(version: str) -> None:
    """T-105. Guard: the API's policy wants a word that only CloudFront says, and that no template holds."""
    expected = [WORD % ("word", VERSION), WORD % ("before", VERSION)]
    assert heard(version) == ([WORD % ("word", "")] if version == FIRST_WORD else expected)


def test_a_word_that_was_turned_over_comes_with_a_deployment_of_the_api() -> None:
    names = [
        {stage["Properties"]["DeploymentId"]["Ref"] for stage in resources(version).values() if stage["Type"] == STAGE}
        for version in (FIRST_WORD, VERSION)
    ]
    assert names == [{"Released"}, {"Released0a1b2c3d"}], "its policy counts from then on"
