"""What the edge promises: a private bucket, one domain, headers as everywhere, an API never kept nor gone around."""

import json
from typing import Any

import pytest

from chalicelib.headers import API, OVER_TLS, READ, of_pages
from infra.edge_headers import LONGEST
from infra.entrance import PROXIES
from tests.infra.conftest import Deployed, Deployments


@pytest.fixture(scope="session")
def webs(deployments: Deployments) -> list[Deployed]:
    found = deployments.of("web")
    assert len(found) == 6
    return found


def one(stack: Deployed, kind: str) -> dict[str, Any]:
    (resource,) = stack.of_type(kind).values()
    properties: dict[str, Any] = resource["Properties"]
    return properties


def distribution(stack: Deployed) -> dict[str, Any]:
    config: dict[str, Any] = one(stack, "AWS::CloudFront::Distribution")["DistributionConfig"]
    return config


def behaviors(stack: Deployed) -> dict[str, dict[str, Any]]:
    config = distribution(stack)
    return {"*": config["DefaultCacheBehavior"]} | {one["PathPattern"]: one for one in config["CacheBehaviors"]}


def headers(policy: dict[str, Any]) -> dict[str, str]:
    """What CloudFront adds by a policy of response headers."""
    config = policy["Properties"]["ResponseHeadersPolicyConfig"]
    security = config["SecurityHeadersConfig"]
    transport = security["StrictTransportSecurity"]
    told = {item["Header"]: item["Value"] for item in config["CustomHeadersConfig"]["Items"]}
    return told | {
        "Content-Security-Policy": security["ContentSecurityPolicy"]["ContentSecurityPolicy"],
        "Referrer-Policy": security["ReferrerPolicy"]["ReferrerPolicy"],
        "Strict-Transport-Security": f"max-age={transport['AccessControlMaxAgeSec']}"
        + ("; includeSubDomains" if transport["IncludeSubdomains"] else ""),
        "X-Content-Type-Options": "nosniff" if "ContentTypeOptions" in security else "",
    }


def cached(stack: Deployed, path: str) -> dict[str, Any]:
    """The policy by which an answer is kept at the edge."""
    policy = stack.resources[behaviors(stack)[path]["CachePolicyId"]["Ref"]]
    config: dict[str, Any] = policy["Properties"]["CachePolicyConfig"]
    return config


def headers_of(stack: Deployed, path: str) -> dict[str, Any]:
    policy: dict[str, Any] = stack.resources[behaviors(stack)[path]["ResponseHeadersPolicyId"]["Ref"]]
    return policy


def overrides(policy: dict[str, Any]) -> set[bool]:
    config = policy["Properties"]["ResponseHeadersPolicyConfig"]
    parts = [*config["SecurityHeadersConfig"].values(), *config["CustomHeadersConfig"]["Items"]]
    return {part["Override"] for part in parts}


def test_pages_have_the_headers_that_the_local_front_sends(webs: list[Deployed]) -> None:
    for stack in webs:
        for path in ("*", "/assets/*"):
            policy = headers_of(stack, path)
            assert headers(policy) == of_pages(stack.deployment.domain, tls=True)
            assert overrides(policy) == {True}
            assert max(map(len, headers(policy).values())) <= LONGEST


def test_the_api_has_its_headers_where_it_says_nothing_of_them_itself(webs: list[Deployed]) -> None:
    for stack in webs:
        policy = headers_of(stack, "/api/*")
        assert headers(policy) == API | OVER_TLS
        assert overrides(policy) == {False}


def test_nobody_reads_the_buckets_but_this_distribution(webs: list[Deployed]) -> None:
    for stack in webs:
        buckets = {name: found["Properties"] for name, found in stack.of_type("AWS::S3::Bucket").items()}
        (pages,) = (name for name in buckets if name.startswith("Pages"))
        assert len(buckets) == 2, "the pages, and what the probe says"
        assert buckets[pages]["VersioningConfiguration"] == {"Status": "Enabled"}
        for name, bucket in buckets.items():
            assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
            assert "BucketEncryption" in bucket
            (policy,) = (
                found["Properties"]["PolicyDocument"]["Statement"]
                for found in stack.of_type("AWS::S3::BucketPolicy").values()
                if found["Properties"]["Bucket"] == {"Ref": name}
            )
            (allowed,) = [s for s in policy if s["Effect"] == "Allow"]
            assert allowed["Principal"] == {"Service": "cloudfront.amazonaws.com"}
            assert ":distribution/" in json.dumps(allowed["Condition"]["StringEquals"]["AWS:SourceArn"])
            assert set(allowed["Action"]) == {"s3:GetObject", "s3:ListBucket"}
            assert {"Bool": {"aws:SecureTransport": "false"}} in [
                s["Condition"] for s in policy if s["Effect"] == "Deny"
            ]
        for found in stack.of_type("AWS::CloudFront::OriginAccessControl").values():
            control = found["Properties"]["OriginAccessControlConfig"]
            assert (control["SigningBehavior"], control["OriginAccessControlOriginType"]) == ("always", "s3")


def test_one_domain_over_tls_for_pages_api_and_sockets(webs: list[Deployed]) -> None:
    for stack in webs:
        config = distribution(stack)
        assert config["Aliases"] == [stack.deployment.domain]
        assert config["ViewerCertificate"]["AcmCertificateArn"] == stack.deployment.certificate
        assert config["ViewerCertificate"]["MinimumProtocolVersion"] == "TLSv1.2_2021"
        assert config["HttpVersion"] == "http2and3"
        assert config["PriceClass"] == "PriceClass_100"
        assert "Logging" not in config
        assert "WebACLId" not in config
        found = behaviors(stack)
        assert list(found) == ["*", "/assets/*", "/status.json", "/portal/*", "/api/*", "/ws"]
        assert {path for path, one in found.items() if one["ViewerProtocolPolicy"] == "https-only"} == {"/api/*", "/ws"}
        origins = {origin["Id"]: json.dumps(origin["DomainName"]) for origin in config["Origins"]}
        assert "RestAPI" in origins[found["/api/*"]["TargetOriginId"]]
        assert "WebsocketAPI" in origins[found["/ws"]["TargetOriginId"]]
        assert all(".execute-api." in origins[found[path]["TargetOriginId"]] for path in ("/api/*", "/ws"))
        assert found["*"]["TargetOriginId"] == found["/assets/*"]["TargetOriginId"]


def test_a_path_is_the_same_on_both_sides_of_cloudfront(webs: list[Deployed], deployments: Deployments) -> None:
    for stack in webs:
        assert not any("OriginPath" in origin for origin in distribution(stack)["Origins"])
    for core in deployments.of("core"):
        assert one(core, "AWS::ApiGatewayV2::Stage")["StageName"] == "ws"
        assert one(core, "AWS::ApiGateway::Stage")["StageName"] == "api"


def test_no_answer_of_the_api_is_kept_not_even_a_refusal(webs: list[Deployed]) -> None:
    disabled = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"  # AWS's managed policy CachingDisabled
    for stack in webs:
        for path in ("/api/*", "/ws"):
            assert behaviors(stack)[path]["CachePolicyId"] == disabled
        errors = distribution(stack)["CustomErrorResponses"]
        assert {400, 403, 404, 405, 500, 502, 503, 504} <= {error["ErrorCode"] for error in errors}
        # Nor is a page put in the place of what the API says.
        assert all(error == {"ErrorCode": error["ErrorCode"], "ErrorCachingMinTTL": 0} for error in errors)


def test_pages_are_kept_as_each_file_says(webs: list[Deployed]) -> None:
    for stack in webs:
        policy = cached(stack, "*")
        assert (policy["MinTTL"], policy["DefaultTTL"]) == (0, 0)
        key = policy["ParametersInCacheKeyAndForwardedToOrigin"]
        assert key["CookiesConfig"] == {"CookieBehavior": "none"}
        assert key["QueryStringsConfig"] == {"QueryStringBehavior": "none"}
        assert key["HeadersConfig"] == {"HeaderBehavior": "none"}


def test_the_api_gets_what_it_reads_and_no_other_headers(webs: list[Deployed]) -> None:
    for stack in webs:

        def passed(path: str, stack: Deployed = stack) -> dict[str, Any]:
            policy = stack.resources[behaviors(stack)[path]["OriginRequestPolicyId"]["Ref"]]
            config: dict[str, Any] = policy["Properties"]["OriginRequestPolicyConfig"]
            return config

        rest, socket = passed("/api/*"), passed("/ws")
        assert rest["HeadersConfig"] == {"HeaderBehavior": "whitelist", "Headers": list(READ)}
        assert len(READ) <= 10, "CloudFront's quota"
        assert rest["CookiesConfig"] == {"CookieBehavior": "all"}
        assert socket["CookiesConfig"] == {"CookieBehavior": "none"}
        assert {"Sec-WebSocket-Key", "Sec-WebSocket-Version"} <= set(socket["HeadersConfig"]["Headers"])
        for one in (rest, socket):
            assert one["QueryStringsConfig"] == {"QueryStringBehavior": "all"}


def test_the_rest_api_answers_cloudfront_only_and_believes_what_it_says_of_addresses(
    webs: list[Deployed], deployments: Deployments
) -> None:
    for stack in webs:
        (said,) = [o["OriginCustomHeaders"] for o in distribution(stack)["Origins"] if "OriginCustomHeaders" in o]
        assert [header["HeaderName"] for header in said] == ["Referer"]
        assert "resolve:secretsmanager" in json.dumps(said)
    for core in deployments.of("core"):
        api = one(core, "AWS::ApiGateway::RestApi")
        assert api["EndpointConfiguration"] == {"Types": ["REGIONAL"]}, "an edge of its own would be one more proxy"
        (allowed,) = api["Policy"]["Statement"]
        assert allowed["Effect"] == "Allow"
        assert list(allowed["Condition"]) == ["StringEquals"]
        assert "resolve:secretsmanager" in json.dumps(allowed["Condition"]["StringEquals"]["aws:Referer"])
        assert core.setting("trusted_proxies") == str(PROXIES) == "2"


def test_the_program_at_the_edge_is_no_larger_than_cloudfront_takes(webs: list[Deployed]) -> None:
    for stack in webs:
        functions = stack.of_type("AWS::CloudFront::Function")
        assert len(functions) == 2
        for function in functions.values():
            assert len(function["Properties"]["FunctionCode"].encode()) < 10 * 1024
            assert function["Properties"]["FunctionConfig"]["Runtime"] == "cloudfront-js-2.0"
        for path in ("*", "/portal/*"):
            (used,) = behaviors(stack)[path]["FunctionAssociations"]
            assert used["EventType"] == "viewer-request"


def test_the_portals_keys_come_from_the_portal_itself_and_are_kept_shortly(webs: list[Deployed]) -> None:
    for stack in webs:
        behavior, keys = behaviors(stack)["/portal/*"], stack.deployment.portal_keys
        (origin,) = [o for o in distribution(stack)["Origins"] if o["Id"] == behavior["TargetOriginId"]]
        assert keys == f"https://{origin['DomainName']}/jwks.json"
        assert keys.startswith(stack.deployment.settings["patient_issuer"]), "of the portal that makes the tokens"
        assert origin["CustomOriginConfig"]["OriginProtocolPolicy"] == "https-only"
        assert origin["CustomOriginConfig"]["OriginSSLProtocols"] == ["TLSv1.2"]
        assert "OriginRequestPolicyId" not in behavior, "the portal is told nothing of whoever asks"
        assert "OriginCustomHeaders" not in origin
        kept = cached(stack, "/portal/*")
        assert (kept["MinTTL"], kept["DefaultTTL"], kept["MaxTTL"]) == (0, 300, 300)
        key = kept["ParametersInCacheKeyAndForwardedToOrigin"]
        assert key["CookiesConfig"] == {"CookieBehavior": "none"}
        assert key["QueryStringsConfig"] == {"QueryStringBehavior": "none"}
        assert key["HeadersConfig"] == {"HeaderBehavior": "none"}
        assert headers(headers_of(stack, "/portal/*")) == of_pages(stack.deployment.domain, tls=True)
