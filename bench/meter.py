"""The embedded AWS with a meter: ``python -m bench.meter`` runs in the place of ``local.aws`` and writes down, one JSON
line each, whatever of the functions' doing AWS would charge.

The table's requests go on to DynamoDB Local, AWS's own engine, which says how many units each took (index included).
What it refuses because a condition does not hold is counted as AWS does: a unit a write, two in a transaction.
Set by ``VENTEROM_METER`` (the file) and ``VENTEROM_METER_TABLE`` (DynamoDB Local's address).
"""

import asyncio
import http.client
import json
import math
import os
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import msgspec
from ministack import app
from ministack.core import lambda_runtime
from ministack.services import apigateway, sts

from chalicelib.alphabet import measure
from local import aws

MESSAGE_BYTES: Final = 32 * 1024
"""A message on a socket is charged by these (API Gateway, "Pricing")."""
LOG_EVENT_BYTES: Final = 26
"""CloudWatch Logs counts so many for each event besides its text ("Amazon CloudWatch Logs quotas")."""
PLATFORM: Final = (
    "START RequestId: {0} Version: 1\n",
    "END RequestId: {0}\n",
    "REPORT RequestId: {0}\tDuration: 10.00 ms\tBilled Duration: 10 ms\tMemory Size: 512 MB\tMax Memory Used: 99 MB\n",
)
"""What Lambda itself logs of each invocation ("Logging for Lambda functions")."""
READS: Final = frozenset({"GetItem", "BatchGetItem", "Query", "Scan"})
WRITES: Final = frozenset({"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"})
ONE_EACH: Final[Mapping[str, str]] = {
    "secretsmanager": "secret_call",
    "kms": "key_call",
    "sqs": "queue_request",
    "ses": "mail",
}

Handler = Callable[[str, str, dict[str, str], bytes, dict[str, Any]], Awaitable[tuple[int, dict[str, str], Any]]]


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """So much of something, at a time (seconds since 1970), by a function; ``of`` says of what operation or message."""

    at: float
    what: str
    amount: float = 1
    by: str = ""
    of: str = ""
    cpu_ms: float = 0
    memory_mb: int = 0
    cold: bool = False


class Meter:
    """The file; entries hold names of functions, operations and kinds of messages, and nothing of anybody."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab", buffering=0)
        self._alone = threading.Lock()

    def note(self, what: str, amount: float = 1, **more: Any) -> None:
        """Write one down."""
        line = msgspec.json.encode(Entry(at=time.time(), what=what, amount=amount, **more)) + b"\n"
        with self._alone:
            self._file.write(line)


class Table:
    """DynamoDB Local in the place of the embedded AWS's own table."""

    def __init__(self, meter: Meter, address: str, before: Handler) -> None:
        self._meter = meter
        self._host = urlsplit(address).netloc
        self._before = before
        self._mine = threading.local()
        self._making = asyncio.Lock()

    async def handle(
        self, method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
    ) -> tuple[int, dict[str, str], Any]:
        """One request; all but reading and writing stays where it was."""
        action = headers.get("x-amz-target", "").rpartition(".")[2]
        if action not in READS | WRITES:
            return await self._before(method, path, headers, body, query)
        asked = json.loads(body) | {"ReturnConsumedCapacity": "TOTAL"}
        status, answer = await asyncio.to_thread(self._ask, action, asked)
        if status != 200 and answer.get("__type", "").endswith("ResourceNotFoundException"):
            async with self._making:
                await self._make(headers, asked)
            status, answer = await asyncio.to_thread(self._ask, action, asked)
        who = caller(headers)
        if who:
            self._meter.note(
                "table_read" if action in READS else "table_write",
                units(action, asked, answer) if status == 200 else float(refused(action, asked)),
                by=who,
                of=action if status == 200 else f"{action} refused",
            )
        answer.pop("ConsumedCapacity", None)
        return status, {"Content-Type": "application/x-amz-json-1.0"}, json.dumps(answer).encode()

    async def _make(self, headers: dict[str, str], asked: dict[str, Any]) -> None:
        """The table as CloudFormation made it here."""
        wanted = asked.get("TableName") or next(iter(asked.get("RequestItems", {})), "")
        if not wanted:
            wanted = next(t["TableName"] for item in asked["TransactItems"] for t in item.values())
        described = headers | {"x-amz-target": "DynamoDB_20120810.DescribeTable"}
        status, _, body = await self._before("POST", "/", described, json.dumps({"TableName": wanted}).encode(), {})
        if status != 200:
            return
        table = json.loads(body)["Table"]
        index = ("IndexName", "KeySchema", "Projection")
        made = {name: table[name] for name in ("TableName", "AttributeDefinitions", "KeySchema")}
        indexes = [{name: one[name] for name in index} for one in table.get("GlobalSecondaryIndexes", [])]
        made |= {"BillingMode": "PAY_PER_REQUEST", "GlobalSecondaryIndexes": indexes}
        await asyncio.to_thread(self._ask, "CreateTable", made)

    def _ask(self, action: str, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        connection: http.client.HTTPConnection | None = getattr(self._mine, "connection", None)
        if connection is None:
            connection = self._mine.connection = http.client.HTTPConnection(self._host, timeout=30)
        signed = "AWS4-HMAC-SHA256 Credential=local/20260101/eu-north-1/dynamodb/aws4_request, SignedHeaders=host, "
        headers = {
            "X-Amz-Target": f"DynamoDB_20120810.{action}",
            "Content-Type": "application/x-amz-json-1.0",
            "Authorization": signed + "Signature=0",
        }
        try:
            connection.request("POST", "/", json.dumps(asked).encode(), headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        except (OSError, http.client.HTTPException):
            self._mine.connection = None
            raise


def units(action: str, asked: dict[str, Any], answer: dict[str, Any]) -> float:
    """What the engine says that a request took; of a transaction at least two for each write."""
    consumed = answer.get("ConsumedCapacity", [])
    total = sum(float(one["CapacityUnits"]) for one in (consumed if isinstance(consumed, list) else [consumed]))
    return max(total, refused(action, asked)) if action == "TransactWriteItems" else total


def refused(action: str, asked: dict[str, Any]) -> int:
    """The least that a write takes whether or not its condition holds; a read that fails takes nothing."""
    if action in READS:
        return 0
    return 2 * len(asked["TransactItems"]) if action == "TransactWriteItems" else 1


def caller(headers: Mapping[str, str]) -> str:
    """The function that sent a request, by the role that it took; empty for anybody else."""
    key = headers.get("authorization", "").partition("Credential=")[2].partition("/")[0]
    arn = str(sts._sessions.get(key, {}).get("Arn", ""))
    return arn.rpartition("/")[2] if ":assumed-role/" in arn else ""


def cpu_ms(pid: int) -> float:
    """CPU time of all threads of a process, by the scheduler's own clock (proc(5), schedstat)."""
    spent = 0
    for task in Path("/proc", str(pid), "task").iterdir():
        try:
            spent += int((task / "schedstat").read_text().split()[0])
        except OSError:
            continue  # it ended just now
    return spent / 1e6


def invoked(meter: Meter, invoke: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Lambda's ``invoke``, metered; what API Gateway does for it too."""

    def run(worker: Any, event: Any, request_id: str, **named: Any) -> dict[str, Any]:
        before = cpu_ms(worker._proc.pid) if worker._proc is not None else None
        begun = time.perf_counter()
        result = invoke(worker, event, request_id, **named)
        took = (time.perf_counter() - begun) * 1000
        alive = worker._proc is not None and before is not None
        meter.note(
            "lambda_ms",
            took,
            by=worker.func_name,
            of=kind(event),
            cpu_ms=cpu_ms(worker._proc.pid) - before if alive and before is not None else took,
            memory_mb=int(worker.config.get("MemorySize", 128)),
            cold=before is None or bool(result.get("cold_start")),
        )
        lines = [line for line in str(result.get("log", "")).splitlines(keepends=True) if line.strip()]
        lines += [line.format(request_id) for line in PLATFORM]
        meter.note("log_bytes", sum(len(line.encode()) + LOG_EVENT_BYTES for line in lines), by=worker.func_name)
        through_gateway(meter, worker.func_name, event, result.get("result"))
        return result

    return run


def through_gateway(meter: Meter, function: str, event: Any, result: Any) -> None:
    """What API Gateway charges of an invocation that came through it."""
    context = event.get("requestContext", {}) if isinstance(event, dict) else {}
    body = str(result.get("body") or "") if isinstance(result, dict) else ""
    if "httpMethod" in context:
        meter.note("rest_request", by=function, of=f"{context['httpMethod']} {context.get('resourcePath', '')}")
        meter.note("answer_bytes", len(body.encode()), by=function)
    match context.get("eventType"):
        case "CONNECT":
            meter.note("socket_open", by=function)
        case "DISCONNECT":
            meter.note("socket_open", -1, by=function)
        case "MESSAGE":
            meter.note("socket_message", messages(len(str(event.get("body") or ""))), by=function, of=kind(event))
            if body:
                meter.note("socket_message", messages(len(body)), by=function, of="answer")
                meter.note("answer_bytes", len(body.encode()), by=function)


def kind(event: Any) -> str:
    """What an invocation is about: the type of a message, never what it says."""
    if not isinstance(event, dict):
        return ""
    context = event.get("requestContext", {})
    if context.get("eventType") != "MESSAGE":
        return str(context.get("eventType") or context.get("resourcePath") or "")
    try:
        return str(json.loads(event.get("body") or "{}").get("type", ""))
    except (ValueError, AttributeError):
        return ""


def messages(size: int) -> int:
    """As how many a message of so many bytes is charged."""
    return max(1, math.ceil(size / MESSAGE_BYTES))


def pushed(meter: Meter, push: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """API Gateway's connection management, metered."""

    async def handle(method: str, api: str, stage: str, connection: str, body: bytes, headers: dict[str, str]) -> Any:
        answer = await push(method, api, stage, connection, body, headers)
        if method == "POST" and answer[0] == 200:
            meter.note("socket_message", messages(len(body)), by=caller(headers), of="push")
            meter.note("answer_bytes", len(body), by=caller(headers))
        return answer

    return handle


def counted(meter: Meter, service: str, handler: Handler) -> Handler:
    """A service's handler that notes what functions ask of it."""

    async def handle(method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]) -> Any:
        answer = await handler(method, path, headers, body, query)
        who = caller(headers)
        if not who or answer[0] >= 400:
            return answer
        if service in ONE_EACH:
            meter.note(ONE_EACH[service], by=who)
        elif service == "s3":
            is_read = method in ("GET", "HEAD") and len(path.strip("/").split("/")) > 1
            meter.note("object_read" if is_read else "object_write", by=who)
        elif service == "sns":
            asked = parse_qs(body.decode())
            if "PhoneNumber" in asked:
                meter.note("sms", measure(asked["Message"][0]).parts, by=who)
            elif asked.get("Action") == ["Publish"]:
                meter.note("topic_request", by=who)
        return answer

    return handle


def main() -> None:
    """As local.aws, metered."""
    meter = Meter(Path(os.environ["VENTEROM_METER"]))
    for service in (*ONE_EACH, "s3", "sns"):
        app.SERVICE_HANDLERS[service] = counted(meter, service, app.SERVICE_HANDLERS[service])
    table = Table(meter, os.environ["VENTEROM_METER_TABLE"], app.SERVICE_HANDLERS["dynamodb"])
    app.SERVICE_HANDLERS["dynamodb"] = table.handle
    lambda_runtime.Worker.invoke = invoked(meter, lambda_runtime.Worker.invoke)
    apigateway.handle_connections_api = pushed(meter, apigateway.handle_connections_api)
    aws.main()


if __name__ == "__main__":
    main()
