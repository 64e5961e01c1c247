"""The doors as a WSGI application (PEP 3333), for tools that speak HTTP: each request becomes API Gateway's event."""

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qsl

from tests.fakes.gateway import ask


def application(
    environ: dict[str, Any], start_response: Callable[[str, list[tuple[str, str]]], Any]
) -> Iterable[bytes]:
    """What stands under ``/api``; 404 where there is no door."""
    headers = {name[5:].replace("_", "-"): value for name, value in environ.items() if name.startswith("HTTP_")}
    if environ.get("CONTENT_TYPE"):
        headers["CONTENT-TYPE"] = environ["CONTENT_TYPE"]
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    path = environ["RAW_URI"].partition("?")[0] if "RAW_URI" in environ else environ["PATH_INFO"]
    query = parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    try:
        answer = ask(environ["REQUEST_METHOD"], path.removeprefix("/api"), query, headers, body)
    except LookupError:
        start_response("404 Not Found", [])
        return [b""]
    start_response(f"{answer.status} x", [(name, value) for name, values in answer.headers.items() for value in values])
    return [answer.body.encode()]
