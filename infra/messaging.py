"""The sender of e-mail, known to SES. SMS needs no resource: SNS publishes to numbers."""

from aws_cdk import Aws
from aws_cdk import aws_ses as ses
from constructs import Construct


class Messaging(Construct):
    """SES's identity for the From address; AWS asks its owner by mail before the first message leaves."""

    def __init__(self, scope: Construct, construct_id: str, *, sender: str) -> None:
        super().__init__(scope, construct_id)
        ses.CfnEmailIdentity(self, "Sender", email_identity=sender)
        receipts = ses.CfnConfigurationSet(self, "Receipts")
        self.configuration = receipts.ref
        """Name of the configuration set: with it SES tells what became of each message."""
        ours = f"arn:{Aws.PARTITION}:ses:{Aws.REGION}:{Aws.ACCOUNT_ID}"
        self.mail = [f"{ours}:identity/{sender}", f"{ours}:configuration-set/{receipts.ref}"]
        """What whoever sends e-mail must be let use."""
