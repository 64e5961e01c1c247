"""That the REST API is reached through CloudFront only: a word that CloudFront says and the API wants to hear."""

import string
from typing import Final

from aws_cdk import Fn
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra.key import Key

HEADER: Final = "Referer"
"""The one header that a resource policy of API Gateway can look at and CloudFront can set; no page of ours sends it."""
PROXIES: Final = 2
"""That add to X-Forwarded-For: CloudFront adds who asked it, API Gateway adds CloudFront."""


class Entrance(Construct):
    """The word, and the API's policy. Without it anybody could write X-Forwarded-For, which is believed (PROXIES)."""

    def __init__(self, scope: Construct, construct_id: str, *, api: apigateway.CfnRestApi, key: Key) -> None:
        super().__init__(scope, construct_id)
        secret = secretsmanager.CfnSecret(
            self,
            "Word",
            description="What CloudFront says to the REST API",
            kms_key_id=key.arn,
            generate_secret_string=secretsmanager.CfnSecret.GenerateSecretStringProperty(
                exclude_characters=string.punctuation, password_length=43
            ),
        )
        self.word = Fn.sub("{{resolve:secretsmanager:${secret}}}", {"secret": secret.ref})
        """Resolved by CloudFormation as it deploys; no template holds it."""
        api.policy = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": "*",
                    "Action": "execute-api:Invoke",
                    "Resource": "execute-api:/*",
                    "Condition": {"StringEquals": {"aws:Referer": self.word}},
                }
            ],
        }
