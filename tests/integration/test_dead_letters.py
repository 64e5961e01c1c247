"""A delivery that fails for good on the embedded AWS: it is seen, done again, and gone once it went well."""

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.dead_letters import Letters, letter_of, summary
from local.deploy import Aws
from local.system import Ports, System

HANDLER = """
import os, pathlib

def handler(event, context):
    mended = pathlib.Path(os.environ["MENDED"])
    if event["consultation"] != "fine" and not mended.exists():
        raise ValueError("+4799999999 could not be reached")
    with mended.with_suffix(".did").open("a") as did:
        did.write(event["consultation"] + "\\n")
"""


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    system = System(tmp_path_factory.mktemp("state"), Ports.free())
    try:
        system.start_aws()
        yield system.aws
    finally:
        system.stop()


@pytest.fixture
def outputs(aws: Aws, tmp_path: Path) -> dict[str, str]:
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("main.py", HANDLER)
    trusted = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [trusted]})
    role = aws.client("iam").create_role(RoleName="deliver", AssumeRolePolicyDocument=policy)["Role"]["Arn"]
    sqs, functions = aws.client("sqs"), aws.client("lambda")
    url = sqs.create_queue(QueueName="dead")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    functions.create_function(
        FunctionName="deliver",
        Runtime="python3.12",
        Role=role,
        Handler="main.handler",
        Code={"ZipFile": package.getvalue()},
        Timeout=30,
        Environment={"Variables": {"MENDED": str(tmp_path / "mended")}},
        DeadLetterConfig={"TargetArn": arn},
    )
    functions.put_function_event_invoke_config(FunctionName="deliver", MaximumRetryAttempts=0)
    return {"DeadLetters": url, "DeliverFunction": "deliver"}


def test_what_failed_for_good_is_seen_and_done_again(aws: Aws, outputs: dict[str, str], tmp_path: Path) -> None:
    sqs, functions = aws.client("sqs"), aws.client("lambda")
    letters = Letters(sqs, functions, outputs)
    assert summary(letters.look()) == ["     0  nothing failed for good"]
    event = {"trust": "elvenes", "consultation": "c1", "reason": "invite-1"}
    functions.invoke(FunctionName="deliver", InvocationType="Event", Payload=json.dumps(event).encode())
    for _ in range(3):  # it is laid there when the function has failed
        waited = sqs.receive_message(QueueUrl=outputs["DeadLetters"], WaitTimeSeconds=20, VisibilityTimeout=0)
        if waited.get("Messages"):
            break
    sqs.send_message(QueueUrl=outputs["DeadLetters"], MessageBody=json.dumps(event | {"consultation": "fine"}))
    (line,) = summary(letters.look())
    assert line.startswith("     2  deliver (invite), since 20")
    assert "c1" not in line
    assert len(letters.look()) == 2, "looking takes nothing away"

    done, failed = letters.replay()
    assert ([one.payload["consultation"] for one in done], len(failed)) == (["fine"], 1)
    assert len(letters.look()) == 1
    (tmp_path / "mended").touch()
    done, failed = letters.replay()
    assert ([one.payload for one in done], failed) == ([event], [])
    assert letters.look() == []
    assert letters.replay() == ([], []), "once more does nothing"
    assert (tmp_path / "mended.did").read_text() == "fine\nc1\n"


def message(body: object) -> dict[str, Any]:
    text = body if isinstance(body, str) else json.dumps(body)
    return {"Body": text, "ReceiptHandle": "r", "Attributes": {"SentTimestamp": "1800000000000"}}


@pytest.mark.parametrize(
    ("body", "function", "kind"),
    [
        ({"trust": "a", "consultation": "c", "reason": "guest-g1-2.3"}, "deliver", "guest"),
        ({"Records": [{"EventSource": "aws:sns"}]}, "mail_receipt", "receipt"),
        ({"awslogs": {"data": ""}}, "sms_receipt_log", "receipt"),
        ({"secret": "turn"}, "rotate_secret", "turn"),
        ({"source": "aws.events", "resources": ["arn:aws:events:x:1:rule/venterom-SweepEvent-1"]}, "sweep", "schedule"),
        ({"days": 2}, "recount", "schedule"),
        ({"requestContext": {}, "requestPayload": {"secret": "worker"}}, "rotate_secret", "worker"),
        ({"something": "else"}, "unknown", "schedule"),
        ("no JSON", "unknown", "schedule"),
    ],
)
def test_an_entry_is_known_by_its_shape(body: object, function: str, kind: str) -> None:
    assert letter_of(message(body))[:2] == (function, kind)
