"""The one origin: serves the pages, passes /api and /ws on to the embedded AWS, as CloudFront does in an account.

It also holds sockets to the limits of API Gateway that the embedded AWS does not know: 32 KB a frame, 128 KB a message.
"""

import argparse
import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Final

from aiohttp import ClientError, ClientSession, ClientTimeout, WSMsgType, WSServerHandshakeError, web
from aiohttp.typedefs import Handler

from chalicelib.protocol import MAX_FRAME, MAX_MESSAGE
from local import outbox

DIST: Final = Path(__file__).resolve().parent.parent / "web" / "dist"
PAGES: Final = {
    "/": "index.html",
    "/i": "visit.html",
    "/v": "visit.html",
    "/d/{trust}/{department}": "department.html",
    "/staff/{trust}": "staff.html",
}
HEADERS: Final = {
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            "media-src 'self' blob: mediastream:",
            "font-src 'self'",
            "connect-src 'self'",
            "manifest-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(self), display-capture=(self), geolocation=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
NOT_BUILT: Final = "The pages are not built yet. Run `make run`: it builds them first.\n"
HOP_BY_HOP: Final = frozenset(
    {"connection", "host", "keep-alive", "transfer-encoding", "content-length", "content-encoding"}
)
UPSTREAM: Final = web.AppKey("upstream", ClientSession)


def create(
    rest: str, socket: str, dist: Path = DIST, mount: Callable[[web.Application], None] = lambda _: None
) -> web.Application:
    """The front's application; ``rest`` and ``socket`` are the addresses of the two APIs without a slash at the end.

    ``mount`` adds further addresses, before the one that catches all.
    """
    app = web.Application(middlewares=[_headers], client_max_size=2 * MAX_MESSAGE)
    app.cleanup_ctx.append(_session)

    async def page(request: web.Request) -> web.StreamResponse:
        resource = request.match_info.route.resource
        name = PAGES[resource.canonical] if resource else "index.html"
        return _file(dist / name)

    async def asset(request: web.Request) -> web.StreamResponse:
        path = (dist / request.match_info["path"]).resolve()
        if not path.is_relative_to(dist.resolve()) or not path.is_file():
            # A page may be asked for by its name alone: /help is help.html.
            path = path.with_suffix(".html")
        if not path.is_relative_to(dist.resolve()) or not path.is_file():
            raise web.HTTPNotFound(text="There is no such page.\n")
        answer = _file(path)
        if "assets" in path.parts:
            answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return answer

    async def api(request: web.Request) -> web.StreamResponse:
        return await _pass_on(request, f"{rest}/{request.match_info['path']}")

    async def ws(request: web.Request) -> web.StreamResponse:
        return await _pipe(request, f"{socket}?{request.query_string}")

    for path in PAGES:
        app.router.add_get(path, page)
    app.router.add_get("/ws", ws)
    app.router.add_route("*", "/api/{path:.*}", api)
    mount(app)
    app.router.add_get("/{path:.+}", asset)
    return app


def _file(path: Path) -> web.FileResponse:
    if not path.is_file():
        raise web.HTTPServiceUnavailable(text=NOT_BUILT)
    return web.FileResponse(path, headers={"Cache-Control": "no-cache"})


@web.middleware
async def _headers(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        answer: web.StreamResponse = await handler(request)
    except web.HTTPException as error:
        error.headers.update(HEADERS)
        raise
    if not answer.prepared:
        answer.headers.update(HEADERS)
    return answer


async def _session(app: web.Application) -> AsyncIterator[None]:
    app[UPSTREAM] = ClientSession(timeout=ClientTimeout(total=60), auto_decompress=False)
    yield
    await app[UPSTREAM].close()


async def _pass_on(request: web.Request, url: str) -> web.Response:
    headers = [(k, v) for k, v in request.headers.items() if k.lower() not in HOP_BY_HOP]
    seen = request.headers.get("X-Forwarded-For")
    headers = [(k, v) for k, v in headers if k.lower() != "x-forwarded-for"]
    headers.append(("X-Forwarded-For", f"{seen}, {request.remote}" if seen else str(request.remote)))
    async with request.app[UPSTREAM].request(
        request.method,
        url,
        params=request.query,
        headers=headers,
        data=await request.read() or None,
        allow_redirects=False,
    ) as answer:
        response = web.Response(status=answer.status, body=await answer.read())
        response.headers.popall("Content-Type", None)
        for name, value in answer.headers.items():
            if name.lower() not in HOP_BY_HOP:
                response.headers.add(name, value)
        return response


async def _pipe(request: web.Request, url: str) -> web.StreamResponse:
    session = request.app[UPSTREAM]
    try:
        upstream = await session.ws_connect(
            url, max_msg_size=MAX_MESSAGE, headers={"X-Forwarded-For": str(request.remote)}
        )
    except WSServerHandshakeError as error:
        raise (web.HTTPUnauthorized if error.status in (401, 403) else web.HTTPBadGateway) from None
    except (ClientError, OSError):
        raise web.HTTPBadGateway from None
    # A frame over the limit ends the socket with 1009, as API Gateway does (its pages write one frame a message).
    client = web.WebSocketResponse(max_msg_size=MAX_FRAME)
    await client.prepare(request)

    async def copy(source: web.WebSocketResponse, target: object) -> None:
        async for message in source:
            if message.type is WSMsgType.TEXT:
                await target.send_str(message.data)  # type: ignore[attr-defined]
            elif message.type is WSMsgType.BINARY:
                await target.send_bytes(message.data)  # type: ignore[attr-defined]

    tasks = [asyncio.ensure_future(copy(client, upstream)), asyncio.ensure_future(copy(upstream, client))]  # type: ignore[arg-type]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    with contextlib.suppress(ConnectionError):
        await upstream.close(code=client.close_code or 1000)
        await client.close(code=upstream.close_code or 1000)
    return client


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--aws", required=True, help="address of the embedded AWS")
    parser.add_argument("--rest", required=True, help="address of the REST API's stage")
    parser.add_argument("--socket", required=True, help="address of the WebSocket API's stage")
    parser.add_argument("--state", type=Path, required=True)
    options = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    app = create(options.rest, options.socket, mount=lambda app: outbox.mount(app, options.aws, options.state))
    web.run_app(app, host="127.0.0.1", port=options.port, print=None, access_log=None)


if __name__ == "__main__":
    main()
