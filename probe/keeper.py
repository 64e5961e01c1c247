"""Where ``status.json`` is kept: in a bucket, or in a file on a developer's machine."""

from pathlib import Path
from typing import Any, Final, Protocol

import boto3
import msgspec

from probe.settings import Settings
from probe.status import NAME, Status

SEEN_SECONDS: Final = 30
"""For how long a copy may be shown without asking again."""


class Keeper(Protocol):
    """Reads the document of before, and writes the next."""

    def read(self) -> bytes:
        """Empty when there is none."""

    def write(self, document: bytes) -> None:
        """In the place of the one before."""


class FileKeeper:
    """In a file, which is whole at any time."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def read(self) -> bytes:
        """Empty when there is none."""
        return self._file.read_bytes() if self._file.exists() else b""

    def write(self, document: bytes) -> None:
        """In the place of the one before."""
        new = self._file.with_suffix(".new")
        new.write_bytes(document)
        new.replace(self._file)


class BucketKeeper:
    """An object of S3."""

    def __init__(self, bucket: str, s3: Any) -> None:
        self._bucket, self._s3 = bucket, s3

    def read(self) -> bytes:
        """Empty when there is none."""
        try:
            found: bytes = self._s3.get_object(Bucket=self._bucket, Key=NAME)["Body"].read()
        except self._s3.exceptions.NoSuchKey:
            return b""
        return found

    def write(self, document: bytes) -> None:
        """In the place of the one before."""
        self._s3.put_object(
            Bucket=self._bucket,
            Key=NAME,
            Body=document,
            ContentType="application/json",
            CacheControl=f"public, max-age={SEEN_SECONDS}",
        )


def keeper(settings: Settings) -> Keeper:
    """The one that the settings name."""
    if settings.file:
        return FileKeeper(Path(settings.file))
    return BucketKeeper(settings.bucket, boto3.client("s3"))


def known(document: bytes) -> Status | None:
    """The document of before; None when there is none, or it is of another shape: then the count begins anew."""
    try:
        return msgspec.json.decode(document, type=Status)
    except msgspec.DecodeError:
        return None
