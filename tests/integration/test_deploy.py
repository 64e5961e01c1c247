"""Deploying into the embedded AWS for real: AWS's own program, change sets, the pages' bucket, and taking it down."""

import os
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from aws_cdk import App, CfnOutput, CfnParameter, Environment, RemovalPolicy, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sns as sns
from botocore.exceptions import ClientError

from deploy import Problem
from deploy.account import Account
from deploy.cdk import Cdk
from deploy.steps import ALL_DATA, ORDER, Steps, check_account
from infra.deployment import ABROAD, FILE, Deployment, load
from local.deploy import ACCOUNT, ADMIN, REGION
from local.system import Ports, System

ELSEWHERE = "eu-west-1"


@pytest.fixture(scope="module")
def deployment() -> Deployment:
    first = load(FILE.read_text())[0]
    fields = {name: getattr(first, name) for name in first.__struct_fields__}
    return Deployment(**fields | {"account": ACCOUNT, "region": REGION})


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    system = System(tmp_path_factory.mktemp("state"), Ports.free())
    try:
        system.start_aws()
        yield system.aws.endpoint
    finally:
        system.stop()


@pytest.fixture(scope="module")
def account(endpoint: str) -> Iterator[Account]:
    """The embedded AWS, found as any account is: by the environment."""
    given = {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ENDPOINT_URL_S3": endpoint,
        "AWS_ACCESS_KEY_ID": ADMIN,
        "AWS_SECRET_ACCESS_KEY": ADMIN,
    }
    before = dict(os.environ)
    os.environ.update(given)
    try:
        yield Account(REGION)
    finally:
        os.environ.clear()
        os.environ.update(before)


@pytest.fixture(scope="module")
def prepared(account: Account) -> None:
    """What `cdk bootstrap` leaves, as far as it is needed here."""
    for region in (REGION, ABROAD):
        boto3.client("ssm", region_name=region).put_parameter(
            Name="/cdk-bootstrap/hnb659fds/version", Value="30", Type="String"
        )
        given = {} if region == ABROAD else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        boto3.client("s3", region_name=region).create_bucket(Bucket=f"cdk-hnb659fds-assets-{ACCOUNT}-{region}", **given)


def test_an_account_is_prepared_before_there_is_any_template(account: Account, tmp_path: Path) -> None:
    Cdk(tmp_path / "nothing").bootstrap(ACCOUNT, ELSEWHERE)
    assert account.at(ELSEWHERE).bootstrapped()
    assert account.at(ELSEWHERE).outputs("CDKToolkit")


def assembly(deployment: Deployment, out: Path, sender: str) -> Cdk:
    """Stacks in the shape of ours, of types that the embedded AWS knows; ``sender`` is a setting of the deployment."""
    app = App(outdir=str(out), analytics_reporting=False)
    core, media, web, operations, abroad = (
        Stack(
            app,
            f"{deployment.stack}-{kind}",
            env=Environment(account=deployment.account, region=deployment.region_of(kind)),
            termination_protection=True,
        )
        for kind in ORDER
    )
    table = dynamodb.Table(
        core,
        "Table",
        partition_key=dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING),
        removal_policy=RemovalPolicy.RETAIN,
    )
    CfnOutput(core, "TableName", value=table.table_name)
    setting = CfnParameter(core, "SmsSender", default=sender)
    sns.Topic(core, "Messages", display_name=setting.value_as_string)
    CfnOutput(core, "Sender", value=setting.value_as_string)
    s3.Bucket(core, "Anchors", versioned=True, removal_policy=RemovalPolicy.RETAIN)
    secretsmanager.CfnSecret(core, "Pepper", secret_string="pepper").apply_removal_policy(RemovalPolicy.RETAIN)
    sns.Topic(media, "Topic")
    pages = s3.Bucket(web, "Pages", versioned=True, removal_policy=RemovalPolicy.DESTROY)
    CfnOutput(web, "PagesBucket", value=pages.bucket_name)
    CfnOutput(web, "DistributionDomain", value="d1.cloudfront.example")
    sns.Topic(operations, "Alarms")
    sns.Topic(abroad, "Alarms")
    app.synth()
    return Cdk(out)


def dist(folder: Path, release: str) -> Path:
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(release)
    (folder / "assets" / f"main-{release}.js").write_text(release)
    return folder


def test_a_deployment_stands_is_renewed_and_goes_with_its_data_only_when_told(
    account: Account, prepared: None, deployment: Deployment, tmp_path: Path
) -> None:
    said: list[str] = []
    check_account(deployment, account)
    assert account.bootstrapped()
    for release in ("one", "two"):
        cdk = assembly(deployment, tmp_path / f"cdk-{release}", sender=release)
        steps = Steps(deployment, account, cdk, said.append, lambda _: deployment.stack, yes=True)
        steps.deploy(dist(tmp_path / release, release), lambda _host, _path: 200)

    storage, formation = boto3.client("s3"), boto3.client("cloudformation", region_name=REGION)
    core, _, web, _, abroad = steps.stacks()
    assert account.outputs(abroad) is None, "it stands in another region"
    assert account.at(ABROAD).outputs(abroad) == {}
    with pytest.raises(ClientError, match="rotection"):
        formation.delete_stack(StackName=core)
    bucket = (account.outputs(web) or {})["PagesBucket"]
    found = {one["Key"] for one in storage.list_objects_v2(Bucket=bucket)["Contents"]}
    assert found == {"index.html", "assets/main-one.js", "assets/main-two.js"}, "open pages go on with the old ones"
    page = storage.get_object(Bucket=bucket, Key="index.html")
    assert page["Body"].read() == b"two"
    assert (page["CacheControl"], page["ContentType"]) == ("no-cache", "text/html; charset=utf-8")
    assert "immutable" in storage.head_object(Bucket=bucket, Key="assets/main-two.js")["CacheControl"]

    assert (account.outputs(core) or {})["Sender"] == "two", "as the file of deployments says now"
    table = (account.outputs(core) or {})["TableName"]
    kept = account.kept(core)
    assert (account.buckets(core), account.buckets(web)) == ([], [bucket])
    assert sorted(one.kind for one in kept) == [
        "AWS::DynamoDB::Table",
        "AWS::S3::Bucket",
        "AWS::SecretsManager::Secret",
    ]
    (anchors,) = [one.name for one in kept if one.kind == "AWS::S3::Bucket"]
    for body in (b"1", b"2"):
        storage.put_object(Bucket=anchors, Key="anchor", Body=body)
    notes = tmp_path / "kept.json"
    with pytest.raises(Problem):
        steps.destroy("please", notes)
    assert account.outputs(core) is not None
    steps.destroy("", notes)
    assert [account.outputs(stack) for stack in steps.stacks()] == [None] * 5
    assert account.at(ABROAD).outputs(abroad) is None
    database = boto3.client("dynamodb", region_name=REGION)
    assert table in database.list_tables()["TableNames"]
    assert bucket not in {one["Name"] for one in storage.list_buckets()["Buckets"]}
    assert any(table in line for line in said)

    steps.destroy(ALL_DATA, notes)
    assert table not in database.list_tables()["TableNames"]
    assert anchors not in {one["Name"] for one in storage.list_buckets()["Buckets"]}
    assert [account.remove(one) for one in kept] == ["gone already"] * 3
    assert formation.list_stacks(StackStatusFilter=["CREATE_COMPLETE", "UPDATE_COMPLETE"])["StackSummaries"] == []


def test_an_account_says_who_it_is_and_what_it_lacks(account: Account) -> None:
    assert account.number() == ACCOUNT
    assert account.certificate(f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/00000000-0000-4000-8000-000000000001") == (
        "MISSING"
    )
    assert account.outputs("nothing") is None
    assert account.kept("nothing") == []
    account.delete("nothing")
