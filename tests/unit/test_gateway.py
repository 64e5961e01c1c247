"""The gateway of SMS, against a real server on loopback that answers, fails, hangs up, or says nothing."""

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from aiohttp import web

from chalicelib.carriers import NotSent, Unsure
from chalicelib.gateway import Gateway
from chalicelib.rest import FailureCause

NUMBER = "+4790000001"


class Server:
    """Takes SMS as ``status`` and ``answer`` say; "drop" breaks the line after reading."""

    def __init__(self) -> None:
        self.status: int | str = 202
        self.answer: Any = {"id": "m-1"}
        self.taken: list[tuple[dict[str, str], Any]] = []
        self.port = 0

    async def take(self, request: web.Request) -> web.Response:
        self.taken.append((dict(request.headers), json.loads(await request.read())))
        if self.status == "drop":
            assert request.transport
            request.transport.abort()
            return web.Response()
        if self.status == "elsewhere":
            return web.Response(status=307, headers={"Location": f"http://127.0.0.1:{self.port}/sms"})
        text = self.answer if isinstance(self.answer, str) else json.dumps(self.answer)
        return web.Response(status=int(self.status), text=text)


@pytest.fixture
def server() -> Iterator[Server]:
    running, loop, up = Server(), asyncio.new_event_loop(), threading.Event()

    async def begin() -> web.AppRunner:
        app = web.Application()
        app.router.add_post("/sms", running.take)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        running.port = runner.addresses[0][1]
        up.set()
        return runner

    def run() -> None:
        runner = loop.run_until_complete(begin())
        loop.run_forever()
        loop.run_until_complete(runner.cleanup())
        loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    assert up.wait(30)
    yield running
    loop.call_soon_threadsafe(loop.stop)
    thread.join()


def send(port: int) -> str:
    gateway = Gateway(f"http://127.0.0.1:{port}/sms", "secret-token")
    return gateway.send_sms(NUMBER, "Hei på deg", sender="Elvenes HF", key="key-1")


def test_it_is_given_what_it_needs(server: Server) -> None:
    assert send(server.port) == "m-1"
    ((headers, body),) = server.taken
    assert body == {"to": NUMBER, "from": "Elvenes HF", "text": "Hei på deg"}
    assert headers["Authorization"] == "Bearer secret-token"
    assert headers["Idempotency-Key"] == "key-1"


@pytest.mark.parametrize("answer", ["", "[]", '{"id": 5}', "{"])
def test_what_was_taken_without_an_id_is_taken(server: Server, answer: str) -> None:
    server.answer = answer
    assert send(server.port) == ""


@pytest.mark.parametrize("status", [401, 403, 408, 409, 425, 429])
def test_a_later_try_can_help(server: Server, status: int) -> None:
    server.status = status
    with pytest.raises(NotSent) as refused:
        send(server.port)
    assert refused.value.retry
    assert NUMBER not in str(refused.value)


@pytest.mark.parametrize(
    ("status", "why"), [(400, FailureCause.CARRIER), (404, FailureCause.CARRIER), (422, FailureCause.RECEIVER)]
)
def test_what_is_refused_is_refused(server: Server, status: int, why: FailureCause) -> None:
    server.status = status
    with pytest.raises(NotSent) as refused:
        send(server.port)
    assert (refused.value.retry, refused.value.why) == (False, why)


@pytest.mark.parametrize("status", [500, 502, 503, "drop"])
def test_what_breaks_half_way_is_uncertain(server: Server, status: int | str) -> None:
    server.status = status
    with pytest.raises(Unsure):
        send(server.port)
    assert len(server.taken) == 1, "whether to try again is not the adapter's to decide"


def test_it_is_not_led_elsewhere(server: Server) -> None:
    server.status = "elsewhere"
    with pytest.raises(NotSent):
        send(server.port)
    assert len(server.taken) == 1


def test_where_nobody_listens_nothing_was_taken() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        with pytest.raises(NotSent) as refused:
            send(closed.getsockname()[1])
    assert refused.value.retry


@pytest.mark.parametrize("url", ["http://gateway.example/sms", "ftp://127.0.0.1.example/", "gateway.example"])
def test_nothing_goes_in_clear(url: str) -> None:
    with pytest.raises(ValueError, match="HTTPS"):
        Gateway(url, "token")
