"""The embedded AWS keeps what AWS promises about sockets, where stock ministack does not."""

import asyncio
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType

from chalicelib.protocol import MAX_MESSAGE
from local.children import Child
from local.deploy import REGION, Aws
from local.system import Ports, System

# "wait" is answered only when another socket's "go" has been handled: it never is if one socket waits for the other.
HANDLER = """
import os, pathlib, threading

def handler(event, context):
    print("called")
    gone = pathlib.Path(os.environ["GONE"])
    if event["requestContext"]["routeKey"] != "$default":
        return {"statusCode": 200}
    if event["body"] == "fail":
        raise ValueError("a secret of the function")
    if event["body"] == "go":
        gone.touch()
    if event["body"] == "wait":
        while not gone.exists():
            threading.Event().wait(0.01)
    return {"statusCode": 200, "body": event["body"]}
"""


def make_socket_api(aws: Aws, gone: Path) -> str:
    """Deploy HANDLER behind a WebSocket API; returns its address."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("main.py", HANDLER)
    trusted = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = aws.client("iam").create_role(
        RoleName="handler", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trusted]})
    )
    function = aws.client("lambda").create_function(
        FunctionName="handler",
        Runtime="python3.12",
        Role=role["Role"]["Arn"],
        Handler="main.handler",
        Code={"ZipFile": package.getvalue()},
        Timeout=60,
        Environment={"Variables": {"GONE": str(gone)}},
    )
    gateway = aws.client("apigatewayv2")
    api = gateway.create_api(Name="t", ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action")[
        "ApiId"
    ]
    uri = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{function['FunctionArn']}/invocations"
    made = gateway.create_integration(ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=uri)["IntegrationId"]
    for route in ("$connect", "$default", "$disconnect"):
        gateway.create_route(ApiId=api, RouteKey=route, Target=f"integrations/{made}")
    gateway.create_stage(ApiId=api, StageName="api", AutoDeploy=True)
    return f"{aws.endpoint}/_aws/execute-api/{api}/api".replace("http", "ws", 1)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the WebSocket API over HANDLER."""
    system = System(tmp_path_factory.mktemp("state"), Ports.free())
    try:
        system.start_aws()
        yield make_socket_api(system.aws, tmp_path_factory.mktemp("flag") / "gone")
    finally:
        system.stop()


def test_two_connections_do_not_wait_for_each_other(address: str) -> None:
    async def talk() -> tuple[str, str]:
        async with ClientSession() as client:
            first, second = await client.ws_connect(address), await client.ws_connect(address)
            await first.send_str("wait")
            await second.send_str("go")
            answers = await second.receive_str(), await first.receive_str()
            await first.close()
            await second.close()
            return answers

    assert asyncio.run(talk()) == ("go", "wait")


def test_what_a_function_raised_does_not_reach_the_browser(address: str) -> None:
    async def talk() -> tuple[str, str]:
        async with ClientSession() as client, client.ws_connect(address) as socket:
            await socket.send_str("fail")
            said = await socket.receive_str()
            await socket.send_str("go")
            return said, await socket.receive_str()

    said, after = asyncio.run(talk())
    assert json.loads(said) == {"message": "Internal server error"}
    assert after == "go"  # the connection lives on


@pytest.mark.parametrize(("extra", "taken"), [(0, True), (1, False)], ids=["at the limit", "over it"])
def test_a_message_may_be_128_kb_long(address: str, extra: int, taken: bool) -> None:
    async def talk(socket: ClientWebSocketResponse) -> bool:
        await socket.send_str("x" * (MAX_MESSAGE + extra))
        answer = await socket.receive()
        return answer.type is WSMsgType.TEXT or socket.close_code != 1009

    async def run() -> bool:
        async with ClientSession() as client, client.ws_connect(address, max_msg_size=0) as socket:
            return await talk(socket)

    assert asyncio.run(run()) is taken


def test_a_child_that_cannot_start_is_said_to(tmp_path: Path) -> None:
    from local.children import NotStarted

    with pytest.raises(NotStarted, match="no-such-program is not installed"):
        Child("any", ["no-such-program"], tmp_path / "log")
