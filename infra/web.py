"""The stack at the edge: the pages' bucket, and CloudFront with one domain for pages, REST API and sockets."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from aws_cdk import CfnOutput, DefaultStackSynthesizer, Duration, Environment, RemovalPolicy, Stack
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_s3 as s3
from constructs import Construct

from chalicelib.headers import READ
from infra.addresses import ASSETS, KEPT_SECONDS, portal, router
from infra.core import Core
from infra.deployment import Deployment
from infra.edge_headers import EdgeHeaders
from infra.entrance import HEADER
from infra.status import StatusBucket

OLD_VERSIONS: Final = Duration.days(90)
"""For so long a page that was replaced can be brought back."""
SOCKET_HEADERS: Final = tuple(
    f"Sec-WebSocket-{name}" for name in ("Key", "Version", "Protocol", "Accept", "Extensions")
)
"""What CloudFront's page on WebSockets asks to be passed on."""
NEVER_KEPT: Final = (400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504)
"""CloudFront keeps these answers for ten seconds, whoever asked and with whichever cookie, unless it is told not to."""


class Web(Stack):
    """Of one deployment."""

    def __init__(self, scope: Construct, *, deployment: Deployment, core: Core) -> None:
        super().__init__(
            scope,
            f"{deployment.stack}-web",
            description="Venterom: pages, and the one domain",
            synthesizer=DefaultStackSynthesizer(generate_bootstrap_version_rule=False),
            env=Environment(account=deployment.account, region=deployment.region),
        )
        self.pages = self._bucket()
        self.status = StatusBucket(self, "Status")
        headers = EdgeHeaders(self, "Headers", domain=deployment.domain)
        functions = core.functions
        rest = self._api(functions.id_of("RestAPI"), word=core.entrance.word if core.entrance else "")
        socket = self._api(functions.id_of("WebsocketAPI"))
        bucket = _private(self.pages)
        kept = cloudfront.CachePolicy(
            self,
            "AsTheFileSays",
            comment="A page's own Cache-Control decides",
            min_ttl=Duration.seconds(0),
            default_ttl=Duration.seconds(0),
            max_ttl=Duration.days(365),
            enable_accept_encoding_brotli=True,
            enable_accept_encoding_gzip=True,
        )
        find = cloudfront.Function(
            self,
            "Router",
            comment="Which file stands at an address",
            code=cloudfront.FunctionCode.from_inline(router(headers.of_pages)),
            runtime=cloudfront.FunctionRuntime.JS_2_0,
        )
        self.distribution = cloudfront.Distribution(
            self,
            "Distribution",
            comment=deployment.domain,
            domain_names=[deployment.domain],
            certificate=acm.Certificate.from_certificate_arn(self, "Certificate", deployment.certificate),
            minimum_protocol_version=cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021,
            http_version=cloudfront.HttpVersion.HTTP2_AND_3,
            price_class=cloudfront.PriceClass.PRICE_CLASS_100,  # Europe and North America
            web_acl_id=deployment.web_acl or None,
            default_behavior=cloudfront.BehaviorOptions(
                origin=bucket,
                viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
                cache_policy=kept,
                response_headers_policy=headers.pages,
                function_associations=[
                    cloudfront.FunctionAssociation(
                        event_type=cloudfront.FunctionEventType.VIEWER_REQUEST, function=find
                    )
                ],
            ),
            additional_behaviors={
                f"/{ASSETS}*": cloudfront.BehaviorOptions(
                    origin=bucket,
                    viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
                    cache_policy=kept,
                    response_headers_policy=headers.pages,
                ),
                self.status.path: cloudfront.BehaviorOptions(
                    origin=_private(self.status.bucket),
                    viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
                    cache_policy=kept,
                    response_headers_policy=headers.pages,
                ),
                "/portal/*": self._portal(deployment, headers),
                "/api/*": cloudfront.BehaviorOptions(
                    origin=rest,
                    viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
                    allowed_methods=cloudfront.AllowedMethods.ALLOW_ALL,
                    cache_policy=cloudfront.CachePolicy.CACHING_DISABLED,
                    origin_request_policy=self._passed_on("ToRest", READ, cookies=True),
                    response_headers_policy=headers.api,
                ),
                "/ws": cloudfront.BehaviorOptions(
                    origin=socket,
                    viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
                    cache_policy=cloudfront.CachePolicy.CACHING_DISABLED,
                    origin_request_policy=self._passed_on("ToSocket", SOCKET_HEADERS, cookies=False),
                ),
            },
            error_responses=[
                cloudfront.ErrorResponse(http_status=status, ttl=Duration.seconds(0)) for status in NEVER_KEPT
            ],
        )
        if core.entrance:
            CfnOutput(self, "EntranceVersion", value=core.entrance.version)
        CfnOutput(self, "PagesBucket", value=self.pages.bucket_name)
        CfnOutput(self, "DistributionId", value=self.distribution.distribution_id)
        CfnOutput(self, "DistributionDomain", value=self.distribution.distribution_domain_name)

    def _bucket(self) -> s3.Bucket:
        """What is in it is public and built anew at will, so it goes with its stack."""
        return s3.Bucket(
            self,
            "Pages",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            versioned=True,
            lifecycle_rules=[s3.LifecycleRule(noncurrent_version_expiration=OLD_VERSIONS)],
            removal_policy=RemovalPolicy.DESTROY,
        )

    def _api(self, api: str, word: str = "") -> origins.HttpOrigin:
        """An API of API Gateway. Its stage is called as the pages call it, so that a path is the same on both sides."""
        return origins.HttpOrigin(
            f"{api}.execute-api.{self.region}.{self.url_suffix}",
            protocol_policy=cloudfront.OriginProtocolPolicy.HTTPS_ONLY,
            origin_ssl_protocols=[cloudfront.OriginSslPolicy.TLS_V1_2],
            read_timeout=Duration.seconds(30),  # API Gateway itself gives up after 29
            custom_headers={HEADER: word} if word else None,
        )

    def _portal(self, deployment: Deployment, headers: EdgeHeaders) -> cloudfront.BehaviorOptions:
        """The portal's keys straight from the portal, which is told nothing of who asks but where from."""
        keys, settings = urlsplit(deployment.portal_keys), deployment.settings
        tell = cloudfront.Function(
            self,
            "Portal",
            comment="Who the patients' portal is, and where its keys are",
            code=cloudfront.FunctionCode.from_inline(
                portal(headers.of_pages, settings["patient_issuer"], settings["patient_client_id"], keys.path)
            ),
            runtime=cloudfront.FunctionRuntime.JS_2_0,
        )
        return cloudfront.BehaviorOptions(
            origin=origins.HttpOrigin(
                keys.netloc,
                protocol_policy=cloudfront.OriginProtocolPolicy.HTTPS_ONLY,
                origin_ssl_protocols=[cloudfront.OriginSslPolicy.TLS_V1_2],
            ),
            viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
            cache_policy=cloudfront.CachePolicy(
                self,
                "PortalKeys",
                comment="The same for everybody, and never old",
                min_ttl=Duration.seconds(0),
                default_ttl=Duration.seconds(KEPT_SECONDS),
                max_ttl=Duration.seconds(KEPT_SECONDS),
                enable_accept_encoding_gzip=True,
            ),
            response_headers_policy=headers.pages,
            function_associations=[
                cloudfront.FunctionAssociation(event_type=cloudfront.FunctionEventType.VIEWER_REQUEST, function=tell)
            ],
        )

    def _passed_on(self, name: str, headers: Sequence[str], *, cookies: bool) -> cloudfront.OriginRequestPolicy:
        # Our cookies' names hold the consultation's or the trust's id, so no list can name them: all or none.
        behavior = cloudfront.OriginRequestCookieBehavior
        return cloudfront.OriginRequestPolicy(
            self,
            name,
            header_behavior=cloudfront.OriginRequestHeaderBehavior.allow_list(*headers),
            query_string_behavior=cloudfront.OriginRequestQueryStringBehavior.all(),
            cookie_behavior=behavior.all() if cookies else behavior.none(),
        )


def _private(bucket: s3.Bucket) -> cloudfront.IOrigin:
    return origins.S3BucketOrigin.with_origin_access_control(
        bucket,
        # Who may list is told that nothing is there; who may not is told that it is forbidden.
        origin_access_levels=[cloudfront.AccessLevel.READ, cloudfront.AccessLevel.LIST],
    )
