"""What failed for good and lies in the queue: `python -m local.dead_letters [--replay] [--aws]`.

Says how much there is of what and since when, and names nobody; with ``--replay`` it is done again, and what went well
is taken out. The running local system is asked unless ``--aws`` is said: then the account and region that boto3 finds.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import boto3
from botocore.config import Config

from infra import STACK
from local.ask import NotRunning
from local.deploy import Aws
from local.template import BUILD

ROTATION: Final = "RotateSecretFunction"
FUNCTIONS: Final = {
    "deliver": "DeliverFunction",
    "mail_receipt": "MailReceiptFunction",
    "sms_receipt_log": "SmsReceiptFunction",
    "sweep": "SweepFunction",
    "recount": "RecountFunction",
    "anchor": "AnchorFunction",
    "purge": "PurgeFunction",
    "rotate_secret": ROTATION,
}
"""Functions that nobody waits for, and the stack's outputs with their names."""
LOOKING_SECONDS: Final = 20
"""While we look at an entry nobody else sees it."""
REPLAYING_SECONDS: Final = 330
"""The same while it is done again: longer than any of the functions may run."""


class Letter(NamedTuple):
    """One entry: of which function, what kind of errand, since when it lies there; with what it is done again."""

    function: str
    kind: str
    since: datetime
    payload: Any
    receipt: str


class Letters:
    """The queue, given boto3's clients of SQS and Lambda and the stack's outputs."""

    def __init__(self, sqs: Any, functions: Any, outputs: Mapping[str, str]) -> None:
        self._sqs = sqs
        self._functions = functions
        self._outputs = outputs
        self._url = outputs["DeadLetters"]

    def look(self) -> list[Letter]:
        """All that lies there; it stays."""
        found = list(self._take(LOOKING_SECONDS))
        self._put_back(found)
        return found

    def replay(self) -> tuple[list[Letter], list[Letter]]:
        """Do all of it again, each once: what went well is taken out and returned first, then what failed again.

        Run twice, also at once, or cut off, it does no harm: each function does the same errand once.
        """
        done, failed = [], []
        for letter in self._take(REPLAYING_SECONDS):
            if self._goes_well(letter):
                self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=letter.receipt)
                done.append(letter)
            else:
                failed.append(letter)
        self._put_back(failed)
        return done, failed

    def _take(self, seconds: int) -> Iterator[Letter]:
        while taken := self._sqs.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=1 if seconds == REPLAYING_SECONDS else 10,
            VisibilityTimeout=seconds,
            AttributeNames=["SentTimestamp"],
        ).get("Messages"):
            yield from map(letter_of, taken)

    def _put_back(self, letters: list[Letter]) -> None:
        for letter in letters:
            self._sqs.change_message_visibility(QueueUrl=self._url, ReceiptHandle=letter.receipt, VisibilityTimeout=0)

    def _goes_well(self, letter: Letter) -> bool:
        name = self._outputs.get(FUNCTIONS.get(letter.function, ""))
        if name is None:
            return False
        answer = self._functions.invoke(FunctionName=name, Payload=json.dumps(letter.payload).encode())
        answer["Payload"].read()  # what it says of its failure stands in its log, and is nothing to print
        return not answer.get("FunctionError")


def letter_of(message: Mapping[str, Any]) -> Letter:
    """What an entry is: Lambda lays there the event itself or an envelope with it, the Scheduler the event."""
    payload = _json(message["Body"])
    if isinstance(payload, dict) and "requestPayload" in payload and "requestContext" in payload:
        payload = payload["requestPayload"]
    function, kind = _errand(payload if isinstance(payload, dict) else {})
    since = datetime.fromtimestamp(int(message["Attributes"]["SentTimestamp"]) / 1000, UTC)
    return Letter(function, kind, since, payload, message["ReceiptHandle"])


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _errand(payload: Mapping[str, Any]) -> tuple[str, str]:
    """The function that an event is for, told by its shape, and the kind of errand without whose."""
    if payload.keys() >= {"trust", "consultation", "reason"}:
        return "deliver", str(payload["reason"]).split("-")[0]
    if "Records" in payload:
        return "mail_receipt", "receipt"
    if "awslogs" in payload:
        return "sms_receipt_log", "receipt"
    if "secret" in payload:
        return "rotate_secret", str(payload["secret"])
    if payload.keys() == {"days"}:
        return "recount", "schedule"
    rules = str(payload.get("resources", "")).lower()
    return next((name for name in ("sweep", "anchor", "purge") if name in rules), "unknown"), "schedule"


def summary(letters: list[Letter]) -> list[str]:
    """One line for each function and kind: how many, and since when."""
    kinds = sorted({(letter.function, letter.kind) for letter in letters})
    lines = []
    for kind in kinds:
        times = [letter.since for letter in letters if letter[:2] == kind]
        lines.append(f"{len(times):6d}  {kind[0]} ({kind[1]}), since {min(times):%Y-%m-%d %H:%M} UTC")
    return lines or ["     0  nothing failed for good"]


def local_letters() -> Letters:
    """Those of the system that runs on this machine. Raises NotRunning."""
    try:
        aws = Aws(json.loads((BUILD / "run.json").read_text())["aws"])
    except FileNotFoundError:
        raise NotRunning("Nothing runs here: start it with `make run`.") from None
    outputs = aws.outputs()
    if outputs is None:
        raise NotRunning("The system is not deployed yet.")
    return Letters(aws.client("sqs"), aws.client("lambda"), outputs)


def aws_letters() -> Letters:
    """Those of the stack in the account and region that boto3 finds."""
    (stack,) = boto3.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    patient = Config(read_timeout=REPLAYING_SECONDS, retries={"total_max_attempts": 1})
    return Letters(boto3.client("sqs"), boto3.client("lambda", config=patient), outputs)


def main() -> int:
    """List or replay; 1 when something is left that failed, 2 when there is nobody to ask."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replay", action="store_true")
    parser.add_argument("--aws", action="store_true")
    asked = parser.parse_args()
    try:
        letters = aws_letters() if asked.aws else local_letters()
    except NotRunning as problem:
        print(problem, file=sys.stderr)
        return 2
    if not asked.replay:
        found = letters.look()
        print("\n".join(summary(found)))
        return int(bool(found))
    done, failed = letters.replay()
    print(f"Done again, and taken out: {len(done)}", *summary(done) * bool(done), sep="\n")
    print(f"Failed again, and left: {len(failed)}", *summary(failed) * bool(failed), sep="\n")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
