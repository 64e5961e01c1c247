"""Where the probe says how it stands: a bucket of its own, which CloudFront shows whether or not functions run."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_s3 as s3
from constructs import Construct

from probe.status import NAME


class StatusBucket(Construct):
    """One object, public and made anew every few minutes: it goes with its stack."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            removal_policy=RemovalPolicy.DESTROY,
        )

    @property
    def path(self) -> str:
        """Where it stands at the domain."""
        return f"/{NAME}"

    @property
    def object_arn(self) -> str:
        """The document."""
        return self.bucket.arn_for_objects(NAME)
