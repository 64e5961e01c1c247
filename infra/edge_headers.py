"""The security headers of chalicelib/headers.py as CloudFront adds them."""

from collections.abc import Mapping
from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_cloudfront as cloudfront
from constructs import Construct

from chalicelib.headers import API, OVER_TLS, of_pages

LONGEST: Final = 1783
"""Characters of a header's value at most (CloudFront's quotas)."""


class EdgeHeaders(Construct):
    """One policy for the pages, whose word is the last, and one for the API, whose own answers say it themselves."""

    def __init__(self, scope: Construct, construct_id: str, *, domain: str) -> None:
        super().__init__(scope, construct_id)
        self.of_pages = of_pages(domain, tls=True)
        self.pages = self._policy("Pages", self.of_pages, override=True)
        # For what CloudFront and API Gateway answer by themselves.
        self.api = self._policy("Api", API | OVER_TLS, override=False)

    def _policy(self, name: str, headers: Mapping[str, str], *, override: bool) -> cloudfront.ResponseHeadersPolicy:
        """CloudFront takes each of its own kinds of headers in a place of its own, and the others as text."""
        own = {
            "Content-Security-Policy": "content_security_policy",
            "Referrer-Policy": "referrer_policy",
            "Strict-Transport-Security": "strict_transport_security",
            "X-Content-Type-Options": "content_type_options",
        }
        age, *more = headers["Strict-Transport-Security"].split("; ")
        return cloudfront.ResponseHeadersPolicy(
            self,
            name,
            security_headers_behavior=cloudfront.ResponseSecurityHeadersBehavior(
                content_security_policy=cloudfront.ResponseHeadersContentSecurityPolicy(
                    content_security_policy=headers["Content-Security-Policy"], override=override
                ),
                referrer_policy=cloudfront.ResponseHeadersReferrerPolicy(
                    referrer_policy=cloudfront.HeadersReferrerPolicy(
                        headers["Referrer-Policy"].upper().replace("-", "_")
                    ),
                    override=override,
                ),
                strict_transport_security=cloudfront.ResponseHeadersStrictTransportSecurity(
                    access_control_max_age=Duration.seconds(int(age.removeprefix("max-age="))),
                    include_subdomains="includeSubDomains" in more,
                    override=override,
                ),
                content_type_options=cloudfront.ResponseHeadersContentTypeOptions(override=override),
            ),
            custom_headers_behavior=cloudfront.ResponseCustomHeadersBehavior(
                custom_headers=[
                    cloudfront.ResponseCustomHeader(header=header, value=value, override=override)
                    for header, value in headers.items()
                    if header not in own
                ]
            ),
        )
