"""What is kept: the one table and the secrets."""

import string

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct


class State(Construct):
    """One DynamoDB table with its index by day, and one secret for each purpose."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        self.table = dynamodb.Table(
            self,
            "Table",
            partition_key=dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="sk", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            time_to_live_attribute="expires",
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            encryption=dynamodb.TableEncryption.AWS_MANAGED,
            removal_policy=RemovalPolicy.RETAIN,
        )
        self.table.add_global_secondary_index(
            index_name="by_day",
            partition_key=dynamodb.Attribute(name="day_pk", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="day_sk", type=dynamodb.AttributeType.STRING),
        )
        self.pepper = self._random("Pepper", "Key of every keyed hash; changing it unbinds what was hashed before")
        self.turn = self._random("Turn", "Shared with the TURN server: time-limited credentials")
        self.worker = self._random("Worker", "Media workers sign their connection with it")
        # An RSA key cannot be made by a template: the function rotate_login_key replaces this value.
        self.login_keys = self._random("LoginKeys", "Private JSON Web Keys with which we sign in at the ID portal")

    def _random(self, name: str, description: str) -> str:
        """A secret made by AWS, letters and digits only; returns its ARN."""
        secret = secretsmanager.CfnSecret(
            self,
            name,
            description=description,
            generate_secret_string=secretsmanager.CfnSecret.GenerateSecretStringProperty(
                exclude_characters=string.punctuation, password_length=43
            ),
        )
        secret.apply_removal_policy(RemovalPolicy.RETAIN)
        return secret.attr_id
