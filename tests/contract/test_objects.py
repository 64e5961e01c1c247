"""What every bucket must do: keep what was put first, and show what anybody put over it."""

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from chalicelib.objects import Objects, S3Objects
from tests.fakes.objects import FakeObjects


@pytest.fixture(params=["fake", "s3"])
def objects(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Objects]:
    if request.param == "fake":
        yield FakeObjects()
        return
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "local")
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="objects", ObjectLockEnabledForBucket=True)
        client.put_bucket_versioning(Bucket="objects", VersioningConfiguration={"Status": "Enabled"})
        yield S3Objects(client, "objects")


def test_what_is_put_once_stays(objects: Objects) -> None:
    objects.create("t/2027-01-15.json", b"first")
    objects.create("t/2027-01-15.json", b"second")
    assert objects.versions("t/2027-01-15.json") == [b"first"]
    assert objects.versions("t/2027-01-15") == []


def test_names_are_those_that_begin_so(objects: Objects) -> None:
    for name in ("t/b", "u/a", "t/a"):
        objects.create(name, b"x")
    assert objects.names("t/") == ["t/a", "t/b"]
    assert objects.names("v/") == []


def test_what_was_put_over_it_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "local")
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="objects")
        client.put_bucket_versioning(Bucket="objects", VersioningConfiguration={"Status": "Enabled"})
        objects = S3Objects(client, "objects")
        objects.create("t/a", b"first")
        client.put_object(Bucket="objects", Key="t/a", Body=b"second")
        assert sorted(objects.versions("t/a")) == [b"first", b"second"]
