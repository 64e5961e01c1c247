"""Objects in a bucket: what is put once and read again, outside of the table and its recovery."""

from typing import Any, Protocol


class Objects(Protocol):
    """What the use cases need of a bucket."""

    def create(self, name: str, body: bytes) -> None:
        """Put an object, unless there is one of that name."""

    def versions(self, name: str) -> list[bytes]:
        """Every version of an object, also those that another replaced; none when there is no object."""

    def names(self, prefix: str) -> list[str]:
        """The names that begin so, sorted."""


class S3Objects:
    """See Objects; given botocore's ``s3`` client."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def create(self, name: str, body: bytes) -> None:
        """See Objects. By a conditional write (S3's User Guide, "conditional requests")."""
        try:
            self._client.put_object(
                Bucket=self._bucket, Key=name, Body=body, IfNoneMatch="*", ChecksumAlgorithm="SHA256"
            )
        except self._client.exceptions.ClientError as error:
            # 409 when another puts the same just now (ConditionalRequestConflict): theirs is as good.
            if error.response["ResponseMetadata"]["HTTPStatusCode"] not in (409, 412):
                raise

    def versions(self, name: str) -> list[bytes]:
        """See Objects."""
        pages = self._client.get_paginator("list_object_versions").paginate(Bucket=self._bucket, Prefix=name)
        found = [v["VersionId"] for page in pages for v in page.get("Versions", []) if v["Key"] == name]
        return [
            self._client.get_object(Bucket=self._bucket, Key=name, VersionId=version)["Body"].read()
            for version in found
        ]

    def names(self, prefix: str) -> list[str]:
        """See Objects."""
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        return sorted(found["Key"] for page in pages for found in page.get("Contents", []))
