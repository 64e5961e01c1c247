"""The one origin: pages by address, headers on everything, both APIs behind it, API Gateway's limits on sockets."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, ClientTimeout, TCPConnector, WSMsgType, WSServerHandshakeError, web

from chalicelib.headers import ALWAYS, API
from chalicelib.protocol import MAX_FRAME
from infra import addresses
from local import front
from local.children import free_port

MANY = 101
"""More than aiohttp lets one client open by itself."""
PAGES = {
    "/": "index",
    "/i": "visit",
    "/v": "visit",
    "/d/elvenes/medisinsk": "department",
    "/staff/elvenes": "staff",
    "/help": "help",
    "/advice": "help",
    "/privacy": "help",
    "/accessibility": "help",
    "/status": "status",
}


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    for name in sorted(set(PAGES.values())):
        (tmp_path / f"{name}.html").write_text(f"<title>{name}</title>")
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "main-abc.js").write_text("1")
    return tmp_path


async def echo(request: web.Request) -> web.Response:
    """Answers with what it was asked."""
    said = {
        "method": request.method,
        "path": request.rel_url.raw_path_qs,
        "seen": request.headers.get("X-Forwarded-For"),
        "cookie": request.headers.get("Cookie"),
        "body": await request.text(),
    }
    answer = web.json_response(said, status=201)
    answer.headers.add("Set-Cookie", "a=1; Path=/; Secure")
    answer.headers.add("Set-Cookie", "b=2; Path=/; Secure")
    return answer


async def framed(_: web.Request) -> web.Response:
    """An answer that the portal may frame."""
    return web.Response(headers={"Content-Security-Policy": "frame-ancestors https://portal.example"})


async def echo_socket(request: web.Request) -> web.StreamResponse:
    """Answers every message with itself, until told to go; takes the ticket "good"."""
    if request.query.get("ticket") != "good":
        raise web.HTTPForbidden
    socket = web.WebSocketResponse(max_msg_size=0)
    await socket.prepare(request)
    async for message in socket:
        if message.data == "go":
            break
        await (socket.send_str(message.data) if message.type is WSMsgType.TEXT else socket.send_bytes(message.data))
    await socket.close()
    return socket


@asynccontextmanager
async def serving(app: web.Application) -> AsyncIterator[str]:
    runner = web.AppRunner(app)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    yield f"http://127.0.0.1:{port}"
    await runner.cleanup()


def visit(
    dist: Path, act: Callable[[ClientSession, str], Awaitable[Any]], limits: front.Limits = front.API_GATEWAY
) -> Any:
    """What ``act`` returns, given a client and the address of a front with a stand-in of both APIs behind it."""

    async def run() -> Any:
        behind = web.Application()
        behind.router.add_get("/socket", echo_socket)
        behind.router.add_get("/stage/framed", framed)
        behind.router.add_route("*", "/{path:.*}", echo)
        async with serving(behind) as api:
            app = front.create(f"{api}/stage", f"{api}/socket", dist, limits=limits)
            async with serving(app) as origin, ClientSession() as client:
                return await act(client, origin)

    return asyncio.run(run())


def test_every_page_has_its_address(dist: Path) -> None:
    async def act(client: ClientSession, origin: str) -> None:
        for path, name in (PAGES | {"/help.html": "help"}).items():
            async with client.get(origin + path) as answer:
                assert (answer.status, await answer.text()) == (200, f"<title>{name}</title>"), path

    visit(dist, act)


def test_every_answer_is_guarded(dist: Path) -> None:
    async def act(client: ClientSession, origin: str) -> None:
        for path in (*PAGES, "/nothing", "/assets/main-abc.js"):
            async with client.get(origin + path) as answer:
                policy = answer.headers["Content-Security-Policy"]
                assert "default-src 'none'" in policy
                assert "unsafe" not in policy
                assert "frame-ancestors 'none'" in policy
                assert f"connect-src 'self' {origin.replace('http', 'ws')};" in policy
                allowed = answer.headers["Permissions-Policy"].split(", ")
                assert {"camera=(self)", "microphone=(self)", "display-capture=(self)", "geolocation=()"} <= set(
                    allowed
                )
                assert ALWAYS.items() <= dict(answer.headers).items()
                assert "Strict-Transport-Security" not in answer.headers, "no promise of https without it"
        async with client.get(f"{origin}/api/health") as answer:
            assert API.items() <= dict(answer.headers).items()
            assert "Permissions-Policy" not in answer.headers

    visit(dist, act)


def test_what_the_api_says_of_its_own_answer_holds(dist: Path) -> None:
    async def act(client: ClientSession, origin: str) -> None:
        async with client.get(f"{origin}/api/framed") as answer:
            assert answer.headers.getall("Content-Security-Policy") == ["frame-ancestors https://portal.example"]
            assert answer.headers["Referrer-Policy"] == "no-referrer"

    visit(dist, act)


def test_files_worth_it_are_compressed_for_who_takes_that(dist: Path) -> None:
    script = "// the same again\n" * 100
    (dist / "assets" / "large-abc.js").write_text(script)
    (dist / "assets" / "packed-abc.png").write_bytes(bytes(5_000))

    async def act(client: ClientSession, origin: str) -> None:
        for name, asked, coding in (
            ("large-abc.js", "gzip, br", "gzip"),
            ("large-abc.js", "identity", None),
            ("main-abc.js", "gzip", None),
            ("packed-abc.png", "gzip", None),
        ):
            async with client.get(f"{origin}/assets/{name}", headers={"Accept-Encoding": asked}) as answer:
                assert answer.headers.get("Content-Encoding") == coding, (name, asked)
                assert answer.headers["Vary"] == "Accept-Encoding"
                if name.startswith("large"):
                    assert await answer.text() == script

    visit(dist, act)


def test_every_page_that_is_built_has_its_address() -> None:
    built = {path.name for path in (front.DIST.parent).glob("*.html")}
    assert set(addresses.PAGES.values()) == built


def test_built_pages_hold_nothing_that_their_policy_forbids() -> None:
    built = list(front.DIST.glob("*.html"))
    assert len(built) > len(set(addresses.PAGES.values()))  # with the plain page; `make web-check` builds them
    for path in built:
        html = path.read_text()
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", html), path.name
        assert [tag for tag in re.findall(r"<script[^>]*>", html) if " src=" not in tag] == [], path.name
        assert [at for at in re.findall(r'\s(?:src|href)="([^"]*)"', html) if not re.match(r"/(?!/)|#", at)] == []
    for path in front.DIST.rglob("*.css"):
        assert [
            at for at in re.findall(r"url\(([^)]*)", path.read_text()) if not at.strip("\"'").startswith("data:")
        ] == []


def test_pages_are_asked_for_again_and_hashed_files_are_not(dist: Path) -> None:
    async def act(client: ClientSession, origin: str) -> tuple[str, str]:
        async with client.get(f"{origin}/i") as page, client.get(f"{origin}/assets/main-abc.js") as asset:
            return page.headers["Cache-Control"], asset.headers["Cache-Control"]

    page, asset = visit(dist, act)
    assert page == "no-cache"
    assert "immutable" in asset


@pytest.mark.parametrize(
    "path", ["/nothing", "/../secret.txt", "/%2e%2e/secret.txt", "/assets", "/%00", "/a%2f..%2f..%2fb"]
)
def test_what_is_not_a_page_is_not_found(dist: Path, path: str) -> None:
    (dist.parent / "secret.txt").write_text("secret")

    async def act(client: ClientSession, origin: str) -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(origin.rpartition(":")[2]))
        writer.write(f"GET {path} HTTP/1.1\r\nHost: front\r\nConnection: close\r\n\r\n".encode())
        status = int((await reader.readline()).split()[1])
        writer.close()
        return status

    assert visit(dist, act) == 404


def test_pages_not_built_are_said_to_be_missing(tmp_path: Path) -> None:
    async def act(client: ClientSession, origin: str) -> tuple[int, str]:
        async with client.get(origin) as answer:
            return answer.status, await answer.text()

    assert visit(tmp_path, act) == (503, front.NOT_BUILT)


def test_requests_reach_the_api_as_they_are(dist: Path) -> None:
    async def act(client: ClientSession, origin: str) -> tuple[int, dict[str, str], list[str]]:
        headers = {"X-Forwarded-For": "192.0.2.7", "Cookie": "__Host-s-elvenes=x"}
        address = f"{origin}/api/staff/a%20b/consultations?day=2026-11-23&day=2"
        async with client.post(address, data="body", headers=headers) as answer:
            return answer.status, await answer.json(), answer.headers.getall("Set-Cookie")

    status, said, cookies = visit(dist, act)
    assert status == 201
    assert said == {
        "method": "POST",
        "path": "/stage/staff/a%20b/consultations?day=2026-11-23&day=2",
        "seen": "192.0.2.7, 127.0.0.1",
        "cookie": "__Host-s-elvenes=x",
        "body": "body",
    }
    assert cookies == ["a=1; Path=/; Secure", "b=2; Path=/; Secure"]


def test_an_api_that_is_away_is_an_error_to_try_again(dist: Path) -> None:
    async def act() -> tuple[int, dict[str, Any]]:
        nowhere = f"http://127.0.0.1:{free_port()}"
        app = front.create(nowhere, nowhere, dist)
        async with serving(app) as origin, ClientSession() as client, client.get(f"{origin}/api/health") as answer:
            return answer.status, json.loads(await answer.read())

    status, body = asyncio.run(act())
    assert (status, body["code"], body["retry"]) == (503, "unavailable", True)


@pytest.mark.parametrize("text", ["hei", "x" * MAX_FRAME], ids=["short", "as large as a frame may be"])
def test_messages_go_both_ways(dist: Path, text: str) -> None:
    async def act(client: ClientSession, origin: str) -> list[str]:
        async with client.ws_connect(f"{origin}/ws?ticket=good") as socket:
            await socket.send_str(text)
            await socket.send_str("second")
            return [await socket.receive_str(), await socket.receive_str()]

    assert visit(dist, act) == [text, "second"]


def test_a_frame_over_the_limit_closes_the_socket_with_1009(dist: Path) -> None:
    async def act(client: ClientSession, origin: str) -> int | None:
        async with client.ws_connect(f"{origin}/ws?ticket=good") as socket:
            await socket.send_str("x" * (MAX_FRAME + 1))
            assert (await socket.receive()).type is WSMsgType.CLOSE
            return socket.close_code

    assert visit(dist, act) == 1009


@pytest.mark.parametrize("limits", [front.Limits(socket_seconds=0.05), front.Limits(idle_seconds=0.05)])
def test_a_socket_that_is_too_old_or_silent_for_too_long_is_closed_with_1001(dist: Path, limits: front.Limits) -> None:
    async def act(client: ClientSession, origin: str) -> int | None:
        async with client.ws_connect(f"{origin}/ws?ticket=good") as socket:
            assert (await socket.receive()).type is WSMsgType.CLOSE
            return socket.close_code

    assert visit(dist, act, limits) == 1001


def test_a_socket_that_the_functions_close_is_closed(dist: Path) -> None:
    async def act(client: ClientSession, origin: str) -> int | None:
        async with client.ws_connect(f"{origin}/ws?ticket=good") as socket:
            await socket.send_str("go")
            assert (await socket.receive()).type is WSMsgType.CLOSE
            return socket.close_code

    assert visit(dist, act) == 1000


def test_however_many_sockets_are_open_a_request_is_answered(dist: Path) -> None:
    async def act(_: ClientSession, origin: str) -> int:
        async with ClientSession(connector=TCPConnector(limit=0), timeout=ClientTimeout(total=30)) as client:
            sockets = [await client.ws_connect(f"{origin}/ws?ticket=good") for _ in range(MANY)]
            async with client.get(f"{origin}/api/health") as answer:
                await asyncio.gather(*(socket.close() for socket in sockets))
                return answer.status

    assert visit(dist, act) == 201


def test_a_bad_pass_is_refused_before_the_socket_opens(dist: Path) -> None:
    async def act(client: ClientSession, origin: str) -> int:
        with pytest.raises(WSServerHandshakeError) as refused:
            await client.ws_connect(f"{origin}/ws?ticket=stolen")
        return refused.value.status

    assert visit(dist, act) == 401
