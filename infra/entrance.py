"""That the REST API is reached through CloudFront only: a word that CloudFront says and the API wants to hear."""

import string
from typing import Final

from aws_cdk import CfnResource, Fn, Stack
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra.deployment import FIRST_WORD
from infra.key import Key

HEADER: Final = "Referer"
"""The one header that a resource policy of API Gateway can look at and CloudFront can set; no page of ours sends it."""
PROXIES: Final = 2
"""That add to X-Forwarded-For: CloudFront adds who asked it, API Gateway adds CloudFront."""


class Entrance(Construct):
    """The word, and the API's policy. Without it anybody could write X-Forwarded-For, which is believed (PROXIES).

    The secret is `{"word", "before"}`. The API hears both, so that it knows a new word before CloudFront says it.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        api: apigateway.CfnRestApi,
        released: CfnResource,
        key: Key,
        version: str,
    ) -> None:
        """``released``: what brings the API's policy into force; ``version``: of the secret (deploy/entrance.py)."""
        super().__init__(scope, construct_id)
        self.secret = secretsmanager.CfnSecret(
            self,
            "Word",
            description="What CloudFront says to the REST API",
            kms_key_id=key.arn,
            generate_secret_string=secretsmanager.CfnSecret.GenerateSecretStringProperty(
                secret_string_template="{}",  # noqa: S106  # nosec B106 # into which the word is put
                generate_string_key="word",
                exclude_characters=string.punctuation,
                password_length=43,
            ),
        )
        self.version = version
        self._asked = "" if version == FIRST_WORD else version
        self.word = self._resolved("word")
        """Resolved by CloudFormation as it deploys; no template holds it."""
        heard = [self.word, self._resolved("before")] if self._asked else [self.word]
        api.policy = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": "*",
                    "Action": "execute-api:Invoke",
                    "Resource": "execute-api:/*",
                    "Condition": {"StringEquals": {"aws:Referer": heard}},
                }
            ],
        }
        if self._asked:
            # A policy counts from the API's next deployment on, which is one of another name.
            name = Stack.of(self).resolve(released.logical_id)
            released.override_logical_id(f"{name}{version.partition('-')[0]}")

    def _resolved(self, name: str) -> str:
        # The version is named, for CloudFormation reads a secret anew only where the template has changed.
        reference = f"{{{{resolve:secretsmanager:${{secret}}:SecretString:{name}::{self._asked}}}}}"
        return Fn.sub(reference, {"secret": self.secret.ref})
