"""The one origin: serves the pages, passes /api and /ws on to the embedded AWS, as CloudFront does in an account.

It also holds sockets to those limits of API Gateway that the embedded AWS does not know, or to shorter ones for tests.
All our programs send a message as one frame, so here no message is larger than a frame may be.
"""

import argparse
import asyncio
import contextlib
import logging
import mimetypes
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Final

import msgspec
from aiohttp import (
    ClientError,
    ClientSession,
    ClientTimeout,
    ClientWebSocketResponse,
    TCPConnector,
    WSMsgType,
    WSServerHandshakeError,
    web,
)
from yarl import URL

from chalicelib.errors import Unavailable
from chalicelib.headers import API, OVER_TLS, READ, of_pages
from chalicelib.protocol import MAX_FRAME, MAX_MESSAGE
from chalicelib.rest import ErrorBody
from infra.addresses import NO_PAGE, PAGES, kept
from local import outbox
from local.portal_keys import portal
from probe.status import NAME

DIST: Final = Path(__file__).resolve().parent.parent / "web" / "dist"
STATUS: Final = f"/{NAME}"
NOT_BUILT: Final = "The pages are not built yet. Run `make run`: it builds them first.\n"
MAX_BODY: Final = 10 * 1024 * 1024  # bytes; API Gateway's limit
REST_SECONDS: Final = 29  # API Gateway's limit for an answer
HOP_BY_HOP: Final = frozenset(
    {"connection", "host", "keep-alive", "transfer-encoding", "content-length", "content-encoding"}
)
PASSED_ON: Final = frozenset({*READ, "cookie"})
COMPRESSED: Final = ("text/", "application/javascript", "application/json", "application/manifest", "image/svg")
"""Types that CloudFront would compress, of those that we have."""
COMPRESSED_FROM: Final = 1_000  # bytes; CloudFront's limit
UPSTREAM: Final = web.AppKey("upstream", ClientSession)


class Limits(msgspec.Struct, frozen=True):
    """What a socket is held to: bytes of a frame from a client and of a message to it, seconds without a word and in
    all (API Gateway's quotas for WebSocket APIs)."""

    frame_bytes: int = MAX_FRAME
    message_bytes: int = MAX_MESSAGE
    idle_seconds: float = 600
    socket_seconds: float = 2 * 3600

    def arguments(self) -> list[str]:
        """As this program's command line takes them."""
        return [f"--{name.replace('_', '-')}={value}" for name, value in msgspec.structs.asdict(self).items()]


API_GATEWAY: Final = Limits()


def create(
    rest: str,
    socket: str,
    dist: Path = DIST,
    mount: Callable[[web.Application], None] = lambda _: None,
    limits: Limits = API_GATEWAY,
) -> web.Application:
    """The front's application; ``rest`` and ``socket`` are the addresses of the two APIs without a slash at the end.

    ``mount`` adds further addresses, before the one that catches all.
    """
    app = web.Application(middlewares=[_headers], client_max_size=MAX_BODY)
    app.cleanup_ctx.append(_session)
    dist = dist.resolve()

    async def page(request: web.Request) -> web.StreamResponse:
        resource = request.match_info.route.resource
        return file(request, dist / (PAGES[resource.canonical] if resource else "index.html"))

    async def asset(request: web.Request) -> web.StreamResponse:
        found = _find(dist, request.match_info["path"])
        return file(request, found, kept(found.relative_to(dist).as_posix()))

    async def api(request: web.Request) -> web.StreamResponse:
        return await _pass_on(request, URL(rest + request.rel_url.raw_path_qs.removeprefix("/api"), encoded=True))

    async def ws(request: web.Request) -> web.StreamResponse:
        return await _pipe(request, URL(f"{socket}?{request.rel_url.raw_query_string}", encoded=True), limits)

    for path in PAGES:
        app.router.add_get(path, page)
    app.router.add_get("/ws", ws)
    app.router.add_route("*", "/api/{path:.*}", api)
    mount(app)
    app.router.add_get("/{path:.+}", asset)
    return app


def _find(dist: Path, name: str) -> Path:
    """The file behind an address; ``dist`` is resolved."""
    with contextlib.suppress(ValueError):  # a NUL in the name
        path = (dist / name).resolve()
        if path.is_relative_to(dist) and path.is_file():
            return path
    raise web.HTTPNotFound(text=NO_PAGE)


def file(request: web.Request, path: Path, cache: str = "no-cache") -> web.FileResponse:
    """A file, gzipped where CloudFront would do so. Raises HTTPServiceUnavailable."""
    if not path.is_file():
        raise web.HTTPServiceUnavailable(text=NOT_BUILT)
    answer = web.FileResponse(path, headers={"Cache-Control": cache, "Vary": "Accept-Encoding"})
    kind = mimetypes.guess_type(path)[0] or ""
    if kind.startswith(COMPRESSED) and path.stat().st_size >= COMPRESSED_FROM and "gzip" in _takes(request):
        answer.enable_compression(web.ContentCoding.gzip)
    return answer


def status(state: Path) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """What the probe found last, as CloudFront serves it from a bucket of its own; nothing before it ever ran."""

    async def answer(request: web.Request) -> web.StreamResponse:
        found = state / STATUS.removeprefix("/")
        if not found.is_file():
            raise web.HTTPNotFound(text="The probe has not looked yet.\n")
        return file(request, found)

    return answer


def _takes(request: web.Request) -> str:
    return request.headers.get("Accept-Encoding", "").lower()


@web.middleware
async def _headers(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    if request.path.startswith("/api/"):
        headers = API | (OVER_TLS if request.secure else {})
    else:
        headers = of_pages(request.host, tls=request.secure)
    try:
        answer = await handler(request)
    except web.HTTPException as error:
        error.headers.update(headers)
        raise
    if not answer.prepared:
        for name, value in headers.items():
            answer.headers.setdefault(name, value)  # what the API says of its own answer holds
    return answer


async def _session(app: web.Application) -> AsyncIterator[None]:
    # Each open socket is one of its connections: aiohttp's usual hundred would leave none for requests at nine o'clock.
    connector = TCPConnector(limit=0)
    app[UPSTREAM] = ClientSession(connector=connector, timeout=ClientTimeout(total=REST_SECONDS), auto_decompress=False)
    yield
    await app[UPSTREAM].close()


def _forwarded(request: web.Request) -> str:
    seen = request.headers.get("X-Forwarded-For")
    return f"{seen}, {request.remote}" if seen else str(request.remote)


async def _pass_on(request: web.Request, url: URL) -> web.Response:
    headers = {name: value for name, value in request.headers.items() if name.lower() in PASSED_ON}
    headers["X-Forwarded-For"] = _forwarded(request)
    body = await request.read() or None  # an empty one would be given a content type, which Chalice refuses
    try:
        async with request.app[UPSTREAM].request(
            request.method, url, headers=headers, data=body, allow_redirects=False
        ) as answer:
            response = web.Response(status=answer.status, body=await answer.read())
            response.headers.popall("Content-Type", None)
            for name, value in answer.headers.items():
                if name.lower() not in HOP_BY_HOP:
                    response.headers.add(name, value)
            return response
    except (ClientError, TimeoutError):
        error = ErrorBody(code=Unavailable.code, message=Unavailable.text, retry=Unavailable.retry)
        return web.Response(status=Unavailable.status, body=msgspec.json.encode(error), content_type="application/json")


async def _pipe(request: web.Request, url: URL, limits: Limits) -> web.StreamResponse:
    try:
        upstream = await request.app[UPSTREAM].ws_connect(
            url, max_msg_size=limits.message_bytes, headers={"X-Forwarded-For": _forwarded(request)}
        )
    except WSServerHandshakeError:
        raise web.HTTPUnauthorized(text="This connection pass is used or too old.\n") from None
    except (ClientError, TimeoutError):
        raise web.HTTPServiceUnavailable from None
    # API Gateway neither compresses nor takes more than this in a frame; it closes with 1009 (message too big).
    client = web.WebSocketResponse(max_msg_size=limits.frame_bytes + 1, compress=False)
    await client.prepare(request)
    try:
        async with asyncio.timeout(limits.socket_seconds), asyncio.timeout(limits.idle_seconds) as idle:
            await _copy_both_ways(client, upstream, idle, limits.idle_seconds)
    except TimeoutError:
        await client.close(code=1001, message=b"Going away")
    with contextlib.suppress(ConnectionError):
        await upstream.close()
        await client.close(code=upstream.close_code or 1000)
    return client


async def _copy_both_ways(
    client: web.WebSocketResponse, upstream: ClientWebSocketResponse, idle: asyncio.Timeout, idle_seconds: float
) -> None:
    """Until either side closes."""

    async def copy(
        source: web.WebSocketResponse | ClientWebSocketResponse, target: web.WebSocketResponse | ClientWebSocketResponse
    ) -> None:
        async for message in source:
            idle.reschedule(asyncio.get_running_loop().time() + idle_seconds)
            if message.type is WSMsgType.TEXT:
                await target.send_str(message.data)
            elif message.type is WSMsgType.BINARY:
                await target.send_bytes(message.data)

    tasks = {asyncio.create_task(copy(client, upstream)), asyncio.create_task(copy(upstream, client))}
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--aws", required=True, help="address of the embedded AWS")
    parser.add_argument("--rest", required=True, help="address of the REST API's stage")
    parser.add_argument("--socket", required=True, help="address of the WebSocket API's stage")
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--issuer", required=True, help="the patients' portal, whose keys are at its /jwks")
    parser.add_argument("--client", required=True, help="who we are to it")
    for field in msgspec.structs.fields(Limits):
        parser.add_argument(f"--{field.name.replace('_', '-')}", type=field.type, default=field.default)
    options = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    limits = Limits(**{field: getattr(options, field) for field in Limits.__struct_fields__})

    def mount(app: web.Application) -> None:
        outbox.mount(app, options.aws, options.state)
        app.router.add_get(STATUS, status(options.state))
        portal(options.issuer, options.client, f"{options.issuer}/jwks")(app)

    app = create(options.rest, options.socket, mount=mount, limits=limits)
    web.run_app(app, host="127.0.0.1", port=options.port, print=None, access_log=None, shutdown_timeout=1)


if __name__ == "__main__":
    main()
